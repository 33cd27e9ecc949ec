//! The consumer group: who has which partition, gracefully or not.

use super::Run;
use crate::member::{State, partition_id};

impl Run {
    pub(super) fn rebalance(&mut self) {
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
    pub(super) fn settle(&mut self) {
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

    pub(super) fn assign(&mut self, partition: usize, to: usize) {
        self.pending[partition] = None;
        self.owners[partition] = Some(to);
        let takeover = self.database.take_over(partition, self.limits.batch_records);
        self.say(format_args!("member {to} takes {partition} over: {takeover:?}"));
        let it = &mut self.members[to];
        it.lost.remove(&partition);
        it.fetch.insert(partition, takeover.next_offset);
        it.core.assign(partition_id(partition), takeover, self.now);
    }

    pub(super) fn notice(&mut self, member: usize) {
        if self.members[member].state == State::Up {
            for partition in std::mem::take(&mut self.members[member].lost) {
                self.members[member].core.lose(&partition_id(partition));
            }
        }
    }
}
