//! The bare clients' side: rdkafka, rusqlite and tokio-postgres, used directly.

use std::time::{Duration, Instant};

use contract_events::{Envelope, RawEvent};
use messaging::Store;
use messaging::ledger::{Headers, digest};
use messaging::names;
use messaging::relay::RelaySettings;
use messaging::subscriber::SubscriberSettings;
use messaging::trace;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{Message, Offset, TopicPartitionList};

use crate::events::{Adjusted, Order, envelope};
use crate::library::STOCK;
use crate::{BATCH, Bench, group};

/// What the library runs for each event, and for each batch.
mod sql {
    pub(super) const INBOX: &str = "INSERT INTO inbox (consumer, event_id, digest, dead, at) \
        VALUES (?1, ?2, ?3, ?4, {now}) ON CONFLICT (consumer, event_id) DO NOTHING";
    pub(super) const EFFECT: &str = "UPDATE stock SET level = level - 1 WHERE sku = 'sku'";
    pub(super) const OUTBOX: &str = "INSERT INTO outbox (topic, record_key, value, headers, partition_no, at) \
        VALUES (?1, ?2, ?3, ?4, NULL, {now})";
    pub(super) const PROGRESS: &str = "UPDATE partition_state SET next_offset = ?5 \
        WHERE group_name = ?1 AND topic = ?2 AND partition_no = ?3 AND epoch = ?4";
    pub(super) const BEGIN: &str = "INSERT INTO partition_state \
        (cluster_id, group_name, topic, partition_no, epoch, next_offset, suspects) \
        VALUES ('c', '{group}', 't', 0, 1, 0, 0)";
    pub(super) const UNSENT: &str =
        "SELECT seq, topic, record_key, value, headers, partition_no FROM outbox ORDER BY seq LIMIT ?1";
}

/// As the library opens a database.
const SQLITE: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
    PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -8000;";

/// The parameters of one event's statements.
pub(crate) struct Row {
    id: String,
    digest: [u8; 32],
    key: Vec<u8>,
    value: Vec<u8>,
    headers: Vec<u8>,
}

