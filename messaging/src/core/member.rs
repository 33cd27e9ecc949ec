//! One member of a consumer group: its partitions, what goes next, the barrier, and the circuit breaker.

use std::collections::BTreeMap;

use super::breaker::{Breaker, BreakerLimits};
use super::failure::{Failure, PoisonReason};
use super::partition::{Delivered, Partition, Release, Room, Takeover};
use super::policy::{Jitter, Policy};
use super::work::{Delivery, Entry, Epoch, Fate, Limits, Millis, PartitionId, Step, Work};

/// The state machine of one group member. At most one piece of work is in hand at a time.
#[derive(Debug)]
pub struct Core<P> {
    policy: Policy,
    limits: Limits,
    jitter: Jitter,
    breaker: Breaker,
    partitions: BTreeMap<PartitionId, Partition<P>>,
    in_hand: Vec<(PartitionId, Epoch)>,
    /// Parked rows and new records take turns, so that neither starves the other.
    parked_turn: bool,
    /// Where the last batch began; the next one begins after it.
    last_first: Option<PartitionId>,
}

impl<P> Core<P> {
    /// A member without partitions. The seed spreads retries of several members apart.
    pub fn new(policy: Policy, limits: Limits, breaker: BreakerLimits, seed: u64) -> Self {
        Self {
            policy,
            limits,
            jitter: Jitter::new(seed),
            breaker: Breaker::new(breaker),
            partitions: BTreeMap::new(),
            in_hand: Vec::new(),
            parked_turn: true,
            last_first: None,
        }
    }

    /// Takes a partition over, as the database said.
    pub fn assign(&mut self, partition: PartitionId, takeover: Takeover, now: Millis) {
        self.partitions
            .insert(partition, Partition::new(takeover, self.limits, now));
    }

    /// The barrier goes down: nothing more of the partition is handed out.
    pub fn revoke(&mut self, partition: &PartitionId) {
        if let Some(held) = self.partitions.get_mut(partition) {
            held.draining = true;
        }
    }

    /// Whether no work in hand touches the partition, so that it can be let go.
    pub fn drained(&self, partition: &PartitionId) -> bool {
        !self.in_hand.iter().any(|(in_hand, _)| in_hand == partition)
    }

    /// Lets the partition go, with the offset for the next owner; `None` if it was not held.
    pub fn release(&mut self, partition: &PartitionId) -> Option<Release> {
        let held = self.partitions.remove(partition)?;
        Some(Release {
            partition: partition.clone(),
            epoch: held.epoch,
            next_offset: held.next_offset,
        })
    }

    /// Another member has the partition already: forgets it, nothing may be committed for it.
    pub fn lose(&mut self, partition: &PartitionId) {
        self.partitions.remove(partition);
    }

    /// The partitions that are held, sorted, with the next offset of each.
    pub fn held(&self) -> impl Iterator<Item = (&PartitionId, Epoch, i64)> {
        self.partitions
            .iter()
            .map(|(id, partition)| (id, partition.epoch, partition.next_offset))
    }

    /// Parked rows of a partition, those of held keys included.
    pub fn parked(&self, partition: &PartitionId) -> usize {
        self.partitions.get(partition).map_or(0, Partition::parked)
    }

    /// Keys of a partition that wait for a redrive.
    pub fn held_keys(&self, partition: &PartitionId) -> usize {
        self.partitions.get(partition).map_or(0, Partition::held)
    }

    /// Records of a partition that wait in memory.
    pub fn queued(&self, partition: &PartitionId) -> usize {
        self.partitions.get(partition).map_or(0, Partition::queued)
    }

    /// Whether the partition should be fetched: its queue and its parked rows are below their limits.
    pub fn wants(&self, partition: &PartitionId) -> bool {
        // A share each, so that a partition whose queue does not move leaves the others theirs.
        let share = self.limits.queue_bytes / self.partitions.len().max(1);
        self.partitions.get(partition).is_some_and(|held| {
            !held.draining
                && held.queued() < self.limits.queue_records
                && (held.queued() == 0 || held.queued_bytes() < share)
                && held.parked() < self.limits.parked_records
        })
    }

