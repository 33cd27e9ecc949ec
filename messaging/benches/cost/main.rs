//! What the library costs beside bare clients, on a real broker and real databases:
//! `scripts/kafka run scripts/postgres run cargo bench -p messaging --bench cost`.
//!
//! 1. Consume + decode + publish, client CPU-seconds a message (user and system, all threads of this process; the broker
//!    is another process): [`Pipeline`](messaging::pipeline::Pipeline) against rdkafka used directly. On both sides:
//!    the same topic, records of 1 KiB, `read_committed`, the same decoding and encoding of the same types, transactions
//!    of up to 1,000 records with the group's offsets in them, idempotent producer, the same client properties. Only
//!    the library checks types and versions of what it reads, checks contracts of what it writes, adds four headers,
//!    counts, has a deadline for each handler and an end for what fails.
//! 2. Exactly-once effects a second, on SQLite (WAL, `synchronous=FULL`, the same cache) and PostgreSQL (`synchronous_commit=on`): a
//!    [`Subscriber`](messaging::Subscriber) that reads from the broker, against the database's own client (rusqlite,
//!    tokio-postgres) with nothing to read, decode or encode: its parameters are made before the clock starts. On both
//!    sides: the same tables and prepared statements (inbox, the handler's update, outbox, progress), the same bytes in
//!    them, 256 events in a transaction. The relay does not run. The clock runs from the first event to the last commit.
//! 3. The same with the relay sending the outbox meanwhile; the bare client then selects and deletes the rows as the
//!    relay does, and sends nothing. For information, without a limit: broker, relay and subscriber share two cores.
//!
//! Rounds are interleaved and begin with either side in turn; medians are compared. `COST_MESSAGES` sets the size
//! (default 50,000), `COST_ROUNDS` the rounds (default 5), `COST_ONLY` one part (`pipeline`, `sqlite`, `postgres`). Ends
//! with 1 while a limit is broken.

#![expect(
    unreachable_pub,
    reason = "a benchmark has no outside; the events are those of the tests"
)]

mod bare;
#[path = "../../tests/kafka/events.rs"]
mod events;
mod library;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use messaging::Broker;
use messaging::topics::{self, MorePartitions, TopicSpec};
use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rustix::time::{ClockId, clock_gettime};

use events::{Order, envelope};

const PARTITIONS: i32 = 6;
/// Records in a transaction of the broker.
const BATCH: usize = 1000;

