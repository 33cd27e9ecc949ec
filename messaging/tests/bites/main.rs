//! The test bites: each mechanism is taken away in turn, on a real broker, and the fault that it prevents shows.
//!
//! `scripts/kafka run cargo test -p messaging --features sabotage --test bites -- --nocapture` prints a table. Without
//! the feature `sabotage`, or without `KAFKA_BOOTSTRAP`, it says that it was left out.

#![expect(
    unreachable_pub,
    reason = "a test binary has no outside; its modules see each other's items"
)]
#![cfg_attr(
    not(feature = "sabotage"),
    allow(dead_code, reason = "nothing runs without the feature")
)]

#[path = "../kafka/events.rs"]
mod events;
#[path = "../support/left_out.rs"]
mod left_out;
mod roles;
mod scenarios;
#[path = "../kafka/world.rs"]
#[allow(dead_code, reason = "the suite `kafka` uses all of it")]
mod world;

/// What a child process runs; does nothing in a test run.
#[test]
fn role() {
    roles::run();
}

#[test]
#[cfg(not(feature = "sabotage"))]
fn mechanisms_are_needed() {
    left_out::left_out("removing mechanisms needs --features sabotage");
}

#[test]
#[cfg(feature = "sabotage")]
fn mechanisms_are_needed() {
    let Ok(servers) = std::env::var("KAFKA_BOOTSTRAP") else {
        left_out::left_out("mechanisms are removed on a real broker, KAFKA_BOOTSTRAP is not set");
        return;
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let table = runtime.block_on(scenarios::all(&servers));
    println!("| removed | with it | without it |\n|---|---|---|");
    for row in &table {
        println!("| {} | {} | {} |", row.removed, row.with, row.without);
    }
    for row in &table {
        assert_eq!(row.with, row.right, "{}: what must be, with it", row.removed);
        assert!(
            row.without.contains(row.fault),
            "{}: {:?} does not show {:?}",
            row.removed,
            row.without,
            row.fault
        );
    }
}
