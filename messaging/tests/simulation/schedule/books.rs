//! The end of a schedule: faults are taken away, everything finishes, and the books are checked.

use std::collections::BTreeMap;

use messaging::core::{OnDeadLetter, PoisonReason};

use super::{Answer, Run};
use crate::member::State;
use crate::world::Id;

impl Run {
    /// Takes the faults away and lets everything finish.
    pub(super) fn come_to_rest(&mut self) {
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
                self.commit(member, Answer::Given);
                self.commit(member, Answer::Given);
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

    pub(super) fn rested(&self) -> bool {
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

    pub(super) fn audit(&mut self) {
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
