//! What happens when something that the library stands on is away, full, wrong, or lies.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::time::Duration;

use messaging::core::OnDeadLetter;
use messaging::health::Health;
use messaging::metrics::Metrics;
use messaging::redrive::{self, Redrive};
use messaging::relay::RelaySettings;
use messaging::topics::{self, Change, TopicSpec};
use messaging::{Broker, Relay, Store, Tx};
use rdkafka::types::RDKafkaRespErr;

use super::dead_letters::raw;
use super::events::{Adjusted, envelope};
use super::faulty::make_faulty;
use super::world::{PARTITIONS, World, order, wait};

/// The numbers of each key, in the order of their effects.
fn by_key(effects: &[(String, i64)]) -> BTreeMap<&str, Vec<i64>> {
    let mut keys: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    for (key, number) in effects {
        keys.entry(key).or_default().push(*number);
    }
    keys
}

/// A subscriber and a relay on a broker that is none: they say so, wait, and stop when asked.
async fn waits_for(servers: &str, world: &World) {
    let broker = Broker::at(servers).expect("well-formed");
    let (health, metrics) = (Health::default(), Metrics::default());
    let running = messaging::Subscriber::new(&broker, &world.store, "nobody")
        .observed_by(&health, &metrics)
        .on_topic(
            &world.orders,
            async |_: &mut Tx, _: contract_events::Envelope<Adjusted>| Ok(()),
        )
        .start()
        .expect("it starts all the same");
    let settings = RelaySettings {
        timeout: Duration::from_secs(1),
        ..RelaySettings::default()
    };
    let mut tx = world.store.begin().await.expect("begins");
    let event = envelope(Adjusted {
        order_id: "a".into(),
        number: 1,
    });
    tx.publish_to(&world.adjusted, &event).await.expect("written");
    tx.commit().await.expect("committed");
    let relay =
        Relay::start(&broker, &world.store, "nobody", settings, &health, &metrics).expect("it starts");
    for part in ["nobody broker", "nobody-relay"] {
        wait(part, async || health.problems().contains_key(part)).await;
    }
    running.stop().await.expect("it stops when asked");
    relay.stop().await;
    let mut tx = world.store.read().await.expect("begins");
    let (depth, _) = messaging::ledger::depth(&mut tx).await.expect("counted");
    assert_eq!(depth, 1, "what was to be sent still is");
}

pub async fn no_broker_is_told_and_waited_for(world: World) {
    if world.broker.as_mock().is_none() {
        // The broker of the test plays no part.
        return;
    }
    waits_for("127.0.0.1:1", &world).await;
}

pub async fn a_wrong_broker_is_told_and_waited_for(world: World) {
    if world.broker.as_mock().is_none() {
        return;
    }
    // Something that listens and speaks another protocol.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut stream = stream;
                let mut asked = [0; 512];
                while stream.read(&mut asked).is_ok_and(|read| read > 0) {
                    if stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").is_err() {
                        return;
                    }
                }
            });
        }
    });
    waits_for(&address.to_string(), &world).await;
}

pub async fn a_full_disk_pauses_and_loses_nothing(mut world: World) {
    let faults = make_faulty(&mut world);
    let relay = world.relay();
    let running = world.start();
    world.publish(&order("a", 0, "ok")).await;
    world.wait_for_effects(1).await;
    faults.fill_the_disk(true);
    // Large enough to need pages of their own.
    let key = "x".repeat(20_000);
    for number in 0..5 {
        world.publish(&order(&key, number, "ok")).await;
    }
    let told = async || world.health.problems().values().any(|what| what.contains("full"));
    wait("the full disk to be told", told).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(world.effects().await.len(), 1);
    faults.fill_the_disk(false);
    let effects = world.wait_for_effects(6).await;
    wait("all to be well", async || world.health.problems().is_empty()).await;
    wait("the adjustments", async || world.read(&world.adjusted).len() >= 6).await;
    running.stop().await.expect("it stops");
    relay.stop().await;
    assert_eq!(by_key(&effects)[key.as_str()], [0, 1, 2, 3, 4]);
    assert_eq!(world.dead_letters().len(), 0);
    let tries = world.tries.lock().expect("not poisoned");
    assert_eq!(tries.len(), 6);
    assert!(
        world.metric("messaging_parked_total") < 0.5,
        "no attempt was counted"
    );
}

