//! What happens to good events.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use contract_events::Envelope;
use messaging::HandlerError;
use messaging::pipeline::{Outbox, Pipeline};

use super::events::{Adjusted, Order, envelope};
use super::world::{World, order, wait};

/// The numbers of each key, in the order of their effects.
fn by_key(effects: &[(String, i64)]) -> BTreeMap<&str, Vec<i64>> {
    let mut keys: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    for (key, number) in effects {
        keys.entry(key).or_default().push(*number);
    }
    keys
}

pub async fn events_have_one_effect_in_the_order_of_their_keys(world: World) {
    for number in 0..20 {
        for key in ["a", "b", "c", "d", "e"] {
            world.publish(&order(key, number, "ok")).await;
        }
    }
    let running = world.start();
    let effects = world.wait_for_effects(100).await;
    running.stop().await.expect("it stops");
    assert_eq!(effects.len(), 100);
    for (key, numbers) in by_key(&effects) {
        assert_eq!(numbers, (0..20).collect::<Vec<_>>(), "key {key}");
    }
    assert!(
        (world.metric("messaging_handled_total") - 100.0).abs() < 0.1,
        "{}",
        world.metrics.render()
    );
}

pub async fn a_retry_keeps_the_order_of_its_key_and_stops_no_other(world: World) {
    for number in 0..10 {
        world
            .publish(&order("slow", number, if number == 3 { "flaky:3" } else { "ok" }))
            .await;
        world.publish(&order("fast", number, "ok")).await;
    }
    let running = world.start();
    let effects = world.wait_for_effects(20).await;
    running.stop().await.expect("it stops");
    for (key, numbers) in by_key(&effects) {
        assert_eq!(numbers, (0..10).collect::<Vec<_>>(), "key {key}");
    }
    let at = |key: &str, number| effects.iter().position(|it| *it == (key.to_owned(), number));
    assert!(
        at("fast", 9) < at("slow", 4),
        "the other key went on: {effects:?}"
    );
    assert_eq!(world.dead_letters().len(), 0);
}

pub async fn a_restarted_subscriber_goes_on_where_the_database_says(world: World) {
    let running = world.start();
    for number in 0..10 {
        world.publish(&order("a", number, "ok")).await;
    }
    world.wait_for_effects(10).await;
    running.stop().await.expect("it stops");
    for number in 10..20 {
        world.publish(&order("a", number, "ok")).await;
    }
    let running = world.start();
    let effects = world.wait_for_effects(20).await;
    running.stop().await.expect("it stops");
    assert_eq!(by_key(&effects)["a"], (0..20).collect::<Vec<_>>());
    let tries = world.tries.lock().expect("not poisoned");
    assert!(
        tries.values().all(|tried| *tried == 1),
        "nothing ran twice: {tries:?}"
    );
}

