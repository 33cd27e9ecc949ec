//! Kafka to Kafka without a database: what is read, what is published and the group's positions are one transaction
//! of the broker.
//!
//! Exactly once holds for what readers at `read_committed` see, and for nothing else: a handler has no effect but its
//! [`Outbox`]. Without a database nothing can be parked, so a failing record is tried again in its place and its
//! partition waits; it ends in the dead letters like any other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use contract_events::{Envelope, Event};
use rdkafka::Message as _;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, RebalanceProtocol};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::types::RDKafkaRespErr;

use crate::broker::{Broker, BrokerError, Incoming};
use crate::core::{Failure, Jitter, PartitionId, PoisonReason, Policy, Verdict};
use crate::dead_letter::dead_letter;
use crate::handler::{Called, HandlerError, Typed};
use crate::health::Health;
use crate::ledger::Outgoing;
use crate::metrics::Metrics;
use crate::outbox::{LARGEST_EVENT, PublishError, outgoing};
use crate::router::{Prepared, Router};
use crate::transaction::BatchSender;

const IDLE: Duration = Duration::from_millis(100);
const TIMEOUT: Duration = Duration::from_secs(10);

/// What a handler of a pipeline publishes.
#[derive(Debug, Default)]
pub struct Outbox(Vec<Outgoing>);

impl Outbox {
    /// Publishes to the topic that the contract names, with the transaction.
    pub fn publish<T: Event>(&mut self, event: &Envelope<T>) -> Result<(), PublishError> {
        let topic = T::TOPIC.ok_or(PublishError::NoTopic { event_type: T::TYPE })?;
        self.publish_to(topic, event)
    }

    /// Publishes to a topic other than the one that the contract names.
    pub fn publish_to<T: Event>(&mut self, topic: &str, event: &Envelope<T>) -> Result<(), PublishError> {
        self.0.push(outgoing(topic, event, LARGEST_EVENT)?);
        Ok(())
    }
}

/// A pipeline: handlers for event types, under the name of a consumer group.
pub struct Pipeline {
    broker: Broker,
    group: String,
    router: Router<Outbox>,
    policy: Policy,
    batch: usize,
    deadline: Duration,
    health: Health,
    metrics: Metrics,
}

impl Pipeline {
    /// A pipeline without handlers.
    pub fn new(broker: &Broker, group: &str) -> Self {
        Self {
            broker: broker.clone(),
            group: group.to_owned(),
            router: Router::default(),
            policy: Policy::default(),
            batch: 1000,
            deadline: Duration::from_secs(30),
            health: Health::default(),
            metrics: Metrics::default(),
        }
    }

    /// With these retries, at most `batch` records in a transaction, and this deadline for each handler.
    #[must_use]
    pub fn with_settings(mut self, policy: Policy, batch: usize, deadline: Duration) -> Self {
        (self.policy, self.batch, self.deadline) = (policy, batch.max(1), deadline);
        self
    }

    /// Tells its state and counts there.
    #[must_use]
    pub fn observed_by(mut self, health: &Health, metrics: &Metrics) -> Self {
        (self.health, self.metrics) = (health.clone(), metrics.clone());
        self
    }

    /// Handles `T` with `handler`, from `topic`.
    #[must_use]
    pub fn on_topic<T: Event>(
        mut self,
        topic: &str,
        handler: impl AsyncFn(&mut Outbox, Envelope<T>) -> Result<(), HandlerError> + Send + Sync + 'static,
    ) -> Self {
        self.router
            .add(topic, T::TYPE, T::MAJOR, Arc::new(Typed::<T, _>::new(handler)));
        self
    }

