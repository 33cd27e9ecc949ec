//! A plain reader of `inventory.adjusted`: when each order's adjustment was in its hands.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use contract_events::{Envelope, Event, RawEvent};
use ecommerce_events::InventoryAdjustedV1;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};

type Seen = Arc<Mutex<HashMap<String, Instant>>>;

pub(crate) struct Reader {
    seen: Seen,
    stopping: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<()>,
}

impl Reader {
    pub(crate) fn start(servers: &str) -> Self {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", servers)
            .set("group.id", "latency-reader")
            .set("enable.auto.commit", "false")
            .set("isolation.level", "read_committed")
            .create()
            .expect("a reader");
        let topic = InventoryAdjustedV1::TOPIC.expect("its contract names a topic");
        let timeout = Duration::from_secs(10);
        let metadata = consumer.fetch_metadata(Some(topic), timeout).expect("read");
        let mut list = TopicPartitionList::new();
        for partition in metadata.topics()[0].partitions() {
            list.add_partition_offset(topic, partition.id(), Offset::Beginning)
                .expect("added");
        }
        consumer.assign(&list).expect("assigned");
        let (seen, stopping) = (Seen::default(), Arc::new(AtomicBool::new(false)));
        let (found, stop) = (Arc::clone(&seen), Arc::clone(&stopping));
        let thread = std::thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                let Some(message) = consumer.poll(Duration::from_millis(100)) else {
                    continue;
                };
                let message = message.expect("the broker is there");
                let now = Instant::now();
                let event: Envelope<InventoryAdjustedV1> =
                    RawEvent::decode(message.payload().expect("a value"))
                        .and_then(RawEvent::read)
                        .expect("by its contract");
                if let Some(order) = event.data.order_id {
                    let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                    let twice = found.insert(order.as_str().to_owned(), now);
                    assert!(twice.is_none(), "order {} was adjusted twice", order.as_str());
                }
            }
        });
        Self {
            seen,
            stopping,
            thread,
        }
    }

    pub(crate) fn seen(&self, order: &str) -> Option<Instant> {
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(order)
            .copied()
    }

    pub(crate) fn stop(self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.thread.join().expect("the reader does not panic");
    }
}
