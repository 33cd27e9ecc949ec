//! What members share: the log, the database and the group. Everything here is atomic; the schedule interleaves.

use std::collections::{BTreeMap, BTreeSet};

use messaging::core::{
    Epoch, Inbox, InboxState, Jitter, Key, Offset, ParkedRow, PoisonReason, Takeover, inbox,
};

/// The mechanisms, each of which can be removed to show what it is for.
#[derive(Debug, Clone, Copy)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each switch removes one mechanism on its own"
)]
pub struct Mechanisms {
    pub inbox: bool,
    pub epoch: bool,
    pub barrier: bool,
    pub parking: bool,
    pub dead_letter_inside: bool,
    pub outbox_inside: bool,
}

pub const ALL: Mechanisms = Mechanisms {
    inbox: true,
    epoch: true,
    barrier: true,
    parking: true,
    dead_letter_inside: true,
    outbox_inside: true,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Good,
    /// Fails this many times.
    Flaky(u32),
    /// The handler refuses it.
    Refused,
    /// Not even an envelope: it has no id.
    Garbage,
    /// Kills the process that handles it.
    Killer,
}

/// Identity of an event for the books: id and digest, or the position of what has no id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Id {
    Event(u32, u32),
    At(usize, Offset),
}

#[derive(Debug, Clone)]
pub struct Record {
    pub id: u32,
    pub digest: u32,
    pub key: Option<u8>,
    pub kind: Kind,
    /// A redrive: the original position, and whether it is for this group.
    pub redrive: Option<(usize, Offset, bool)>,
}

impl Record {
    pub fn key(&self, offset: Offset) -> Key {
        Key::new(self.key.as_ref().map(std::slice::from_ref), offset)
    }

    pub fn identity(&self, partition: usize, offset: Offset) -> Id {
        if self.kind == Kind::Garbage {
            let (partition, offset) = self.origin(partition, offset);
            Id::At(partition, offset)
        } else {
            Id::Event(self.id, self.digest)
        }
    }

    pub fn origin(&self, partition: usize, offset: Offset) -> (usize, Offset) {
        self.redrive
            .map_or((partition, offset), |(partition, offset, _)| (partition, offset))
    }
}

#[derive(Debug, Clone)]
pub struct Parked {
    pub record: Record,
    pub attempts: u32,
    pub held: bool,
}

#[derive(Debug, Clone)]
pub struct Effect {
    pub id: Id,
    pub partition: usize,
    pub offset: Offset,
    pub key: Option<u8>,
    pub redriven: bool,
}

/// One write of a transaction.
#[derive(Debug, Clone)]
pub enum Op {
    Inbox {
        id: InboxKey,
        digest: u32,
        state: InboxState,
        redriven: bool,
    },
    Effect(Effect),
    Emit(Id),
    Park {
        partition: usize,
        offset: Offset,
        row: Parked,
    },
    Unpark {
        partition: usize,
        offset: Offset,
    },
    Hold {
        partition: usize,
        offset: Offset,
    },
    Dead {
        id: Id,
        partition: usize,
        offset: Offset,
        record: Record,
        reason: PoisonReason,
    },
    Progress {
        partition: usize,
        next: Offset,
    },
    Attempt {
        partition: usize,
        offset: Offset,
        attempts: u32,
    },
}

/// The inbox's own key: events by id, everything else by position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum InboxKey {
    Event(u32),
    At(usize, Offset),
}

#[derive(Debug, Clone)]
pub struct DeadLetter {
    pub id: Id,
    pub partition: usize,
    pub offset: Offset,
    pub record: Record,
    pub reason: PoisonReason,
    pub redriven: bool,
}

#[derive(Debug, Default)]
pub struct PartitionRow {
    pub epoch: i64,
    pub next: Offset,
    pub suspects: usize,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// These partitions have a newer epoch.
    Fenced(Vec<usize>),
    /// Another transaction got in between: try again.
    Serialization,
}

#[derive(Debug, Default)]
pub struct Database {
    pub partitions: Vec<PartitionRow>,
    pub inbox: BTreeMap<InboxKey, (u32, InboxState)>,
    pub parked: BTreeMap<(usize, Offset), Parked>,
    pub effects: Vec<Effect>,
    pub dead: Vec<DeadLetter>,
    pub outbox: Vec<Id>,
    /// What the relay (or, without an outbox, the handler itself) has published.
    pub published: Vec<Id>,
}

impl Database {
    pub fn take_over(&mut self, partition: usize, batch: usize) -> Takeover {
        let row = &mut self.partitions[partition];
        row.epoch += 1;
        let suspects = std::mem::replace(&mut row.suspects, batch);
        let parked = self
            .parked
            .range((partition, Offset::MIN)..=(partition, Offset::MAX))
            .map(|((_, offset), row)| ParkedRow {
                offset: *offset,
                key: row.record.key(*offset),
                attempts: row.attempts,
                delay: 0,
                held: row.held,
            })
            .collect();
        Takeover {
            epoch: Epoch(row.epoch),
            next_offset: row.next,
            suspects,
            parked,
        }
    }

    pub fn let_go(&mut self, partition: usize, epoch: Epoch) {
        let row = &mut self.partitions[partition];
        if row.epoch == epoch.0 {
            row.suspects = 0;
        }
    }

