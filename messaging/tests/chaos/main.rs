//! Chaos on a real broker: services as child processes, killed at named places and at random, stopped beyond their
//! session, the broker restarted, records duplicated and poisoned; then the books are checked.
//!
//! Needs `KAFKA_BOOTSTRAP` (`scripts/kafka run …`, which also lets the broker be restarted); with `DATABASE_URL` as
//! well it runs on PostgreSQL too. Says what it left out. `CHAOS_ORDERS`, `CHAOS_KILLS` and `CHAOS_SEED` set its size
//! and schedule (`scripts/chaos` takes them as arguments); the defaults suit continuous integration.

#![expect(
    unreachable_pub,
    reason = "a test binary has no outside; its modules see each other's items"
)]

#[path = "../kafka/events.rs"]
mod events;
mod generator;
mod harness;
#[path = "../support/left_out.rs"]
mod left_out;
mod oracle;
mod roles;
mod torment;
mod vandal;

use harness::Plan;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

fn plan() -> Plan {
    Plan {
        seed: setting("CHAOS_SEED", 1),
        orders: setting("CHAOS_ORDERS", 1500),
        kills: setting("CHAOS_KILLS", 12),
    }
}

fn run(database: impl FnOnce(&std::path::Path) -> roles::Databases) {
    let Ok(servers) = std::env::var("KAFKA_BOOTSTRAP") else {
        left_out::left_out("chaos needs a real broker, KAFKA_BOOTSTRAP is not set");
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let databases = database(folder.path());
    harness::run(&servers, &databases, plan());
}

/// What a child process runs; does nothing in a test run.
#[test]
fn role() {
    roles::run();
}

#[test]
fn books_are_right_after_chaos_on_sqlite() {
    run(|folder| roles::Databases {
        orders: folder.join("orders.db").display().to_string(),
        inventory: folder.join("inventory.db").display().to_string(),
    });
}

#[test]
fn books_are_right_after_chaos_on_postgres() {
    let Ok(url) = std::env::var("DATABASE_URL") else {
        left_out::left_out("PostgreSQL, DATABASE_URL is not set");
        return;
    };
    run(|_| roles::Databases {
        orders: new_database(&url),
        inventory: new_database(&url),
    });
}

fn new_database(url: &str) -> String {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let name = format!("chaos_{}", uuid::Uuid::new_v4().simple());
    runtime.block_on(async {
        let connected = tokio_postgres::connect(url, tokio_postgres::NoTls).await;
        let (client, connection) = connected.expect("the server answers");
        tokio::spawn(async move { drop(connection.await) });
        client
            .batch_execute(&format!("CREATE DATABASE {name}"))
            .await
            .expect("the database is created");
    });
    let (server, _) = url.rsplit_once('/').expect("the URL names a database");
    format!("{server}/{name}")
}