    /// A record arrived.
    pub fn deliver(&mut self, partition: &PartitionId, record: Delivery<P>) -> Delivered {
        match self.partitions.get_mut(partition) {
            Some(held) if !held.draining => held.deliver(record),
            _ => Delivered::Stale,
        }
    }

    /// `(dead, seen)` when too large a share of the last inputs was dead-lettered and the subscriber should stop.
    pub fn tripped(&self) -> Option<(usize, usize)> {
        self.breaker.tripped()
    }

    /// When the next parked row is due.
    pub fn due(&self) -> Option<Millis> {
        self.partitions
            .values()
            .filter(|held| !held.draining)
            .filter_map(Partition::due)
            .min()
    }

    /// The next piece of work, or nothing to do now. The caller reports its end before asking again.
    pub fn next(&mut self, now: Millis) -> Option<Work<P>> {
        if !self.in_hand.is_empty() {
            return None;
        }
        let work = if self.parked_turn {
            self.parked_work(now).or_else(|| self.batch())
        } else {
            self.batch().or_else(|| self.parked_work(now))
        }?;
        self.parked_turn = matches!(work, Work::Batch(_));
        self.in_hand = work.partitions();
        Some(work)
    }

    fn parked_work(&mut self, now: Millis) -> Option<Work<P>> {
        let (id, held) = self
            .partitions
            .iter()
            .filter(|(_, held)| !held.draining)
            .min_by_key(|(_, held)| held.due().unwrap_or(Millis::MAX))?;
        held.parked_work(id, &self.policy, self.limits, &mut self.jitter, now)
    }

    fn batch(&mut self) -> Option<Work<P>> {
        let mut order: Vec<PartitionId> = self.partitions.keys().cloned().collect();
        if let Some(last) = &self.last_first {
            let after = order.partition_point(|id| id <= last);
            order.rotate_left(after);
        }
        let mut room = Room::new(self.limits);
        let mut entries = Vec::new();
        for id in &order {
            let held = self
                .partitions
                .get_mut(id)
                .expect("the order was made of the keys");
            if !held.draining {
                held.plan(
                    id,
                    &self.policy,
                    self.limits,
                    &mut self.jitter,
                    &mut room,
                    &mut entries,
                );
            }
        }
        self.last_first = entries.first().map(|entry| entry.partition.clone());
        (!entries.is_empty()).then_some(Work::Batch(entries))
    }

    /// The work was ended early, after its first `ended` records: the others are handed out again later, and what is
    /// left of `work` can be committed. Without effect on work that is one record.
    pub fn cut(&mut self, work: &mut Work<P>, ended: usize) {
        match work {
            Work::Batch(entries) if ended < entries.len() => {
                let rest = entries.split_off(ended);
                self.take_back(rest, None);
            }
            Work::Unpark { offsets, .. } => offsets.truncate(ended),
            Work::Batch(_) | Work::Attempt { .. } | Work::Bury { .. } => {}
        }
    }

    /// The work's transaction was committed.
    pub fn committed(&mut self, work: Work<P>, now: Millis) {
        self.in_hand.clear();
        match work {
            Work::Batch(entries) => {
                for entry in entries {
                    match entry.step {
                        Step::Run => self.breaker.count(false),
                        Step::Dead { .. } => self.breaker.count(true),
                        Step::Skip | Step::Park { .. } | Step::Revive { .. } => {}
                    }
                    if let Some(held) = held(&mut self.partitions, &entry.partition, entry.epoch) {
                        held.apply(&entry.record, &entry.step, entry.fate, now);
                    }
                }
            }
            Work::Attempt {
                partition,
                epoch,
                offset,
                ..
            } => {
                self.breaker.count(false);
                if let Some(held) = held(&mut self.partitions, &partition, epoch) {
                    held.unpark(&[offset]);
                }
            }
            Work::Unpark {
                partition,
                epoch,
                offsets,
            } => {
                for _ in &offsets {
                    self.breaker.count(false);
                }
                if let Some(held) = held(&mut self.partitions, &partition, epoch) {
                    held.unpark(&offsets);
                }
            }
            Work::Bury {
                partition,
                epoch,
                offset,
                hold,
                ..
            } => {
                self.breaker.count(true);
                if let Some(held) = held(&mut self.partitions, &partition, epoch) {
                    if hold {
                        held.hold(offset);
                    } else {
                        held.unpark(&[offset]);
                    }
                }
            }
        }
    }

