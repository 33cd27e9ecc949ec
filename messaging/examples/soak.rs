//! Whether memory stays flat: publishes, handles and publishes again until so many events have ended, in one process, and
//! samples its resident memory.
//!
//! `scripts/kafka run cargo run --release -p messaging --example soak -- --messages 1000000`
//!
//! A publisher, a subscriber on SQLite (or on `--database postgres://…`) and a relay work at the same time. One event in
//! 1,000 fails twice, one in 5,000 is poison, so parking and dead letters are in it. Publishing keeps no more than 20,000
//! events ahead, so that what is measured is the library and not a growing lag. Ends with 1 if memory grows by more than
//! 5 % between a quarter of the way and the end, or if an event has no end.

#![expect(
    unreachable_pub,
    reason = "an example has no outside; the events are those of the tests"
)]

#[path = "../tests/kafka/events.rs"]
mod events;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use clap::Parser;
use contract_events::Envelope;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use messaging::health::Health;
use messaging::metrics::Metrics;
use messaging::relay::{Relay, RelaySettings};
use messaging::topics::{self, MorePartitions, TopicSpec};
use messaging::{Broker, HandlerError, Publisher, Store, Subscriber, Tx};

use events::{Adjusted, Order, envelope};

/// Events that are published and have no end yet.
const AHEAD: u64 = 20_000;
const IN_FLIGHT: usize = 500;
const PARTITIONS: i32 = 6;

/// Samples resident memory while events go through the library
#[derive(Parser)]
struct Arguments {
    /// How many events
    #[arg(long, default_value_t = 1_000_000)]
    messages: u64,
    /// The broker; `KAFKA_BOOTSTRAP` where absent
    #[arg(long)]
    broker: Option<String>,
    /// `postgres://…`; a SQLite file in a temporary folder where absent
    #[arg(long)]
    database: Option<String>,
}