/// As when the connection breaks between the server's commit and its answer.
pub async fn a_commit_without_an_answer_changes_nothing(mut world: World) {
    let faults = make_faulty(&mut world);
    faults.lose_every(3);
    for number in 0..12 {
        for key in ["a", "b", "held"] {
            let behaviour = match (key, number) {
                ("a", 2 | 7) => "flaky:2",
                ("b", 4) => "poison",
                ("held", 3) => "flaky:4",
                _ => "ok",
            };
            world.publish(&order(key, number, behaviour)).await;
        }
    }
    let relay = world.relay();
    let mut settings = World::settings();
    settings.limits.batch_records = 5;
    settings.policy.on_dead_letter = OnDeadLetter::HoldKey;
    let running = world.subscriber(settings).start().expect("it starts");
    // Two keys are held by a dead letter each, with 7 and 8 events behind it.
    world.wait_for_dead_letters(2).await;
    world.wait_for_effects(12 + 4 + 3).await;
    let exhausted = Redrive {
        class: Some("exhausted".into()),
        ..Redrive::default()
    };
    let done = redrive::redrive(&world.broker, &world.orders, &world.group, &exhausted);
    assert_eq!(done.await.expect("redriven").sent, 1);
    let effects = world.wait_for_effects(12 + 4 + 12).await;
    wait("the adjustments", async || {
        world.read(&world.adjusted).len() >= effects.len()
    })
    .await;
    running.stop().await.expect("it stops");
    relay.stop().await;
    assert!(faults.lost() > 10, "only {} answers were lost", faults.lost());
    let keys = by_key(&effects);
    assert_eq!(keys["a"], (0..12).collect::<Vec<_>>());
    assert_eq!(
        keys["b"],
        (0..4).collect::<Vec<_>>(),
        "the others wait for a redrive"
    );
    assert_eq!(keys["held"], (0..12).collect::<Vec<_>>());
    assert_eq!(world.dead_letters().len(), 2, "each once");
    let mut tx = world.store.read().await.expect("begins");
    let waiting = messaging::ledger::counts(&mut tx, &world.group)
        .await
        .expect("counted");
    let (parked, held) = waiting
        .iter()
        .fold((0, 0), |sum, it| (sum.0 + it.1, sum.1 + it.2));
    assert_eq!((parked, held), (7, 1), "nothing else is left behind");
}

/// The database's clock is the machine's on SQLite. Set back by a day, it makes everything that was written before
/// look as if it were of tomorrow; here the rows are moved instead of the clock.
pub async fn a_clock_set_back_by_a_day_delays_nothing(world: World) {
    let mut settings = World::settings();
    settings.policy.base = Duration::from_secs(2);
    settings.policy.cap = Duration::from_secs(2);
    let running = world.subscriber(settings.clone()).start().expect("it starts");
    world.publish(&order("a", 1, "flaky:1")).await;
    world.publish(&order("a", 2, "ok")).await;
    wait("the retry to be parked", async || {
        world.metric("messaging_parked_total") > 1.5
    })
    .await;
    running.stop().await.expect("it stops");
    let mut tx = world.store.begin().await.expect("begins");
    for moved in [
        "UPDATE parked SET due = due + 86400000",
        "UPDATE inbox SET at = at + 86400000",
        "UPDATE outbox SET at = at + 86400000",
    ] {
        tx.execute(moved, &[]).await.expect("moved");
    }
    // A leader that died, whose lease seems to last for a day.
    let dead = "INSERT INTO lease (name, owner, until, term) VALUES (?1, 'gone', {{now}} + 86400000, 7)";
    let name = format!("{}-relay", world.group);
    tx.execute(dead, &[name.into()]).await.expect("written");
    tx.commit().await.expect("committed");
    let relay = world.relay();
    let running = world.subscriber(settings).start().expect("it starts");
    let effects = world.wait_for_effects(2).await;
    wait("the adjustments", async || world.read(&world.adjusted).len() >= 2).await;
    // A copy of an event from before is still known.
    running.stop().await.expect("it stops");
    relay.stop().await;
    assert_eq!(by_key(&effects)["a"], [1, 2]);
}

