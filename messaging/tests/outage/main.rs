//! A minute without a broker, a minute without a database: nothing is lost, nothing ends as a dead letter for it.
//!
//! Needs servers that it may stop: `scripts/kafka run scripts/postgres run cargo test -p messaging --test outage`. Says
//! what it left out. `OUTAGE_SECONDS` makes it shorter.

#![expect(
    unreachable_pub,
    reason = "a test binary has no outside; its modules see each other's items"
)]

#[path = "../kafka/events.rs"]
mod events;
#[path = "../support/left_out.rs"]
mod left_out;
#[path = "../kafka/world.rs"]
#[allow(dead_code, reason = "the suite `kafka` uses all of it")]
mod world;

use std::process::{Command, Stdio};
use std::time::Duration;

use contract_events::Envelope;
use events::{Adjusted, Order, envelope};
use messaging::Store;
use messaging::pipeline::{Outbox, Pipeline};
use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use world::{World, order, wait};

fn outage() -> Duration {
    let seconds = std::env::var("OUTAGE_SECONDS")
        .ok()
        .and_then(|text| text.parse().ok());
    Duration::from_secs(seconds.unwrap_or(60))
}

/// Runs one of the scripts, without holding up what runs beside it.
async fn script(name: &str, action: &str) {
    let path = format!("{}/../scripts/{name}", env!("CARGO_MANIFEST_DIR"));
    let action = action.to_owned();
    let run = move || Command::new(&path).arg(&action).stdout(Stdio::null()).status();
    let status = tokio::task::spawn_blocking(run)
        .await
        .expect("it runs")
        .expect("the script is there");
    assert!(status.success(), "scripts/{name}");
}

fn on_runtime(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(test);
}

fn numbers(effects: &[(String, i64)]) -> Vec<i64> {
    effects.iter().map(|(_, number)| *number).collect()
}

#[test]
fn a_minute_without_a_broker_loses_nothing() {
    let (Ok(servers), Ok(_)) = (std::env::var("KAFKA_BOOTSTRAP"), std::env::var("KAFKA_DIR")) else {
        left_out::left_out("there is no broker of ours to stop, KAFKA_BOOTSTRAP and KAFKA_DIR are not set");
        return;
    };
    on_runtime(async {
        let world = World::new(&servers).await;
        let relay = world.relay();
        let running = world.start();
        // What a service accepts: the answer is given once the outbox row is committed, whatever the broker does.
        let accept = async |number| {
            let mut tx = world.store.begin().await.expect("begins");
            tx.publish_to(&world.orders, &order("a", number, "ok"))
                .await
                .expect("written");
            tx.commit().await.expect("committed");
        };
        accept(0).await;
        world.wait_for_effects(1).await;
        script("kafka", "stop").await;
        let pause = outage() / 20;
        for number in 1..=20 {
            accept(number).await;
            tokio::time::sleep(pause).await;
        }
        assert!(!world.health.problems().is_empty(), "somebody says so");
        script("kafka", "start").await;
        let effects = world.wait_for_effects(21).await;
        wait("the adjustments", async || {
            world.read(&world.adjusted).len() >= 21
        })
        .await;
        wait("all to be well", async || world.health.problems().is_empty()).await;
        running.stop().await.expect("it goes on, until it is stopped");
        relay.stop().await;
        assert_eq!(numbers(&effects), (0..=20).collect::<Vec<_>>());
        assert_eq!(world.dead_letters().len(), 0);
        a_pipeline_publishes_each_once(&servers).await;
    });
}