impl Bench {
    /// The same work as the pipeline's, with rdkafka alone.
    pub(crate) fn bare_pipeline(&self) {
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
                let Order { order_id, number, .. } = order.data;
                let event = envelope(Adjusted { order_id, number });
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

    /// The same statements as a subscriber's, in batches of the same size; events a second.
    pub(crate) async fn bare_effects(&self, url: Option<&str>, rows: &[Row], relay: bool) -> f64 {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("cost.db").display().to_string();
        // The library makes its tables; they are the same on both sides.
        let store = Store::open(url.unwrap_or(&file)).await.expect("opens");
        store.script(STOCK).await.expect("created");
        let empty = "DELETE FROM inbox; DELETE FROM outbox; DELETE FROM parked; DELETE FROM partition_state";
        store.script(empty).await.expect("emptied");
        drop(store);
        // Its name stands in every row of the inbox, and twice in its indexes.
        let group = group();
        let took = match url {
            None => sqlite(&file, &group, &self.adjusted, rows, relay),
            Some(url) => postgres(url, &group, &self.adjusted, rows, relay).await,
        };
        self.count() / took.as_secs_f64()
    }

    pub(crate) fn rows(&self) -> Vec<Row> {
        let row = |number: u64| {
            let order_id = format!("order-{}", number % 1000);
            let event = envelope(Adjusted {
                order_id: order_id.clone(),
                number: i64::try_from(number).expect("small"),
            });
            let value = event.encode().expect("encodes");
            let attributes = &event.attributes;
            let headers = Headers::default()
                .with(names::EVENT_ID, attributes.id.as_str())
                .with(names::EVENT_TYPE, "shop.inventory.adjusted")
                .with(names::EVENT_VERSION, attributes.version.to_string())
                .with(
                    names::TRACEPARENT,
                    trace::parent(&attributes.trace_id, &attributes.id),
                );
            Row {
                id: uuid::Uuid::new_v4().to_string(),
                digest: digest(&value),
                key: order_id.into_bytes(),
                value,
                headers: headers.into_bytes(),
            }
        };
        (0..self.messages).map(row).collect()
    }
}

fn sqlite(file: &str, group: &str, topic: &str, rows: &[Row], relay: bool) -> Duration {
    let batch = SubscriberSettings::default().limits.batch_records;
    let limit = RelaySettings::default().batch + i64::try_from(batch).expect("small");
    let sql = |text: &str| text.replace("{now}", "CAST(unixepoch('subsec') * 1000 AS INTEGER)");
    let connection = rusqlite::Connection::open(file).expect("opens");
    connection.execute_batch(SQLITE).expect("set");
    connection
        .execute_batch(&sql::BEGIN.replace("{group}", group))
        .expect("written");
    let prepare = |text: &str| connection.prepare(&sql(text)).expect("prepared");
    let (mut inbox, mut effect) = (prepare(sql::INBOX), prepare(sql::EFFECT));
    let (mut outbox, mut progress) = (prepare(sql::OUTBOX), prepare(sql::PROGRESS));
    let mut unsent = prepare(sql::UNSENT);
    let begun = Instant::now();
    let mut done = 0;
    for chunk in rows.chunks(batch) {
        connection.execute_batch("BEGIN IMMEDIATE").expect("begins");
        for row in chunk {
            let values = rusqlite::params![group, row.id, &row.digest[..], 0];
            assert_eq!(inbox.execute(values).expect("written"), 1);
            effect.execute([]).expect("written");
            let values = rusqlite::params![topic, row.key, row.value, row.headers];
            outbox.execute(values).expect("written");
        }
        done += chunk.len();
        let next = i64::try_from(done).expect("small");
        let values = rusqlite::params![group, "t", 0, 1, next];
        assert_eq!(progress.execute(values).expect("written"), 1);
        connection.execute_batch("COMMIT").expect("committed");
        if relay && (done % (2 * batch) == 0 || done == rows.len()) {
            // As the relay does: one transaction to read, one to remove.
            let mut numbers = Vec::new();
            let mut found = unsent.query([limit]).expect("read");
            while let Some(row) = found.next().expect("read") {
                let _record: (String, Vec<u8>, Vec<u8>) = (
                    row.get(1).expect("text"),
                    row.get(3).expect("bytes"),
                    row.get(4).expect("bytes"),
                );
                numbers.push(row.get::<_, i64>(0).expect("a number").to_string());
            }
            drop(found);
            let delete = format!("DELETE FROM outbox WHERE seq IN ({})", numbers.join(","));
            connection
                .execute_batch(&format!("BEGIN IMMEDIATE; {delete}; COMMIT"))
                .expect("removed");
        }
    }
    begun.elapsed()
}

async fn postgres(url: &str, group: &str, topic: &str, rows: &[Row], relay: bool) -> Duration {
    let batch = SubscriberSettings::default().limits.batch_records;
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls)
        .await
        .expect("connected");
    let connection = tokio::spawn(connection);
    let sql = |text: &str| {
        text.replace("{now}", "(extract(epoch FROM clock_timestamp()) * 1000)::bigint")
            .replace('?', "$")
    };
    client
        .batch_execute(&sql::BEGIN.replace("{group}", group))
        .await
        .expect("written");
    let prepare = async |text: &str| client.prepare(&sql(text)).await.expect("prepared");
    let (inbox, effect) = (prepare(sql::INBOX).await, prepare(sql::EFFECT).await);
    let (outbox, progress) = (prepare(sql::OUTBOX).await, prepare(sql::PROGRESS).await);
    let unsent = prepare(sql::UNSENT).await;
    let begun = Instant::now();
    let mut done = 0;
    for chunk in rows.chunks(batch) {
        client.batch_execute("BEGIN").await.expect("begins");
        for row in chunk {
            let changed = client
                .execute(&inbox, &[&group, &row.id, &&row.digest[..], &0_i64])
                .await
                .expect("written");
            assert_eq!(changed, 1);
            client.execute(&effect, &[]).await.expect("written");
            client
                .execute(&outbox, &[&topic, &row.key, &row.value, &row.headers])
                .await
                .expect("written");
        }
        done += chunk.len();
        let next = i64::try_from(done).expect("small");
        let changed = client
            .execute(&progress, &[&group, &"t", &0_i64, &1_i64, &next])
            .await
            .expect("written");
        assert_eq!(changed, 1);
        client.batch_execute("COMMIT").await.expect("committed");
        if relay && (done % (2 * batch) == 0 || done == rows.len()) {
            let limit = RelaySettings::default().batch + i64::try_from(batch).expect("small");
            let found = client.query(&unsent, &[&limit]).await.expect("read");
            let numbers: Vec<String> = found.iter().map(|row| row.get::<_, i64>(0).to_string()).collect();
            let delete = format!("DELETE FROM outbox WHERE seq IN ({})", numbers.join(","));
            client
                .batch_execute(&format!("BEGIN; {delete}; COMMIT"))
                .await
                .expect("removed");
        }
    }
    let took = begun.elapsed();
    drop(client);
    let _closed = connection.await;
    took
}
