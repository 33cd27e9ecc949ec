//! What happens when something else is wrong: handlers, ids, logs, stores, brokers.

use std::time::Duration;

use contract_events::Envelope;
use messaging::core::BreakerLimits;
use messaging::outbox::PublishError;
use messaging::topics::{self, MorePartitions, TopicSpec};
use messaging::{Subscriber, Tx};

use super::dead_letters::raw;
use super::events::Order;
use super::world::{PARTITIONS, World, order, wait};

pub async fn panics_and_hangs_are_failed_attempts(world: World) {
    let mut settings = World::settings();
    settings.deadline = Duration::from_millis(300);
    let running = world.subscriber(settings).start().expect("it starts");
    for (number, behaviour) in [(1, "panic"), (2, "hang"), (3, "ok")] {
        world.publish(&order("a", number, behaviour)).await;
    }
    let effects = world.wait_for_effects(3).await;
    running.stop().await.expect("it stops");
    assert_eq!(
        effects.iter().map(|(_, number)| *number).collect::<Vec<_>>(),
        [1, 2, 3]
    );
    assert!(world.metric("messaging_failures_total") > 2.5);
}

pub async fn an_id_used_twice_is_a_conflict(world: World) {
    let relay = world.relay();
    let running = world.start();
    let first = order("a", 1, "ok");
    let mut second = first.clone();
    second.data.number = 2;
    world.publish(&first).await;
    world.publish(&second).await;
    let dead = world.wait_for_dead_letters(1).await;
    running.stop().await.expect("it stops");
    relay.stop().await;
    assert_eq!(dead[0].headers.text("dlq-error-class"), Some("id-conflict"));
    assert_eq!(world.effects().await, [("a".to_owned(), 1)]);
}

pub async fn progress_of_another_log_stops_the_subscriber(world: World) {
    let running = world.start();
    world.publish(&order("a", 1, "ok")).await;
    world.wait_for_effects(1).await;
    running.stop().await.expect("it stops");
    for (change, expected) in [
        ("UPDATE partition_state SET next_offset = 1000", "the log ends at"),
        (
            "UPDATE partition_state SET next_offset = 0, cluster_id = 'elsewhere'",
            "is of cluster elsewhere",
        ),
    ] {
        let mut tx = world.store.begin().await.expect("begins");
        tx.execute(change, &[]).await.expect("changed");
        tx.commit().await.expect("committed");
        let error = world.start().join().await.expect_err("it cannot go on");
        let text = error.to_string();
        assert!(
            text.contains(expected) && text.contains("offsets reset"),
            "{text}"
        );
    }
    assert_eq!(world.effects().await.len(), 1);
}

pub async fn a_store_that_is_away_dead_letters_nothing(world: World) {
    let running = world.start();
    world.publish(&order("a", 1, "ok")).await;
    world.wait_for_effects(1).await;
    // Another process holds the write lock for longer than the subscriber waits at a time.
    let path = world.path();
    let (locked, wait_for_lock) = std::sync::mpsc::channel();
    let blocker = std::thread::spawn(move || {
        let connection = rusqlite::Connection::open(path).expect("opens");
        connection.busy_timeout(Duration::from_secs(30)).expect("set");
        connection.execute_batch("BEGIN IMMEDIATE").expect("locked");
        locked.send(()).expect("awaited");
        std::thread::sleep(Duration::from_secs(5));
        connection.execute_batch("ROLLBACK").expect("unlocked");
    });
    wait_for_lock.recv().expect("locked");
    for number in 2..=10 {
        world.publish(&order("a", number, "ok")).await;
    }
    wait("the problem to be told", async || {
        !world.health.problems().is_empty()
    })
    .await;
    let effects = world.wait_for_effects(10).await;
    blocker.join().expect("it ended");
    wait("all to be well", async || world.health.problems().is_empty()).await;
    running.stop().await.expect("it stops");
    assert_eq!(
        effects.iter().map(|(_, number)| *number).collect::<Vec<_>>(),
        (1..=10).collect::<Vec<_>>()
    );
    assert!(world.metric("messaging_dead_letters_total") < 0.5);
}

pub async fn too_many_dead_letters_stop_the_subscriber(world: World) {
    let mut settings = World::settings();
    settings.breaker = BreakerLimits {
        window: 20,
        least: 5,
        share: 0.5,
    };
    settings.limits.batch_records = 2;
    for _ in 0..30 {
        raw(&world, "a", Some(b"nonsense")).await;
    }
    let running = world.subscriber(settings).start().expect("it starts");
    let error = running.join().await.expect_err("it stops by itself");
    assert!(error.to_string().contains("circuit breaker"), "{error}");
    assert!(
        world.metric("messaging_dead_letters_total") < 10.0,
        "most are still in the topic"
    );
    assert!(!world.health.problems().is_empty());
}

