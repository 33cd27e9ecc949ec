//! One schedule: what happens in which order, by seed.

mod books;
mod faults;
mod group;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use messaging::core::{Failure, Jitter, Limits, OnDeadLetter, Policy, Work};

use crate::member::{InHand, Member, Shell, Staged, State, partition_id, partition_of};
use crate::world::{Database, Log, Mechanisms, Op, PartitionRow, Record, Refusal};

#[derive(Debug, Default)]
pub struct Outcome {
    pub problem: Option<String>,
    pub steps: String,
    pub kills: usize,
    pub fenced: usize,
    pub dead: usize,
    pub redriven: usize,
    pub parked: usize,
    pub graceful: usize,
    pub inbox_hits: usize,
    pub resets: usize,
    pub unanswered: usize,
    pub cut: usize,
}

/// What the store says to a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Given,
    /// It did not commit.
    Unavailable,
    /// It committed, and the answer did not arrive.
    Lost,
}

struct Run {
    dice: Jitter,
    mechanisms: Mechanisms,
    trace: bool,
    policy: Policy,
    limits: Limits,
    now: u64,
    log: Log,
    database: Database,
    members: Vec<Member>,
    /// Who has each partition, as the group sees it.
    owners: Vec<Option<usize>>,
    /// To whom a partition goes once its owner has let go.
    pending: Vec<Option<usize>>,
    tries: BTreeMap<u32, u32>,
    handled: usize,
    zombies: usize,
    outcome: Outcome,
}

/// Runs one schedule.
pub fn run(seed: u64, mechanisms: Mechanisms, trace: bool) -> Outcome {
    let mut dice = Jitter::new(seed);
    let partitions = 1 + usize::try_from(dice.up_to(1)).expect("small");
    let members = 2 + usize::try_from(dice.up_to(1)).expect("small");
    let hold = dice.up_to(3) == 0;
    let records = 4 + usize::try_from(dice.up_to(10)).expect("small");
    let policy = Policy {
        base: Duration::from_millis(2),
        cap: Duration::from_millis(10),
        attempts: 4,
        on_dead_letter: if hold {
            OnDeadLetter::HoldKey
        } else {
            OnDeadLetter::Continue
        },
    };
    let limits = Limits {
        batch_records: 3,
        batch_bytes: 100,
        queue_records: 5,
        queue_bytes: 8,
        parked_records: 100,
    };
    // A third of the schedules has no faults but graceful rebalances; some are free of redrives.
    let faults = dice.up_to(2) > 0;
    let log = Log::random(partitions, records, hold, &mut dice);
    let mut run = Run {
        mechanisms,
        trace,
        policy,
        limits,
        now: 0,
        log,
        database: Database {
            partitions: (0..partitions).map(|_| PartitionRow::default()).collect(),
            ..Database::default()
        },
        members: (0..members)
            .map(|_| Member::new(policy, limits, dice.bits()))
            .collect(),
        owners: vec![None; partitions],
        pending: vec![None; partitions],
        tries: BTreeMap::new(),
        handled: 0,
        zombies: 0,
        dice,
        outcome: Outcome::default(),
    };
    for _ in 0..20 + 12 * records {
        run.step(faults);
    }
    run.come_to_rest();
    run.audit();
    run.outcome
}

impl Run {
    fn pick(&mut self, below: usize) -> usize {
        usize::try_from(self.dice.up_to(below as u64 - 1)).expect("small")
    }

    fn say(&mut self, text: std::fmt::Arguments<'_>) {
        if self.trace {
            writeln!(self.outcome.steps, "{:4} {text}", self.now).expect("strings take everything");
        }
    }

    fn step(&mut self, faults: bool) {
        let member = self.pick(self.members.len());
        match self.dice.up_to(if faults { 55 } else { 44 }) {
            0..=11 => self.fetch(member),
            12..=23 => self.begin(member),
            24..=35 => {
                let answer = match self.dice.up_to(if faults { 15 } else { 11 }) {
                    0 => Answer::Unavailable,
                    12.. => Answer::Lost,
                    _ => Answer::Given,
                };
                self.commit(member, answer);
            }
            36..=38 => self.now += self.dice.up_to(6),
            39..=40 => self.rebalance(),
            41..=42 => self.settle(),
            43 => self.relay(),
            44 => self.redrive(),
            45 => self.kill(member, "killed"),
            46..=47 => self.restart(member),
            48..=51 => self.stop(member),
            52..=53 => self.proceed(member),
            54 => self.reset(),
            _ => self.notice(member),
        }
    }