    /// The record at place `at` of the work failed and the transaction was rolled back. `failure` is
    /// [`Failure::Retriable`] or [`Failure::Poison`]; the other classes are for [`Core::unavailable`] or the end.
    pub fn failed(&mut self, work: Work<P>, at: usize, failure: Failure, now: Millis) {
        self.in_hand.clear();
        let reason = match failure {
            Failure::Poison(reason) => Some(reason),
            Failure::Retriable | Failure::Unavailable | Failure::Fatal => None,
        };
        match work {
            Work::Batch(entries) => {
                let fate = match reason {
                    Some(reason) => Fate::Poison(reason),
                    None if self.policy.attempts <= 1 => Fate::Poison(PoisonReason::Exhausted),
                    None => Fate::Failed,
                };
                self.take_back(entries, Some((at, fate)));
            }
            Work::Attempt {
                partition,
                epoch,
                offset,
                attempt,
                delay,
            } => {
                let last = attempt >= self.policy.attempts;
                let end = reason.or(last.then_some(PoisonReason::Exhausted));
                let due = if end.is_some() {
                    now
                } else {
                    now.saturating_add(delay)
                };
                if let Some(held) = held(&mut self.partitions, &partition, epoch) {
                    held.failed_attempt(offset, attempt, due, end);
                }
            }
            Work::Unpark {
                partition,
                epoch,
                offsets,
            } => {
                if let Some(offset) = offsets.get(at)
                    && let Some(held) = held(&mut self.partitions, &partition, epoch)
                {
                    held.single_out(*offset, reason);
                }
            }
            Work::Bury { .. } => {}
        }
    }

    /// Store or broker were away: the work will be handed out again, no attempt is counted. Its transaction may have
    /// been committed all the same; then the second run finds what the first one did.
    pub fn unavailable(&mut self, work: Work<P>) {
        self.in_hand.clear();
        if let Work::Batch(mut entries) = work {
            for entry in &mut entries {
                if matches!(entry.step, Step::Park { .. }) && entry.fate == Fate::None {
                    entry.fate = Fate::Unsure;
                }
            }
            self.take_back(entries, None);
        }
    }

    /// The transaction found a newer epoch of these partitions: they are another member's now. What else was in the
    /// work is handed out again.
    pub fn fenced(&mut self, work: Work<P>, partitions: &[PartitionId]) {
        for (id, epoch) in work.partitions() {
            if partitions.contains(&id) && held(&mut self.partitions, &id, epoch).is_some() {
                self.partitions.remove(&id);
            }
        }
        self.unavailable(work);
    }

    fn take_back(&mut self, entries: Vec<Entry<P>>, failed: Option<(usize, Fate)>) {
        for (at, entry) in entries.into_iter().enumerate().rev() {
            let fate = match failed {
                Some((place, fate)) if place == at => fate,
                _ => entry.fate,
            };
            if let Some(held) = held(&mut self.partitions, &entry.partition, entry.epoch) {
                held.take_back(entry, fate);
            }
        }
    }
}

/// The partition, if it is still held under the epoch of the work.
fn held<'a, P>(
    partitions: &'a mut BTreeMap<PartitionId, Partition<P>>,
    id: &PartitionId,
    epoch: Epoch,
) -> Option<&'a mut Partition<P>> {
    partitions.get_mut(id).filter(|held| held.epoch == epoch)
}
