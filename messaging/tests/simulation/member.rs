//! One process: the real core, and a shell that carries its work out against the simulated database.

use std::collections::{BTreeMap, BTreeSet};

use messaging::core::{
    BreakerLimits, Core, Delivery, Epoch, Failure, Inbox, InboxState, Limits, Offset, PartitionId,
    PoisonReason, Policy, Position, Step, Verdict, Work,
};

use crate::world::{Database, Effect, InboxKey, Kind, Mechanisms, Op, Parked, Record};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Up,
    /// Stopped, and its session may have ended without its knowing.
    Stopped,
    Down,
}

/// Work whose handlers ran and whose transaction is open.
pub struct InHand {
    pub work: Work<Record>,
    pub staged: Staged,
    /// How many of its records the work came to.
    pub ended: usize,
    pub epochs: Vec<(usize, Epoch)>,
}

pub enum Staged {
    Ops(Vec<Op>),
    Failed(usize, Failure),
    /// A handler killed the process.
    Died,
}

pub struct Member {
    pub state: State,
    pub core: Core<Record>,
    pub fetch: BTreeMap<usize, Offset>,
    pub in_hand: Option<InHand>,
    /// Partitions that others own by now, which it has not noticed.
    pub lost: BTreeSet<usize>,
    /// Writes that a removed mechanism makes after the commit.
    pub late: Vec<Op>,
}

pub fn partition_id(partition: usize) -> PartitionId {
    PartitionId::new("orders", i32::try_from(partition).expect("few partitions"))
}

pub fn partition_of(id: &PartitionId) -> usize {
    usize::try_from(id.partition).expect("partitions count from 0")
}

impl Member {
    pub fn new(policy: Policy, limits: Limits, seed: u64) -> Self {
        let breaker = BreakerLimits {
            window: 0,
            ..BreakerLimits::default()
        };
        Self {
            state: State::Up,
            core: Core::new(policy, limits, breaker, seed),
            fetch: BTreeMap::new(),
            in_hand: None,
            lost: BTreeSet::new(),
            late: Vec::new(),
        }
    }

    pub fn deliver(&mut self, partition: usize, offset: Offset, record: &Record) {
        let verdict = match record.redrive {
            Some((_, _, false)) => Verdict::Skip,
            Some((at, origin, true)) => Verdict::Redrive {
                origin: Position {
                    partition: partition_id(at),
                    offset: origin,
                },
            },
            None if record.kind == Kind::Garbage => Verdict::Poison(PoisonReason::NotJson),
            None => Verdict::Handle,
        };
        let delivery = Delivery {
            offset,
            key: record.key(offset),
            bytes: 1,
            verdict,
            payload: record.clone(),
        };
        self.core.deliver(&partition_id(partition), delivery);
        self.fetch.insert(partition, offset + 1);
    }
}

/// Runs handlers; their writes are staged, not applied.
pub struct Shell<'a> {
    pub database: &'a mut Database,
    pub tries: &'a mut BTreeMap<u32, u32>,
    pub mechanisms: Mechanisms,
    pub handled: &'a mut usize,
}

enum End {
    Ok,
    Failed(Failure),
    Died,
}

