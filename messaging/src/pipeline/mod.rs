//! Kafka to Kafka without a database: what is read, what is published and the group's positions are one transaction
//! of the broker.
//!
//! Exactly once holds for what readers at `read_committed` see, and for nothing else: a handler has no effect but its
//! [`Outbox`]. Without a database nothing can be parked, so a failing record is tried again in its place and its
//! partition waits; it ends in the dead letters like any other.

mod context;
mod work;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use contract_events::{Envelope, Event};
use rdkafka::consumer::{BaseConsumer, Consumer};

use crate::broker::{Broker, BrokerError};
use crate::core::{Jitter, Policy};
use crate::handler::{HandlerError, Typed};
use crate::health::Health;
use crate::ledger::Outgoing;
use crate::metrics::Metrics;
use crate::outbox::{LARGEST_EVENT, PublishError, outgoing};
use crate::router::Router;

use context::FromCommitted;
use work::Work;

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
