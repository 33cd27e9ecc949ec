//! Lag is exact: with unread records, with a stopped consumer, with parked keys, and on topics that the relay writes;
//! compared with what the broker's own tool says.
//!
//! What is compared, partition by partition: the log's end, and, once a group has committed its hint (on a graceful
//! stop), the group's position and the lag by it. The tool knows the committed offset only, which is a hint here: it
//! knows nothing of parked records, which it takes for read, and it is wrong when the hint is behind. The library
//! counts by the database.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use messaging::subscriber::{Lag, measure};

use super::world::{PARTITIONS, World, order, wait};

const DESCRIBE: &str = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand";
const ENDS: &str = "org.apache.kafka.tools.GetOffsetShell";

/// What the tool says of a partition: the group's offset, the log's end, the lag.
type Described = (Option<i64>, i64, Option<i64>);

async fn lag_of(world: &World, topic: &str) -> Vec<Lag> {
    measure(&world.broker, &world.store, &world.group, [topic.to_owned()])
        .await
        .expect("measured")
}

async fn lag(world: &World) -> Vec<Lag> {
    lag_of(world, &world.orders).await
}

/// Unread and parked records of all partitions.
async fn sums(world: &World) -> (i64, i64) {
    let all = lag(world).await;
    let sum = |part: fn(&Lag) -> i64| all.iter().map(part).sum();
    (sum(|lag| lag.unread), sum(|lag| lag.parked))
}

/// Runs one of Kafka's own tools; its output and what it complained of.
fn tool(world: &World, class: &str, arguments: &[&str]) -> (String, String) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/kafka");
    let output = Command::new(script)
        .args(["tool", class, "--bootstrap-server", world.broker.servers()])
        .args(arguments)
        .output()
        .expect("the script runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (text(output.stdout), text(output.stderr))
}

/// The table of `--describe --group`, by partition of the topic of orders.
fn described(world: &World) -> BTreeMap<i32, Described> {
    let (text, complaint) = tool(world, DESCRIBE, &["--describe", "--group", &world.group]);
    let mut lines = text
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>());
    let header = lines
        .find(|line| line.contains(&"LOG-END-OFFSET"))
        .unwrap_or_else(|| panic!("no table: {text}{complaint}"));
    let column = |name: &str| {
        header
            .iter()
            .position(|found| *found == name)
            .unwrap_or_else(|| panic!("no column {name}: {text}"))
    };
    let (topic, partition) = (column("TOPIC"), column("PARTITION"));
    let (offset, end, lag) = (column("CURRENT-OFFSET"), column("LOG-END-OFFSET"), column("LAG"));
    // A dash stands for what is not known.
    let number = |text: &str| text.parse::<i64>().ok();
    lines
        .filter(|line| line.get(topic) == Some(&world.orders.as_str()))
        .map(|line| {
            let row = (
                number(line[offset]),
                number(line[end]).expect("an end"),
                number(line[lag]),
            );
            (line[partition].parse().expect("a number"), row)
        })
        .collect()
}

/// The same from the library. A group begins at the beginning, and says so to the broker.
fn counted(all: &[Lag]) -> BTreeMap<i32, Described> {
    let row = |lag: &Lag| (Some(lag.next.unwrap_or(lag.low)), lag.high, Some(lag.distance()));
    all.iter()
        .map(|lag| (lag.partition.partition, row(lag)))
        .collect()
}

/// The ends of the log as the broker's tool says.
fn ends(world: &World) -> BTreeMap<i32, i64> {
    let (text, complaint) = tool(world, ENDS, &["--topic", &world.orders]);
    let rows: BTreeMap<i32, i64> = text
        .lines()
        .filter_map(|line| {
            let mut parts = line.split(':').skip(1);
            Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
        })
        .collect();
    assert_eq!(
        rows.len(),
        usize::try_from(PARTITIONS).expect("small"),
        "{text}{complaint}"
    );
    rows
}

pub async fn lag_agrees_with_the_brokers_own_tool(world: World) {
    let real = world.broker.as_mock().is_none();
    for number in 0..40 {
        for key in ["a", "b", "c", "d"] {
            world.publish(&order(key, number, "ok")).await;
        }
    }
    // Nobody has read. The tool does not know the group, but it knows the ends of the log.
    assert_eq!(sums(&world).await, (160, 0), "unread by a group that never was");
    if real {
        let (_, complaint) = tool(&world, DESCRIBE, &["--describe", "--group", &world.group]);
        assert!(complaint.contains("GroupIdNotFound"), "{complaint}");
        let all: BTreeMap<i32, i64> = lag(&world)
            .await
            .iter()
            .map(|lag| (lag.partition.partition, lag.high))
            .collect();
        assert_eq!(all, ends(&world));
    }

    // Keys that are parked: the one that failed and those behind it; others go on. The tool takes them for read.
    let mut settings = World::settings();
    settings.policy.base = Duration::from_mins(10);
    settings.policy.cap = Duration::from_mins(10);
    let running = world.subscriber(settings.clone()).start().expect("it starts");
    world.wait_for_effects(160).await;
    for (number, behaviour) in [(40, "flaky:1"), (41, "ok"), (42, "ok")] {
        world.publish(&order("a", number, behaviour)).await;
    }
    wait("three parked", async || sums(&world).await == (0, 3)).await;
    if real {
        // The hint is sent every second while a member runs.
        wait("the broker's offsets", async || {
            described(&world) == counted(&lag(&world).await)
        })
        .await;
    }

    // A stopped consumer, with unread and parked records.
    running.stop().await.expect("it stops");
    for number in 43..63 {
        world.publish(&order("a", number, "ok")).await;
        world.publish(&order("b", number, "ok")).await;
    }
    assert_eq!(sums(&world).await, (40, 3), "a stopped consumer");
    if !real {
        return;
    }
    assert_eq!(described(&world), counted(&lag(&world).await));

    // The broker's offset is a hint: set back, it misleads the tool, not the library, and nothing is handled twice.
    let back = ["--group", &world.group, "--topic", &world.orders];
    let reset = ["--reset-offsets", "--to-earliest", "--execute"];
    tool(&world, DESCRIBE, &[&back[..], &reset[..]].concat());
    let misled: i64 = described(&world).values().filter_map(|(_, _, lag)| *lag).sum();
    assert_eq!((misled, sums(&world).await), (203, (40, 3)));
    let running = world.subscriber(settings).start().expect("it starts");
    // Key a is parked and grows; key b has its effects.
    world.wait_for_effects(160 + 20).await;
    wait("the rest", async || sums(&world).await == (0, 23)).await;
    running.stop().await.expect("it stops");
    assert_eq!(described(&world), counted(&lag(&world).await));
    assert_eq!(world.effects().await.len(), 180);
}

/// The relay writes transactions, whose markers take offsets of the log: they are no records, and nobody's lag.
pub async fn markers_of_transactions_are_no_lag(world: World) {
    let running = world.start();
    for number in 0..9 {
        world.publish(&order("a", number, "ok")).await;
    }
    world.wait_for_effects(9).await;
    let relay = world.relay();
    wait("what the handlers published", async || {
        world.read(&world.adjusted).len() == 9
    })
    .await;
    let unread = async || {
        let all = lag_of(&world, &world.adjusted).await;
        all.iter().map(|lag| lag.unread).sum::<i64>()
    };
    assert_eq!(unread().await, 9, "nine records, however many transactions");
    relay.stop().await;
    running.stop().await.expect("it stops");
}