impl Shell<'_> {
    /// Carries out `most` records of the work at most, and says to how many it came.
    pub fn stage(&mut self, work: &mut Work<Record>, most: usize) -> (Staged, usize) {
        let records = match work {
            Work::Batch(entries) => entries.len(),
            Work::Unpark { offsets, .. } => offsets.len(),
            Work::Attempt { .. } | Work::Bury { .. } => 1,
        };
        let ended = records.min(most);
        (self.stage_first(work, ended), ended)
    }

    fn stage_first(&mut self, work: &mut Work<Record>, ended: usize) -> Staged {
        let mut ops = Vec::new();
        match work {
            Work::Batch(entries) => {
                for (at, entry) in entries.iter_mut().enumerate().take(ended) {
                    let partition = partition_of(&entry.partition);
                    let (offset, record) = (entry.record.offset, entry.record.payload.clone());
                    match entry.step {
                        Step::Skip => {}
                        Step::Run => match self.handle(&record, partition, offset, &mut ops) {
                            End::Ok => {}
                            End::Failed(failure) => return Staged::Failed(at, failure),
                            End::Died => return Staged::Died,
                        },
                        Step::Park { attempts, .. } => {
                            let row = Parked {
                                record,
                                attempts,
                                held: false,
                            };
                            if self.mechanisms.parking {
                                ops.push(Op::Park {
                                    partition,
                                    offset,
                                    row,
                                });
                            }
                        }
                        Step::Revive { offset } => {
                            let row = Parked {
                                record,
                                attempts: 0,
                                held: false,
                            };
                            ops.push(Op::Park {
                                partition,
                                offset,
                                row,
                            });
                        }
                        // Written before, in a transaction whose commit was not answered.
                        Step::Dead { hold: true, .. } if self.is_held(partition, offset) => {}
                        Step::Dead { reason, hold } => {
                            if !self.bury(&record, partition, offset, reason, &mut ops) {
                                entry.step = Step::Skip;
                            } else if hold {
                                let row = Parked {
                                    record,
                                    attempts: 0,
                                    held: true,
                                };
                                ops.push(Op::Park {
                                    partition,
                                    offset,
                                    row,
                                });
                            }
                        }
                    }
                }
                for (id, _, next) in work.progress(ended) {
                    ops.push(Op::Progress {
                        partition: partition_of(&id),
                        next,
                    });
                }
            }
            Work::Attempt {
                partition, offset, ..
            } => {
                return self.parked(partition_of(partition), &[*offset]);
            }
            Work::Unpark {
                partition, offsets, ..
            } => {
                return self.parked(partition_of(partition), &offsets[..ended]);
            }
            Work::Bury {
                partition,
                offset,
                reason,
                hold,
                ..
            } => {
                let (partition, offset) = (partition_of(partition), *offset);
                let Some(row) = self.database.parked.get(&(partition, offset)).cloned() else {
                    return Staged::Ops(ops);
                };
                if *hold && row.held {
                    return Staged::Ops(ops);
                }
                let dead = self.bury(&row.record, partition, offset, *reason, &mut ops);
                *hold = *hold && dead;
                ops.push(if *hold {
                    Op::Hold { partition, offset }
                } else {
                    Op::Unpark { partition, offset }
                });
            }
        }
        Staged::Ops(ops)
    }

    fn is_held(&self, partition: usize, offset: Offset) -> bool {
        let row = self.database.parked.get(&(partition, offset));
        row.is_some_and(|row| row.held)
    }

    fn parked(&mut self, partition: usize, offsets: &[Offset]) -> Staged {
        let mut ops = Vec::new();
        for (at, offset) in offsets.iter().enumerate() {
            // Without a row (parking removed, or a zombie whose successor ended it) there is nothing to run.
            let Some(row) = self.database.parked.get(&(partition, *offset)).cloned() else {
                continue;
            };
            match self.handle(&row.record, partition, *offset, &mut ops) {
                End::Ok => ops.push(Op::Unpark {
                    partition,
                    offset: *offset,
                }),
                End::Failed(failure) => return Staged::Failed(at, failure),
                End::Died => return Staged::Died,
            }
        }
        Staged::Ops(ops)
    }

    fn handle(&mut self, record: &Record, partition: usize, offset: Offset, ops: &mut Vec<Op>) -> End {
        let redriven = record.redrive.is_some();
        let key = inbox_key(record, partition, offset);
        if record.kind == Kind::Garbage && !redriven {
            return End::Failed(Failure::Poison(PoisonReason::NotJson));
        }
        if self.mechanisms.inbox {
            match self.database.decide(key, record.digest, redriven, ops) {
                Inbox::Handle => {}
                Inbox::Ended => return End::Ok,
                Inbox::Conflict => return End::Failed(Failure::Poison(PoisonReason::IdConflict)),
            }
        }
        *self.handled += 1;
        if !redriven {
            match record.kind {
                Kind::Good | Kind::Garbage => {}
                Kind::Refused => return End::Failed(Failure::Poison(PoisonReason::Handler)),
                Kind::Killer => return End::Died,
                Kind::Flaky(times) => {
                    let tries = self.tries.entry(record.id).or_default();
                    if *tries < times {
                        *tries += 1;
                        return End::Failed(Failure::Retriable);
                    }
                }
            }
        }
        let id = record.identity(partition, offset);
        ops.push(Op::Inbox {
            id: key,
            digest: record.digest,
            state: InboxState::Done,
            redriven,
        });
        ops.push(Op::Effect(Effect {
            id,
            partition,
            offset,
            key: record.key,
            redriven,
        }));
        if self.mechanisms.outbox_inside {
            ops.push(Op::Emit(id));
        } else {
            self.database.published.push(id);
        }
        End::Ok
    }

    /// Stages a dead letter, unless the event ended before.
    fn bury(
        &mut self,
        record: &Record,
        partition: usize,
        offset: Offset,
        reason: PoisonReason,
        ops: &mut Vec<Op>,
    ) -> bool {
        let redriven = record.redrive.is_some();
        let (mut key, mut reason) = (inbox_key(record, partition, offset), reason);
        let at_origin = {
            let (partition, offset) = record.origin(partition, offset);
            InboxKey::At(partition, offset)
        };
        match self.database.decide(key, record.digest, redriven, ops) {
            Inbox::Handle => {}
            Inbox::Ended => return false,
            Inbox::Conflict => reason = PoisonReason::IdConflict,
        }
        if reason == PoisonReason::IdConflict {
            key = at_origin;
        }
        ops.push(Op::Inbox {
            id: key,
            digest: record.digest,
            state: InboxState::Dead,
            redriven,
        });
        let id = record.identity(partition, offset);
        ops.push(Op::Dead {
            id,
            partition,
            offset,
            record: record.clone(),
            reason,
        });
        true
    }
}

fn inbox_key(record: &Record, partition: usize, offset: Offset) -> InboxKey {
    if record.kind == Kind::Garbage {
        let (partition, offset) = record.origin(partition, offset);
        InboxKey::At(partition, offset)
    } else {
        InboxKey::Event(record.id)
    }
}