    fn fetch(&mut self, member: usize) {
        let partition = self.pick(self.owners.len());
        let it = &mut self.members[member];
        if it.state != State::Up || !it.core.wants(&partition_id(partition)) {
            return;
        }
        let offset = it.fetch.get(&partition).copied().unwrap_or(0);
        let Some(record) = usize::try_from(offset)
            .ok()
            .and_then(|at| self.log.partitions[partition].get(at))
        else {
            return;
        };
        it.deliver(partition, offset, record);
        self.say(format_args!("member {member} gets {partition}@{offset}"));
    }

    fn begin(&mut self, member: usize) {
        let it = &mut self.members[member];
        if it.state != State::Up || it.in_hand.is_some() {
            return;
        }
        let Some(mut work) = it.core.next(self.now) else {
            return;
        };
        let epochs: Vec<_> = work
            .partitions()
            .into_iter()
            .map(|(id, epoch)| (partition_of(&id), epoch))
            .collect();
        if let Work::Attempt {
            partition,
            offset,
            attempt,
            ..
        } = &work
        {
            let op = Op::Attempt {
                partition: partition_of(partition),
                offset: *offset,
                attempts: *attempt,
            };
            if let Err(refusal) = self.database.commit(vec![op], &epochs, self.mechanisms) {
                self.refused(member, work, refusal);
                return;
            }
        }
        let before = self.handled;
        let mut shell = Shell {
            database: &mut self.database,
            tries: &mut self.tries,
            mechanisms: self.mechanisms,
            handled: &mut self.handled,
        };
        // Now and then the time for a batch is over before its end.
        let most = if self.dice.up_to(7) == 0 { 1 } else { usize::MAX };
        let (staged, ended) = shell.stage(&mut work, most);
        self.outcome.cut += usize::from(matches!(&work, Work::Batch(entries) if ended < entries.len()));
        if let (Work::Attempt { .. } | Work::Unpark { .. }, Staged::Ops(_)) = (&work, &staged)
            && before == self.handled
        {
            self.outcome.inbox_hits += 1;
        }
        self.say(format_args!("member {member} begins {work:?}"));
        if let Staged::Died = staged {
            self.kill(member, "killed by its handler");
            return;
        }
        self.members[member].in_hand = Some(InHand {
            work,
            staged,
            ended,
            epochs,
        });
    }

    fn commit(&mut self, member: usize, answer: Answer) {
        let it = &mut self.members[member];
        if it.state != State::Up {
            return;
        }
        if !it.late.is_empty() {
            for op in std::mem::take(&mut it.late) {
                self.database.apply(op);
            }
            return;
        }
        let Some(InHand {
            mut work,
            staged,
            ended,
            epochs,
        }) = it.in_hand.take()
        else {
            return;
        };
        match staged {
            Staged::Failed(at, failure) => {
                self.say(format_args!("member {member} fails at {at}: {failure:?}"));
                debug_assert!(matches!(failure, Failure::Retriable | Failure::Poison(_)));
                self.members[member].core.failed(work, at, failure, self.now);
            }
            Staged::Ops(_) if answer == Answer::Unavailable => {
                self.say(format_args!("member {member}: store unavailable"));
                self.members[member].core.unavailable(work);
            }
            Staged::Ops(ops) => {
                let (now, late): (Vec<Op>, Vec<Op>) = ops
                    .into_iter()
                    .partition(|op| self.mechanisms.dead_letter_inside || !matches!(op, Op::Dead { .. }));
                self.outcome.parked += now.iter().filter(|op| matches!(op, Op::Park { .. })).count();
                match self.database.commit(now, &epochs, self.mechanisms) {
                    Ok(()) if answer == Answer::Lost => {
                        self.say(format_args!("member {member} commits and is not told"));
                        self.outcome.unanswered += 1;
                        self.members[member].late = late;
                        self.members[member].core.unavailable(work);
                    }
                    Ok(()) => {
                        self.say(format_args!("member {member} commits {ended} of {work:?}"));
                        self.members[member].late = late;
                        self.members[member].core.cut(&mut work, ended);
                        self.members[member].core.committed(work, self.now);
                    }
                    Err(refusal) => self.refused(member, work, refusal),
                }
            }
            Staged::Died => unreachable!("a dead member has nothing in hand"),
        }
    }

    fn refused(&mut self, member: usize, work: Work<Record>, refusal: Refusal) {
        self.say(format_args!("member {member}: {refusal:?}"));
        let core = &mut self.members[member].core;
        match refusal {
            Refusal::Serialization => core.unavailable(work),
            Refusal::Fenced(partitions) => {
                self.outcome.fenced += 1;
                let ids: Vec<_> = partitions.into_iter().map(partition_id).collect();
                core.fenced(work, &ids);
            }
        }
    }

    fn relay(&mut self) {
        let unsent = std::mem::take(&mut self.database.outbox);
        self.database.published.extend(unsent);
    }
}
