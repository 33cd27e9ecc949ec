//! The words between the core and its shell: positions, deliveries, steps and pieces of work.

use std::fmt;
use std::sync::Arc;

use super::failure::PoisonReason;

/// Milliseconds on the shell's monotonic clock.
pub type Millis = u64;

/// A record's place in its partition.
pub type Offset = i64;

/// How often the partition has changed hands; a transaction of an older epoch does not commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(pub i64);

/// A partition of a topic.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartitionId {
    /// The topic's name.
    pub topic: Arc<str>,
    /// The partition's number.
    pub partition: i32,
}

impl PartitionId {
    /// Partition `partition` of `topic`.
    pub fn new(topic: impl Into<Arc<str>>, partition: i32) -> Self {
        Self {
            topic: topic.into(),
            partition,
        }
    }
}

impl fmt::Display for PartitionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]", self.topic, self.partition)
    }
}

/// A record's place in a topic.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The partition.
    pub partition: PartitionId,
    /// The offset in it.
    pub offset: Offset,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.partition, self.offset)
    }
}

/// What order is kept by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// Records of the same key keep their order.
    Of(Arc<[u8]>),
    /// A record without a key waits for nobody and nobody waits for it.
    None(Offset),
}

impl Key {
    /// The key of a record: its bytes, or its own offset when it has none.
    pub fn new(bytes: Option<&[u8]>, offset: Offset) -> Self {
        bytes.map_or(Self::None(offset), |bytes| Self::Of(bytes.into()))
    }
}

/// What the shell knows of a record from its bytes and headers alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// To be handled.
    Handle,
    /// A dead letter of this group that came back; `origin` is where it failed.
    Redrive {
        /// Where the record stood when it failed.
        origin: Position,
    },
    /// Not for this group (a redrive for another one): only progress moves.
    Skip,
    /// Cannot be handled, whatever happens.
    Poison(PoisonReason),
}

/// One record as it came from the broker, with whatever the shell keeps beside it.
#[derive(Debug)]
pub struct Delivery<P> {
    /// The offset.
    pub offset: Offset,
    /// The key.
    pub key: Key,
    /// Bytes of key and value, for the limits.
    pub bytes: usize,
    /// What is known of it.
    pub verdict: Verdict,
    /// The shell's own.
    pub payload: P,
}

/// What a transaction does with one new record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Inbox and handler.
    Run,
    /// Only progress.
    Skip,
    /// Write it to the parked rows: `attempts` made so far, due in `delay`.
    Park {
        /// Attempts made so far.
        attempts: u32,
        /// Time until the next attempt.
        delay: Millis,
    },
    /// Put this redriven record in the place of the held row at `offset` of the same partition.
    Revive {
        /// The offset of the held row.
        offset: Offset,
    },
    /// Inbox state `dead` and a row in the outbox; with `hold`, a held row that blocks its key as well.
    Dead {
        /// Why.
        reason: PoisonReason,
        /// Whether later records of the key wait for a redrive.
        hold: bool,
    },
}

/// One record of a batch.
#[derive(Debug)]
pub struct Entry<P> {
    /// Its partition.
    pub partition: PartitionId,
    /// The partition's epoch when the batch was planned.
    pub epoch: Epoch,
    /// The record.
    pub record: Delivery<P>,
    /// What to do with it.
    pub step: Step,
    pub(super) fate: Fate,
}

/// What earlier runs of the same record found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Fate {
    #[default]
    None,
    /// The last owner may have died of it: parked first, so that each attempt is recorded before it runs.
    Suspect,
    /// Parked in a transaction that may have been committed without an answer: parked again, so that the row is not
    /// left behind.
    Unsure,
    /// Failed once in a batch.
    Failed,
    /// Can never succeed.
    Poison(PoisonReason),
}

/// A piece of work; each is one database transaction, except where it says otherwise.
#[derive(Debug)]
pub enum Work<P> {
    /// New records, of any number of partitions; progress moves to the offset after the last one of each.
    Batch(Vec<Entry<P>>),
    /// One attempt at a parked record. Two transactions: the first records `attempt` and `delay`, the second runs it.
    Attempt {
        /// Its partition.
        partition: PartitionId,
        /// The partition's epoch.
        epoch: Epoch,
        /// The row.
        offset: Offset,
        /// The number of this attempt, from 1.
        attempt: u32,
        /// When the next one is due, should this one fail.
        delay: Millis,
    },
    /// Parked records of one key, in order, none of which has failed itself.
    Unpark {
        /// Their partition.
        partition: PartitionId,
        /// The partition's epoch.
        epoch: Epoch,
        /// The rows, ascending.
        offsets: Vec<Offset>,
    },
    /// A parked record that ends as a dead letter; with `hold` its row stays, held, without content.
    Bury {
        /// Its partition.
        partition: PartitionId,
        /// The partition's epoch.
        epoch: Epoch,
        /// The row.
        offset: Offset,
        /// Why.
        reason: PoisonReason,
        /// Whether later records of the key wait for a redrive.
        hold: bool,
    },
}

impl<P> Work<P> {
    /// The partitions that it touches, each with the epoch that its transaction must check, sorted.
    pub fn partitions(&self) -> Vec<(PartitionId, Epoch)> {
        match self {
            Self::Batch(entries) => {
                let mut all: Vec<_> = entries
                    .iter()
                    .map(|entry| (entry.partition.clone(), entry.epoch))
                    .collect();
                all.sort();
                all.dedup();
                all
            }
            Self::Attempt { partition, epoch, .. }
            | Self::Unpark { partition, epoch, .. }
            | Self::Bury { partition, epoch, .. } => vec![(partition.clone(), *epoch)],
        }
    }

    /// Where progress stands after the first `ended` records of a batch: for each of their partitions the offset after
    /// its last record, sorted.
    pub fn progress(&self, ended: usize) -> Vec<(PartitionId, Epoch, Offset)> {
        let Self::Batch(entries) = self else {
            return Vec::new();
        };
        let mut next = std::collections::BTreeMap::new();
        for entry in entries.iter().take(ended) {
            next.insert(&entry.partition, (entry.epoch, entry.record.offset + 1));
        }
        next.into_iter()
            .map(|(partition, (epoch, offset))| (partition.clone(), epoch, offset))
            .collect()
    }
}

/// Bounds of what a member holds and hands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Records in one transaction.
    pub batch_records: usize,
    /// Bytes in one transaction; a single larger record still goes alone.
    pub batch_bytes: usize,
    /// Records waiting in memory for each partition; above, the partition is paused.
    pub queue_records: usize,
    /// Bytes waiting in memory; each partition has an equal share, above which it is paused. A share takes at least
    /// one record, so this is exceeded by one record for each partition at most.
    pub queue_bytes: usize,
    /// Parked rows of each partition; above, nothing new of the partition is handed out.
    pub parked_records: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            batch_records: 256,
            batch_bytes: 4 << 20,
            queue_records: 512,
            queue_bytes: 16 << 20,
            parked_records: 10_000,
        }
    }
}