pub async fn a_broker_that_is_away_for_a_while_loses_nothing(world: World) {
    let Some(mock) = world.broker.as_mock() else {
        // On a real broker the chaos suite stops and restarts it.
        return;
    };
    let relay = world.relay();
    let running = world.start();
    world.publish(&order("a", 1, "ok")).await;
    world.wait_for_effects(1).await;
    mock.set_down(true).expect("down");
    let publish = async {
        for number in 2..=5 {
            world.publish(&order("a", number, "ok")).await;
        }
    };
    let outage = async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        mock.set_down(false).expect("up");
    };
    tokio::join!(publish, outage);
    let effects = world.wait_for_effects(5).await;
    wait("the adjustments", async || world.read(&world.adjusted).len() >= 5).await;
    running.stop().await.expect("it stops");
    relay.stop().await;
    assert_eq!(
        effects.iter().map(|(_, number)| *number).collect::<Vec<_>>(),
        [1, 2, 3, 4, 5]
    );
}

pub async fn an_event_of_ten_megabytes_is_refused_on_the_way_out(world: World) {
    let huge = order(&"x".repeat(10_000_000), 1, "ok");
    let error = world
        .publisher
        .publish_to(&world.orders, &huge)
        .await
        .expect_err("it is too large");
    assert!(
        matches!(error, PublishError::TooLarge { bytes, .. } if bytes > 10_000_000),
        "{error}"
    );
    let mut tx = world.store.begin().await.expect("begins");
    tx.publish_to(&world.orders, &huge)
        .await
        .expect_err("it is too large");
    // On the way in, `max_bytes` decides; see the dead letters.
    let mut invalid = order("a", 1, "ok");
    invalid.data.quantity = 0;
    let error = world
        .publisher
        .publish_to(&world.orders, &invalid)
        .await
        .expect_err("it breaks its contract");
    assert!(matches!(error, PublishError::Contract { .. }), "{error}");
}

pub async fn a_topic_that_is_missing_is_read_once_it_is_there(world: World) {
    if world.broker.as_mock().is_some() {
        // The mock creates a topic as soon as anybody asks for it.
        return;
    }
    let late = format!("{}-late", world.orders);
    let spec = TopicSpec::new(&late, 1);
    let running = Subscriber::new(&world.broker, &world.store, &format!("{}-late", world.group))
        .with_settings(World::settings())
        .observed_by(&world.health, &world.metrics)
        .on_topic(&late, async |tx: &mut Tx, event: Envelope<Order>| {
            let row = [event.data.order_id.as_str().into(), event.data.number.into()];
            tx.execute("INSERT INTO effects (order_id, number) VALUES (?1, ?2)", &row)
                .await?;
            Ok(())
        })
        .start()
        .expect("it starts");
    wait("the problem to be told", async || {
        !world.health.problems().is_empty()
    })
    .await;
    let changes = topics::plan(&world.broker, &[spec]).await.expect("planned");
    topics::apply(&world.broker, &changes, MorePartitions::Refuse)
        .await
        .expect("applied");
    world
        .publisher
        .publish_to(&late, &order("a", 1, "ok"))
        .await
        .expect("published");
    world.wait_for_effects(1).await;
    wait("all to be well", async || world.health.problems().is_empty()).await;
    running.stop().await.expect("it stops");
}

pub async fn the_outbox_waits_for_a_dead_letter_topic(world: World) {
    if world.broker.as_mock().is_some() {
        // The mock creates a topic as soon as anybody asks for it.
        return;
    }
    let group = format!("{}-undeclared", world.group);
    let relay = world.relay();
    let running = world
        .subscriber_of(&group, World::settings())
        .start()
        .expect("it starts");
    world.publish(&order("a", 1, "poison")).await;
    world.publish(&order("a", 2, "ok")).await;
    world.wait_for_effects(1).await;
    let waits = async || {
        world
            .health
            .problems()
            .iter()
            .any(|(part, _)| part.ends_with("-relay"))
    };
    wait("the relay to complain", waits).await;
    let spec = TopicSpec::new(&world.orders, PARTITIONS).dead_letters(&group);
    let changes = topics::plan(&world.broker, &[spec]).await.expect("planned");
    topics::apply(&world.broker, &changes, MorePartitions::Refuse)
        .await
        .expect("applied");
    let dead = messaging::names::dead_letter_topic(&world.orders, &group);
    wait("the dead letter", async || world.read(&dead).len() == 1).await;
    wait("what waited behind it", async || {
        world.read(&world.adjusted).len() == 1
    })
    .await;
    running.stop().await.expect("it stops");
    relay.stop().await;
}
