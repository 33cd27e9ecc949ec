//! What a member holds of one partition: queue, progress and the parked lines of its keys.
//! It plans and applies; which partition goes next is [`super::member`]'s.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::failure::PoisonReason;
use super::policy::{Jitter, OnDeadLetter, Policy};
use super::work::{
    Delivery, Entry, Epoch, Fate, Key, Limits, Millis, Offset, PartitionId, Step, Verdict, Work,
};

/// What the database said when this member took the partition over, in the transaction that raised the epoch.
#[derive(Debug, Clone)]
pub struct Takeover {
    /// The new epoch.
    pub epoch: Epoch,
    /// The first offset without an end.
    pub next_offset: Offset,
    /// How many records the last owner may have had in its hands when it went away without letting go; 0 if it let go.
    pub suspects: usize,
    /// The parked rows, ascending by offset.
    pub parked: Vec<ParkedRow>,
}

/// A parked row, without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedRow {
    /// The record's offset.
    pub offset: Offset,
    /// The record's key.
    pub key: Key,
    /// Attempts that were started.
    pub attempts: u32,
    /// Time until the next attempt.
    pub delay: Millis,
    /// A dead letter that blocks its key until it is redriven.
    pub held: bool,
}

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivered {
    /// It waits for its batch.
    Queued,
    /// The partition is not held (any more), or the offset was delivered or handled before.
    Stale,
}

/// A partition that was let go after its work ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The partition.
    pub partition: PartitionId,
    /// The epoch under which it was held.
    pub epoch: Epoch,
    /// The first offset without an end.
    pub next_offset: Offset,
}

#[derive(Debug)]
struct Row {
    offset: Offset,
    attempts: u32,
    due: Millis,
    held: bool,
    /// Runs alone, with its attempt recorded before.
    suspect: bool,
    /// Known to be at its end.
    end: Option<PoisonReason>,
}

#[derive(Debug)]
pub(super) struct Partition<P> {
    pub(super) epoch: Epoch,
    pub(super) next_offset: Offset,
    pub(super) draining: bool,
    expected: Offset,
    queue: VecDeque<(Delivery<P>, Fate)>,
    queued_bytes: usize,
    suspects: usize,
    lines: BTreeMap<Key, VecDeque<Row>>,
    /// First rows that are not held, by the time they are due.
    heads: BTreeSet<(Millis, Offset, Key)>,
    /// The key of every parked row.
    keys: BTreeMap<Offset, Key>,
}

impl<P> Partition<P> {
    pub(super) fn new(takeover: Takeover, limits: Limits, now: Millis) -> Self {
        let mut partition = Self {
            epoch: takeover.epoch,
            next_offset: takeover.next_offset,
            draining: false,
            expected: takeover.next_offset,
            queue: VecDeque::new(),
            queued_bytes: 0,
            suspects: takeover.suspects,
            lines: BTreeMap::new(),
            heads: BTreeSet::new(),
            keys: BTreeMap::new(),
        };
        for row in takeover.parked {
            let ahead = partition.lines.get(&row.key).map_or(0, VecDeque::len);
            // The last owner may have died in a run of parked rows as well, and such a run is a batch at most.
            let suspect = takeover.suspects > 0 && ahead < limits.batch_records;
            let row_ = Row {
                offset: row.offset,
                attempts: row.attempts,
                due: now.saturating_add(row.delay),
                held: row.held,
                suspect,
                end: None,
            };
            partition.park(row.key, row_);
        }
        partition
    }

    pub(super) fn deliver(&mut self, record: Delivery<P>) -> Delivered {
        if record.offset < self.expected {
            return Delivered::Stale;
        }
        self.expected = record.offset + 1;
        let fate = if self.suspects > 0 {
            self.suspects -= 1;
            Fate::Suspect
        } else {
            Fate::None
        };
        self.queued_bytes += record.bytes;
        self.queue.push_back((record, fate));
        Delivered::Queued
    }

    pub(super) fn queued(&self) -> usize {
        self.queue.len()
    }

    pub(super) fn queued_bytes(&self) -> usize {
        self.queued_bytes
    }

    pub(super) fn parked(&self) -> usize {
        self.keys.len()
    }

    pub(super) fn held(&self) -> usize {
        self.lines
            .values()
            .filter(|line| line.front().is_some_and(|row| row.held))
            .count()
    }

    /// When the first parked row is due.
    pub(super) fn due(&self) -> Option<Millis> {
        self.heads.first().map(|(due, ..)| *due)
    }

