//! A group's progress, and setting it by hand.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use rdkafka::consumer::Consumer;
use rdkafka::{Offset, TopicPartitionList};

use crate::broker::{Broker, BrokerError, partitions};
use crate::core::PartitionId;
use crate::ledger;
use crate::store::Store;
use crate::subscriber::LagError;

const TIMEOUT: Duration = Duration::from_secs(10);

/// Where a reset goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The log's first record.
    Beginning,
    /// Behind the log's last record.
    End,
    /// This offset.
    At(i64),
    /// The first record at or after this time, in milliseconds since 1970.
    Time(i64),
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let help = || {
            format!("`{text}` is not `beginning`, `end`, an offset, or `time:` and milliseconds since 1970")
        };
        match text {
            "beginning" => Ok(Self::Beginning),
            "end" => Ok(Self::End),
            _ => match text.strip_prefix("time:") {
                Some(time) => time.parse().map(Self::Time).map_err(|_| help()),
                None => text.parse().map(Self::At).map_err(|_| help()),
            },
        }
    }
}

/// One partition's reset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reset {
    /// The partition.
    pub partition: PartitionId,
    /// What progress was; `None` if the group never read it.
    pub from: Option<i64>,
    /// What it is now.
    pub to: i64,
}

impl fmt::Display for Reset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.from {
            Some(from) => write!(f, "{}: {from} becomes {}", self.partition, self.to),
            None => write!(f, "{}: becomes {}", self.partition, self.to),
        }
    }
}

/// Sets the progress of a group in one topic (or one of its partitions). A member that owns a partition is fenced and
/// takes it over again at the new place. Events that ended before stay ended: their inbox rows say so.
pub async fn reset(
    broker: &Broker,
    store: &Store,
    group: &str,
    topic: &str,
    only: Option<i32>,
    target: Target,
) -> Result<Vec<Reset>, LagError> {
    let (asked, name) = (broker.clone(), topic.to_owned());
    let (cluster, places) = tokio::task::spawn_blocking(move || find(&asked, &name, only, target))
        .await
        .map_err(|error| BrokerError::away(error.to_string()))??;
    let mut tx = store.begin().await?;
    let before = ledger::progress(&mut tx, group).await?;
    let mut resets = Vec::new();
    for (partition, to) in places {
        ledger::reset(&mut tx, &cluster, group, &partition, to).await?;
        let from = before
            .iter()
            .find(|it| it.partition == partition)
            .and_then(|it| it.next_offset);
        resets.push(Reset { partition, from, to });
    }
    tx.commit().await?;
    Ok(resets)
}

fn find(
    broker: &Broker,
    topic: &str,
    only: Option<i32>,
    target: Target,
) -> Result<(String, Vec<(PartitionId, i64)>), BrokerError> {
    let observer = broker.observer()?;
    let cluster = broker.cluster(TIMEOUT)?;
    let count = partitions(&observer, topic, TIMEOUT)?
        .ok_or_else(|| BrokerError::away(format!("there is no topic {topic}")))?;
    if let Some(number) = only.filter(|number| !(0..count).contains(number)) {
        return Err(BrokerError::away(format!(
            "{topic} has {count} partitions, so there is no partition {number}"
        )));
    }
    let mut places = Vec::new();
    for number in (0..count).filter(|number| only.is_none_or(|only| only == *number)) {
        let partition = PartitionId::new(topic, number);
        let failed = |error| BrokerError::new(format!("{partition} could not be looked at"), error);
        let (low, high) = observer
            .fetch_watermarks(topic, number, TIMEOUT)
            .map_err(failed)?;
        let to = match target {
            Target::Beginning => low,
            Target::End => high,
            Target::At(offset) if (low..=high).contains(&offset) => offset,
            Target::At(offset) => {
                return Err(BrokerError::away(format!(
                    "{partition} holds offsets {low} to {high}, and {offset} is not one of them"
                )));
            }
            Target::Time(time) => {
                let mut list = TopicPartitionList::new();
                list.add_partition_offset(topic, number, Offset::Offset(time))
                    .map_err(failed)?;
                let found = observer.offsets_for_times(list, TIMEOUT).map_err(failed)?;
                match found
                    .elements()
                    .first()
                    .map(rdkafka::topic_partition_list::TopicPartitionListElem::offset)
                {
                    Some(Offset::Offset(offset)) => offset,
                    _ => high,
                }
            }
        };
        places.push((partition, to));
    }
    Ok((cluster, places))
}
