//! Dead letters: listing them, and sending them back to where they failed, for the group that failed.

use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::{Offset, TopicPartitionList};

use crate::broker::{Broker, BrokerError, Incoming, Quiet, partitions};
use crate::core::{PartitionId, Position};
use crate::ledger::Outgoing;
use crate::metrics::Metrics;
use crate::names;
use crate::publisher::Publisher;

const TIMEOUT: Duration = Duration::from_secs(10);

/// A record of a dead-letter topic.
#[derive(Debug, Clone)]
pub struct DeadLetter {
    /// The record in the dead-letter topic.
    pub record: Incoming,
    /// Where it failed; `None` if it carries no origin, so that it cannot be sent back.
    pub origin: Option<Position>,
    /// Why it failed.
    pub class: String,
    /// The event's type, as far as it is known.
    pub event_type: Option<String>,
    /// Attempts that were made.
    pub attempts: i64,
}

/// Which dead letters to send back, and how fast.
#[derive(Debug, Clone, Default)]
pub struct Redrive {
    /// Only this error class.
    pub class: Option<String>,
    /// Only this event type.
    pub event_type: Option<String>,
    /// Only this partition of the dead-letter topic.
    pub partition: Option<i32>,
    /// Only this offset of the dead-letter topic.
    pub offset: Option<i64>,
    /// At most so many records a second.
    pub rate: Option<u32>,
    /// Only look.
    pub dry_run: bool,
}

impl Redrive {
    pub(crate) fn takes(&self, letter: &DeadLetter) -> bool {
        let Self {
            class,
            event_type,
            partition,
            offset,
            rate: _,
            dry_run: _,
        } = self;
        class.as_ref().is_none_or(|class| *class == letter.class)
            && event_type
                .as_ref()
                .is_none_or(|wanted| letter.event_type.as_ref() == Some(wanted))
            && partition.is_none_or(|partition| partition == letter.record.partition.partition)
            && offset.is_none_or(|offset| offset == letter.record.offset)
    }
}

/// What a redrive did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Redriven {
    /// Dead letters that the filter takes.
    pub found: usize,
    /// Those that were sent back.
    pub sent: usize,
    /// Those that carry no origin.
    pub without_origin: usize,
}

/// Reads every dead letter of a group for a topic, by partition and offset.
pub async fn list(broker: &Broker, topic: &str, group: &str) -> Result<Vec<DeadLetter>, BrokerError> {
    let (broker, name) = (broker.clone(), names::dead_letter_topic(topic, group));
    tokio::task::spawn_blocking(move || read(&broker, &name))
        .await
        .map_err(|error| BrokerError::away(error.to_string()))?
}

/// Sends dead letters back to the partition where they failed. The group that failed handles each once more; others
/// pass it over. Sending twice does no harm.
pub async fn redrive(
    broker: &Broker,
    topic: &str,
    group: &str,
    redrive: &Redrive,
) -> Result<Redriven, BrokerError> {
    let publisher = Publisher::new(broker, &Metrics::default())?;
    let pause = redrive.rate.map(|rate| Duration::from_secs(1) / rate.max(1));
    let mut done = Redriven::default();
    for letter in list(broker, topic, group).await? {
        if !redrive.takes(&letter) {
            continue;
        }
        done.found += 1;
        let Some(origin) = letter.origin else {
            done.without_origin += 1;
            continue;
        };
        if redrive.dry_run {
            continue;
        }
        publisher.send(&back(letter.record, &origin, group)).await?;
        done.sent += 1;
        if let Some(pause) = pause {
            tokio::time::sleep(pause).await;
        }
    }
    Ok(done)
}

fn back(record: Incoming, origin: &Position, group: &str) -> Outgoing {
    let mut headers = record.headers;
    headers.retain(|name| !names::is_of_dead_letters(name));
    let headers = headers
        .with(names::REDRIVE_GROUP, group)
        .with(names::REDRIVE_TOPIC, &*origin.partition.topic)
        .with(names::REDRIVE_PARTITION, origin.partition.partition.to_string())
        .with(names::REDRIVE_OFFSET, origin.offset.to_string());
    Outgoing {
        topic: origin.partition.topic.to_string(),
        key: record.key,
        value: record.value,
        headers,
        partition: Some(origin.partition.partition),
    }
}

fn read(broker: &Broker, topic: &str) -> Result<Vec<DeadLetter>, BrokerError> {
    let mut config = broker.client();
    config
        .set("group.id", "messaging-dead-letters")
        .set("enable.auto.commit", "false")
        .set("enable.partition.eof", "true")
        .set("isolation.level", "read_committed");
    let consumer: BaseConsumer<Quiet> = config
        .create_with_context(Quiet)
        .map_err(|error| BrokerError::new("the reader of dead letters could not be made", error))?;
    let count = partitions(&consumer, topic, TIMEOUT)?
        .ok_or_else(|| BrokerError::away(format!("there is no topic {topic}; `topics apply` creates it")))?;
    let failed = |error| BrokerError::new(format!("{topic} could not be read"), error);
    let mut letters = Vec::new();
    for number in 0..count {
        let partition = PartitionId::new(topic, number);
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(topic, number, Offset::Beginning)
            .map_err(failed)?;
        consumer.assign(&list).map_err(failed)?;
        let mut heard = Instant::now();
        loop {
            match consumer.poll(Duration::from_millis(100)) {
                Some(Ok(message)) => {
                    heard = Instant::now();
                    letters.push(letter(Incoming::copy(&message, partition.clone())));
                }
                Some(Err(KafkaError::PartitionEOF(_))) => break,
                Some(Err(error)) => return Err(failed(error)),
                None if heard.elapsed() > TIMEOUT => {
                    return Err(BrokerError::away(format!("{partition}: the broker says nothing")));
                }
                None => {}
            }
        }
    }
    Ok(letters)
}

fn letter(record: Incoming) -> DeadLetter {
    let headers = &record.headers;
    let origin = || {
        Some(Position {
            partition: PartitionId::new(
                headers.text(names::DEAD_TOPIC)?,
                i32::try_from(headers.number(names::DEAD_PARTITION)?).ok()?,
            ),
            offset: headers.number(names::DEAD_OFFSET)?,
        })
    };
    DeadLetter {
        origin: origin(),
        class: headers.text(names::DEAD_CLASS).unwrap_or("unknown").to_owned(),
        event_type: headers.text(names::EVENT_TYPE).map(str::to_owned),
        attempts: headers.number(names::DEAD_ATTEMPTS).unwrap_or(0),
        record,
    }
}
