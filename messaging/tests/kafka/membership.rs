//! What happens to a group's work when members are slow, stop, die, come and go.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use messaging::health::Health;
use messaging::metrics::Metrics;
use messaging::store::StoreErrorKind;

use super::operations;
use super::world::{World, order, wait};

fn numbers(effects: &[(String, i64)]) -> Vec<i64> {
    effects.iter().map(|(_, number)| *number).collect()
}

/// Each handler is far below its deadline, and all of them together take longer than the group waits for a member.
pub async fn slow_handlers_do_not_cost_a_member_its_partitions(world: World) {
    let mut settings = World::settings();
    settings.deadline = Duration::from_secs(2);
    settings.batch_time = Duration::from_millis(500);
    settings.max_poll_interval = Duration::from_secs(6);
    for number in 0..25 {
        world.publish(&order("a", number, "slow")).await;
    }
    let running = world.subscriber(settings).start().expect("it starts");
    let effects = world.wait_for_effects(25).await;
    running.stop().await.expect("it stops");
    assert_eq!(numbers(&effects), (0..25).collect::<Vec<_>>());
    let tries = world.tries.lock().expect("not poisoned");
    assert!(
        tries.values().all(|tried| *tried == 1),
        "nothing ran twice: {tries:?}"
    );
    assert!(world.metric("messaging_fenced_total") < 0.5);
}

pub async fn a_shutdown_rolls_back_what_does_not_end_in_time(world: World) {
    let mut settings = World::settings();
    settings.deadline = Duration::from_mins(1);
    settings.shutdown = Duration::from_millis(300);
    let running = world.subscriber(settings).start().expect("it starts");
    world.publish(&order("a", 1, "hang")).await;
    wait("the handler to begin", async || {
        !world.tries.lock().expect("not poisoned").is_empty()
    })
    .await;
    let asked = Instant::now();
    running.stop().await.expect("it stops");
    assert!(
        asked.elapsed() < Duration::from_secs(40),
        "it did not wait for the handler"
    );
    assert_eq!(world.effects().await.len(), 0);
    // The next owner begins at once, and has nothing to be careful about.
    let running = world.start();
    world.wait_for_effects(1).await;
    running.stop().await.expect("it stops");
    assert!(
        world.metric("messaging_parked_total") < 0.5,
        "no attempt was counted"
    );
}

/// No deadline reaches a handler that does not let go of its thread, and on SQLite it holds the only write lock.
pub async fn a_handler_that_blocks_its_thread_is_told_and_waited_for(world: World) {
    let mut settings = World::settings();
    settings.deadline = Duration::from_millis(300);
    settings.batch_time = Duration::from_millis(200);
    settings.shutdown = Duration::from_millis(100);
    let running = world.subscriber(settings.clone()).start().expect("it starts");
    world.publish(&order("a", 1, "block")).await;
    wait("the thread to be missed", async || {
        !world.health.all_hung().is_empty()
    })
    .await;
    // Others in the process are told, rather than kept for as long as it takes.
    let error = world.store.begin().await.expect_err("the lock is taken");
    assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error}");
    assert_eq!(world.effects().await.len(), 0, "reading needs no lock");
    // It ran past its deadline, so it failed and is tried again.
    world.wait_for_effects(1).await;
    wait("the thread to go on", async || world.health.all_hung().is_empty()).await;
    running.stop().await.expect("it stops");
    // One that does not come back in time keeps nobody who stops.
    world.tries.lock().expect("not poisoned").clear();
    let running = world.subscriber(settings).start().expect("it starts");
    world.publish(&order("a", 2, "block")).await;
    wait("the handler to begin", async || {
        !world.tries.lock().expect("not poisoned").is_empty()
    })
    .await;
    let error = running.stop().await.expect_err("it cannot stop");
    assert!(error.to_string().contains("blocks its thread"), "{error}");
}