    /// Moves records from the queue to `entries` until a limit is reached, or a record that failed in an earlier run:
    /// what stood before it is known to succeed, and what stands behind it has not run yet. So a failure costs one
    /// more run of what stands before it, however many others fail behind it.
    pub(super) fn plan(
        &mut self,
        id: &PartitionId,
        policy: &Policy,
        limits: Limits,
        jitter: &mut Jitter,
        room: &mut Room,
        entries: &mut Vec<Entry<P>>,
    ) {
        let mut blocked: BTreeSet<Key> = BTreeSet::new();
        let mut parked = self.parked();
        while let Some((record, fate)) = self.queue.front() {
            if parked >= limits.parked_records || !room.take(record.bytes) {
                break;
            }
            let behind = blocked.contains(&record.key) || self.lines.contains_key(&record.key);
            let step = self.step(id, record, *fate, behind, policy, jitter);
            if let Step::Park { .. } | Step::Dead { hold: true, .. } = step {
                parked += 1;
                blocked.insert(record.key.clone());
            }
            let (record, fate) = self.queue.pop_front().expect("the front was looked at above");
            self.queued_bytes -= record.bytes;
            if let Fate::Failed | Fate::Poison(_) = fate {
                room.close();
            }
            entries.push(Entry {
                partition: id.clone(),
                epoch: self.epoch,
                record,
                step,
                fate,
            });
        }
    }

    fn step(
        &self,
        id: &PartitionId,
        record: &Delivery<P>,
        fate: Fate,
        behind: bool,
        policy: &Policy,
        jitter: &mut Jitter,
    ) -> Step {
        // Progress was set back by hand behind a record that is parked: its row waits for its turn already.
        if self.keys.contains_key(&record.offset) {
            return Step::Skip;
        }
        if fate == Fate::Unsure {
            return Step::Park {
                attempts: 0,
                delay: 0,
            };
        }
        let hold = holds(policy, &record.key);
        let poison = match (&record.verdict, fate) {
            (Verdict::Skip, _) => return Step::Skip,
            (&Verdict::Poison(reason), _) | (_, Fate::Poison(reason)) => Some(reason),
            _ => None,
        };
        if let Some(reason) = poison {
            // Where a dead letter holds its key, it takes its turn; its attempt will find the poison again.
            if hold && behind {
                return Step::Park {
                    attempts: 0,
                    delay: 0,
                };
            }
            return Step::Dead { reason, hold };
        }
        if let Verdict::Redrive { origin } = &record.verdict
            && origin.partition == *id
            && let Some(head) = self.lines.get(&record.key).and_then(VecDeque::front)
            && head.held
            && head.offset == origin.offset
        {
            return Step::Revive {
                offset: origin.offset,
            };
        }
        match fate {
            Fate::Failed => Step::Park {
                attempts: 1,
                delay: policy.delay(1, jitter),
            },
            Fate::Suspect | Fate::Unsure => Step::Park {
                attempts: 0,
                delay: 0,
            },
            Fate::None | Fate::Poison(_) if behind => Step::Park {
                attempts: 0,
                delay: 0,
            },
            Fate::None | Fate::Poison(_) => Step::Run,
        }
    }

    /// Puts an entry back in front of the queue; entries come back in reverse order.
    pub(super) fn take_back(&mut self, entry: Entry<P>, fate: Fate) {
        self.queued_bytes += entry.record.bytes;
        self.queue.push_front((entry.record, fate));
    }

    /// Applies a step that was committed.
    pub(super) fn apply(&mut self, record: &Delivery<P>, step: &Step, fate: Fate, now: Millis) {
        self.next_offset = record.offset + 1;
        let row = |attempts, due, held, suspect| Row {
            offset: record.offset,
            attempts,
            due,
            held,
            suspect,
            end: None,
        };
        match *step {
            Step::Run | Step::Skip | Step::Dead { hold: false, .. } => {}
            Step::Park { attempts, delay } => {
                let suspect = fate == Fate::Suspect;
                self.park(
                    record.key.clone(),
                    row(attempts, now.saturating_add(delay), false, suspect),
                );
            }
            Step::Dead { hold: true, .. } => self.park(record.key.clone(), row(0, now, true, false)),
            Step::Revive { offset } => self.change(&record.key, offset, |row| {
                row.held = false;
                row.attempts = 0;
                row.due = now;
                row.suspect = true;
            }),
        }
    }