fn main() -> ExitCode {
    let Ok(servers) = std::env::var("KAFKA_BOOTSTRAP") else {
        println!("left out: the cost is measured on a real broker, KAFKA_BOOTSTRAP is not set");
        return ExitCode::SUCCESS;
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("runtime");
    let guard = runtime.enter();
    let bench = Bench::new(&servers, number("COST_MESSAGES").unwrap_or(50_000), &runtime);
    let rounds = usize::try_from(number("COST_ROUNDS").unwrap_or(5)).expect("small");
    let only = std::env::var("COST_ONLY").ok();
    let wanted = |part: &str| only.as_deref().is_none_or(|only| only == part);
    let mut kept = true;
    if wanted("pipeline") {
        kept &= pipeline(&bench, &runtime, rounds);
    }
    if wanted("sqlite") {
        kept &= effects(&bench, &runtime, rounds, "sqlite", None);
    }
    match std::env::var("DATABASE_URL") {
        Ok(url) if wanted("postgres") => kept &= effects(&bench, &runtime, rounds, "postgres", Some(&url)),
        Ok(_) => {}
        Err(_) => println!("left out: PostgreSQL, DATABASE_URL is not set"),
    }
    drop(guard);
    if kept {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is a number, not {text}")),
    )
}

/// Consume + decode + publish; whether the limit is kept.
fn pipeline(bench: &Bench, runtime: &tokio::runtime::Runtime, rounds: usize) -> bool {
    let [bare, library] = in_turns(
        rounds,
        || [cpu_of(|| bench.bare_pipeline()).1],
        || [cpu_of(|| bench.pipeline(runtime)).1],
    );
    let micros = |[seconds]: [f64; 1]| seconds * 1e6 / bench.count();
    let (bare, library) = (micros(bare), micros(library));
    let ratio = library / bare;
    println!(
        "consume + decode + publish, CPU a message: rdkafka {bare:.2} µs, library {library:.2} µs, {ratio:.2} × \
         (limit 1.3)"
    );
    ratio <= 1.3
}

/// Exactly-once effects, without and with the relay; whether the limit is kept.
fn effects(
    bench: &Bench,
    runtime: &tokio::runtime::Runtime,
    rounds: usize,
    name: &str,
    url: Option<&str>,
) -> bool {
    let mut kept = true;
    for relay in [false, true] {
        let [bare, library] = in_turns(
            rounds,
            || {
                let rows = bench.rows();
                let (rate, cpu) = cpu_of(|| runtime.block_on(bench.bare_effects(url, &rows, relay)));
                [rate, cpu]
            },
            || {
                let (rate, cpu) = cpu_of(|| bench.effects(runtime, url, relay));
                [rate, cpu]
            },
        );
        let ratio = library[0] / bare[0];
        let what = if relay { ", the relay at work" } else { "" };
        let limit = if relay { "" } else { " (limit 0.6)" };
        let micros = |cpu: f64| cpu * 1e6 / bench.count();
        println!(
            "{name}{what}, effects a second: database alone {:.0}, library {:.0}, {ratio:.2} ×{limit}; CPU an effect: \
             {:.1} µs, {:.1} µs",
            bare[0],
            library[0],
            micros(bare[1]),
            micros(library[1])
        );
        kept &= relay || ratio >= 0.6;
    }
    kept
}

/// A name of a consumer group, of the same length on both sides.
fn group() -> String {
    format!("effects-{}", uuid::Uuid::new_v4())
}

/// The medians of both sides, figure by figure.
fn in_turns<const N: usize>(
    rounds: usize,
    mut bare: impl FnMut() -> [f64; N],
    mut library: impl FnMut() -> [f64; N],
) -> [[f64; N]; 2] {
    let (mut bares, mut libraries) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        if round % 2 == 0 {
            bares.push(bare());
            libraries.push(library());
        } else {
            libraries.push(library());
            bares.push(bare());
        }
    }
    println!("    bare {bares:.2?}\n    library {libraries:.2?}");
    let medians = |all: &[[f64; N]]| std::array::from_fn(|at| median(all.iter().map(|it| it[at]).collect()));
    [medians(&bares), medians(&libraries)]
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// CPU-seconds of this process, all threads, user and system.
fn cpu() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).expect("time used is positive"),
        u32::try_from(time.tv_nsec).expect("below a second"),
    )
    .as_secs_f64()
}

/// What came of the work, and the CPU-seconds that it took.
fn cpu_of<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let before = cpu();
    let result = work();
    (result, cpu() - before)
}

/// The topics, filled once; every run reads them under a group of its own.
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
        let begun = Instant::now();
        let mut bytes = 0;
        for number in 0..self.messages {
            let order_id = format!("order-{}", number % 1000);
            let order = Order {
                order_id: order_id.clone(),
                number: i64::try_from(number).expect("small"),
                quantity: 1,
                behaviour: "x".repeat(700),
            };
            let value = envelope(order).encode().expect("encodes");
            bytes += value.len();
            while producer
                .send(BaseRecord::to(&self.orders).key(&order_id).payload(&value))
                .is_err()
            {
                producer.poll(Duration::from_millis(10));
            }
        }
        producer.flush(Duration::from_mins(1)).expect("delivered");
        println!(
            "{} records, {bytes} bytes of values, written in {} ms",
            self.messages,
            begun.elapsed().as_millis()
        );
    }

    fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.servers);
        config
    }
}
