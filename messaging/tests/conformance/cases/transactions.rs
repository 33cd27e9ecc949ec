//! Transactions and values, as services use them themselves.

use std::time::Duration;

use messaging::Store;
use messaging::store::{StoreErrorKind, Value};

use super::begin;
use crate::Opened;

pub async fn what_is_not_committed_is_rolled_back(opened: Opened) {
    let store = opened.store().await;
    store
        .script("CREATE TABLE stock (sku TEXT PRIMARY KEY, quantity BIGINT NOT NULL)")
        .await
        .expect("created");
    for (sku, commit) in [("kept", true), ("dropped", false)] {
        let mut tx = begin(&store).await;
        let changed = tx
            .execute("INSERT INTO stock VALUES (?1, ?2)", &[sku.into(), 5.into()])
            .await;
        assert_eq!(changed.expect("inserted"), 1);
        if commit {
            tx.commit().await.expect("committed");
        }
    }
    let mut tx = begin(&opened.store().await).await;
    let rows = tx
        .query("SELECT sku FROM stock ORDER BY sku", &[])
        .await
        .expect("read");
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].text(0).expect("text"), "kept");
}

pub async fn a_failed_statement_spoils_its_transaction(opened: Opened) {
    let store = opened.store().await;
    store
        .script("CREATE TABLE stock (sku TEXT PRIMARY KEY)")
        .await
        .expect("created");
    let mut tx = begin(&store).await;
    let insert = "INSERT INTO stock VALUES (?1)";
    tx.execute(insert, &["a".into()]).await.expect("inserted");
    let error = tx.execute(insert, &["a".into()]).await.expect_err("it is there");
    assert_eq!(error.kind(), StoreErrorKind::Constraint, "{error}");
    tx.commit().await.expect_err("nothing of it is kept");
    let mut tx = begin(&store).await;
    assert!(
        tx.query("SELECT sku FROM stock", &[])
            .await
            .expect("read")
            .is_empty()
    );
    let error = tx
        .query("SELECT nonsense FROM nowhere", &[])
        .await
        .expect_err("no such table");
    assert_eq!(error.kind(), StoreErrorKind::Rejected, "{error}");
}

pub async fn values_come_back_as_they_went(opened: Opened) {
    let store = opened.store().await;
    store
        .script("CREATE TABLE sample (a BIGINT, b DOUBLE PRECISION, c TEXT, d BYTEA, e TEXT)")
        .await
        .expect("created");
    let values: [Value; 5] = [
        i64::MIN.into(),
        0.1.into(),
        "O'Hara ?1 ü\u{1F600}".into(),
        vec![0_u8, 255].into(),
        Value::Null,
    ];
    let mut tx = begin(&store).await;
    tx.execute("INSERT INTO sample VALUES (?1, ?2, ?3, ?4, ?5)", &values)
        .await
        .expect("inserted");
    let rows = tx
        .query(
            "SELECT a, b, c, d, e FROM sample WHERE c = ?1",
            &[values[2].clone()],
        )
        .await
        .expect("read");
    for (index, value) in values.iter().enumerate() {
        assert_eq!(rows[0].get(index), Some(value));
    }
    rows[0].integer(2).expect_err("text is not a number");
}

pub async fn transactions_of_several_users_do_not_lose_updates(opened: Opened) {
    let store = opened.store().await;
    store
        .script("CREATE TABLE counter (value BIGINT NOT NULL); INSERT INTO counter VALUES (0)")
        .await
        .expect("made");
    let mut users = Vec::new();
    for _ in 0..4 {
        let store = opened.store().await;
        users.push(tokio::spawn(async move {
            let mut done = 0;
            while done < 25 {
                let step = async {
                    let mut tx = store.begin().await?;
                    let rows = tx.query("SELECT value FROM counter {{lock}}", &[]).await?;
                    let value = rows[0].integer(0)?;
                    tx.execute("UPDATE counter SET value = ?1", &[(value + 1).into()])
                        .await?;
                    tx.commit().await
                };
                match step.await {
                    Ok(()) => done += 1,
                    Err(error) => assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error}"),
                }
            }
        }));
    }
    for user in users {
        user.await.expect("no user fails");
    }
    let mut tx = begin(&store).await;
    let rows = tx.query("SELECT value FROM counter", &[]).await.expect("read");
    assert_eq!(rows[0].integer(0).expect("a number"), 100);
}

/// Measuring and looking must neither wait for a writer nor hold one up.
pub async fn reading_waits_for_no_writer(opened: Opened) {
    let (store, other) = (opened.store().await, opened.store().await);
    store
        .script("CREATE TABLE stock (sku TEXT PRIMARY KEY)")
        .await
        .expect("created");
    let mut writing = begin(&store).await;
    writing
        .execute("INSERT INTO stock VALUES ('a')", &[])
        .await
        .expect("inserted");
    // Opening needs no lock either once the tables are there.
    opened.store().await;
    let mut reading = other.read().await.expect("begins");
    let rows = reading.query("SELECT sku FROM stock", &[]).await.expect("read");
    assert!(rows.is_empty(), "nothing is committed yet");
    writing.commit().await.expect("the reader is no hindrance");
    reading
        .execute("INSERT INTO stock VALUES ('b')", &[])
        .await
        .expect_err("it only reads");
}

/// More transactions at a time than the database takes connections wait, and none fails.
pub async fn transactions_line_up_for_connections(opened: Opened) {
    let store = Store::open_with(&opened.url, Some(2)).await.expect("opens");
    store
        .script("CREATE TABLE seen (number BIGINT NOT NULL)")
        .await
        .expect("created");
    let reading = store.read().await.expect("begins");
    let writing = begin(&store).await;
    let more: Vec<_> = (0..300)
        .map(|number: i32| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut tx = begin(&store).await;
                tx.execute("INSERT INTO seen VALUES (?1)", &[number.into()])
                    .await
                    .expect("inserted");
                tx.commit().await.expect("committed");
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(
        more.iter().all(|it| !it.is_finished()),
        "a transaction began beside those that have all there is"
    );
    drop(writing);
    drop(reading);
    for one in more {
        one.await.expect("it came to its turn");
    }
    let mut tx = begin(&store).await;
    let rows = tx.query("SELECT COUNT(*) FROM seen", &[]).await.expect("read");
    assert_eq!(rows[0].integer(0).expect("a number"), 300);
}
