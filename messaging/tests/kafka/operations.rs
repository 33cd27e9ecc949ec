//! What an operator does: topics, offsets, lag, dead letters, through the subcommands of a service.

use std::process::Command as Process;
use std::time::Duration;

use clap::Parser as _;
use messaging::cli::{self, Definition, Ended};
use messaging::subscriber::measure;
use messaging::topics::TopicSpec;

use super::dead_letters::raw;
use super::world::{PARTITIONS, World, order, wait};

#[derive(clap::Parser)]
struct Arguments {
    #[command(subcommand)]
    command: cli::Command,
}

fn definition(world: &World) -> Definition {
    Definition {
        group: world.group.clone(),
        reads: vec![TopicSpec::new(&world.orders, PARTITIONS)],
        writes: vec![TopicSpec::new(&world.adjusted, 1)],
    }
}

async fn run(world: &World, definition: &Definition, arguments: &[&str]) -> (Ended, String) {
    let arguments = Arguments::parse_from([&["service"], arguments].concat());
    let mut out = Vec::new();
    let ended = cli::run(
        &arguments.command,
        &world.broker,
        &world.store,
        definition,
        &mut out,
    )
    .await;
    (
        ended.expect("it can be carried out"),
        String::from_utf8(out).expect("UTF-8"),
    )
}

pub async fn topics_are_planned_and_applied(world: World) {
    let mut definition = definition(&world);
    let (ended, text) = run(&world, &definition, &["topics", "plan"]).await;
    assert_eq!(
        (ended, text.as_str()),
        (Ended::Clean, "every topic is as declared\n")
    );
    let extra = format!("{}-extra", world.adjusted);
    definition.writes.push(TopicSpec::new(&extra, 2));
    let (ended, text) = run(&world, &definition, &["topics", "apply"]).await;
    assert_eq!(ended, Ended::Clean);
    assert!(
        text.contains(&format!("create {extra} with 2 partitions")),
        "{text}"
    );
    // Fewer than there are cannot be had; more break the order of keys.
    definition.writes[1].partitions = 1;
    let (ended, text) = run(&world, &definition, &["topics", "apply"]).await;
    assert_eq!(ended, Ended::Findings);
    assert!(text.contains("cannot be taken away"), "{text}");
    definition.writes[1].partitions = 4;
    let (ended, text) = run(&world, &definition, &["topics", "apply"]).await;
    assert_eq!(ended, Ended::Findings);
    assert!(
        text.contains("--allow-more-partitions") && text.contains("0 of 1 changes made"),
        "{text}"
    );
    if world.broker.as_mock().is_some() {
        return;
    }
    definition.writes[1].retention = Some(Duration::from_hours(1));
    let (ended, text) = run(
        &world,
        &definition,
        &["topics", "apply", "--allow-more-partitions"],
    )
    .await;
    assert_eq!(ended, Ended::Clean, "{text}");
    assert!(text.contains("retention.ms 1209600000 becomes 3600000"), "{text}");
    wait("the partitions", async || {
        world
            .broker
            .partitions(&extra, Duration::from_secs(5))
            .is_ok_and(|found| found == Some(4))
    })
    .await;
    let (ended, text) = run(&world, &definition, &["topics", "plan"]).await;
    assert_eq!(ended, Ended::Clean, "{text}");
}

pub async fn lag_is_exact_whoever_runs(world: World) {
    let lag = async || {
        let topics = [world.orders.clone()];
        let all = measure(&world.broker, &world.store, &world.group, topics)
            .await
            .expect("measured");
        let sum = |part: fn(&messaging::subscriber::Lag) -> i64| all.iter().map(part).sum::<i64>();
        (sum(|lag| lag.unread), sum(|lag| lag.parked))
    };
    for number in 0..7 {
        world.publish(&order("a", number, "ok")).await;
        world.publish(&order("b", number, "ok")).await;
    }
    assert_eq!(lag().await, (14, 0), "nobody has read");
    let mut settings = World::settings();
    settings.policy.base = Duration::from_mins(10);
    settings.policy.cap = Duration::from_mins(10);
    let running = world.subscriber(settings).start().expect("it starts");
    world.wait_for_effects(14).await;
    wait("no lag", async || lag().await == (0, 0)).await;
    // A key that waits for its next attempt, with two behind it.
    for (number, behaviour) in [(7, "flaky:1"), (8, "ok"), (9, "ok")] {
        world.publish(&order("a", number, behaviour)).await;
    }
    wait("three parked", async || lag().await == (0, 3)).await;
    wait("the gauge", async || {
        (world.metric("messaging_lag") - 3.0).abs() < 0.1
    })
    .await;
    running.stop().await.expect("it stops");
    for number in 10..15 {
        world.publish(&order("b", number, "ok")).await;
    }
    assert_eq!(lag().await, (5, 3), "nobody runs");
    let (_, text) = run(&world, &definition(&world), &["offsets", "show"]).await;
    assert_eq!(
        text.lines().count(),
        1 + usize::try_from(PARTITIONS).expect("small"),
        "{text}"
    );
    if world.broker.as_mock().is_none() {
        assert_eq!(broker_says(&world), 5, "the broker's own tool agrees");
    }
}