/// Memory when so many events had ended.
struct Sample {
    ended: u64,
    kib: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let servers = arguments
        .broker
        .clone()
        .or_else(|| std::env::var("KAFKA_BOOTSTRAP").ok());
    let Some(servers) = servers else {
        eprintln!("a broker is needed: --broker HOST:PORT, KAFKA_BOOTSTRAP, or `scripts/kafka run`");
        return ExitCode::from(2);
    };
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("soak.db").display().to_string();
    let store = Store::open(arguments.database.as_deref().unwrap_or(&file))
        .await
        .expect("the database opens");
    if run(&servers, &store, arguments.messages).await {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Runs all of it and says whether memory stayed flat and every event ended.
async fn run(servers: &str, store: &Store, messages: u64) -> bool {
    let broker = Broker::at(servers).expect("the address is well-formed");
    let id = uuid::Uuid::new_v4().simple().to_string();
    let (orders, adjusted) = (format!("soak-orders-{id}"), format!("soak-adjusted-{id}"));
    let group = format!("soak-{}", &id[..8]);
    let spec = TopicSpec::new(&orders, PARTITIONS);
    let specs = [
        spec.dead_letters(&group),
        spec,
        TopicSpec::new(&adjusted, PARTITIONS),
    ];
    let changes = topics::plan(&broker, &specs).await.expect("planned");
    topics::apply(&broker, &changes, MorePartitions::Refuse)
        .await
        .expect("applied");
    let schema = "CREATE TABLE IF NOT EXISTS stock (sku TEXT PRIMARY KEY, level BIGINT NOT NULL); \
                  INSERT INTO stock VALUES ('sku', 1000000000) ON CONFLICT (sku) DO NOTHING";
    store.script(schema).await.expect("created");
    let (health, metrics) = (Health::default(), Metrics::default());
    let settings = RelaySettings::default();
    let relay = Relay::start(&broker, store, &group, settings, &health, &metrics).expect("it starts");
    let tries: Arc<Mutex<BTreeMap<i64, u32>>> = Arc::default();
    let running = Subscriber::new(&broker, store, &group)
        .observed_by(&health, &metrics)
        .on_topic(&orders, async move |tx: &mut Tx, event: Envelope<Order>| {
            handle(&tries, &adjusted, tx, event.data).await
        })
        .start()
        .expect("it starts");
    let publisher = Publisher::new(&broker, &metrics).expect("a publisher");
    let begun = Instant::now();
    let mut samples = vec![Sample {
        ended: 0,
        kib: memory("VmRSS"),
    }];
    let step = (messages / 200).max(1);
    let mut sent = 0;
    let mut open = FuturesUnordered::new();
    loop {
        let ended =
            counter(&metrics, "messaging_handled_total") + counter(&metrics, "messaging_dead_letters_total");
        if samples.last().is_none_or(|last| ended >= last.ended + step) || ended >= messages {
            samples.push(Sample {
                ended,
                kib: memory("VmRSS"),
            });
        }
        if ended >= messages {
            break;
        }
        if sent == messages || sent >= ended + AHEAD {
            // Nothing to publish now: what is open still wants to be heard.
            let _waited = tokio::time::timeout(Duration::from_millis(20), open.next()).await;
            continue;
        }
        // The counters are looked at again after this.
        for _ in 0..IN_FLIGHT.min(usize::try_from(messages - sent).unwrap_or(usize::MAX)) {
            let (publisher, orders, number) = (&publisher, &orders, sent);
            open.push(async move {
                publisher
                    .publish_to(orders, &order(number))
                    .await
                    .expect("published")
            });
            sent += 1;
        }
        while open.len() > IN_FLIGHT {
            open.next().await;
        }
    }
    while open.next().await.is_some() {}
    let took = begun.elapsed();
    running.stop().await.expect("it stops");
    relay.stop().await;
    let exact = counter(&metrics, "messaging_handled_total")
        + counter(&metrics, "messaging_dead_letters_total")
        == messages;
    let parked = counter(&metrics, "messaging_parked_total");
    let dead = counter(&metrics, "messaging_dead_letters_total");
    println!(
        "{messages} events on {store:?} in {} s, {parked} parked, {dead} dead letters{}",
        took.as_secs(),
        if exact { "" } else { "; SOME HAVE NO END" }
    );
    report(&samples, messages) && exact
}

fn order(number: u64) -> Envelope<Order> {
    let behaviour = match number {
        _ if number % 5000 == 4999 => "poison".to_owned(),
        _ if number % 1000 == 500 => "flaky".to_owned(),
        _ => "x".repeat(700),
    };
    envelope(Order {
        order_id: format!("order-{}", number % 10_000),
        number: i64::try_from(number).expect("small"),
        quantity: 1,
        behaviour,
    })
}

async fn handle(
    tries: &Mutex<BTreeMap<i64, u32>>,
    adjusted: &str,
    tx: &mut Tx,
    order: Order,
) -> Result<(), HandlerError> {
    let Order {
        order_id,
        number,
        behaviour,
        ..
    } = order;
    match behaviour.as_str() {
        "poison" => return Err(HandlerError::poison("never")),
        "flaky" => {
            let mut tries = tries.lock().expect("not poisoned");
            let run = tries.entry(number).or_default();
            *run += 1;
            if *run <= 2 {
                return Err(HandlerError::retriable("not yet"));
            }
            // What the example itself remembers must not grow either.
            tries.remove(&number);
        }
        _ => {}
    }
    tx.execute("UPDATE stock SET level = level - 1 WHERE sku = 'sku'", &[])
        .await?;
    tx.publish_to(adjusted, &envelope(Adjusted { order_id, number }))
        .await?;
    Ok(())
}

/// Prints the samples and says whether memory is flat.
#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn report(samples: &[Sample], messages: u64) -> bool {
    let at = |percent: u64| {
        let found = samples
            .iter()
            .find(|sample| sample.ended * 100 >= messages * percent);
        found.map_or(0, |sample| sample.kib)
    };
    let mib = |kib: u64| kib as f64 / 1024.0;
    for percent in [0, 5, 25, 50, 75, 100] {
        println!("    at {percent:>3} %: {:6.1} MiB", mib(at(percent)));
    }
    let settled: Vec<&Sample> = samples
        .iter()
        .filter(|sample| sample.ended * 4 >= messages)
        .collect();
    let highest = settled.iter().map(|sample| sample.kib).max().unwrap_or(0);
    // Least squares over all samples from a quarter of the way on.
    let count = settled.len() as f64;
    let mean_x = settled.iter().map(|it| it.ended as f64).sum::<f64>() / count;
    let mean_y = settled.iter().map(|it| it.kib as f64).sum::<f64>() / count;
    let covariance: f64 = settled
        .iter()
        .map(|it| (it.ended as f64 - mean_x) * (it.kib as f64 - mean_y))
        .sum();
    let variance: f64 = settled.iter().map(|it| (it.ended as f64 - mean_x).powi(2)).sum();
    let slope = covariance / variance * 100_000.0;
    println!(
        "    peak {:.1} MiB, highest after a quarter {:.1} MiB, slope from there {slope:+.0} KiB for 100,000 events \
         ({} samples)",
        mib(memory("VmHWM")),
        mib(highest),
        settled.len()
    );
    let growth = slope * (messages as f64 * 0.75) / 100_000.0;
    growth <= at(25) as f64 * 0.05
}

/// A line of `/proc/self/status`, in KiB.
fn memory(name: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = text.lines().find(|line| line.starts_with(name));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok())
        .expect("Linux says it")
}

fn counter(metrics: &Metrics, name: &str) -> u64 {
    let text = metrics.render();
    let line = text
        .lines()
        .find(|line| line.starts_with(name) && line[name.len()..].starts_with(['{', ' ']));
    line.and_then(|line| line.rsplit(' ').next()?.parse().ok())
        .unwrap_or(0)
}
