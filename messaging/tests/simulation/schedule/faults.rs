//! What goes wrong: processes die, stop and go on; operators redrive and set progress back.

use messaging::core::PoisonReason;

use super::Run;
use crate::member::{Member, State};
use crate::world::Record;

impl Run {
    pub(super) fn kill(&mut self, member: usize, why: &str) {
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

    pub(super) fn restart(&mut self, member: usize) {
        if self.members[member].state == State::Down {
            self.say(format_args!("member {member} starts"));
            self.members[member].state = State::Up;
        }
    }

    pub(super) fn stop(&mut self, member: usize) {
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

    pub(super) fn proceed(&mut self, member: usize) {
        if self.members[member].state == State::Stopped {
            self.say(format_args!("member {member} goes on"));
            self.members[member].state = State::Up;
        }
    }

    /// An operator sends a dead letter back, now and then twice.
    pub(super) fn redrive(&mut self) {
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

    /// An operator sets progress back by hand, whoever owns the partition: what ended stays ended, what is parked
    /// waits for its turn as before.
    pub(super) fn reset(&mut self) {
        let partition = self.pick(self.owners.len());
        let row = &mut self.database.partitions[partition];
        if row.next == 0 {
            return;
        }
        row.epoch += 1;
        row.next -= 1 + i64::try_from(self.dice.up_to(row.next.unsigned_abs() - 1)).expect("small");
        let next = row.next;
        self.say(format_args!("{partition} is set back to {next}"));
        self.outcome.resets += 1;
        self.zombies += 1;
        if let Some(owner) = self.owners[partition].take() {
            self.members[owner].lost.insert(partition);
            self.pending[partition] = None;
        }
    }
}
