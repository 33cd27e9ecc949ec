//! The loop of a pipeline: poll and run, commit all of it as one transaction, or go back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rdkafka::Message as _;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::context::{FromCommitted, from_committed};
use super::{Outbox, Pipeline, TIMEOUT};
use crate::broker::{BrokerError, Incoming};
use crate::core::{Failure, Jitter, PartitionId, PoisonReason, Verdict};
use crate::dead_letter::dead_letter;
use crate::handler::{Called, HandlerError};
use crate::router::Prepared;
use crate::transaction::BatchSender;

const IDLE: Duration = Duration::from_millis(100);

pub(super) struct Work {
    pub(super) pipeline: Pipeline,
    pub(super) consumer: BaseConsumer<FromCommitted>,
    /// Its transactional id.
    pub(super) id: String,
    pub(super) sender: Option<BatchSender>,
    pub(super) runtime: tokio::runtime::Handle,
    pub(super) stopping: Arc<AtomicBool>,
    pub(super) jitter: Jitter,
}

type Judged = (Verdict, Prepared<Outbox>);

/// What one transaction will hold. Of the records only their places are kept: their bytes are let go one by one, while
/// they are still in the processor's cache.
#[derive(Default)]
struct Batch {
    /// Records that have an end: place, and how many of the outbox are theirs.
    ended: Vec<(PartitionId, i64, usize)>,
    outbox: Outbox,
}

impl Batch {
    /// Takes back what was made of these partitions' records.
    fn forget(&mut self, revoked: &BTreeSet<(String, i32)>) {
        let mut published = std::mem::take(&mut self.outbox.0).into_iter();
        self.ended.retain(|(partition, _, count)| {
            let theirs = published.by_ref().take(*count);
            let kept = !revoked.contains(&(partition.topic.to_string(), partition.partition));
            if kept {
                self.outbox.0.extend(theirs);
            } else {
                theirs.for_each(drop);
            }
            kept
        });
    }
}

impl Work {
    pub(super) fn run(&mut self) -> Result<(), String> {
        let runtime = self.runtime.clone();
        let _entered = runtime.enter();
        // One for all, because it keeps its memory.
        let mut batch = Batch::default();
        while !self.stopping.load(Ordering::Relaxed) {
            if !self.gather(&mut batch)? {
                return Ok(());
            }
            if batch.ended.is_empty() {
                continue;
            }
            if let Err(error) = self.try_commit(&batch) {
                self.complain(&error);
                self.rewind();
                continue;
            }
            self.pipeline.health.well(&self.pipeline.group);
            let labels = vec![("group", self.pipeline.group.clone())];
            self.pipeline
                .metrics
                .handled
                .get_or_create(&labels)
                .inc_by(batch.ended.len() as u64);
        }
        Ok(())
    }

    /// Polls and runs records until there are enough, or no more at once; says `false` if the pipeline is asked to stop
    /// before a record has an end.
    fn gather(&mut self, batch: &mut Batch) -> Result<bool, String> {
        batch.ended.clear();
        batch.outbox.0.clear();
        // Records come in runs of one partition, which share its name.
        let mut last = None::<PartitionId>;
        let mut timeout = IDLE;
        while batch.ended.len() < self.pipeline.batch {
            let polled = self.consumer.poll(timeout);
            timeout = Duration::ZERO;
            // A rebalance within the poll: what was polled of a partition before it is its next owner's, and would be
            // committed under the new generation, which nobody would refuse.
            let revoked = std::mem::take(&mut *self.consumer.context().revoked());
            if !revoked.is_empty() {
                batch.forget(&revoked);
            }
            let message = match polled {
                None => break,
                Some(Ok(message)) => message,
                Some(Err(error)) => {
                    self.troubled(&error)?;
                    continue;
                }
            };
            let same = last
                .take()
                .filter(|it| it.partition == message.partition() && &*it.topic == message.topic());
            let partition = same.unwrap_or_else(|| PartitionId::new(message.topic(), message.partition()));
            last = Some(partition.clone());
            let incoming = Incoming::copy(&message, partition.clone());
            drop(message);
            let offset = incoming.offset;
            let mut judged = self.pipeline.router.judge(incoming, &self.pipeline.group);
            let before = batch.outbox.0.len();
            if !self.end(&mut judged, &mut batch.outbox)? {
                return Ok(false);
            }
            batch
                .ended
                .push((partition, offset, batch.outbox.0.len() - before));
        }
        Ok(true)
    }

    fn troubled(&self, error: &KafkaError) -> Result<(), String> {
        match error {
            KafkaError::MessageConsumptionFatal(code) => {
                Err(format!("the broker ended the pipeline's membership: {code}"))
            }
            KafkaError::MessageConsumption(
                code @ (RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange),
            ) => Err(format!(
                "the group's position is not in the log ({code}); set it with the broker's own tools"
            )),
            error => {
                tracing::warn!(group = self.pipeline.group, %error, "the broker complains");
                self.pipeline
                    .health
                    .problem(&self.pipeline.group, error.to_string());
                Ok(())
            }
        }
    }