pub async fn members_share_partitions_and_a_rebalance_repeats_nothing(world: World) {
    let keys: Vec<String> = (0..30).map(|number| format!("key-{number}")).collect();
    let first = world.start();
    let publish = async {
        for number in 0..20 {
            for key in &keys {
                world.publish(&order(key, number, "ok")).await;
            }
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
    };
    let join_and_leave = async {
        wait("the first effects", async || !world.effects().await.is_empty()).await;
        let second = world.start();
        tokio::time::sleep(Duration::from_millis(1500)).await;
        second.stop().await.expect("it stops");
    };
    tokio::join!(publish, join_and_leave);
    let effects = world.wait_for_effects(600).await;
    first.stop().await.expect("it stops");
    assert_eq!(effects.len(), 600);
    for (key, numbers) in by_key(&effects) {
        assert_eq!(numbers, (0..20).collect::<Vec<_>>(), "key {key}");
    }
    assert!(
        world.metric("messaging_fenced_total") < 0.5,
        "no work was wasted on a graceful rebalance"
    );
    assert!(world.metric("messaging_inbox_hits_total") < 0.5);
}

pub async fn what_a_handler_publishes_is_sent_by_the_relay(world: World) {
    let (one, two) = (world.relay(), world.relay());
    let running = world.start();
    for number in 0..30 {
        let behaviour = if number % 7 == 3 { "flaky:1" } else { "ok" };
        world.publish(&order("a", number, behaviour)).await;
    }
    world.wait_for_effects(30).await;
    wait("30 adjustments", async || world.read(&world.adjusted).len() >= 30).await;
    running.stop().await.expect("it stops");
    one.stop().await;
    two.stop().await;
    let seen = world.read(&world.adjusted);
    assert_eq!(seen.len(), 30, "rolled-back attempts published nothing");
    let ids: BTreeSet<&str> = seen
        .iter()
        .filter_map(|record| record.headers.text("event-id"))
        .collect();
    assert_eq!(ids.len(), 30);
    assert!(
        seen.iter()
            .all(|record| record.headers.text("event-type") == Some("shop.inventory.adjusted"))
    );
    assert!(seen.iter().all(|record| record.key.as_deref() == Some("a")));
    let mut tx = world.store.begin().await.expect("begins");
    assert_eq!(
        messaging::ledger::depth(&mut tx).await.expect("counted").0,
        0,
        "the outbox is empty"
    );
}

pub async fn a_second_copy_of_an_event_has_no_second_effect(world: World) {
    let running = world.start();
    let event = order("a", 1, "ok");
    world.publish(&event).await;
    world.publish(&event).await;
    world.publish(&order("a", 2, "ok")).await;
    let effects = world.wait_for_effects(2).await;
    running.stop().await.expect("it stops");
    assert_eq!(by_key(&effects)["a"], [1, 2]);
    assert!((world.metric("messaging_inbox_hits_total") - 1.0).abs() < 0.1);
}

pub async fn a_pipeline_publishes_each_once_and_ends_poison_in_the_dead_letters(world: World) {
    if world.broker.as_mock().is_some() {
        // The mock has no transactions: its calls succeed and mean nothing.
        return;
    }
    for number in 0..40 {
        let behaviour = if number == 7 { "poison" } else { "ok" };
        world.publish(&order("a", number, behaviour)).await;
    }
    let start = || {
        let (adjusted, tries) = (world.adjusted.clone(), Arc::clone(&world.tries));
        Pipeline::new(&world.broker, &world.group)
            .with_settings(World::settings().policy, 10, Duration::from_secs(2))
            .observed_by(&world.health, &world.metrics)
            .on_topic(
                &world.orders,
                async move |out: &mut Outbox, event: Envelope<Order>| {
                    let Order {
                        order_id,
                        number,
                        behaviour,
                        ..
                    } = event.data;
                    out.publish_to(
                        &adjusted,
                        &envelope(Adjusted {
                            order_id: order_id.clone(),
                            number,
                        }),
                    )?;
                    *tries
                        .lock()
                        .expect("not poisoned")
                        .entry((order_id, number))
                        .or_default() += 1;
                    if behaviour == "poison" {
                        Err(HandlerError::poison("never"))
                    } else {
                        Ok(())
                    }
                },
            )
            .start()
            .expect("it starts")
    };
    let pipeline = start();
    wait("39 adjustments", async || world.read(&world.adjusted).len() >= 39).await;
    pipeline.stop().await.expect("it stops");
    for number in 40..50 {
        world.publish(&order("a", number, "ok")).await;
    }
    let pipeline = start();
    wait("10 more", async || world.read(&world.adjusted).len() >= 49).await;
    pipeline.stop().await.expect("it stops");
    assert_eq!(
        world.wait_for_dead_letters(1).await[0]
            .headers
            .text("dlq-error-class"),
        Some("handler")
    );
    assert_eq!(
        world.read(&world.adjusted).len(),
        49,
        "the failed run of number 7 published nothing"
    );
    let tries = world.tries.lock().expect("not poisoned");
    assert!(tries.values().all(|tried| *tried == 1), "{tries:?}");
}

/// Each record is published once, whatever was in hand when partitions changed hands.
pub async fn a_pipeline_publishes_each_once_while_members_come_and_go(world: World) {
    if world.broker.as_mock().is_some() {
        // The mock has no transactions: its calls succeed and mean nothing.
        return;
    }
    let start = || {
        let adjusted = world.adjusted.clone();
        Pipeline::new(&world.broker, &world.group)
            .with_settings(World::settings().policy, 20, Duration::from_secs(2))
            .observed_by(&world.health, &world.metrics)
            .on_topic(
                &world.orders,
                async move |out: &mut Outbox, event: Envelope<Order>| {
                    let Order { order_id, number, .. } = event.data;
                    // So that most batches are in hand for a while.
                    tokio::time::sleep(Duration::from_millis(2)).await;
                    out.publish_to(&adjusted, &envelope(Adjusted { order_id, number }))?;
                    Ok(())
                },
            )
            .start()
            .expect("it starts")
    };
    let first = start();
    let publish = async {
        for number in 0..60 {
            for key in 0..20 {
                world.publish(&order(&format!("key-{key}"), number, "ok")).await;
            }
        }
    };
    let come_and_go = async {
        for _ in 0..3 {
            let second = start();
            tokio::time::sleep(Duration::from_millis(1500)).await;
            second.stop().await.expect("it stops");
        }
    };
    tokio::join!(publish, come_and_go);
    wait("1200 adjustments", async || {
        world.read(&world.adjusted).len() >= 1200
    })
    .await;
    first.stop().await.expect("it stops");
    let mut seen = BTreeMap::new();
    for record in world.read(&world.adjusted) {
        let event = Envelope::<Adjusted>::decode(&record.value.expect("a value")).expect("an event");
        seen.entry(event.data.order_id)
            .or_insert_with(Vec::new)
            .push(event.data.number);
    }
    for (key, numbers) in seen {
        assert_eq!(numbers, (0..60).collect::<Vec<_>>(), "key {key}");
    }
}