pub async fn more_partitions_than_declared_are_all_read(world: World) {
    let declared = [TopicSpec::new(&world.orders, PARTITIONS - 1)];
    let changes = topics::plan(&world.broker, &declared).await.expect("planned");
    assert!(
        changes
            .iter()
            .any(|it| matches!(it, Change::TooManyPartitions { from, to, .. }
            if (*from, *to) == (PARTITIONS, PARTITIONS - 1))),
        "{changes:?}"
    );
    let running = world.start();
    for number in 0..30 {
        world.publish(&order(&format!("key-{number}"), 1, "ok")).await;
    }
    let effects = world.wait_for_effects(30).await;
    running.stop().await.expect("it stops");
    assert_eq!(effects.len(), 30);
    let mut tx = world.store.read().await.expect("begins");
    let progress = messaging::ledger::progress(&mut tx, &world.group)
        .await
        .expect("read");
    let read = progress
        .iter()
        .filter(|it| it.next_offset.is_some_and(|next| next > 0))
        .count();
    assert_eq!(i32::try_from(read).expect("few"), PARTITIONS, "{progress:?}");
}

/// As where nobody may write to it; the test for a topic that is missing is `the_outbox_waits_for_a_dead_letter_topic`.
pub async fn a_dead_letter_topic_that_cannot_be_written_holds_the_outbox(world: World) {
    let Some(mock) = world.broker.as_mock() else {
        // A broker without access control refuses nobody.
        return;
    };
    let dead = messaging::names::dead_letter_topic(&world.orders, &world.group);
    let refuse = |error: RDKafkaRespErr| {
        let topic = dead.clone();
        mock.with(move |cluster| cluster.topic_error(&topic, error))
            .expect("the mock answers")
            .expect("set");
    };
    refuse(RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    let settings = RelaySettings {
        timeout: Duration::from_secs(2),
        ..RelaySettings::default()
    };
    let relay = Relay::start(
        &world.broker,
        &world.store,
        &world.group,
        settings,
        &world.health,
        &world.metrics,
    )
    .expect("it starts");
    let running = world.start();
    world.publish(&order("a", 1, "poison")).await;
    world.publish(&order("a", 2, "ok")).await;
    world.wait_for_effects(1).await;
    let part = format!("{}-relay", world.group);
    let told = async || {
        world
            .health
            .problems()
            .get(&part)
            .is_some_and(|what| what.contains(&dead))
    };
    wait("the relay to say which topic", told).await;
    assert_eq!(world.read(&world.adjusted).len(), 0, "what is behind it waits");
    let mut tx = world.store.read().await.expect("begins");
    assert_eq!(messaging::ledger::depth(&mut tx).await.expect("counted").0, 2);
    drop(tx);
    refuse(RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR);
    world.wait_for_dead_letters(1).await;
    wait("what waited behind it", async || {
        world.read(&world.adjusted).len() == 1
    })
    .await;
    wait("all to be well", async || world.health.problems().is_empty()).await;
    running.stop().await.expect("it stops");
    relay.stop().await;
}

pub async fn an_event_of_ten_megabytes_is_a_dead_letter_on_the_way_in(mut world: World) {
    if world.broker.as_mock().is_some() {
        // The mock gives out no record that is larger than what the client asks for at a time, 1 MiB.
        return;
    }
    let huge = TopicSpec {
        max_bytes: 12 << 20,
        ..TopicSpec::new(format!("{}-huge", world.orders), 1)
    };
    world.orders.clone_from(&huge.name);
    let specs = [huge.dead_letters(&world.group), huge];
    let changes = topics::plan(&world.broker, &specs).await.expect("planned");
    topics::apply(&world.broker, &changes, topics::MorePartitions::Refuse)
        .await
        .expect("applied");
    let relay = world.relay();
    let running = world.start();
    let value = order(&"x".repeat(10_000_000), 1, "ok").encode().expect("encodes");
    raw(&world, "a", Some(&value)).await;
    world.publish(&order("a", 2, "ok")).await;
    let effects = world.wait_for_effects(1).await;
    let dead = world.wait_for_dead_letters(1).await;
    running.stop().await.expect("it stops");
    relay.stop().await;
    assert_eq!(effects, [("a".to_owned(), 2)]);
    assert_eq!(dead[0].headers.text("dlq-error-class"), Some("too-large"));
    assert_eq!(
        dead[0].value.as_ref().map(Vec::len),
        Some(value.len()),
        "as it came"
    );
}

/// A store that cannot be opened at all is an error at the start, not something to wait for.
pub async fn a_damaged_store_is_refused_at_the_start(world: World) {
    let path = format!("{}.damaged", world.path());
    std::fs::write(&path, vec![b'x'; 8192]).expect("written");
    let error = Store::open(&path).await.expect_err("it is no database");
    assert_eq!(
        error.kind(),
        messaging::store::StoreErrorKind::Unusable,
        "{error}"
    );
}
