//! Publishes events directly, for services without a database. With one, publish through [`crate::Tx::publish`]: only
//! then does an event appear if, and only if, what it tells of was committed.

use std::sync::Arc;
use std::time::Duration;

use contract_events::{Envelope, Event};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::util::Timeout;

use crate::broker::{Broker, BrokerError, Quiet, partitions};
use crate::core::{PartitionId, Position};
use crate::ledger::{Headers, Outgoing};
use crate::metrics::Metrics;
use crate::outbox::{LARGEST_EVENT, PublishError, outgoing};
use crate::partitioner::Partitioner;

/// How long a record may wait for the broker before it is given up.
const DELIVERY: Duration = Duration::from_secs(30);

/// Records that wait for the same partition go together up to this size; topics take as much.
pub(crate) const BATCH_BYTES: u32 = 1_000_000;

/// Settings of every producer: acknowledged by all replicas, in order, without duplicates of its own, and with the
/// partitions that a Java client would choose.
pub(crate) fn reliable(config: &mut rdkafka::ClientConfig) {
    config
        .set("enable.idempotence", "true")
        .set("acks", "all")
        .set("partitioner", "murmur2_random")
        // What is too large is for the topic to say; dead letters are as large as what failed.
        .set("message.max.bytes", "100000000")
        .set("batch.size", BATCH_BYTES.to_string())
        .set("linger.ms", "2")
        .set("delivery.timeout.ms", DELIVERY.as_millis().to_string());
}

/// A typed publisher. Clones share a connection.
#[derive(Clone)]
pub struct Publisher {
    producer: FutureProducer<Quiet>,
    broker: Broker,
    partitioner: Option<Arc<dyn Partitioner>>,
    largest_event: usize,
    metrics: Metrics,
}

impl Publisher {
    /// A publisher that leaves the partition to the key.
    pub fn new(broker: &Broker, metrics: &Metrics) -> Result<Self, BrokerError> {
        let mut config = broker.client();
        reliable(&mut config);
        let producer = config
            .create_with_context(Quiet)
            .map_err(|error| BrokerError::new("the producer could not be made", error))?;
        Ok(Self {
            producer,
            broker: broker.clone(),
            partitioner: None,
            largest_event: LARGEST_EVENT,
            metrics: metrics.clone(),
        })
    }

    /// Chooses partitions itself. Anything but the key gives up the order of keys.
    #[must_use]
    pub fn with_partitioner(mut self, partitioner: impl Partitioner) -> Self {
        self.partitioner = Some(Arc::new(partitioner));
        self
    }

    /// With another limit for events; their topics must take as much.
    #[must_use]
    pub fn with_largest_event(mut self, bytes: usize) -> Self {
        self.largest_event = bytes;
        self
    }

    /// Checks an event against its contract, publishes it, and waits for the broker's word.
    pub async fn publish<T: Event>(&self, event: &Envelope<T>) -> Result<Position, PublishError> {
        let topic = T::TOPIC.ok_or(PublishError::NoTopic { event_type: T::TYPE })?;
        self.publish_to(topic, event).await
    }

    /// Publishes to a topic other than the one that the contract names.
    pub async fn publish_to<T: Event>(
        &self,
        topic: &str,
        event: &Envelope<T>,
    ) -> Result<Position, PublishError> {
        let mut record = outgoing(topic, event, self.largest_event)?;
        if let Some(partitioner) = &self.partitioner {
            let count = partitions_of(&self.broker, topic).await?;
            record.partition = Some(partitioner.partition(record.key.as_deref(), count));
        }
        let position = self.send(&record).await.map_err(PublishError::Broker)?;
        self.metrics
            .published
            .get_or_create(&vec![("topic", topic.to_owned())])
            .inc();
        Ok(position)
    }

    /// Sends a record as it is.
    pub(crate) async fn send(&self, record: &Outgoing) -> Result<Position, BrokerError> {
        let mut future = FutureRecord::to(&record.topic).headers(headers(&record.headers));
        if let Some(key) = &record.key {
            future = future.key(key);
        }
        if let Some(value) = &record.value {
            future = future.payload(value);
        }
        if let Some(partition) = record.partition {
            future = future.partition(partition);
        }
        let delivered = self
            .producer
            .send(future, Timeout::After(DELIVERY))
            .await
            .map_err(|(error, _)| {
                BrokerError::new(format!("a record for {} was not taken", record.topic), error)
            })?;
        let partition = PartitionId::new(record.topic.as_str(), delivered.partition);
        Ok(Position {
            partition,
            offset: delivered.offset,
        })
    }
}

impl std::fmt::Debug for Publisher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Publisher({})", self.broker.servers())
    }
}

async fn partitions_of(broker: &Broker, topic: &str) -> Result<i32, PublishError> {
    let (broker, name) = (broker.clone(), topic.to_owned());
    let asked =
        tokio::task::spawn_blocking(move || partitions(&broker.observer()?, &name, Duration::from_secs(5)));
    let count = asked
        .await
        .map_err(|error| PublishError::Broker(BrokerError::away(error.to_string())))?;
    count
        .map_err(PublishError::Broker)?
        .ok_or_else(|| PublishError::Broker(BrokerError::away(format!("there is no topic {topic}"))))
}

pub(crate) fn headers(headers: &Headers) -> OwnedHeaders {
    let mut all = OwnedHeaders::new_with_capacity(8);
    for (key, value) in headers.iter() {
        all = all.insert(Header { key, value });
    }
    all
}
