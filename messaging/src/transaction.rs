//! A producer that sends records in order, as one transaction of the broker where that is wanted.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerGroupMetadata;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message;
use rdkafka::producer::{BaseProducer, BaseRecord, DeliveryResult, Producer, ProducerContext, PurgeConfig};
use rdkafka::topic_partition_list::TopicPartitionList;

use crate::broker::{Broker, BrokerError};
use crate::ledger::Outgoing;
use crate::publisher::{headers, reliable};

/// How long to wait between two looks for delivery reports: the first comes after a fraction of a millisecond where the
/// broker is near.
const SHORTEST_PAUSE: Duration = Duration::from_micros(100);
const LONGEST_PAUSE: Duration = Duration::from_millis(1);

/// Delivery reports of one producer: a number, and the first failure with the topic of its record.
#[derive(Default)]
struct Tally {
    delivered: AtomicUsize,
    failure: Mutex<Option<(KafkaError, String)>>,
}

/// Counts them. A queue would ask for memory as it grows, and this is called for each record.
struct Reports(Arc<Tally>);

impl ClientContext for Reports {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        crate::broker::log(level, facility, message);
    }
}

impl ProducerContext for Reports {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        match result {
            Ok(_) => {
                self.0.delivered.fetch_add(1, Ordering::Relaxed);
            }
            Err((error, record)) => {
                let mut failure = self.0.failure.lock().unwrap_or_else(PoisonError::into_inner);
                failure.get_or_insert_with(|| (error.clone(), record.topic().to_owned()));
            }
        }
    }
}

/// Positions that are committed with the records, and the group they are of.
pub(crate) type Positions<'a> = (&'a TopicPartitionList, &'a ConsumerGroupMetadata);

/// Sends batches of records.
pub(crate) struct BatchSender {
    producer: BaseProducer<Reports>,
    tally: Arc<Tally>,
    transactional: bool,
    timeout: Duration,
}

impl BatchSender {
    /// With a transactional id every batch is a transaction, and earlier senders of the same id are fenced.
    pub(crate) fn new(
        broker: &Broker,
        transactional_id: Option<&str>,
        timeout: Duration,
    ) -> Result<Self, BrokerError> {
        let mut config = broker.client();
        reliable(&mut config);
        config.set("delivery.timeout.ms", timeout.as_millis().to_string());
        if let Some(id) = transactional_id {
            config.set("transactional.id", id);
            config.set("transaction.timeout.ms", (timeout * 2).as_millis().to_string());
        }
        let tally = Arc::new(Tally::default());
        let producer: BaseProducer<Reports> = config
            .create_with_context(Reports(Arc::clone(&tally)))
            .map_err(|error| BrokerError::new("the producer could not be made", error))?;
        if transactional_id.is_some() {
            producer
                .init_transactions(timeout)
                .map_err(|error| BrokerError::new("the producer could not fence its predecessors", error))?;
        }
        Ok(Self {
            producer,
            tally,
            transactional: transactional_id.is_some(),
            timeout,
        })
    }

    /// Sends all of it or, in a transaction, none. After an error the sender must be dropped.
    pub(crate) fn send<'a>(
        &self,
        records: impl Iterator<Item = &'a Outgoing>,
        positions: Option<Positions<'_>>,
    ) -> Result<(), BrokerError> {
        let sent = self.try_send(records, positions);
        if sent.is_err() {
            self.producer.purge(PurgeConfig::default().queue().inflight());
            if self.transactional
                && let Err(error) = self.producer.abort_transaction(self.timeout)
            {
                tracing::debug!(%error, "the transaction ends by its timeout");
            }
        }
        sent
    }

    fn try_send<'a>(
        &self,
        records: impl Iterator<Item = &'a Outgoing>,
        positions: Option<Positions<'_>>,
    ) -> Result<(), BrokerError> {
        let deadline = Instant::now() + self.timeout;
        if self.transactional {
            self.producer
                .begin_transaction()
                .map_err(|error| BrokerError::new("no transaction could begin", error))?;
        }
        let before = self.tally.delivered.load(Ordering::Relaxed);
        let mut wanted = before;
        for record in records {
            self.hand_over(record, deadline)?;
            wanted += 1;
        }
        let mut pause = SHORTEST_PAUSE;
        let mut delivered = before;
        while delivered < wanted {
            // A poll with a timeout below two milliseconds spins: rdkafka waits for whole ones and asks for the rest
            // in a loop.
            self.producer.poll(Duration::ZERO);
            let failure = self
                .tally
                .failure
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take();
            if let Some((error, topic)) = failure {
                return Err(BrokerError::new(
                    format!("a record for {topic} was not delivered"),
                    error,
                ));
            }
            let now = self.tally.delivered.load(Ordering::Relaxed);
            if now < wanted && Instant::now() > deadline {
                return Err(BrokerError::away("the broker did not take the records in time"));
            }
            if now == delivered {
                std::thread::sleep(pause);
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            delivered = now;
        }
        crate::failpoint::hit("relay-before-commit");
        if let Some((offsets, group)) = positions {
            self.producer
                .send_offsets_to_transaction(offsets, group, self.timeout)
                .map_err(|error| BrokerError::new("the positions did not join the transaction", error))?;
        }
        if self.transactional {
            self.producer
                .commit_transaction(self.timeout)
                .map_err(|error| BrokerError::new("the transaction was not committed", error))?;
        }
        Ok(())
    }

    fn hand_over(&self, outgoing: &Outgoing, deadline: Instant) -> Result<(), BrokerError> {
        let mut record = BaseRecord::<[u8], [u8]>::to(&outgoing.topic).headers(headers(&outgoing.headers));
        if let Some(key) = &outgoing.key {
            record = record.key(key);
        }
        if let Some(value) = &outgoing.value {
            record = record.payload(value);
        }
        if let Some(partition) = outgoing.partition {
            record = record.partition(partition);
        }
        let mut offered = self.producer.send(record);
        while let Err((error, again)) = offered {
            let full = error.rdkafka_error_code() == Some(RDKafkaErrorCode::QueueFull);
            if !full || Instant::now() > deadline {
                return Err(BrokerError::new(
                    format!("a record for {} was not taken", outgoing.topic),
                    error,
                ));
            }
            self.producer.poll(Duration::from_millis(10));
            offered = self.producer.send(again);
        }
        Ok(())
    }
}