pub async fn parked_records_go_with_their_partition(world: World) {
    let mut settings = World::settings();
    settings.policy.base = Duration::from_secs(3);
    settings.policy.cap = Duration::from_secs(3);
    let keys: Vec<String> = (0..12).map(|number| format!("key-{number}")).collect();
    for key in &keys {
        world.publish(&order(key, 1, "flaky:1")).await;
        world.publish(&order(key, 2, "ok")).await;
    }
    let first = world.subscriber(settings.clone()).start().expect("it starts");
    wait("everything to be parked", async || {
        world.metric("messaging_parked_total") > 23.5
    })
    .await;
    let second = world.subscriber(settings).start().expect("it starts");
    wait("partitions to change hands", async || {
        world.metric("messaging_rebalances_total") > 4.5
    })
    .await;
    let effects = world.wait_for_effects(24).await;
    first.stop().await.expect("it stops");
    second.stop().await.expect("it stops");
    assert_eq!(effects.len(), 24);
    for key in &keys {
        let of_key: Vec<i64> = effects
            .iter()
            .filter(|(found, _)| found == key)
            .map(|it| it.1)
            .collect();
        assert_eq!(of_key, [1, 2], "{key}");
    }
    let tries = world.tries.lock().expect("not poisoned");
    assert!(tries.values().all(|tried| *tried <= 2), "{tries:?}");
}

/// A restart of a static member within its session moves no partitions.
pub async fn a_static_member_comes_back_to_its_partitions(world: World) {
    if world.broker.as_mock().is_some() {
        // The mock's groups know no static members.
        return;
    }
    let start = |instance: &str, metrics: &Metrics| {
        let mut settings = World::settings();
        settings.instance = Some(instance.to_owned());
        settings.session_timeout = Duration::from_secs(20);
        world
            .subscriber(settings)
            .observed_by(&Health::default(), metrics)
            .start()
            .expect("it starts")
    };
    let (of_first, of_second) = (Metrics::default(), Metrics::default());
    let assigned = |metrics: &Metrics, kind: &str| -> u64 {
        let text = metrics.render();
        let lines = text
            .lines()
            .filter(|line| line.starts_with("messaging_rebalances_total") && line.contains(kind));
        lines
            .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
            .sum()
    };
    let first = start("one", &of_first);
    let second = start("two", &of_second);
    let all = async || {
        let (one, two) = (assigned(&of_first, "assigned"), assigned(&of_second, "assigned"));
        let gone = assigned(&of_first, "revoked") + assigned(&of_second, "revoked");
        one + two - gone == 3 && one > 0 && two > 0
    };
    wait("three partitions to be shared", all).await;
    let before = (assigned(&of_first, "assigned"), assigned(&of_first, "revoked"));
    second.stop().await.expect("it stops");
    let again = start("two", &of_second);
    for number in 0..30 {
        world.publish(&order(&format!("key-{number}"), 1, "ok")).await;
    }
    world.wait_for_effects(30).await;
    let after = (assigned(&of_first, "assigned"), assigned(&of_first, "revoked"));
    assert_eq!(before, after, "the other member noticed nothing");
    first.stop().await.expect("it stops");
    again.stop().await.expect("it stops");
}

/// Old inbox rows go by themselves while a subscriber runs; how much at a time is the conformance suite's.
pub async fn a_running_subscriber_prunes_its_inbox(world: World) {
    let mut tx = world.store.begin().await.expect("begins");
    let old =
        "INSERT INTO inbox (consumer, event_id, digest, dead, at) VALUES (?1, ?2, ?3, 0, {{now}} - 7200000)";
    for number in 0..2500 {
        let id = format!("old-{number}");
        tx.execute(old, &[world.group.as_str().into(), id.into(), vec![0_u8].into()])
            .await
            .expect("written");
    }
    tx.execute(old, &["another group".into(), "old".into(), vec![0_u8].into()])
        .await
        .expect("written");
    tx.commit().await.expect("committed");
    let mut settings = World::settings();
    settings.inbox_retention = Some(Duration::from_hours(1));
    let running = world.subscriber(settings).start().expect("it starts");
    for number in 0..10 {
        world.publish(&order("a", number, "ok")).await;
    }
    let effects = world.wait_for_effects(10).await;
    let left = async || {
        let mut tx = world.store.read().await.expect("begins");
        let rows = tx.query("SELECT COUNT(*) FROM inbox", &[]).await.expect("read");
        rows[0].integer(0).expect("a count")
    };
    wait("the old rows to go", async || left().await == 11).await;
    running.stop().await.expect("it stops");
    assert_eq!(numbers(&effects), (0..10).collect::<Vec<_>>());
    assert!((world.metric("messaging_inbox_pruned_total") - 2500.0).abs() < 0.1);
}

