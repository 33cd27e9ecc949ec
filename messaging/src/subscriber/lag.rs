//! Measures what a group has not ended yet: by the log's ends and the database's progress, whoever owns the partitions.
//!
//! The distance between the two counts offsets, and the markers of transactions take offsets as well: a topic that a
//! relay writes ends with one, so its distance never gets to zero. Short distances are therefore read through and their
//! records counted; long ones are told as they are, as the broker's own tools tell them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::Message as _;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::Shared;
use crate::broker::{self, Broker, BrokerError, Quiet};
use crate::core::PartitionId;
use crate::ledger;
use crate::store::{Store, StoreError};

/// Distances up to this are read through.
const SHORT: i64 = 100;

const TIMEOUT: Duration = Duration::from_secs(5);

/// The lag of one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lag {
    /// The partition.
    pub partition: PartitionId,
    /// The log's first offset.
    pub low: i64,
    /// The log's end.
    pub high: i64,
    /// The group's next offset; `None` when it never read.
    pub next: Option<i64>,
    /// Records that were not read: exact up to a distance of 100 offsets, the distance beyond it.
    pub unread: i64,
    /// Parked records that wait.
    pub parked: i64,
    /// Keys held by a dead letter.
    pub held: i64,
}

impl Lag {
    /// Offsets from the group's place to the end of the log, as the broker's own tools count.
    pub fn distance(&self) -> i64 {
        self.high - self.place()
    }

    fn place(&self) -> i64 {
        self.next.unwrap_or(self.low).max(self.low)
    }

    /// Everything without an end.
    pub fn total(&self) -> i64 {
        self.unread + self.parked
    }
}

/// Why lag could not be measured.
#[derive(Debug)]
pub enum LagError {
    /// The broker.
    Broker(BrokerError),
    /// The store.
    Store(StoreError),
}

impl std::fmt::Display for LagError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Broker(error) => error.fmt(f),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for LagError {}

impl From<BrokerError> for LagError {
    fn from(error: BrokerError) -> Self {
        Self::Broker(error)
    }
}

impl From<StoreError> for LagError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Measures the lag of a group in every partition of these topics, sorted.
pub async fn measure(
    broker: &Broker,
    store: &Store,
    group: &str,
    topics: impl IntoIterator<Item = String>,
) -> Result<Vec<Lag>, LagError> {
    measure_again(broker, store, group, topics, &mut Counted::new()).await
}

/// Records between a place and an end, by partition: nothing to count again where neither has moved.
type Counted = BTreeMap<PartitionId, (i64, i64, i64)>;

async fn measure_again(
    broker: &Broker,
    store: &Store,
    group: &str,
    topics: impl IntoIterator<Item = String>,
    counted: &mut Counted,
) -> Result<Vec<Lag>, LagError> {
    let mut tx = store.read().await?;
    let progress = ledger::progress(&mut tx, group).await?;
    let parked = ledger::counts(&mut tx, group).await?;
    drop(tx);
    let observer = broker.observer()?;
    let mut all = Vec::new();
    for topic in topics {
        let count = broker::partitions(&observer, &topic, TIMEOUT)?
            .ok_or_else(|| BrokerError::away(format!("there is no topic {topic}")))?;
        let topic: Arc<str> = topic.into();
        for number in 0..count {
            let partition = PartitionId {
                topic: Arc::clone(&topic),
                partition: number,
            };
            let (low, high) = observer
                .fetch_watermarks(&topic, number, TIMEOUT)
                .map_err(|error| {
                    BrokerError::new(format!("the log's ends of {partition} could not be read"), error)
                })?;
            let next = progress
                .iter()
                .find(|it| it.partition == partition)
                .and_then(|it| it.next_offset);
            let (parked, held) = parked
                .iter()
                .find(|(found, ..)| *found == partition)
                .map_or((0, 0), |(_, parked, held)| (*parked, *held));
            let mut lag = Lag {
                partition,
                low,
                high,
                next,
                unread: 0,
                parked,
                held,
            };
            lag.unread = lag.distance();
            all.push(lag);
        }
    }
    // The client blocks, and so did its questions above.
    count_short(broker, &mut all, counted)?;
    all.sort_by(|one, other| one.partition.cmp(&other.partition));
    Ok(all)
}

/// Counts the records of short distances.
fn count_short(broker: &Broker, all: &mut [Lag], counted: &mut Counted) -> Result<(), BrokerError> {
    let mut reader = None::<BaseConsumer<Quiet>>;
    for lag in all.iter_mut().filter(|lag| (1..=SHORT).contains(&lag.distance())) {
        let (from, to) = (lag.place(), lag.high);
        if let Some((_, _, records)) = counted
            .get(&lag.partition)
            .filter(|(place, end, _)| (*place, *end) == (from, to))
        {
            lag.unread = *records;
            continue;
        }
        let reader = match &reader {
            Some(reader) => reader,
            None => reader.insert(broker.reader()?),
        };
        // Without an answer in time the distance stands, which is never too small.
        if let Some(records) = records_between(reader, &lag.partition, from, to)
            .map_err(|error| BrokerError::new(format!("{} could not be read", lag.partition), error))?
        {
            lag.unread = records;
            counted.insert(lag.partition.clone(), (from, to, records));
        }
    }
    Ok(())
}

/// How many records there are in these offsets; nothing if the broker does not say in time.
fn records_between(
    reader: &BaseConsumer<Quiet>,
    partition: &PartitionId,
    from: i64,
    to: i64,
) -> Result<Option<i64>, KafkaError> {
    let mut place = TopicPartitionList::new();
    place.add_partition_offset(&partition.topic, partition.partition, Offset::Offset(from))?;
    reader.assign(&place)?;
    let until = Instant::now() + TIMEOUT;
    let mut records = 0;
    while Instant::now() < until {
        match reader.poll(until.saturating_duration_since(Instant::now())) {
            // The log may have grown since its end was asked for.
            Some(Ok(message)) if message.offset() >= to => return Ok(Some(records)),
            Some(Ok(message)) => {
                records += 1;
                if message.offset() + 1 == to {
                    return Ok(Some(records));
                }
            }
            Some(Err(KafkaError::PartitionEOF(_))) => return Ok(Some(records)),
            // Passing trouble; the time bounds it.
            Some(Err(_)) | None => {}
        }
    }
    Ok(None)
}

/// Keeps the gauges up to date until the subscriber stops.
pub(super) fn watch(shared: &Arc<Shared>) {
    let part = format!("{} broker", shared.group);
    let mut last = None::<Instant>;
    let mut counted = Counted::new();
    while !shared.is_stopping() {
        if last.is_some_and(|last| last.elapsed() < shared.settings.lag_interval) {
            std::thread::sleep(Duration::from_millis(50));
            continue;
        }
        last = Some(Instant::now());
        let topics = shared.effects.router.topics();
        match shared.runtime.block_on(measure_again(
            &shared.broker,
            &shared.effects.store,
            &shared.group,
            topics,
            &mut counted,
        )) {
            Ok(all) => {
                shared.health.well(&part);
                for lag in all {
                    let mut labels = shared.labels();
                    labels.push(("topic", lag.partition.topic.to_string()));
                    labels.push(("partition", lag.partition.partition.to_string()));
                    shared.metrics.lag.get_or_create(&labels).set(lag.total());
                    shared.metrics.waiting.get_or_create(&labels).set(lag.parked);
                    shared.metrics.held.get_or_create(&labels).set(lag.held);
                }
            }
            Err(error) => shared.health.problem(&part, error.to_string()),
        }
    }
}
