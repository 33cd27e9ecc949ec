//! One suite for every store: what messaging needs of a database, said once and run on SQLite and PostgreSQL.
//!
//! PostgreSQL is used when `DATABASE_URL` names a server (`scripts/postgres run cargo test …` starts one); each test
//! gets a database of its own there. Without it, that half says that it was left out.

#![expect(
    unreachable_pub,
    reason = "a test binary has no outside; its modules see each other's items"
)]

mod cases;
#[path = "../support/left_out.rs"]
mod left_out;

use messaging::store::{Sqlite, Store};

/// Runs a case on a new SQLite file, and on a new PostgreSQL database where there is a server.
fn on_every_store<F: Future<Output = ()>>(case: impl Fn(Opened) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("store.db");
        case(Opened {
            url: path.display().to_string(),
        })
        .await;
        match std::env::var("DATABASE_URL") {
            Ok(url) => {
                let url = new_database(&url).await;
                case(Opened { url }).await;
            }
            Err(_) => left_out::left_out("everything on PostgreSQL, DATABASE_URL is not set"),
        }
    });
}

/// A database that can be opened as by several processes.
struct Opened {
    url: String,
}

impl Opened {
    async fn store(&self) -> Store {
        Store::open(&self.url).await.expect("the store opens")
    }

    fn is_sqlite(&self) -> bool {
        !self.url.starts_with("postgres")
    }
}

async fn new_database(url: &str) -> String {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls)
        .await
        .expect("the server answers");
    tokio::spawn(async move { drop(connection.await) });
    let name = format!("conformance_{}", uuid::Uuid::new_v4().simple());
    client
        .batch_execute(&format!("CREATE DATABASE {name}"))
        .await
        .expect("the database is created");
    let (server, _) = url.rsplit_once('/').expect("the URL names a database");
    format!("{server}/{name}")
}

macro_rules! conformance {
    ($($module:ident :: $case:ident),* $(,)?) => { $(
        #[test]
        fn $case() {
            on_every_store(cases::$module::$case);
        }
    )* };
}

conformance!(
    transactions::what_is_not_committed_is_rolled_back,
    transactions::a_failed_statement_spoils_its_transaction,
    transactions::values_come_back_as_they_went,
    transactions::transactions_of_several_users_do_not_lose_updates,
    transactions::reading_waits_for_no_writer,
    transactions::transactions_line_up_for_connections,
    partitions::taking_over_fences_the_last_owner,
    partitions::two_first_owners_do_not_collide,
    partitions::an_owner_that_let_go_leaves_no_suspects,
    partitions::progress_can_be_reset_by_hand,
    partitions::a_stopped_owner_is_ended_by_the_database,
    inbox::a_second_delivery_is_known_by_its_inbox_row,
    inbox::a_dead_letter_comes_back_once,
    inbox::old_inbox_rows_are_pruned_in_steps,
    inbox::pruning_and_handling_go_side_by_side,
    parked::parked_rows_keep_content_order_and_attempts,
    parked::delays_follow_the_database_clock_up_to_a_bound,
    outbox::the_outbox_gives_rows_in_order_until_they_are_sent,
    outbox::the_outbox_is_read_in_pieces,
    outbox::a_lease_has_one_owner_and_counts_its_terms,
);

#[test]
fn errors_are_classed_by_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("not-a-database");
    std::fs::write(&path, vec![b'x'; 8192]).expect("written");
    let error = Sqlite::open(&path).expect_err("garbage is not a database");
    assert_eq!(
        error.kind(),
        messaging::store::StoreErrorKind::Unusable,
        "{error}"
    );
    let error = Sqlite::open(folder.path().join("absent/store.db")).expect_err("there is no such folder");
    assert_eq!(
        error.kind(),
        messaging::store::StoreErrorKind::Unusable,
        "{error}"
    );
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let error = runtime
        .block_on(Store::open("postgres://nobody:secret@127.0.0.1:1/none"))
        .expect_err("nothing listens on port 1");
    assert_eq!(
        error.kind(),
        messaging::store::StoreErrorKind::Unavailable,
        "{error}"
    );
    assert!(!error.to_string().contains("secret"), "{error}");
    let error = runtime
        .block_on(Store::open("postgres://nobody:secret@["))
        .expect_err("not a URL");
    assert!(!error.to_string().contains("secret"), "{error}");
}

#[test]
fn a_full_disk_is_unavailable_and_loses_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.db");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let store = Store::open(&path.display().to_string()).await.expect("opens");
        store
            .script("CREATE TABLE filler (bytes BYTEA)")
            .await
            .expect("created");
        let mut tx = store.begin().await.expect("begins");
        tx.execute("INSERT INTO filler VALUES (?1)", &[vec![1_u8; 10].into()])
            .await
            .expect("fits");
        tx.commit().await.expect("commits");
        // The bound on pages is how SQLite meets a full disk without one.
        let mut tx = store.begin().await.expect("begins");
        tx.query("PRAGMA max_page_count = 1", &[])
            .await
            .expect("bounded to what it has");
        let mut failed = None;
        for _ in 0..100 {
            if let Err(error) = tx
                .execute("INSERT INTO filler VALUES (?1)", &[vec![1_u8; 8192].into()])
                .await
            {
                failed = Some(error);
                break;
            }
        }
        let error = failed.expect("the bound is met");
        assert_eq!(
            error.kind(),
            messaging::store::StoreErrorKind::Unavailable,
            "{error}"
        );
        drop(tx);
        let mut tx = store.begin().await.expect("it can be used again");
        let rows = tx.query("SELECT COUNT(*) FROM filler", &[]).await.expect("reads");
        assert_eq!(rows[0].integer(0).expect("a count"), 1);
    });
}
