//! A broker, a store and topics for one test, and the handler that its subscribers run.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use contract_events::{Envelope, Event};
use messaging::health::Health;
use messaging::ledger::Headers;
use messaging::metrics::Metrics;
use messaging::relay::RelaySettings;
use messaging::subscriber::{Running, SubscriberSettings};
use messaging::topics::{self, MorePartitions, TopicSpec};
use messaging::{Broker, HandlerError, Publisher, Relay, Store, Subscriber, Tx};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Headers as _;
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};

use super::events::{Adjusted, Order, envelope};

pub const PARTITIONS: i32 = 3;

pub struct World {
    pub broker: Broker,
    pub store: Store,
    pub orders: String,
    pub adjusted: String,
    pub group: String,
    pub health: Health,
    pub metrics: Metrics,
    pub publisher: Publisher,
    /// How often each order was tried.
    pub tries: Arc<Mutex<BTreeMap<(String, i64), u32>>>,
    folder: tempfile::TempDir,
}

/// A record as a plain reader of the topic sees it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub key: Option<String>,
    pub value: Option<Vec<u8>>,
    pub headers: Headers,
}

impl World {
    pub async fn new(servers: &str) -> Self {
        let broker = Broker::at(servers).expect("the broker is there");
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&folder.path().join("store.db").display().to_string())
            .await
            .expect("a store");
        store
            .script("CREATE TABLE effects (seq {{serial}}, order_id TEXT NOT NULL, number BIGINT NOT NULL)")
            .await
            .expect("created");
        let name = uuid::Uuid::new_v4().simple().to_string();
        let (orders, adjusted) = (format!("orders-{name}"), format!("adjusted-{name}"));
        let group = format!("inventory-{}", &name[..8]);
        let spec = TopicSpec::new(&orders, PARTITIONS);
        let specs = [spec.dead_letters(&group), spec, TopicSpec::new(&adjusted, 1)];
        let changes = topics::plan(&broker, &specs).await.expect("planned");
        assert_eq!(changes.len(), 3);
        let left = topics::apply(&broker, &changes, MorePartitions::Refuse)
            .await
            .expect("applied");
        assert!(left.is_empty());
        let metrics = Metrics::default();
        let publisher = Publisher::new(&broker, &metrics).expect("a publisher");
        Self {
            broker,
            store,
            orders,
            adjusted,
            group,
            health: Health::default(),
            metrics,
            publisher,
            tries: Arc::default(),
            folder,
        }
    }

    /// What a child process needs to know of this world.
    pub fn for_child(&self) -> String {
        [
            self.broker.servers(),
            &self.orders,
            &self.adjusted,
            &self.group,
            &self.path(),
        ]
        .join(" ")
    }

    /// The world of the parent process, in a child.
    pub async fn of_parent(text: &str) -> Self {
        let mut parts = text.split(' ').map(str::to_owned);
        let mut next = || parts.next().expect("the parent says everything");
        let broker = Broker::at(&next()).expect("well-formed");
        let (orders, adjusted, group, path) = (next(), next(), next(), next());
        let metrics = Metrics::default();
        Self {
            store: Store::open(&path).await.expect("a store"),
            publisher: Publisher::new(&broker, &metrics).expect("a publisher"),
            broker,
            orders,
            adjusted,
            group,
            health: Health::default(),
            metrics,
            tries: Arc::default(),
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    pub fn path(&self) -> String {
        self.folder.path().join("store.db").display().to_string()
    }

    pub fn settings() -> SubscriberSettings {
        let mut settings = SubscriberSettings {
            deadline: Duration::from_secs(2),
            session_timeout: Duration::from_secs(6),
            lag_interval: Duration::from_millis(200),
            ..SubscriberSettings::default()
        };
        settings.policy.base = Duration::from_millis(20);
        settings.policy.cap = Duration::from_millis(100);
        settings.policy.attempts = 4;
        settings
    }

    pub fn subscriber(&self, settings: SubscriberSettings) -> Subscriber {
        self.subscriber_of(&self.group, settings)
    }

    pub fn subscriber_of(&self, group: &str, settings: SubscriberSettings) -> Subscriber {
        let (tries, adjusted) = (Arc::clone(&self.tries), self.adjusted.clone());
        Subscriber::new(&self.broker, &self.store, group)
            .with_settings(settings)
            .observed_by(&self.health, &self.metrics)
            .on_topic(&self.orders, async move |tx: &mut Tx, event: Envelope<Order>| {
                handle(&tries, &adjusted, tx, event).await
            })
    }

    pub fn start(&self) -> Running {
        self.subscriber(Self::settings()).start().expect("it starts")
    }

    pub fn relay(&self) -> Relay {
        Relay::start(
            &self.broker,
            &self.store,
            &self.group,
            RelaySettings::default(),
            &self.health,
            &self.metrics,
        )
        .expect("it starts")
    }

    pub async fn publish<T: Event>(&self, event: &Envelope<T>) {
        self.publisher
            .publish_to(&self.orders, event)
            .await
            .expect("published");
    }

    /// Effects in the order of their commits.
    pub async fn effects(&self) -> Vec<(String, i64)> {
        let mut tx = self.store.read().await.expect("begins");
        let rows = tx
            .query("SELECT order_id, number FROM effects ORDER BY seq", &[])
            .await
            .expect("read");
        rows.iter()
            .map(|row| {
                (
                    row.text(0).expect("text").to_owned(),
                    row.integer(1).expect("number"),
                )
            })
            .collect()
    }

    pub async fn wait_for_effects(&self, count: usize) -> Vec<(String, i64)> {
        let effects = async || self.effects().await.len() >= count;
        wait(&format!("{count} effects"), effects).await;
        self.effects().await
    }

    /// Everything in a topic, by partition and offset.
    pub fn read(&self, topic: &str) -> Vec<Seen> {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", self.broker.servers())
            .set("group.id", "reader")
            .set("enable.auto.commit", "false")
            .set("enable.partition.eof", "true")
            .create()
            .expect("a reader");
        let timeout = Duration::from_secs(5);
        let count = self
            .broker
            .partitions(topic, timeout)
            .expect("answered")
            .expect("it is there");
        let mut all = Vec::new();
        for partition in 0..count {
            let mut list = TopicPartitionList::new();
            list.add_partition_offset(topic, partition, Offset::Beginning)
                .expect("added");
            consumer.assign(&list).expect("assigned");
            loop {
                match consumer.poll(timeout) {
                    Some(Ok(message)) => {
                        let mut headers = Headers::default();
                        if let Some(found) = message.headers() {
                            found
                                .iter()
                                .for_each(|header| headers.push(header.key, header.value));
                        }
                        all.push(Seen {
                            key: message.key().map(|key| String::from_utf8_lossy(key).into_owned()),
                            value: message.payload().map(<[u8]>::to_vec),
                            headers,
                        });
                    }
                    Some(Err(rdkafka::error::KafkaError::PartitionEOF(_))) => break,
                    other => panic!("reading {topic}: {other:?}"),
                }
            }
        }
        all
    }

    pub fn dead_letters(&self) -> Vec<Seen> {
        self.read(&messaging::names::dead_letter_topic(&self.orders, &self.group))
    }

    pub async fn wait_for_dead_letters(&self, count: usize) -> Vec<Seen> {
        wait(&format!("{count} dead letters"), async || {
            self.dead_letters().len() >= count
        })
        .await;
        self.dead_letters()
    }

    /// The value of a counter or gauge, summed over its labels.
    pub fn metric(&self, name: &str) -> f64 {
        let text = self.metrics.render();
        let lines = text
            .lines()
            .filter(|line| line.split(['{', ' ']).next() == Some(name));
        lines
            .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
            .sum()
    }
}

/// Waits up to two minutes; tests that run beside others on two cores need the room.
pub async fn wait(what: &str, condition: impl AsyncFn() -> bool) {
    let begun = Instant::now();
    while !condition().await {
        assert!(
            begun.elapsed() < Duration::from_mins(2),
            "waited in vain for {what}"
        );
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}

async fn handle(
    tries: &Mutex<BTreeMap<(String, i64), u32>>,
    adjusted: &str,
    tx: &mut Tx,
    event: Envelope<Order>,
) -> Result<(), HandlerError> {
    let Order {
        order_id,
        number,
        behaviour,
        ..
    } = event.data;
    let run = {
        let mut tries = tries.lock().expect("not poisoned");
        let count = tries.entry((order_id.clone(), number)).or_default();
        *count += 1;
        *count
    };
    let parameters = [order_id.as_str().into(), number.into()];
    tx.execute(
        "INSERT INTO effects (order_id, number) VALUES (?1, ?2)",
        &parameters,
    )
    .await?;
    match behaviour.split_once(':') {
        Some(("flaky", times)) if run <= times.parse()? => {
            return Err(HandlerError::retriable(format!("not yet, try {run}")));
        }
        _ => {}
    }
    match behaviour.as_str() {
        "poison" => return Err(HandlerError::poison("never")),
        "panic" if run < 3 => panic!("as the test wants"),
        "hang" if run < 2 => std::future::pending::<()>().await,
        "slow" => tokio::time::sleep(Duration::from_millis(300)).await,
        "block" if run < 2 => std::thread::sleep(Duration::from_secs(12)),
        "abort" => std::process::abort(),
        _ => {}
    }
    tx.publish_to(adjusted, &envelope(Adjusted { order_id, number }))
        .await?;
    Ok(())
}

pub fn order(key: &str, number: i64, behaviour: &str) -> Envelope<Order> {
    let behaviour = behaviour.to_owned();
    envelope(Order {
        order_id: key.into(),
        number,
        quantity: 1,
        behaviour,
    })
}