    /// Starts it, on a thread of its own.
    ///
    /// # Panics
    ///
    /// If called outside of a tokio runtime.
    pub fn start(self) -> Result<RunningPipeline, BrokerError> {
        let stopping = Arc::new(AtomicBool::new(false));
        let mut config = self.broker.client();
        config
            .set("group.id", &self.group)
            .set("enable.auto.commit", "false")
            .set("auto.offset.reset", "error")
            .set("isolation.level", "read_committed")
            .set("partition.assignment.strategy", "cooperative-sticky")
            .set("fetch.queue.backoff.ms", "10")
            .set("fetch.wait.max.ms", "100")
            .set("allow.auto.create.topics", "false");
        let consumer: BaseConsumer<FromCommitted> = config
            .create_with_context(FromCommitted::default())
            .map_err(|error| BrokerError::new("the pipeline's consumer could not be made", error))?;
        let topics = self.router.topics();
        let topics: Vec<&str> = topics.iter().map(String::as_str).collect();
        consumer
            .subscribe(&topics)
            .map_err(|error| BrokerError::new("the pipeline could not subscribe", error))?;
        // The group's generation fences zombies, so members need no id in common; one member keeps its own, so that
        // its next sender finishes what the last one left open.
        let id = format!("{}-{}", self.group, uuid::Uuid::new_v4().simple());
        let mut work = Work {
            pipeline: self,
            consumer,
            id,
            sender: None,
            runtime: tokio::runtime::Handle::current(),
            stopping: Arc::clone(&stopping),
            jitter: Jitter::new(uuid::Uuid::new_v4().as_u64_pair().0),
        };
        let thread = std::thread::Builder::new()
            .name(work.pipeline.group.clone())
            .spawn(move || work.run())
            .map_err(|error| BrokerError::away(format!("no thread for the pipeline: {error}")))?;
        Ok(RunningPipeline { stopping, thread })
    }
}

/// A pipeline at work.
pub struct RunningPipeline {
    stopping: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<Result<(), String>>,
}

impl RunningPipeline {
    /// Stops after the batch in hand, and says why it ended if that was earlier.
    pub async fn stop(self) -> Result<(), BrokerError> {
        self.stopping.store(true, Ordering::Relaxed);
        let joined = tokio::task::spawn_blocking(move || self.thread.join()).await;
        match joined {
            Ok(Ok(Ok(()))) => Ok(()),
            Ok(Ok(Err(why))) => Err(BrokerError::away(why)),
            _ => Err(BrokerError::away(
                "the pipeline panicked, which is a defect of messaging",
            )),
        }
    }
}

/// Starts where the group committed, and at the beginning where it never did. No handler runs at a rebalance, because
/// the thread that polls is the one that works; what was polled before it is another matter.
#[derive(Default)]
struct FromCommitted {
    /// Partitions that were taken away since somebody looked.
    revoked: Mutex<BTreeSet<(String, i32)>>,
}

impl FromCommitted {
    fn revoked(&self) -> MutexGuard<'_, BTreeSet<(String, i32)>> {
        self.revoked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Positions as committed, and the beginning where there is none.
fn from_committed(committed: &TopicPartitionList) -> KafkaResult<()> {
    for element in &mut committed.elements() {
        if !matches!(element.offset(), Offset::Offset(_)) {
            element.set_offset(Offset::Beginning)?;
        }
    }
    Ok(())
}

impl ClientContext for FromCommitted {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        crate::broker::log(level, facility, message);
    }
}

impl ConsumerContext for FromCommitted {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, kind: RDKafkaRespErr, list: &mut TopicPartitionList) {
        let cooperative = matches!(consumer.rebalance_protocol(), RebalanceProtocol::Cooperative);
        let result = if kind == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            let found = consumer.committed_offsets(list.clone(), TIMEOUT);
            let started = found.and_then(|found| {
                from_committed(&found)?;
                if cooperative {
                    consumer.incremental_assign(&found)
                } else {
                    consumer.assign(&found)
                }
            });
            // Without the committed offsets the reset policy stops it, rather than a guess.
            started.or_else(|_| {
                if cooperative {
                    consumer.incremental_assign(list)
                } else {
                    consumer.assign(list)
                }
            })
        } else {
            let places = list.elements();
            let places = places.iter().map(|it| (it.topic().to_owned(), it.partition()));
            self.revoked().extend(places);
            if cooperative {
                consumer.incremental_unassign(list)
            } else {
                consumer.unassign()
            }
        };
        if let Err(error) = result {
            tracing::error!(%error, "a rebalance of the pipeline failed");
        }
    }
}

struct Work {
    pipeline: Pipeline,
    consumer: BaseConsumer<FromCommitted>,
    /// Its transactional id.
    id: String,
    sender: Option<BatchSender>,
    runtime: tokio::runtime::Handle,
    stopping: Arc<AtomicBool>,
    jitter: Jitter,
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
    fn run(&mut self) -> Result<(), String> {
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
    use crate::ledger::Headers;

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