/// Progress set back behind records that are parked: they are not parked twice.
pub async fn a_reset_behind_parked_records_repeats_nothing(world: World) {
    let mut settings = World::settings();
    settings.policy.base = Duration::from_secs(4);
    settings.policy.cap = Duration::from_secs(4);
    let running = world.subscriber(settings).start().expect("it starts");
    world.publish(&order("a", 1, "ok")).await;
    world.wait_for_effects(1).await;
    for (number, behaviour) in [(2, "flaky:2"), (3, "ok"), (4, "ok")] {
        world.publish(&order("a", number, behaviour)).await;
    }
    wait("three parked", async || {
        world.metric("messaging_parked_total") > 2.5
    })
    .await;
    operations::reset_to_the_beginning(&world).await;
    // The first is known; the others are parked.
    wait("the second reading", async || {
        world.metric("messaging_inbox_hits_total") > 0.5
    })
    .await;
    world.publish(&order("a", 5, "ok")).await;
    let effects = world.wait_for_effects(5).await;
    running.stop().await.expect("it stops");
    assert_eq!(numbers(&effects), [1, 2, 3, 4, 5]);
    let mut tx = world.store.read().await.expect("begins");
    assert_eq!(
        messaging::ledger::counts(&mut tx, &world.group)
            .await
            .expect("counted"),
        []
    );
}

/// A consumer as a child process: this test binary again.
pub fn role() {
    let Ok(world) = std::env::var("KAFKA_TEST_WORLD") else {
        return;
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let world = World::of_parent(&world).await;
        let mut settings = World::settings();
        settings.policy.attempts = 2;
        // Longer than the three seconds for which the mock waits for the first members of a group.
        settings.session_timeout = Duration::from_secs(4);
        let relay = world.relay();
        let running = world.subscriber(settings).start().expect("it starts");
        running.join().await.expect("it goes on until it is killed");
        drop(relay);
    });
}

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _reaped = self.0.wait();
    }
}

pub async fn a_handler_that_kills_its_process_ends_as_a_dead_letter(world: World) {
    for (number, behaviour) in [(1, "ok"), (2, "abort"), (3, "ok")] {
        world.publish(&order("a", number, behaviour)).await;
    }
    let start = || {
        let mut command = Command::new(std::env::current_exe().expect("this binary has a path"));
        command
            .args(["role", "--exact", "--nocapture"])
            .env("KAFKA_TEST_WORLD", world.for_child())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Process(command.spawn().expect("a child starts"))
    };
    // As an orchestrator would.
    let mut child = start();
    let mut deaths = 0;
    let ended = async || {
        let mut tx = world.store.read().await.expect("begins");
        let rows = tx.query("SELECT COUNT(*) FROM effects", &[]).await.expect("read");
        rows[0].integer(0).expect("a count") == 2
    };
    let begun = Instant::now();
    while !ended().await {
        assert!(
            begun.elapsed() < Duration::from_mins(2),
            "{deaths} deaths and no end"
        );
        if child.0.try_wait().expect("a child can be asked").is_some() {
            deaths += 1;
            child = start();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let dead = world.wait_for_dead_letters(1).await;
    drop(child);
    assert_eq!(numbers(&world.effects().await), [1, 3]);
    assert_eq!(dead[0].headers.text("dlq-error-class"), Some("exhausted"));
    assert_eq!(dead[0].headers.number("dlq-attempts"), Some(2));
    assert_eq!(deaths, 3, "once in a batch, and two recorded attempts");
}
