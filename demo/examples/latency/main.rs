//! How long it takes from `POST /orders` accepted to `inventory.adjusted` readable, over Kafka, with the services as
//! processes of their own.
//!
//! `scripts/kafka run cargo run --release -p demo --example latency`, and with `scripts/postgres run` in between and
//! `--store postgres` at the end. It wants a broker of its own, because the topics are those of the contracts.
//!
//! 1. Capacity: 64 clients, each with its next order as soon as the last was answered; orders divided by the time from
//!    the first request until the last adjustment was readable.
//! 2. At 10 % and at 80 % of that: an open loop. Requests are sent when the plan says, at even distances, whether or not
//!    earlier ones were answered, over as many connections as that needs; so a stall is seen by every request that falls
//!    into it, and none is left out for it.
//!
//! Accepted is when the answer 201 was read; readable is when a plain reader of the topic (`read_committed`) has the
//! event in its hands. Both are told by one clock, in this process. The time from the *planned* start of a request is
//! printed as well. Each order is of one SKU out of 200, so it has exactly one adjustment.

mod load;
mod reader;
mod scene;

use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, ValueEnum};

use load::Placed;
use reader::Reader;
use scene::Scene;

/// Measures the latency of the order → inventory flow
#[derive(Parser)]
struct Arguments {
    /// Which database the services use
    #[arg(long, value_enum, default_value_t = Which::Sqlite)]
    store: Which,
    /// How long each run lasts
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// Orders a second, instead of measuring the capacity
    #[arg(long)]
    capacity: Option<f64>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Which {
    Sqlite,
    Postgres,
}

fn main() -> ExitCode {
    // A child is this program again, as one of the services.
    if let Some(code) = scene::play_role() {
        return code;
    }
    let arguments = Arguments::parse();
    let Ok(servers) = std::env::var("KAFKA_BOOTSTRAP") else {
        eprintln!("latency: a broker is needed: run it under `scripts/kafka run`");
        return ExitCode::from(2);
    };
    let url = match (arguments.store, std::env::var("DATABASE_URL")) {
        (Which::Sqlite, _) => None,
        (Which::Postgres, Ok(url)) => Some(url),
        (Which::Postgres, Err(_)) => {
            eprintln!("latency: a database is needed: run it under `scripts/postgres run`");
            return ExitCode::from(2);
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(measure(&servers, url.as_deref(), &arguments));
    ExitCode::SUCCESS
}

async fn measure(servers: &str, url: Option<&str>, arguments: &Arguments) {
    let name = if url.is_some() { "PostgreSQL" } else { "SQLite" };
    let scene = Scene::set(servers, url).await;
    let reader = Reader::start(servers);
    // Connections, statements and caches warm up.
    drained(
        &reader,
        &load::closed(scene.orders, 16, Duration::from_secs(3)).await,
    )
    .await;
    let capacity = if let Some(capacity) = arguments.capacity {
        capacity
    } else {
        capacity_of(name, &scene, &reader, Duration::from_secs(arguments.seconds)).await
    };
    for share in [0.1, 0.8] {
        let rate = capacity * share;
        let placed = load::open(scene.orders, rate, Duration::from_secs(arguments.seconds)).await;
        drained(&reader, &placed).await;
        report(name, share, rate, &placed, &reader);
    }
    println!("{name}: load average at the end {}", load_average());
    reader.stop();
    scene.strike();
}

/// Orders a second, from the first request until the last adjustment was readable.
async fn capacity_of(name: &str, scene: &Scene, reader: &Reader, time: Duration) -> f64 {
    let begun = std::time::Instant::now();
    let placed = load::closed(scene.orders, 64, time).await;
    let accepted = begun.elapsed();
    drained(reader, &placed).await;
    let count = f64::from(u32::try_from(placed.len()).expect("far below"));
    let capacity = count / begun.elapsed().as_secs_f64();
    println!(
        "{name}: capacity {capacity:.0} orders a second ({count} accepted in {:.1} s, all adjusted after {:.1} s)",
        accepted.as_secs_f64(),
        begun.elapsed().as_secs_f64()
    );
    capacity
}

/// Waits until every order that was placed has its adjustment.
async fn drained(reader: &Reader, placed: &[Placed]) {
    let begun = std::time::Instant::now();
    while placed.iter().any(|order| reader.seen(&order.id).is_none()) {
        assert!(
            begun.elapsed() < Duration::from_mins(2),
            "an accepted order was not adjusted within two minutes"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn report(name: &str, share: f64, rate: f64, placed: &[Placed], reader: &Reader) {
    let mut after_accepted = Vec::new();
    let mut after_planned = Vec::new();
    let mut answers = Vec::new();
    for order in placed {
        let readable = reader.seen(&order.id).expect("it was waited for");
        // The adjustment may be readable before the answer has been read.
        after_accepted.push(readable.saturating_duration_since(order.accepted));
        after_planned.push(readable - order.planned);
        answers.push(order.accepted - order.planned);
    }
    println!(
        "{name}, {:.0} % of the capacity: {rate:.0} orders a second, {} orders",
        share * 100.0,
        placed.len()
    );
    for (what, times) in [
        ("accepted to adjusted readable", &mut after_accepted),
        ("planned to adjusted readable", &mut after_planned),
        ("planned to accepted", &mut answers),
    ] {
        times.sort();
        let millis = |share: f64| percentile(times, share).as_secs_f64() * 1000.0;
        println!(
            "    {what:<30} median {:7.1} ms, 99 % {:7.1} ms, longest {:7.1} ms",
            millis(0.5),
            millis(0.99),
            millis(1.0)
        );
    }
}

/// The smallest value that at least this share of the sorted values does not exceed.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rank among far fewer than 2^52 values"
)]
fn percentile(sorted: &[Duration], share: f64) -> Duration {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted[rank.clamp(1, sorted.len()) - 1]
}

fn load_average() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().take(3).collect::<Vec<_>>().join(" ")
}