    /// Runs a record until it has an end; says `false` if the pipeline is asked to stop meanwhile.
    fn end(&mut self, (verdict, prepared): &mut Judged, outbox: &mut Outbox) -> Result<bool, String> {
        let reason = match verdict {
            Verdict::Skip => return Ok(true),
            Verdict::Poison(reason) => Some(*reason),
            Verdict::Handle | Verdict::Redrive { .. } => None,
        };
        if let Some(reason) = reason {
            let letter = dead_letter(prepared, &self.pipeline.group, reason, 0);
            outbox.0.push(letter);
            return Ok(true);
        }
        let mut attempts = 0;
        loop {
            let mark = outbox.0.len();
            let Err(error) = self.handle(prepared, outbox) else {
                return Ok(true);
            };
            outbox.0.truncate(mark);
            tracing::warn!(group = self.pipeline.group, record = ?prepared.incoming, %error, "a record failed");
            attempts += u32::from(error.failure() != Failure::Unavailable);
            let reason = match error.failure() {
                Failure::Fatal => return Err(error.to_string()),
                Failure::Poison(reason) => Some(reason),
                Failure::Retriable if attempts >= self.pipeline.policy.attempts => {
                    Some(PoisonReason::Exhausted)
                }
                Failure::Retriable | Failure::Unavailable => None,
            };
            if let Some(reason) = reason {
                let letter = dead_letter(prepared, &self.pipeline.group, reason, attempts);
                outbox.0.push(letter);
                return Ok(true);
            }
            let pause = self.pipeline.policy.delay(attempts.max(1), &mut self.jitter);
            let until = Instant::now() + Duration::from_millis(pause);
            while Instant::now() < until {
                if self.stopping.load(Ordering::Relaxed) {
                    return Ok(false);
                }
                std::thread::sleep(
                    Duration::from_millis(10).min(until.saturating_duration_since(Instant::now())),
                );
            }
        }
    }

    fn handle(&self, prepared: &mut Prepared<Outbox>, outbox: &mut Outbox) -> Result<(), HandlerError> {
        let decoded = match prepared.decoded.take() {
            Some(decoded) => decoded,
            None => prepared.decode().map_err(HandlerError::poison)?,
        };
        let route = prepared.route.as_ref().expect("what is handled was routed");
        let deadline = self.pipeline.deadline;
        match route.call(outbox, decoded, &self.runtime, deadline) {
            Called::Ended(result) => result,
            Called::Panicked => Err(HandlerError::retriable("the handler panicked")),
            Called::Late => {
                let what = format!("the handler did not end within {} ms", deadline.as_millis());
                Err(HandlerError::retriable(what))
            }
        }
    }

    /// Commits records and positions together.
    fn try_commit(&mut self, batch: &Batch) -> Result<(), BrokerError> {
        let mut positions = TopicPartitionList::new();
        let mut next = BTreeMap::new();
        for (partition, offset, _) in &batch.ended {
            next.insert(partition, offset + 1);
        }
        for (partition, offset) in next {
            // Only an offset that is out of range is refused; ours come from the broker.
            let _added =
                positions.add_partition_offset(&partition.topic, partition.partition, Offset::Offset(offset));
        }
        let group = self
            .consumer
            .group_metadata()
            .ok_or_else(|| BrokerError::away("the pipeline is not a member of its group"))?;
        let sender = self.sender()?;
        sender.send(batch.outbox.0.iter(), Some((&positions, &group)))
    }

    fn sender(&mut self) -> Result<&BatchSender, BrokerError> {
        let sender = match self.sender.take() {
            Some(sender) => sender,
            None => BatchSender::new(&self.pipeline.broker, Some(&self.id), TIMEOUT)?,
        };
        Ok(self.sender.insert(sender))
    }

    fn complain(&self, error: &BrokerError) {
        tracing::warn!(group = self.pipeline.group, %error, "a batch was not committed");
        let health = &self.pipeline.health;
        health.problem(&self.pipeline.group, error.to_string());
    }

    /// After a transaction that was not answered nobody here knows whether it was committed: sending it again could
    /// publish twice. A new sender of the same id ends it one way or the other, and then the group's positions say
    /// where to go on.
    fn rewind(&mut self) {
        self.sender = None;
        let mut pause = Duration::from_millis(100);
        // Partitions that are lost get their positions when they are assigned again.
        while !self.stopping.load(Ordering::Relaxed) && !self.consumer.assignment_lost() {
            match self.try_rewind() {
                Ok(()) => return,
                Err(error) => self.complain(&error),
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_secs(2));
        }
    }

    fn try_rewind(&mut self) -> Result<(), BrokerError> {
        self.sender()?;
        let failed = |error| BrokerError::new("the group's positions could not be taken up again", error);
        let assigned = self.consumer.assignment().map_err(failed)?;
        if assigned.count() == 0 {
            return Ok(());
        }
        let committed = self
            .consumer
            .committed_offsets(assigned, TIMEOUT)
            .map_err(failed)?;
        from_committed(&committed).map_err(failed)?;
        for element in committed.elements() {
            self.consumer
                .seek(element.topic(), element.partition(), element.offset(), TIMEOUT)
                .map_err(failed)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Headers, Outgoing};

    #[test]
    fn what_was_made_of_a_partition_that_is_taken_away_is_not_sent() {
        let mut batch = Batch::default();
        for (topic, partition, offset, published) in
            [("a", 0, 5, 2), ("a", 1, 7, 1), ("b", 0, 9, 0), ("a", 0, 6, 1)]
        {
            for number in 0..published {
                batch.outbox.0.push(Outgoing {
                    topic: format!("of {topic}[{partition}]@{offset}, {number}"),
                    key: None,
                    value: None,
                    headers: Headers::default(),
                    partition: None,
                });
            }
            batch
                .ended
                .push((PartitionId::new(topic, partition), offset, published));
        }
        batch.forget(&BTreeSet::from([("a".to_owned(), 0)]));
        let places: Vec<String> = batch
            .ended
            .iter()
            .map(|(partition, offset, _)| format!("{partition}@{offset}"))
            .collect();
        let topics: Vec<&str> = batch.outbox.0.iter().map(|it| it.topic.as_str()).collect();
        assert_eq!(places, ["a[1]@7", "b[0]@9"]);
        assert_eq!(topics, ["of a[1]@7, 0"]);
    }
}
