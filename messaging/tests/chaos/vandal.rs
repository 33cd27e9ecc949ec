//! A producer that repeats itself, and one that publishes nonsense.

use std::time::Duration;

use messaging::core::Jitter;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::{ClientConfig, Message as _, Offset, TopicPartitionList};

use crate::harness::PARTITIONS;
use crate::oracle::reader;

pub struct Vandal {
    topic: String,
    reader: BaseConsumer,
    producer: BaseProducer,
    dice: Jitter,
}

impl Vandal {
    pub fn new(servers: &str, topic: &str, seed: u64) -> Self {
        Self {
            topic: topic.to_owned(),
            reader: reader(servers),
            producer: ClientConfig::new()
                .set("bootstrap.servers", servers)
                .create()
                .expect("a producer"),
            dice: Jitter::new(seed ^ 0x5eed),
        }
    }

    /// Publishes copies of some earlier records; returns of how many.
    pub fn copy(&mut self, count: usize) -> u64 {
        (0..count).map(|_| u64::from(self.copy_one().is_some())).sum()
    }

    fn copy_one(&mut self) -> Option<()> {
        let timeout = Duration::from_secs(5);
        let partition = i32::try_from(self.dice.up_to(u64::from(PARTITIONS.unsigned_abs()) - 1)).ok()?;
        let (low, high) = self
            .reader
            .fetch_watermarks(&self.topic, partition, timeout)
            .ok()?;
        if low == high {
            return None;
        }
        let place = low + i64::try_from(self.dice.up_to((high - low - 1).unsigned_abs())).ok()?;
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&self.topic, partition, Offset::Offset(place))
            .ok()?;
        self.reader.assign(&list).ok()?;
        let message = self.reader.poll(timeout)?.ok()?;
        let (key, value) = (message.key()?, message.payload()?);
        // A second record of garbage would be one more input, not a copy of an event.
        if key == b"garbage" {
            return None;
        }
        let copy = BaseRecord::to(&self.topic)
            .partition(partition)
            .key(key)
            .payload(value);
        self.producer.send(copy).ok()?;
        self.producer.flush(Duration::from_secs(30)).ok()
    }

    /// Publishes a record that is no event; returns how many.
    pub fn spoil(&self) -> u64 {
        let record = BaseRecord::to(&self.topic)
            .key("garbage")
            .payload("{\"no\": \"event\"");
        let sent = self.producer.send(record).is_ok();
        self.producer
            .flush(Duration::from_secs(30))
            .expect("the broker is back after a blow");
        u64::from(sent)
    }
}
