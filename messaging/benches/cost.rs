//! What the library costs beside bare clients, on a real broker (`scripts/kafka run cargo bench -p messaging`).
//!
//! 1. Client CPU-seconds a message for consume + decode + publish: a [`Pipeline`] against rdkafka used directly, with
//!    the same decoding, the same encoding, the same transactions.
//! 2. Exactly-once effects a second on SQLite (`synchronous=FULL`): a [`Subscriber`] against the same statements in
//!    the same batches, without Kafka.
//!
//! Rounds are interleaved; medians are compared. `COST_MESSAGES` sets the size (default 50,000).

#![expect(
    unreachable_pub,
    reason = "a benchmark has no outside; the events are those of the tests"
)]

#[path = "../tests/kafka/events.rs"]
mod events;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use contract_events::{Envelope, RawEvent};
use messaging::core::Policy;
use messaging::ledger;
use messaging::pipeline::{Outbox, Pipeline};
use messaging::subscriber::SubscriberSettings;
use messaging::topics::{self, MorePartitions, TopicSpec};
use messaging::{Broker, Store, Subscriber, Tx};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};

use events::{Adjusted, Order, envelope};

const ROUNDS: usize = 5;
const PARTITIONS: i32 = 6;
const BATCH: usize = 1000;

fn main() {
    let Ok(servers) = std::env::var("KAFKA_BOOTSTRAP") else {
        println!("left out: the cost is measured on a real broker, KAFKA_BOOTSTRAP is not set");
        return;
    };
    let messages: u64 = std::env::var("COST_MESSAGES")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(50_000);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("runtime");
    let guard = runtime.enter();
    let bench = Bench::new(&servers, messages, &runtime);
    let (mut bare, mut library) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bare.push(cpu_of(|| bench.bare_pipeline()));
        library.push(cpu_of(|| bench.pipeline(&runtime)));
    }
    let micros = |seconds: f64| seconds * 1e6 / bench.count();
    let (bare, library) = (micros(median(bare)), micros(median(library)));
    println!(
        "consume + decode + publish, CPU a message: rdkafka {bare:.1} µs, library {library:.1} µs, {:.2} ×",
        library / bare
    );
    let (mut bare, mut library) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bare.push(runtime.block_on(bench.bare_effects()));
        library.push(bench.effects(&runtime));
    }
    let (bare, library) = (median(bare), median(library));
    println!(
        "effects a second: database alone {bare:.0}, library {library:.0}, {:.2} ×",
        library / bare
    );
    drop(guard);
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// CPU-seconds of this process, user and system.
fn cpu() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let (_, rest) = text.rsplit_once(')').expect("the name ends with a parenthesis");
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let ticks = |at: usize| fields[at].parse::<f64>().expect("a number");
    // Fields 14 and 15, in the hundredths of a second that Linux reports to user space.
    (ticks(11) + ticks(12)) / 100.0
}

fn cpu_of(work: impl FnOnce()) -> f64 {
    let before = cpu();
    work();
    cpu() - before
}

struct Bench {
    servers: String,
    broker: Broker,
    orders: String,
    adjusted: String,
    messages: u64,
}

impl Bench {
    fn new(servers: &str, messages: u64, runtime: &tokio::runtime::Runtime) -> Self {
        let broker = Broker::at(servers).expect("well-formed");
        let id = uuid::Uuid::new_v4().simple().to_string();
        let (orders, adjusted) = (format!("cost-orders-{id}"), format!("cost-adjusted-{id}"));
        let specs = [
            TopicSpec::new(&orders, PARTITIONS),
            TopicSpec::new(&adjusted, PARTITIONS),
        ];
        runtime.block_on(async {
            let changes = topics::plan(&broker, &specs).await.expect("planned");
            topics::apply(&broker, &changes, MorePartitions::Refuse)
                .await
                .expect("applied");
        });
        let bench = Self {
            servers: servers.to_owned(),
            broker,
            orders,
            adjusted,
            messages,
        };
        bench.fill();
        bench
    }

    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    fn count(&self) -> f64 {
        self.messages as f64
    }