/// The broker is killed while transactions are on their way: whether the last one was committed is known to nobody but
/// the broker.
async fn a_pipeline_publishes_each_once(servers: &str) {
    let world = World::new(servers).await;
    let total = 4000;
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", servers)
        .create()
        .expect("a producer");
    for number in 0..total {
        let value = order("a", number, "ok").encode().expect("encodes");
        let record = BaseRecord::to(&world.orders).key("a").payload(&value);
        producer.send(record).expect("taken");
    }
    producer.flush(Duration::from_secs(30)).expect("delivered");
    let adjusted = world.adjusted.clone();
    let pipeline = Pipeline::new(&world.broker, &world.group)
        .with_settings(World::settings().policy, 5, Duration::from_secs(2))
        .observed_by(&world.health, &world.metrics)
        .on_topic(
            &world.orders,
            async move |out: &mut Outbox, event: Envelope<Order>| {
                let Order { order_id, number, .. } = event.data;
                out.publish_to(&adjusted, &envelope(Adjusted { order_id, number }))?;
                Ok(())
            },
        )
        .start()
        .expect("it starts");
    for _ in 0..2 {
        let before = world.metric("messaging_handled_total");
        wait("some progress", async || {
            world.metric("messaging_handled_total") > before + 99.0
        })
        .await;
        script("kafka", "kill").await;
        script("kafka", "start").await;
    }
    let published = usize::try_from(total).expect("small");
    wait("every adjustment", async || {
        world.read(&world.adjusted).len() >= published
    })
    .await;
    pipeline.stop().await.expect("it stops");
    let numbers: Vec<i64> = world
        .read(&world.adjusted)
        .into_iter()
        .map(|it| {
            Envelope::<Adjusted>::decode(&it.value.expect("a value"))
                .expect("an event")
                .data
                .number
        })
        .collect();
    assert_eq!(numbers, (0..total).collect::<Vec<_>>());
}

async fn on_postgres(world: &mut World, url: &str) {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls)
        .await
        .expect("the server answers");
    tokio::spawn(async move { drop(connection.await) });
    let name = format!("outage_{}", uuid::Uuid::new_v4().simple());
    client
        .batch_execute(&format!("CREATE DATABASE {name}"))
        .await
        .expect("the database is created");
    let (server, _) = url.rsplit_once('/').expect("the URL names a database");
    world.store = Store::open(&format!("{server}/{name}")).await.expect("it opens");
    world
        .store
        .script("CREATE TABLE effects (seq {{serial}}, order_id TEXT NOT NULL, number BIGINT NOT NULL)")
        .await
        .expect("created");
}

#[test]
fn a_minute_without_a_store_loses_nothing() {
    let (Ok(url), Ok(_)) = (std::env::var("DATABASE_URL"), std::env::var("POSTGRES_DIR")) else {
        left_out::left_out(
            "there is no PostgreSQL of ours to stop, DATABASE_URL and POSTGRES_DIR are not set",
        );
        return;
    };
    on_runtime(async {
        // The broker plays no part, so it is the one in this process.
        let mut world = World::new("mock").await;
        on_postgres(&mut world, &url).await;
        let relay = world.relay();
        let running = world.start();
        world.publish(&order("a", 0, "ok")).await;
        world.wait_for_effects(1).await;
        script("postgres", "stop").await;
        let pause = outage() / 20;
        for number in 1..=20 {
            world.publish(&order("a", number, "ok")).await;
            tokio::time::sleep(pause).await;
        }
        assert!(!world.health.problems().is_empty(), "somebody says so");
        script("postgres", "start").await;
        wait("all to be well", async || world.health.problems().is_empty()).await;
        world.wait_for_effects(21).await;
        // And a restart in the middle of the work.
        let publish = async {
            for number in 21..=120 {
                world.publish(&order("a", number, "ok")).await;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let restart = async {
            script("postgres", "stop").await;
            script("postgres", "start").await;
        };
        tokio::join!(publish, restart);
        wait("all to be well", async || world.health.problems().is_empty()).await;
        let effects = world.wait_for_effects(121).await;
        wait("the adjustments", async || {
            world.read(&world.adjusted).len() >= 121
        })
        .await;
        running.stop().await.expect("it goes on, until it is stopped");
        relay.stop().await;
        assert_eq!(numbers(&effects), (0..=120).collect::<Vec<_>>());
        assert_eq!(world.dead_letters().len(), 0);
        assert!(
            world.metric("messaging_parked_total") < 0.5,
            "no attempt was counted"
        );
    });
}
