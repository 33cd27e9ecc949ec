//! A consumer as a child process: this test binary again, with what it is to do in the environment.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use contract_events::Envelope;
use messaging::core::OnDeadLetter;
use messaging::health::Health;
use messaging::metrics::Metrics;
use messaging::relay::RelaySettings;
use messaging::subscriber::{Running, SubscriberSettings};
use messaging::{Broker, HandlerError, Relay, Store, Subscriber, Tx};

use crate::events::{Adjusted, Order, envelope};

fn variable(name: &str) -> Option<String> {
    std::env::var(format!("BITES_{name}")).ok()
}

fn needed(name: &str) -> String {
    variable(name).unwrap_or_else(|| panic!("BITES_{name} is set by the parent"))
}

/// Runs the role that the environment names, until the process is killed or its work is done.
pub fn run() {
    let Some(role) = variable("ROLE") else { return };
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let child = Child::new().await;
        match role.as_str() {
            "consumer" => child.consume().await,
            "pair" => child.pair().await,
            other => panic!("no role {other}"),
        }
    });
}

/// The parent and other children use the file as well.
async fn open(path: &str) -> Store {
    for _ in 0..20 {
        match Store::open(path).await {
            Ok(store) => return store,
            Err(error) => tracing::warn!(%error, "opening is tried again"),
        }
    }
    panic!("the database does not open");
}

struct Child {
    broker: Broker,
    store: Store,
    metrics: Metrics,
    handled: Arc<AtomicU64>,
}

impl Child {
    async fn new() -> Self {
        Self {
            broker: Broker::at(&needed("SERVERS")).expect("well-formed"),
            store: open(&needed("DATABASE")).await,
            metrics: Metrics::default(),
            handled: Arc::default(),
        }
    }

    fn subscriber(&self) -> Running {
        let mut settings = SubscriberSettings {
            deadline: Duration::from_secs(5),
            session_timeout: Duration::from_secs(3),
            // A process that stops must not hold the database's lock for a measurement.
            lag_interval: Duration::from_hours(1),
            ..SubscriberSettings::default()
        };
        settings.policy.base = Duration::from_millis(20);
        settings.policy.cap = Duration::from_millis(50);
        settings.policy.on_dead_letter = OnDeadLetter::HoldKey;
        settings.limits.batch_records = 10;
        let (refuses, slow) = (variable("REFUSES").is_some(), variable("SLOW").is_some());
        if slow {
            // One record at a time, so that more is fetched than handled, and something waits in memory.
            settings.limits.batch_bytes = 1;
        }
        let (adjusted, handled) = (needed("ADJUSTED"), Arc::clone(&self.handled));
        Subscriber::new(&self.broker, &self.store, &needed("GROUP"))
            .with_settings(settings)
            .observed_by(&Health::default(), &self.metrics)
            .on_topic(
                &needed("ORDERS"),
                async move |tx: &mut Tx, event: Envelope<Order>| {
                    if slow {
                        tokio::time::sleep(Duration::from_millis(40)).await;
                    }
                    let first = handled.fetch_add(1, Ordering::Relaxed) == 0;
                    handle(tx, event.data, &adjusted, refuses, first).await
                },
            )
            .start()
            .expect("it starts")
    }

    async fn consume(&self) {
        let running = self.subscriber();
        let relay = variable("RELAY").map(|name| {
            let settings = RelaySettings {
                lease: Duration::from_secs(2),
                ..RelaySettings::default()
            };
            let (health, metrics) = (Health::default(), Metrics::default());
            Relay::start(&self.broker, &self.store, &name, settings, &health, &metrics).expect("it starts")
        });
        running.join().await.expect("it goes on until it is killed");
        drop(relay);
    }

    /// Two members, the second of which joins while the first is at work; then what was done in vain.
    async fn pair(&self) {
        let total: usize = needed("TOTAL").parse().expect("a number");
        let first = self.subscriber();
        self.wait(total / 4).await;
        let second = self.subscriber();
        self.wait(total).await;
        // What is still in hand ends, and is counted.
        tokio::time::sleep(Duration::from_secs(2)).await;
        let counted = |name: &str| -> u64 {
            let text = self.metrics.render();
            let lines = text.lines().filter(|line| line.starts_with(name));
            lines
                .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
                .sum()
        };
        let report = format!(
            "{} {}",
            counted("messaging_fenced_total"),
            counted("messaging_inbox_hits_total")
        );
        std::fs::write(needed("REPORT"), report).expect("written");
        first.stop().await.expect("it stops");
        second.stop().await.expect("it stops");
    }

    async fn wait(&self, effects: usize) {
        let begun = Instant::now();
        loop {
            let mut tx = self.store.begin().await.expect("begins");
            let rows = tx.query("SELECT COUNT(*) FROM effects", &[]).await.expect("read");
            let found = rows[0].integer(0).expect("a number");
            drop(tx);
            if usize::try_from(found).expect("few") >= effects {
                return;
            }
            assert!(begun.elapsed() < Duration::from_mins(1), "only {found} effects");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

async fn handle(
    tx: &mut Tx,
    order: Order,
    adjusted: &str,
    refuses: bool,
    first: bool,
) -> Result<(), HandlerError> {
    let Order {
        order_id,
        number,
        quantity: _,
        behaviour,
    } = order;
    let row = [order_id.as_str().into(), number.into()];
    tx.execute("INSERT INTO effects (order_id, number) VALUES (?1, ?2)", &row)
        .await?;
    match behaviour.as_str() {
        "poison" => return Err(HandlerError::poison("never")),
        "contested" if refuses => return Err(HandlerError::poison("not here")),
        "flaky" if first => return Err(HandlerError::retriable("not yet")),
        _ => {}
    }
    tx.publish_to(adjusted, &envelope(Adjusted { order_id, number }))
        .await?;
    Ok(())
}