    /// Orders of about 1 KiB.
    fn fill(&self) {
        let producer: BaseProducer = self
            .client()
            .set("linger.ms", "20")
            .set("enable.idempotence", "true")
            .create()
            .expect("a producer");
        for number in 0..self.messages {
            let order_id = format!("order-{}", number % 1000);
            let order = Order {
                order_id: order_id.clone(),
                number: i64::try_from(number).expect("small"),
                quantity: 1,
                behaviour: "x".repeat(800),
            };
            let value = envelope(order).encode().expect("encodes");
            while producer
                .send(BaseRecord::to(&self.orders).key(&order_id).payload(&value))
                .is_err()
            {
                producer.poll(Duration::from_millis(10));
            }
        }
        producer.flush(Duration::from_mins(1)).expect("delivered");
    }

    fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.servers);
        config
    }

    /// The same work with rdkafka alone.
    fn bare_pipeline(&self) {
        let group = format!("bare-{}", uuid::Uuid::new_v4());
        let consumer: BaseConsumer = self
            .client()
            .set("group.id", &group)
            .set("enable.auto.commit", "false")
            .set("auto.offset.reset", "earliest")
            .set("isolation.level", "read_committed")
            .set("partition.assignment.strategy", "cooperative-sticky")
            .set("fetch.wait.max.ms", "100")
            .create()
            .expect("a consumer");
        consumer.subscribe(&[&self.orders]).expect("subscribed");
        let producer: BaseProducer = self
            .client()
            .set("transactional.id", &group)
            .set("enable.idempotence", "true")
            .set("partitioner", "murmur2_random")
            .set("linger.ms", "2")
            .create()
            .expect("a producer");
        let timeout = Duration::from_secs(10);
        producer.init_transactions(timeout).expect("initialised");
        let mut done = 0;
        while done < self.messages {
            let mut next = std::collections::BTreeMap::new();
            let mut wait = Duration::from_millis(100);
            let mut outgoing = Vec::new();
            while outgoing.len() < BATCH {
                let Some(message) = consumer.poll(wait) else { break };
                let message = message.expect("read");
                let value = message.payload().expect("a value");
                let order: Envelope<Order> = RawEvent::decode(value)
                    .and_then(RawEvent::read_strict)
                    .expect("by its contract");
                next.insert(message.partition(), message.offset() + 1);
                let adjusted = Adjusted {
                    order_id: order.data.order_id,
                    number: order.data.number,
                };
                let event = envelope(adjusted);
                let value = event.encode().expect("encodes");
                outgoing.push((event.data.order_id, value));
                wait = Duration::ZERO;
            }
            if outgoing.is_empty() {
                continue;
            }
            producer.begin_transaction().expect("begun");
            for (key, value) in &outgoing {
                while producer
                    .send(BaseRecord::to(&self.adjusted).key(key).payload(value))
                    .is_err()
                {
                    producer.poll(Duration::from_millis(1));
                }
            }
            producer.flush(timeout).expect("delivered");
            let mut positions = TopicPartitionList::new();
            for (partition, offset) in next {
                positions
                    .add_partition_offset(&self.orders, partition, Offset::Offset(offset))
                    .expect("added");
            }
            let metadata = consumer.group_metadata().expect("a member");
            producer
                .send_offsets_to_transaction(&positions, &metadata, timeout)
                .expect("joined");
            producer.commit_transaction(timeout).expect("committed");
            done += outgoing.len() as u64;
        }
    }

    fn pipeline(&self, runtime: &tokio::runtime::Runtime) {
        let done = Arc::new(AtomicU64::new(0));
        let (count, adjusted) = (Arc::clone(&done), self.adjusted.clone());
        let pipeline = Pipeline::new(&self.broker, &format!("library-{}", uuid::Uuid::new_v4()))
            .with_settings(Policy::default(), BATCH, Duration::from_secs(10))
            .on_topic(
                &self.orders,
                async move |out: &mut Outbox, event: Envelope<Order>| {
                    count.fetch_add(1, Ordering::Relaxed);
                    let Order { order_id, number, .. } = event.data;
                    out.publish_to(&adjusted, &envelope(Adjusted { order_id, number }))?;
                    Ok(())
                },
            )
            .start()
            .expect("it starts");
        while done.load(Ordering::Relaxed) < self.messages {
            std::thread::sleep(Duration::from_millis(20));
        }
        runtime.block_on(pipeline.stop()).expect("it stops");
    }

    async fn store(&self, folder: &tempfile::TempDir) -> Store {
        let store = Store::open(&folder.path().join("cost.db").display().to_string())
            .await
            .expect("opens");
        let schema = "CREATE TABLE stock (sku TEXT PRIMARY KEY, level BIGINT NOT NULL); \
                      INSERT INTO stock VALUES ('sku', 1000000000)";
        store.script(schema).await.expect("created");
        store
    }

    /// The statements of an effect, in batches of the subscriber's size; events a second.
    async fn bare_effects(&self) -> f64 {
        let folder = tempfile::tempdir().expect("a folder");
        let store = self.store(&folder).await;
        let batch = SubscriberSettings::default().limits.batch_records as u64;
        let partition = messaging::core::PartitionId::new(self.orders.as_str(), 0);
        let mut tx = store.begin().await.expect("begins");
        let stored = ledger::take_over(&mut tx, "c", "g", &partition, 1)
            .await
            .expect("taken");
        tx.commit().await.expect("committed");
        let begun = Instant::now();
        for first in (0..self.messages).step_by(usize::try_from(batch).expect("small")) {
            let mut tx = store.begin().await.expect("begins");
            for number in first..(first + batch).min(self.messages) {
                let id = uuid::Uuid::new_v4().to_string();
                let digest = [u8::try_from(number % 256).expect("a byte"); 32];
                ledger::end_done(&mut tx, "g", &id, &digest, false)
                    .await
                    .expect("written");
                effect(&mut tx, "adjusted", format!("order-{number}"), 1).await;
            }
            let next = i64::try_from(first + batch).expect("small");
            assert!(
                ledger::advance(&mut tx, "g", &partition, stored.epoch, next)
                    .await
                    .expect("moved")
            );
            tx.commit().await.expect("committed");
        }
        self.count() / begun.elapsed().as_secs_f64()
    }

    /// Events a second from the first effect to the last.
    fn effects(&self, runtime: &tokio::runtime::Runtime) -> f64 {
        let folder = tempfile::tempdir().expect("a folder");
        let store = runtime.block_on(self.store(&folder));
        let done = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&done);
        let running = Subscriber::new(&self.broker, &store, &format!("effects-{}", uuid::Uuid::new_v4()))
            .on_topic(&self.orders, async move |tx: &mut Tx, event: Envelope<Order>| {
                effect(tx, "adjusted", event.data.order_id, event.data.number).await;
                count.fetch_add(1, Ordering::Relaxed);
                Ok(())
            })
            .start()
            .expect("it starts");
        let wait = |target: u64| {
            while done.load(Ordering::Relaxed) < target {
                std::thread::sleep(Duration::from_millis(1));
            }
            Instant::now()
        };
        let begun = wait(1);
        let ended = wait(self.messages);
        runtime.block_on(running.stop()).expect("it stops");
        self.count() / (ended - begun).as_secs_f64()
    }
}

async fn effect(tx: &mut Tx, topic: &str, order_id: String, number: i64) {
    tx.execute("UPDATE stock SET level = level - 1 WHERE sku = 'sku'", &[])
        .await
        .expect("taken");
    tx.publish_to(topic, &envelope(Adjusted { order_id, number }))
        .await
        .expect("written");
}