    /// The next work on parked rows that is due, if any.
    pub(super) fn parked_work(
        &self,
        id: &PartitionId,
        policy: &Policy,
        limits: Limits,
        jitter: &mut Jitter,
        now: Millis,
    ) -> Option<Work<P>> {
        let (due, offset, key) = self.heads.first()?;
        if *due > now {
            return None;
        }
        let line = self.lines.get(key).expect("a head has a line");
        let head = line.front().expect("a line is never empty");
        let (partition, epoch, offset) = (id.clone(), self.epoch, *offset);
        let end = head
            .end
            .or((head.attempts >= policy.attempts).then_some(PoisonReason::Exhausted));
        if let Some(reason) = end {
            let hold = holds(policy, key);
            return Some(Work::Bury {
                partition,
                epoch,
                offset,
                reason,
                hold,
            });
        }
        if head.attempts > 0 || head.suspect {
            let attempt = head.attempts + 1;
            return Some(Work::Attempt {
                partition,
                epoch,
                offset,
                attempt,
                delay: policy.delay(attempt, jitter),
            });
        }
        let fresh = |row: &&Row| row.attempts == 0 && !row.suspect && !row.held && row.end.is_none();
        let offsets = line
            .iter()
            .take_while(fresh)
            .take(limits.batch_records)
            .map(|row| row.offset)
            .collect();
        Some(Work::Unpark {
            partition,
            epoch,
            offsets,
        })
    }

    /// Removes rows that ended; they stand at the front of their lines.
    pub(super) fn unpark(&mut self, offsets: &[Offset]) {
        for offset in offsets {
            let Some(key) = self.keys.remove(offset) else {
                continue;
            };
            let line = self.lines.get_mut(&key).expect("a parked row has a line");
            let row = line.pop_front().expect("a line is never empty");
            debug_assert_eq!(row.offset, *offset, "rows end from the front of their line");
            self.heads.remove(&(row.due, row.offset, key.clone()));
            match line.front() {
                None => {
                    self.lines.remove(&key);
                }
                Some(next) if !next.held => {
                    self.heads.insert((next.due, next.offset, key));
                }
                Some(_) => {}
            }
        }
    }

    /// The head at `offset` becomes a held row.
    pub(super) fn hold(&mut self, offset: Offset) {
        if let Some(key) = self.keys.get(&offset).cloned() {
            self.change(&key, offset, |row| {
                row.held = true;
                row.end = None;
                row.attempts = 0;
            });
        }
    }

    /// An attempt at the head was made and failed.
    pub(super) fn failed_attempt(
        &mut self,
        offset: Offset,
        attempt: u32,
        due: Millis,
        end: Option<PoisonReason>,
    ) {
        if let Some(key) = self.keys.get(&offset).cloned() {
            self.change(&key, offset, |row| {
                row.attempts = attempt;
                row.due = due;
                row.end = end;
            });
        }
    }

    /// A run of parked rows failed at this one: from now on it runs alone, or ends.
    pub(super) fn single_out(&mut self, offset: Offset, end: Option<PoisonReason>) {
        if let Some(key) = self.keys.get(&offset).cloned() {
            self.change(&key, offset, |row| {
                row.suspect = true;
                row.end = end;
            });
        }
    }

    fn park(&mut self, key: Key, row: Row) {
        let line = self.lines.entry(key.clone()).or_default();
        if line.is_empty() && !row.held {
            self.heads.insert((row.due, row.offset, key.clone()));
        }
        self.keys.insert(row.offset, key);
        line.push_back(row);
    }

    /// Changes one row and keeps the index of heads in step.
    fn change(&mut self, key: &Key, offset: Offset, change: impl FnOnce(&mut Row)) {
        let Some(line) = self.lines.get_mut(key) else {
            return;
        };
        let Some(at) = line.iter().position(|row| row.offset == offset) else {
            return;
        };
        let row = &mut line[at];
        if at == 0 {
            self.heads.remove(&(row.due, row.offset, key.clone()));
        }
        change(row);
        if at == 0 && !row.held {
            self.heads.insert((row.due, row.offset, key.clone()));
        }
    }
}

/// Whether a dead letter blocks this key; a record without a key has nobody behind it.
fn holds(policy: &Policy, key: &Key) -> bool {
    policy.on_dead_letter == OnDeadLetter::HoldKey && matches!(key, Key::Of(_))
}

/// What is left of a batch's limits.
#[derive(Debug)]
pub(super) struct Room {
    records: usize,
    bytes: usize,
    empty: bool,
    closed: bool,
}

impl Room {
    pub(super) const fn new(limits: Limits) -> Self {
        Self {
            records: limits.batch_records,
            bytes: limits.batch_bytes,
            empty: true,
            closed: false,
        }
    }

    /// Lets nothing more in.
    const fn close(&mut self) {
        self.closed = true;
    }

    /// Takes room for one record; the first always fits.
    fn take(&mut self, bytes: usize) -> bool {
        if self.closed || !self.empty && (self.records == 0 || self.bytes < bytes) {
            return false;
        }
        self.empty = false;
        self.records = self.records.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(bytes);
        true
    }
}