/// The sum of the column LAG of Kafka's own tool.
fn broker_says(world: &World) -> i64 {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/kafka");
    let class = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand";
    let arguments = [
        "tool",
        class,
        "--bootstrap-server",
        world.broker.servers(),
        "--describe",
        "--group",
        &world.group,
    ];
    let output = Process::new(script)
        .args(arguments)
        .output()
        .expect("the script runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let header = lines
        .next()
        .unwrap_or_else(|| panic!("a table: {}", String::from_utf8_lossy(&output.stderr)));
    let column = header
        .split_whitespace()
        .position(|name| name == "LAG")
        .expect("a column");
    lines
        .filter_map(|line| line.split_whitespace().nth(column)?.parse::<i64>().ok())
        .sum()
}

/// `offsets reset --to beginning`; what it prints.
pub async fn reset_to_the_beginning(world: &World) -> String {
    let reset = ["offsets", "reset", &world.orders, "--to", "beginning"];
    run(world, &definition(world), &reset).await.1
}

pub async fn offsets_are_reset_under_a_running_member(world: World) {
    let running = world.start();
    for number in 0..5 {
        world.publish(&order("a", number, "ok")).await;
    }
    world.wait_for_effects(5).await;
    let text = reset_to_the_beginning(&world).await;
    assert!(text.contains("5 becomes 0"), "{text}");
    // It reads everything again, and the inbox knows everything.
    wait("the second reading", async || {
        world.metric("messaging_inbox_hits_total") > 4.5
    })
    .await;
    world.publish(&order("a", 5, "ok")).await;
    let effects = world.wait_for_effects(6).await;
    running.stop().await.expect("it stops");
    assert_eq!(
        effects.iter().map(|(_, number)| *number).collect::<Vec<_>>(),
        (0..6).collect::<Vec<_>>()
    );
}

pub async fn dead_letters_are_listed_shown_and_redriven(world: World) {
    let relay = world.relay();
    let running = world.start();
    raw(&world, "a", Some(b"{\"secret\": 1")).await;
    world.publish(&order("a", 1, "flaky:4")).await;
    world.wait_for_dead_letters(2).await;
    let definition = definition(&world);
    let (ended, text) = run(&world, &definition, &["dlq", "list"]).await;
    assert_eq!(ended, Ended::Findings);
    assert!(
        text.contains("not-json") && text.contains("exhausted after 4 attempts, shop.order.created"),
        "{text}"
    );
    assert!(text.ends_with("2 dead letters\n"), "{text}");
    let letter = text
        .lines()
        .find(|line| line.contains("not-json"))
        .expect("listed");
    let place = letter
        .split(['[', ']', '@', ' '])
        .filter(|part| part.parse::<i64>().is_ok());
    let place: Vec<&str> = place.take(2).collect();
    let (_, text) = run(
        &world,
        &definition,
        &["dlq", "show", &world.orders, place[0], place[1]],
    )
    .await;
    assert!(
        text.contains("dlq-error-class: not-json") && !text.contains("secret"),
        "{text}"
    );
    let (_, text) = run(
        &world,
        &definition,
        &["dlq", "show", &world.orders, place[0], place[1], "--value"],
    )
    .await;
    assert!(text.contains("secret"), "{text}");
    let (_, text) = run(
        &world,
        &definition,
        &["dlq", "redrive", "--class", "exhausted", "--dry-run"],
    )
    .await;
    assert!(text.contains("1 found, 0 sent"), "{text}");
    let (_, text) = run(
        &world,
        &definition,
        &["dlq", "redrive", "--class", "exhausted", "--rate", "100"],
    )
    .await;
    assert!(text.contains("1 found, 1 sent"), "{text}");
    let effects = world.wait_for_effects(1).await;
    running.stop().await.expect("it stops");
    relay.stop().await;
    assert_eq!(effects, [("a".to_owned(), 1)]);
}