    pub fn decide(&self, key: InboxKey, digest: u32, redriven: bool, staged: &[Op]) -> Inbox {
        let own = staged.iter().rev().find_map(|op| match op {
            Op::Inbox {
                id, digest, state, ..
            } if *id == key => Some((*digest, *state)),
            _ => None,
        });
        let found = own.or_else(|| self.inbox.get(&key).copied());
        inbox(found.map(|(seen, state)| (state, seen == digest)), redriven)
    }

    /// Commits, if nobody else got in between.
    pub fn commit(
        &mut self,
        ops: Vec<Op>,
        epochs: &[(usize, Epoch)],
        mechanisms: Mechanisms,
    ) -> Result<(), Refusal> {
        if mechanisms.epoch {
            let stale: Vec<usize> = epochs
                .iter()
                .filter(|(partition, epoch)| self.partitions[*partition].epoch != epoch.0)
                .map(|(partition, _)| *partition)
                .collect();
            if !stale.is_empty() {
                return Err(Refusal::Fenced(stale));
            }
        }
        if mechanisms.inbox {
            for op in &ops {
                if let Op::Inbox {
                    id,
                    state: InboxState::Done,
                    redriven: false,
                    ..
                } = op
                    && self.inbox.contains_key(id)
                {
                    return Err(Refusal::Serialization);
                }
            }
        }
        for op in ops {
            self.apply(op);
        }
        Ok(())
    }

    pub fn apply(&mut self, op: Op) {
        match op {
            Op::Inbox {
                id, digest, state, ..
            } => {
                self.inbox.insert(id, (digest, state));
            }
            Op::Effect(effect) => {
                if effect.redriven {
                    self.dead
                        .iter_mut()
                        .filter(|dead| dead.id == effect.id)
                        .for_each(|dead| dead.redriven = true);
                }
                self.effects.push(effect);
            }
            Op::Emit(id) => self.outbox.push(id),
            Op::Park {
                partition,
                offset,
                row,
            } => {
                self.parked.insert((partition, offset), row);
            }
            Op::Unpark { partition, offset } => {
                self.parked.remove(&(partition, offset));
            }
            Op::Hold { partition, offset } => {
                let row = self
                    .parked
                    .get_mut(&(partition, offset))
                    .expect("the row that ended is there");
                row.held = true;
                row.attempts = 0;
            }
            Op::Dead {
                id,
                partition,
                offset,
                record,
                reason,
            } => {
                let (partition, offset) = record.origin(partition, offset);
                self.dead
                    .retain(|dead| (dead.partition, dead.offset) != (partition, offset));
                self.dead.push(DeadLetter {
                    id,
                    partition,
                    offset,
                    record,
                    reason,
                    redriven: false,
                });
            }
            Op::Progress { partition, next } => self.partitions[partition].next = next,
            Op::Attempt {
                partition,
                offset,
                attempts,
            } => {
                if let Some(row) = self.parked.get_mut(&(partition, offset)) {
                    row.attempts = attempts;
                }
            }
        }
    }
}

/// The topic.
#[derive(Debug, Default)]
pub struct Log {
    pub partitions: Vec<Vec<Record>>,
}

impl Log {
    /// Random records: sequenced events of a few keys, some flaky, some poison, some published twice.
    pub fn random(partitions: usize, records: usize, hold: bool, dice: &mut Jitter) -> Self {
        let mut log = Self {
            partitions: vec![Vec::new(); partitions],
        };
        let keys = 1 + dice.up_to(2);
        let mut seen: Vec<(usize, Record)> = Vec::new();
        for id in 0..u32::try_from(records).expect("few records") {
            let key = u8::try_from(dice.up_to(keys)).expect("few keys");
            let partition = usize::from(key) % partitions;
            let key = (dice.up_to(9) > 0).then_some(key);
            let kind = match dice.up_to(15) {
                0..=3 => Kind::Flaky(1 + u32::try_from(dice.up_to(2)).expect("small")),
                4 => Kind::Refused,
                5 => Kind::Garbage,
                6 => Kind::Killer,
                _ => Kind::Good,
            };
            let mut record = Record {
                id,
                digest: id,
                key,
                kind,
                redrive: None,
            };
            if dice.up_to(7) == 0
                && let Some((at, earlier)) = seen
                    .get(usize::try_from(dice.up_to(9)).expect("small"))
                    .filter(|(_, seen)| seen.kind != Kind::Garbage)
            {
                // Published twice; or, rarely, somebody else's event under the same id.
                record = earlier.clone();
                if !hold && dice.up_to(3) == 0 {
                    record.digest = 1000 + id;
                    record.kind = Kind::Good;
                }
                log.partitions[*at].push(record);
                continue;
            }
            if dice.up_to(20) == 0 {
                record.redrive = Some((partition, 0, false));
            } else {
                seen.push((partition, record.clone()));
            }
            log.partitions[partition].push(record);
        }
        log
    }

    /// Every identity that must come to exactly one end.
    pub fn identities(&self) -> BTreeSet<Id> {
        let mut all = BTreeSet::new();
        for (partition, records) in self.partitions.iter().enumerate() {
            for (offset, record) in (0..).zip(records) {
                if !matches!(record.redrive, Some((_, _, false))) {
                    all.insert(record.identity(partition, offset));
                }
            }
        }
        all
    }
}
