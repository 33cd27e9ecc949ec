//! What Prometheus is told. The names are documented in `docs/messaging.md`, dashboards and alerts build on them.

use std::sync::Arc;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Names and values of labels.
pub type Labels = Vec<(&'static str, String)>;

type Counters = Family<Labels, Counter>;
type Gauges = Family<Labels, Gauge>;
type Histograms = Family<Labels, Histogram, fn() -> Histogram>;

/// The metrics of a service. Clones share them.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    names: Arc<[String]>,
    pub(crate) handled: Counters,
    pub(crate) inbox_hits: Counters,
    pub(crate) parked: Counters,
    pub(crate) dead: Counters,
    pub(crate) failures: Counters,
    pub(crate) fenced: Counters,
    pub(crate) rebalances: Counters,
    pub(crate) lag: Gauges,
    pub(crate) waiting: Gauges,
    pub(crate) held: Gauges,
    pub(crate) handler_seconds: Histograms,
    pub(crate) batch_records: Histograms,
    pub(crate) outbox_depth: Gauges,
    pub(crate) outbox_age: Gauges,
    pub(crate) sent: Counters,
    pub(crate) relay_failures: Counters,
    pub(crate) published: Counters,
    pub(crate) pruned: Counters,
}

/// 100 µs to 13 s, doubling.
fn seconds() -> Histogram {
    Histogram::new(prometheus_client::metrics::histogram::exponential_buckets(
        0.0001, 2.0, 18,
    ))
}

fn records() -> Histogram {
    Histogram::new(prometheus_client::metrics::histogram::exponential_buckets(
        1.0, 2.0, 11,
    ))
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("messaging");
        let mut names = Vec::new();
        let mut counter = |name: &str, help: &str| {
            names.push(format!("messaging_{name}"));
            let family = Counters::default();
            registry.register(name, help, family.clone());
            family
        };
        let handled = counter("handled", "Events whose handler's effect was committed");
        let inbox_hits = counter("inbox_hits", "Deliveries of events that had ended before");
        let parked = counter(
            "parked",
            "Records that were parked, for their own failure or behind one",
        );
        let dead = counter("dead_letters", "Records that ended as dead letters");
        let failures = counter("failures", "Failed runs, by class");
        let fenced = counter(
            "fenced",
            "Transactions refused because another member owns the partition",
        );
        let rebalances = counter("rebalances", "Partitions assigned, revoked and lost");
        let sent = counter("relay_sent", "Outbox rows that the broker took");
        let relay_failures = counter("relay_failures", "Failed attempts to send outbox rows");
        let published = counter("published", "Events published directly");
        let pruned = counter("inbox_pruned", "Inbox rows removed after their retention");
        let mut gauge = |name: &str, help: &str| {
            names.push(format!("messaging_{name}"));
            let family = Gauges::default();
            registry.register(name, help, family.clone());
            family
        };
        let lag = gauge(
            "lag",
            "Records of a partition without an end: unread ones and parked ones",
        );
        let waiting = gauge("parked_records", "Parked records that wait");
        let held = gauge("held_keys", "Keys held back by a dead letter");
        let outbox_depth = gauge("outbox_depth", "Outbox rows that were not sent");
        let outbox_age = gauge("outbox_age_milliseconds", "Age of the oldest outbox row");
        let handler_seconds = Histograms::new_with_constructor(seconds as fn() -> Histogram);
        registry.register("handler_seconds", "Time in handlers", handler_seconds.clone());
        let batch_records = Histograms::new_with_constructor(records as fn() -> Histogram);
        registry.register(
            "batch_records",
            "Records in one transaction",
            batch_records.clone(),
        );
        names.extend(["handler_seconds", "batch_records"].map(|name| format!("messaging_{name}")));
        Self {
            registry: Arc::new(registry),
            names: names.into(),
            handled,
            inbox_hits,
            parked,
            dead,
            failures,
            fenced,
            rebalances,
            lag,
            waiting,
            held,
            handler_seconds,
            batch_records,
            outbox_depth,
            outbox_age,
            sent,
            relay_failures,
            published,
            pruned,
        }
    }
}

impl Metrics {
    /// The names of all metrics, without the suffixes of their kind. What was never counted is not scraped yet.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The text that Prometheus scrapes.
    pub fn render(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("strings take everything");
        text
    }
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}
