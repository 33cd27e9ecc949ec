//! What happens to events that cannot be handled, and how they come back.

use messaging::core::OnDeadLetter;
use messaging::redrive::{self, Redrive};
use rdkafka::producer::{FutureProducer, FutureRecord};

use super::events::{Adjusted, envelope};
use super::world::{World, order, wait};

/// Publishes bytes as they are.
pub async fn raw(world: &World, key: &str, value: Option<&[u8]>) {
    let producer: FutureProducer = rdkafka::ClientConfig::new()
        .set("bootstrap.servers", world.broker.servers())
        .set("message.max.bytes", "100000000")
        .create()
        .expect("a producer");
    let mut record = FutureRecord::to(&world.orders).key(key);
    if let Some(value) = value {
        record = record.payload(value);
    }
    producer
        .send(record, std::time::Duration::from_secs(10))
        .await
        .map_err(|(error, _)| error)
        .expect("sent");
}

pub async fn poison_is_dead_lettered_with_its_origin(world: World) {
    let relay = world.relay();
    // Each with an id of its own.
    let text = || String::from_utf8(order("a", 1, "ok").encode().expect("encodes")).expect("UTF-8");
    let cases: [(&str, Option<Vec<u8>>); 7] = [
        ("not-json", Some(b"{\"id\": ".to_vec())),
        ("not-envelope", Some(b"{\"id\": 7}".to_vec())),
        (
            "contract",
            Some(text().replace("\"quantity\":1", "\"quantity\":0").into_bytes()),
        ),
        (
            "unknown-major",
            Some(
                text()
                    .replace("\"version\":\"1.0.0\"", "\"version\":\"2.0.0\"")
                    .into_bytes(),
            ),
        ),
        (
            "type-mismatch",
            Some(
                envelope(Adjusted {
                    order_id: "a".into(),
                    number: 1,
                })
                .encode()
                .expect("encodes"),
            ),
        ),
        ("tombstone", None),
        ("too-large", Some(vec![b'x'; 5000])),
    ];
    for (_, value) in &cases {
        raw(&world, "a", value.as_deref()).await;
    }
    // An unknown newer minor with a field that nobody here knows is no poison.
    let newer = text()
        .replace("\"version\":\"1.0.0\"", "\"version\":\"1.7.0\"")
        .replace("{\"orderId\"", "{\"new\":1,\"orderId\"");
    raw(&world, "a", Some(newer.as_bytes())).await;
    let mut settings = World::settings();
    settings.max_bytes = 4000;
    let running = world.subscriber(settings).start().expect("it starts");
    assert_eq!(world.wait_for_effects(1).await, [("a".to_owned(), 1)]);
    let dead = world.wait_for_dead_letters(cases.len()).await;
    running.stop().await.expect("it stops");
    relay.stop().await;
    let offsets: Vec<i64> = dead
        .iter()
        .filter_map(|it| it.headers.number("dlq-offset"))
        .collect();
    assert_eq!(offsets, (0..7).collect::<Vec<_>>());
    for (seen, (class, value)) in dead.iter().zip(&cases) {
        assert_eq!(seen.headers.text("dlq-error-class"), Some(*class));
        assert_eq!(&seen.value, value, "{class}");
        assert_eq!(seen.headers.text("dlq-topic"), Some(world.orders.as_str()));
        assert_eq!(seen.headers.text("dlq-group"), Some(world.group.as_str()));
        assert_eq!(seen.key.as_deref(), Some("a"));
        assert!(
            seen.headers
                .number("dlq-timestamp")
                .is_some_and(|at| at > 1_600_000_000_000)
        );
    }
    assert_eq!(dead[3].headers.text("event-version"), Some("2.0.0"));
    assert_eq!(
        dead[4].headers.text("event-type"),
        Some("shop.inventory.adjusted")
    );
}

