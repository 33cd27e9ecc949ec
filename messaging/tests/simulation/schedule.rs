//! One schedule: what happens in which order, by seed, and the books at the end.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use messaging::core::{Failure, Jitter, Limits, OnDeadLetter, PoisonReason, Policy, Work};

use crate::member::{InHand, Member, Shell, Staged, State, partition_id, partition_of};
use crate::world::{Database, Id, Log, Mechanisms, Op, PartitionRow, Record, Refusal};

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
        match self.dice.up_to(if faults { 54 } else { 44 }) {
            0..=11 => self.fetch(member),
            12..=23 => self.begin(member),
            24..=35 => self.commit(member, self.dice.clone().up_to(11) == 0),
            36..=38 => self.now += self.dice.up_to(6),
            39..=40 => self.rebalance(),
            41..=42 => self.settle(),
            43 => self.relay(),
            44 => self.redrive(),
            45 => self.kill(member, "killed"),
            46..=47 => self.restart(member),
            48..=51 => self.stop(member),
            52..=53 => self.proceed(member),
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
        let staged = shell.stage(&mut work);
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
        self.members[member].in_hand = Some(InHand { work, staged, epochs });
    }

    fn commit(&mut self, member: usize, unavailable: bool) {
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
        let Some(InHand { work, staged, epochs }) = it.in_hand.take() else {
            return;
        };
        match staged {
            Staged::Failed(at, failure) => {
                self.say(format_args!("member {member} fails at {at}: {failure:?}"));
                debug_assert!(matches!(failure, Failure::Retriable | Failure::Poison(_)));
                self.members[member].core.failed(work, at, failure, self.now);
            }
            Staged::Ops(_) if unavailable => {
                self.say(format_args!("member {member}: store unavailable"));
                self.members[member].core.unavailable(work);
            }
            Staged::Ops(ops) => {
                let (now, late): (Vec<Op>, Vec<Op>) = ops
                    .into_iter()
                    .partition(|op| self.mechanisms.dead_letter_inside || !matches!(op, Op::Dead { .. }));
                self.outcome.parked += now.iter().filter(|op| matches!(op, Op::Park { .. })).count();
                match self.database.commit(now, &epochs, self.mechanisms) {
                    Ok(()) => {
                        self.say(format_args!("member {member} commits"));
                        self.members[member].late = late;
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

    fn rebalance(&mut self) {
        let partition = self.pick(self.owners.len());
        let to = self.pick(self.members.len());
        if self.members[to].state != State::Up {
            return;
        }
        let id = partition_id(partition);
        match self.owners[partition] {
            None => self.assign(partition, to),
            Some(from) if from == to => {}
            Some(from) if self.members[from].state == State::Stopped => {
                self.members[from].lost.insert(partition);
                self.zombies += 1;
                self.assign(partition, to);
            }
            Some(from) if self.mechanisms.barrier => {
                self.say(format_args!(
                    "member {from} is asked for {partition}, for member {to}"
                ));
                self.members[from].core.revoke(&id);
                self.pending[partition] = Some(to);
            }
            Some(from) => {
                if let Some(release) = self.members[from].core.release(&id) {
                    self.database.let_go(partition, release.epoch);
                }
                self.outcome.graceful += 1;
                self.assign(partition, to);
            }
        }
    }

    /// Owners let go of what was asked for and is no longer in work.
    fn settle(&mut self) {
        for partition in 0..self.owners.len() {
            let (Some(to), Some(from)) = (self.pending[partition], self.owners[partition]) else {
                continue;
            };
            let id = partition_id(partition);
            let owner = &mut self.members[from];
            if owner.state != State::Up || !owner.core.drained(&id) {
                continue;
            }
            if let Some(release) = owner.core.release(&id) {
                self.database.let_go(partition, release.epoch);
            }
            self.outcome.graceful += 1;
            if self.members[to].state == State::Up {
                self.assign(partition, to);
            } else {
                self.pending[partition] = None;
                self.owners[partition] = None;
            }
        }
    }

    fn assign(&mut self, partition: usize, to: usize) {
        self.pending[partition] = None;
        self.owners[partition] = Some(to);
        let takeover = self.database.take_over(partition, self.limits.batch_records);
        self.say(format_args!("member {to} takes {partition} over: {takeover:?}"));
        let it = &mut self.members[to];
        it.lost.remove(&partition);
        it.fetch.insert(partition, takeover.next_offset);
        it.core.assign(partition_id(partition), takeover, self.now);
    }

    fn kill(&mut self, member: usize, why: &str) {
        if self.members[member].state == State::Down {
            return;
        }
        self.say(format_args!("member {member} is {why}"));
        self.outcome.kills += 1;
        let seed = self.dice.bits();
        self.members[member] = Member {
            state: State::Down,
            ..Member::new(self.policy, self.limits, seed)
        };
        for partition in 0..self.owners.len() {
            if self.owners[partition] == Some(member) {
                self.owners[partition] = None;
                self.pending[partition] = None;
            }
        }
    }

    fn restart(&mut self, member: usize) {
        if self.members[member].state == State::Down {
            self.say(format_args!("member {member} starts"));
            self.members[member].state = State::Up;
        }
    }

    fn stop(&mut self, member: usize) {
        if self.dice.up_to(1) == 0 {
            self.begin(member);
        }
        if self.members[member].state == State::Up {
            self.say(format_args!("member {member} stops"));
            self.members[member].state = State::Stopped;
            // Often for longer than its session, so that others take over what it still believes to hold.
            if self.dice.up_to(2) > 0 {
                (0..4).for_each(|_| self.rebalance());
            }
        }
    }

    fn proceed(&mut self, member: usize) {
        if self.members[member].state == State::Stopped {
            self.say(format_args!("member {member} goes on"));
            self.members[member].state = State::Up;
        }
    }

    fn notice(&mut self, member: usize) {
        if self.members[member].state == State::Up {
            for partition in std::mem::take(&mut self.members[member].lost) {
                self.members[member].core.lose(&partition_id(partition));
            }
        }
    }

    fn relay(&mut self) {
        let unsent = std::mem::take(&mut self.database.outbox);
        self.database.published.extend(unsent);
    }

    /// An operator sends a dead letter back, now and then twice.
    fn redrive(&mut self) {
        let again = self.dice.up_to(3) == 0;
        let dead = self.database.dead.iter().find(|dead| {
            dead.reason != PoisonReason::IdConflict
                && (again
                    || !self.log.partitions[dead.partition]
                        .iter()
                        .any(|record| record.redrive == Some((dead.partition, dead.offset, true))))
        });
        let Some(dead) = dead else { return };
        let (partition, offset) = (dead.partition, dead.offset);
        let record = Record {
            redrive: Some((partition, offset, true)),
            ..dead.record.clone()
        };
        self.log.partitions[partition].push(record);
        self.outcome.redriven += 1;
        self.say(format_args!("{partition}@{offset} is redriven"));
    }

    /// Takes the faults away and lets everything finish.
    fn come_to_rest(&mut self) {
        self.say(format_args!("coming to rest"));
        let hold = self.policy.on_dead_letter == OnDeadLetter::HoldKey;
        for _ in 0..2000 {
            for member in 0..self.members.len() {
                self.proceed(member);
                self.restart(member);
                self.notice(member);
            }
            for partition in 0..self.owners.len() {
                if self.owners[partition].is_none() {
                    let to = self.pick(self.members.len());
                    if self.members[to].state == State::Up {
                        self.assign(partition, to);
                    }
                }
            }
            self.settle();
            for member in 0..self.members.len() {
                for _ in 0..4 {
                    self.fetch(member);
                }
                self.begin(member);
                self.commit(member, false);
                self.commit(member, false);
            }
            self.now += 3;
            self.relay();
            if self.rested() {
                let open = self.database.dead.iter().any(|dead| !dead.redriven);
                if !hold || !open {
                    return;
                }
                self.redrive();
            }
        }
        self.outcome.problem = Some("it did not come to rest".into());
    }

    fn rested(&self) -> bool {
        let read = (0..self.owners.len()).all(|partition| {
            let end = i64::try_from(self.log.partitions[partition].len()).expect("small");
            self.database.partitions[partition].next >= end
        });
        let waiting = self.database.parked.iter().any(|((partition, _), row)| {
            let held = |other: &crate::world::Parked| other.held && other.record.key == row.record.key;
            let behind = self
                .database
                .parked
                .range((*partition, i64::MIN)..=(*partition, i64::MAX));
            !behind.into_iter().any(|(_, other)| held(other))
        });
        read && !waiting
            && self
                .members
                .iter()
                .all(|it| it.in_hand.is_none() && it.late.is_empty())
    }

    fn audit(&mut self) {
        let mut problems: Vec<String> = self.outcome.problem.take().into_iter().collect();
        let mut effects: BTreeMap<Id, usize> = BTreeMap::new();
        for effect in &self.database.effects {
            *effects.entry(effect.id).or_default() += 1;
        }
        for id in self.log.identities() {
            let effects = effects.get(&id).copied().unwrap_or(0);
            // Copies of an event whose id another one took are dead letters each on its own.
            let all = || {
                self.database
                    .dead
                    .iter()
                    .filter(|dead| dead.id == id && !dead.redriven)
            };
            let conflicts = all()
                .filter(|dead| dead.reason == PoisonReason::IdConflict)
                .count();
            let dead = (all().count() - conflicts).max(conflicts.min(1));
            match (effects, dead) {
                (1, 0) | (0, 1) => {}
                (0, 0) => problems.push(format!("{id:?} is neither in effect nor dead")),
                (1, _) => problems.push(format!("{id:?} is in effect and dead")),
                (effects, dead) => {
                    problems.push(format!("{id:?} has {effects} effects and {dead} dead letters"));
                }
            }
        }
        let hold = self.policy.on_dead_letter == OnDeadLetter::HoldKey;
        let mut last: BTreeMap<(usize, u8), i64> = BTreeMap::new();
        for effect in self
            .database
            .effects
            .iter()
            .filter(|effect| hold || !effect.redriven)
        {
            let Some(key) = effect.key else { continue };
            let last = last.entry((effect.partition, key)).or_insert(-1);
            if effect.offset <= *last {
                problems.push(format!("order of key {key}: {} after {last}", effect.offset));
            }
            *last = effect.offset;
        }
        let mut published: Vec<Id> = self.database.published.clone();
        published.sort_unstable();
        let mut happened: Vec<Id> = self.database.effects.iter().map(|effect| effect.id).collect();
        happened.sort_unstable();
        if published != happened && problems.is_empty() {
            problems.push("a phantom or lost event: published is not what happened".into());
        }
        if !self.database.parked.is_empty() && problems.is_empty() {
            problems.push(format!("{} rows are still parked", self.database.parked.len()));
        }
        if self.zombies == 0 && self.outcome.kills == 0 && self.outcome.fenced > 0 && problems.is_empty() {
            problems.push("a transaction was fenced though every rebalance was graceful".into());
        }
        self.outcome.dead = self.database.dead.len();
        self.outcome.problem = (!problems.is_empty()).then(|| problems.join("; "));
    }
}
