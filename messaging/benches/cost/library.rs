//! The library's side.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use contract_events::Envelope;
use messaging::core::Policy;
use messaging::health::Health;
use messaging::metrics::Metrics;
use messaging::pipeline::{Outbox, Pipeline};
use messaging::relay::{Relay, RelaySettings};
use messaging::{HandlerError, Store, Subscriber, Tx};

use crate::events::{Adjusted, Order, envelope};
use crate::{BATCH, Bench, group};

/// The handler's own table, on both sides.
pub(crate) const STOCK: &str = "DROP TABLE IF EXISTS stock; \
    CREATE TABLE stock (sku TEXT PRIMARY KEY, level BIGINT NOT NULL); \
    INSERT INTO stock VALUES ('sku', 1000000000)";

impl Bench {
    pub(crate) fn pipeline(&self, runtime: &tokio::runtime::Runtime) {
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
        // Waits for the batch in hand.
        runtime.block_on(pipeline.stop()).expect("it stops");
    }

    /// Events a second, from the first to the commit of the last.
    pub(crate) fn effects(&self, runtime: &tokio::runtime::Runtime, url: Option<&str>, relay: bool) -> f64 {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("cost.db").display().to_string();
        let store = runtime
            .block_on(Store::open(url.unwrap_or(&file)))
            .expect("opens");
        runtime.block_on(emptied(&store)).expect("emptied");
        let (first, adjusted) = (Arc::new(std::sync::OnceLock::new()), self.adjusted.clone());
        let begun = Arc::clone(&first);
        let (health, metrics) = (Health::default(), Metrics::default());
        let group = group();
        let relay = relay.then(|| {
            let settings = RelaySettings::default();
            Relay::start(&self.broker, &store, &group, settings, &health, &metrics).expect("it starts")
        });
        let running = Subscriber::new(&self.broker, &store, &group)
            .observed_by(&health, &metrics)
            .on_topic(&self.orders, async move |tx: &mut Tx, event: Envelope<Order>| {
                begun.get_or_init(Instant::now);
                effect(tx, &adjusted, event.data).await
            })
            .start()
            .expect("it starts");
        // Counted after the commit.
        while handled(&metrics) < self.messages {
            std::thread::sleep(Duration::from_millis(5));
        }
        let took = first.get().expect("it began").elapsed();
        runtime.block_on(running.stop()).expect("it stops");
        if let Some(relay) = relay {
            runtime.block_on(relay.stop());
        }
        self.count() / took.as_secs_f64()
    }
}

async fn effect(tx: &mut Tx, topic: &str, order: Order) -> Result<(), HandlerError> {
    let Order { order_id, number, .. } = order;
    tx.execute("UPDATE stock SET level = level - 1 WHERE sku = 'sku'", &[])
        .await?;
    tx.publish_to(topic, &envelope(Adjusted { order_id, number }))
        .await?;
    Ok(())
}

async fn emptied(store: &Store) -> Result<(), messaging::store::StoreError> {
    store.script(STOCK).await?;
    store
        .script("DELETE FROM inbox; DELETE FROM outbox; DELETE FROM parked; DELETE FROM partition_state")
        .await
}

fn handled(metrics: &Metrics) -> u64 {
    let text = metrics.render();
    let line = text
        .lines()
        .find(|line| line.starts_with("messaging_handled_total"));
    line.and_then(|line| line.rsplit(' ').next()?.parse().ok())
        .unwrap_or(0)
}