pub async fn attempts_end_in_the_dead_letters(world: World) {
    let relay = world.relay();
    let running = world.start();
    for (number, behaviour) in [(1, "ok"), (2, "flaky:99"), (3, "poison"), (4, "ok")] {
        world.publish(&order("a", number, behaviour)).await;
    }
    let dead = world.wait_for_dead_letters(2).await;
    let effects = world.wait_for_effects(2).await;
    running.stop().await.expect("it stops");
    relay.stop().await;
    assert_eq!(effects, [("a".to_owned(), 1), ("a".to_owned(), 4)]);
    let ends: Vec<_> = dead
        .iter()
        .map(|it| {
            (
                it.headers.text("dlq-error-class"),
                it.headers.number("dlq-attempts"),
            )
        })
        .collect();
    assert_eq!(ends, [(Some("exhausted"), Some(4)), (Some("handler"), Some(1))]);
    assert_eq!(world.tries.lock().expect("not poisoned")[&("a".to_owned(), 2)], 4);
}

pub async fn a_held_key_waits_for_its_redrive(world: World) {
    let relay = world.relay();
    let mut settings = World::settings();
    settings.policy.on_dead_letter = OnDeadLetter::HoldKey;
    let running = world.subscriber(settings).start().expect("it starts");
    for (number, behaviour) in [(1, "ok"), (2, "flaky:4"), (3, "ok")] {
        world.publish(&order("held", number, behaviour)).await;
        world.publish(&order("free", number, "ok")).await;
    }
    world.wait_for_dead_letters(1).await;
    let effects = world.wait_for_effects(4).await;
    assert!(
        !effects.contains(&("held".to_owned(), 3)),
        "it waits: {effects:?}"
    );
    wait("the gauge", async || world.metric("messaging_held_keys") > 0.5).await;
    let done = redrive::redrive(&world.broker, &world.orders, &world.group, &Redrive::default()).await;
    assert_eq!(done.expect("redriven").sent, 1);
    let effects = world.wait_for_effects(6).await;
    running.stop().await.expect("it stops");
    relay.stop().await;
    let held: Vec<i64> = effects
        .iter()
        .filter(|(key, _)| key == "held")
        .map(|(_, number)| *number)
        .collect();
    assert_eq!(held, [1, 2, 3]);
}

pub async fn a_redrive_is_for_one_group_and_works_once(world: World) {
    let relay = world.relay();
    let other_group = format!("{}-other", world.group);
    let running = world.start();
    world.publish(&order("a", 1, "flaky:5")).await;
    world.publish(&order("a", 2, "ok")).await;
    world.wait_for_dead_letters(1).await;
    // The other group starts after the four failed attempts, so the fifth is its own, and it succeeds with the sixth.
    let other = world
        .subscriber_of(&other_group, World::settings())
        .start()
        .expect("it starts");
    world.wait_for_effects(3).await;
    let none = Redrive {
        class: Some("contract".into()),
        ..Redrive::default()
    };
    let done = redrive::redrive(&world.broker, &world.orders, &world.group, &none)
        .await
        .expect("looked");
    assert_eq!((done.found, done.sent), (0, 0), "the filter keeps it back");
    let dry = Redrive {
        dry_run: true,
        ..Redrive::default()
    };
    let done = redrive::redrive(&world.broker, &world.orders, &world.group, &dry)
        .await
        .expect("looked");
    assert_eq!((done.found, done.sent), (1, 0));
    for _ in 0..2 {
        let all = Redrive::default();
        let done = redrive::redrive(&world.broker, &world.orders, &world.group, &all)
            .await
            .expect("redriven");
        assert_eq!((done.found, done.sent), (1, 1));
    }
    world.publish(&order("a", 3, "ok")).await;
    let effects = world.wait_for_effects(6).await;
    running.stop().await.expect("it stops");
    other.stop().await.expect("it stops");
    relay.stop().await;
    let count = |number| effects.iter().filter(|(_, found)| *found == number).count();
    assert_eq!(
        (count(1), count(2), count(3)),
        (2, 2, 2),
        "once in each group: {effects:?}"
    );
}
