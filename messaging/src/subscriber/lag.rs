//! Measures what a group has not ended yet: by the log's ends and the database's progress, whoever owns the partitions.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer;

use super::Shared;
use crate::broker::{self, Broker, BrokerError};
use crate::core::PartitionId;
use crate::ledger;
use crate::store::{Store, StoreError};

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
    /// Parked records that wait.
    pub parked: i64,
    /// Keys held by a dead letter.
    pub held: i64,
}

impl Lag {
    /// Offsets that were not read: the end of the log less the next offset, as the broker's own tools count.
    pub fn unread(&self) -> i64 {
        self.high - self.next.unwrap_or(self.low).max(self.low)
    }

    /// Everything without an end.
    pub fn total(&self) -> i64 {
        self.unread() + self.parked
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
    let mut tx = store.read().await?;
    let progress = ledger::progress(&mut tx, group).await?;
    let parked = ledger::counts(&mut tx, group).await?;
    drop(tx);
    let timeout = Duration::from_secs(5);
    let observer = broker.observer()?;
    let mut all = Vec::new();
    for topic in topics {
        let count = broker::partitions(&observer, &topic, timeout)?
            .ok_or_else(|| BrokerError::away(format!("there is no topic {topic}")))?;
        let topic: Arc<str> = topic.into();
        for number in 0..count {
            let partition = PartitionId {
                topic: Arc::clone(&topic),
                partition: number,
            };
            let (low, high) = observer
                .fetch_watermarks(&topic, number, timeout)
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
            all.push(Lag {
                partition,
                low,
                high,
                next,
                parked,
                held,
            });
        }
    }
    all.sort_by(|one, other| one.partition.cmp(&other.partition));
    Ok(all)
}

/// Keeps the gauges up to date until the subscriber stops.
pub(super) fn watch(shared: &Arc<Shared>) {
    let part = format!("{} broker", shared.group);
    let mut last = None::<Instant>;
    while !shared.is_stopping() {
        if last.is_some_and(|last| last.elapsed() < shared.settings.lag_interval) {
            std::thread::sleep(Duration::from_millis(50));
            continue;
        }
        last = Some(Instant::now());
        let topics = shared.effects.router.topics();
        match shared.runtime.block_on(measure(
            &shared.broker,
            &shared.effects.store,
            &shared.group,
            topics,
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
