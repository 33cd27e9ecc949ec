//! The cases of the suite.

use messaging::core::{Epoch, Inbox, Key, PartitionId};
use messaging::ledger::{self, Headers, Outgoing, ParkedContent};
use messaging::store::{Store, StoreErrorKind, Tx, Value};

use super::Opened;

const CLUSTER: &str = "cluster";
const GROUP: &str = "inventory";

async fn begin(store: &Store) -> Tx {
    store.begin().await.expect("a transaction begins")
}

fn orders() -> PartitionId {
    PartitionId::new("orders", 3)
}

pub(super) async fn what_is_not_committed_is_rolled_back(opened: Opened) {
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

pub(super) async fn a_failed_statement_spoils_its_transaction(opened: Opened) {
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

pub(super) async fn values_come_back_as_they_went(opened: Opened) {
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

async fn take_over(store: &Store, batch: usize) -> ledger::Stored {
    let mut tx = begin(store).await;
    let stored = ledger::take_over(&mut tx, CLUSTER, GROUP, &orders(), batch)
        .await
        .expect("taken over");
    tx.commit().await.expect("committed");
    stored
}

async fn advance(store: &Store, epoch: Epoch, next: i64) -> bool {
    let mut tx = begin(store).await;
    let owned = ledger::advance(&mut tx, GROUP, &orders(), epoch, next)
        .await
        .expect("advanced");
    if owned {
        tx.commit().await.expect("committed");
    }
    owned
}

pub(super) async fn taking_over_fences_the_last_owner(opened: Opened) {
    let (first, second) = (opened.store().await, opened.store().await);
    let stored = take_over(&first, 10).await;
    assert_eq!(
        (stored.epoch, stored.next_offset, stored.suspects),
        (Epoch(1), None, 0)
    );
    assert!(advance(&first, stored.epoch, 7).await);
    // A transaction that was open when another owner took over; SQLite has one writer, so there it cannot overlap.
    let mut zombie = if opened.is_sqlite() {
        None
    } else {
        Some(begin(&first).await)
    };
    let taken = take_over(&second, 10).await;
    assert_eq!(
        (taken.epoch, taken.next_offset, taken.suspects),
        (Epoch(2), Some(7), 10)
    );
    if let Some(zombie) = &mut zombie {
        assert!(
            !ledger::advance(zombie, GROUP, &orders(), stored.epoch, 9)
                .await
                .expect("answered")
        );
    }
    drop(zombie);
    assert!(!advance(&first, stored.epoch, 9).await);
    let mut tx = begin(&first).await;
    assert!(
        !ledger::check(&mut tx, GROUP, &orders(), stored.epoch)
            .await
            .expect("answered")
    );
    assert!(
        ledger::check(&mut tx, GROUP, &orders(), taken.epoch)
            .await
            .expect("answered")
    );
    drop(tx);
    assert!(advance(&second, taken.epoch, 8).await);
}

pub(super) async fn an_owner_that_let_go_leaves_no_suspects(opened: Opened) {
    let store = opened.store().await;
    let first = take_over(&store, 10).await;
    let second = take_over(&store, 20).await;
    assert_eq!(
        second.suspects, 10,
        "the first went away with up to its batch in hand"
    );
    for epoch in [first.epoch, second.epoch] {
        let mut tx = begin(&store).await;
        ledger::let_go(&mut tx, GROUP, &orders(), epoch)
            .await
            .expect("let go");
        tx.commit().await.expect("committed");
        let mut tx = begin(&store).await;
        let rows = tx
            .query("SELECT suspects FROM partition_state", &[])
            .await
            .expect("read");
        let expected = if epoch == second.epoch { 0 } else { 20 };
        assert_eq!(
            rows[0].integer(0).expect("a number"),
            expected,
            "a fenced owner changes nothing"
        );
    }
    assert_eq!(take_over(&store, 20).await.suspects, 0);
}

async fn end(store: &Store, id: &str, payload: &[u8], dead: bool, redriven: bool) -> Inbox {
    let mut tx = begin(store).await;
    let digest = ledger::digest(payload);
    let ended = if dead {
        ledger::end_dead(&mut tx, GROUP, id, &digest, redriven).await
    } else {
        ledger::end_done(&mut tx, GROUP, id, &digest, redriven).await
    };
    let ended = ended.expect("answered");
    tx.commit().await.expect("committed");
    ended
}

pub(super) async fn a_second_delivery_is_known_by_its_inbox_row(opened: Opened) {
    let store = opened.store().await;
    assert_eq!(end(&store, "a", b"1", false, false).await, Inbox::Handle);
    assert_eq!(end(&store, "a", b"1", false, false).await, Inbox::Ended);
    assert_eq!(end(&store, "a", b"2", false, false).await, Inbox::Conflict);
    assert_eq!(
        end(&store, "a", b"1", true, false).await,
        Inbox::Ended,
        "done stays done"
    );
    let mut tx = begin(&store).await;
    let other = ledger::end_done(&mut tx, "fraud", "a", &ledger::digest(b"1"), false).await;
    assert_eq!(
        other.expect("answered"),
        Inbox::Handle,
        "another consumer has its own inbox"
    );
}

pub(super) async fn a_dead_letter_comes_back_once(opened: Opened) {
    let store = opened.store().await;
    assert_eq!(end(&store, "a", b"1", true, false).await, Inbox::Handle);
    assert_eq!(
        end(&store, "a", b"1", false, false).await,
        Inbox::Ended,
        "a plain copy is not a redrive"
    );
    assert_eq!(
        end(&store, "a", b"1", true, true).await,
        Inbox::Handle,
        "it failed again"
    );
    assert_eq!(
        end(&store, "a", b"mended", false, true).await,
        Inbox::Handle,
        "a redrive may be mended"
    );
    assert_eq!(
        end(&store, "a", b"mended", false, true).await,
        Inbox::Ended,
        "once"
    );
    assert_eq!(end(&store, "a", b"1", false, true).await, Inbox::Conflict);
}

fn content(attempts: u32) -> ParkedContent {
    ParkedContent {
        key: Some(b"order-1".to_vec()),
        value: Some(b"{}".to_vec()),
        headers: Headers::default().with("a", [0, 255]),
        timestamp: 1_700_000_000_000,
        attempts,
    }
}

async fn parked(store: &Store) -> Vec<messaging::core::ParkedRow> {
    let mut tx = begin(store).await;
    ledger::parked_rows(&mut tx, GROUP, &orders(), 30_000)
        .await
        .expect("read")
}

pub(super) async fn parked_rows_keep_content_order_and_attempts(opened: Opened) {
    let store = opened.store().await;
    let mut tx = begin(&store).await;
    for (offset, attempts, delay) in [(12, 0, 0), (5, 1, 20_000)] {
        ledger::park(
            &mut tx,
            GROUP,
            &orders(),
            offset,
            &content(attempts),
            delay,
            false,
        )
        .await
        .expect("parked");
    }
    let keyless = ParkedContent {
        key: None,
        value: None,
        ..content(0)
    };
    ledger::park(&mut tx, GROUP, &orders(), 9, &keyless, 0, false)
        .await
        .expect("parked");
    tx.commit().await.expect("committed");
    let rows = parked(&store).await;
    let seen: Vec<_> = rows
        .iter()
        .map(|row| (row.offset, row.attempts, row.held))
        .collect();
    assert_eq!(seen, [(5, 1, false), (9, 0, false), (12, 0, false)]);
    assert_eq!(rows[1].key, Key::None(9));
    assert!((15_000..=20_000).contains(&rows[0].delay), "{rows:?}");
    let mut tx = begin(&store).await;
    assert_eq!(
        ledger::content(&mut tx, GROUP, &orders(), 5).await.expect("read"),
        Some(content(1))
    );
    assert_eq!(
        ledger::content(&mut tx, GROUP, &orders(), 9).await.expect("read"),
        Some(keyless)
    );
    assert_eq!(
        ledger::content(&mut tx, GROUP, &orders(), 6).await.expect("read"),
        None
    );
    ledger::attempt(&mut tx, GROUP, &orders(), 5, 2, 100)
        .await
        .expect("noted");
    ledger::unpark(&mut tx, GROUP, &orders(), 9)
        .await
        .expect("removed");
    ledger::hold(&mut tx, GROUP, &orders(), 12).await.expect("held");
    assert_eq!(
        ledger::counts(&mut tx, GROUP).await.expect("counted"),
        [(orders(), 1, 1)]
    );
    tx.commit().await.expect("committed");
    let seen: Vec<_> = parked(&store)
        .await
        .iter()
        .map(|row| (row.offset, row.attempts, row.held))
        .collect();
    assert_eq!(seen, [(5, 2, false), (12, 0, true)]);
    // The redrive takes the held row's place.
    let mut tx = begin(&store).await;
    ledger::park(&mut tx, GROUP, &orders(), 12, &content(0), 0, false)
        .await
        .expect("replaced");
    assert_eq!(
        ledger::content(&mut tx, GROUP, &orders(), 12)
            .await
            .expect("read"),
        Some(content(0))
    );
    tx.commit().await.expect("committed");
    assert!(!parked(&store).await[1].held);
}

pub(super) async fn delays_follow_the_database_clock_up_to_a_bound(opened: Opened) {
    let store = opened.store().await;
    let mut tx = begin(&store).await;
    ledger::park(&mut tx, GROUP, &orders(), 1, &content(1), -5000, false)
        .await
        .expect("parked");
    // As after a clock that was set back by a day.
    ledger::park(&mut tx, GROUP, &orders(), 2, &content(1), 86_400_000, false)
        .await
        .expect("parked");
    tx.commit().await.expect("committed");
    let delays: Vec<u64> = parked(&store).await.iter().map(|row| row.delay).collect();
    assert_eq!(delays, [0, 30_000]);
}

fn outgoing(number: u8) -> Outgoing {
    Outgoing {
        topic: "inventory.adjusted".into(),
        key: (number > 1).then(|| vec![number]),
        value: Some(vec![b'{', b'}']),
        headers: Headers::default().with("id", [number]),
        partition: (number == 3).then_some(2),
    }
}

pub(super) async fn the_outbox_gives_rows_in_order_until_they_are_sent(opened: Opened) {
    let store = opened.store().await;
    let mut tx = begin(&store).await;
    for number in 1..=4 {
        ledger::enqueue(&mut tx, &outgoing(number))
            .await
            .expect("written");
    }
    tx.commit().await.expect("committed");
    let mut tx = begin(&store).await;
    ledger::enqueue(&mut tx, &outgoing(9)).await.expect("written");
    drop(tx);
    let mut tx = begin(&store).await;
    let rows = ledger::unsent(&mut tx, 3).await.expect("read");
    let records: Vec<_> = rows.iter().map(|(_, record)| record.clone()).collect();
    assert_eq!(records, [outgoing(1), outgoing(2), outgoing(3)]);
    assert_eq!(ledger::depth(&mut tx).await.expect("counted").0, 4);
    let sent: Vec<i64> = rows.iter().map(|(seq, _)| *seq).collect();
    ledger::sent(&mut tx, &sent).await.expect("removed");
    tx.commit().await.expect("committed");
    let mut tx = begin(&store).await;
    let rows = ledger::unsent(&mut tx, 3).await.expect("read");
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].1, outgoing(4));
}

pub(super) async fn a_lease_has_one_owner_and_counts_its_terms(opened: Opened) {
    let (first, second) = (opened.store().await, opened.store().await);
    let acquire = async |store: &Store, owner: &str, milliseconds| {
        let mut tx = begin(store).await;
        let lease = ledger::acquire(&mut tx, "relay", owner, milliseconds)
            .await
            .expect("answered");
        tx.commit().await.expect("committed");
        lease
    };
    let lease = acquire(&first, "one", 60_000).await.expect("it is free");
    assert_eq!(acquire(&second, "two", 60_000).await, None);
    let longer = acquire(&first, "one", 30).await.expect("it is its own");
    assert_eq!(longer, lease);
    tokio::time::sleep(std::time::Duration::from_millis(80)).await;
    let taken = acquire(&second, "two", 60_000).await.expect("it ran out");
    assert_eq!(taken.term, lease.term + 1);
    let mut tx = begin(&first).await;
    assert!(!ledger::holds(&mut tx, &lease).await.expect("answered"));
    ledger::give_up(&mut tx, &lease).await.expect("no effect");
    assert!(ledger::holds(&mut tx, &taken).await.expect("answered"));
    ledger::give_up(&mut tx, &taken).await.expect("given up");
    tx.commit().await.expect("committed");
    assert!(acquire(&first, "one", 10).await.is_some());
}

pub(super) async fn old_inbox_rows_are_pruned_in_steps(opened: Opened) {
    let store = opened.store().await;
    for id in ["a", "b", "c"] {
        end(&store, id, b"1", false, false).await;
    }
    let mut tx = begin(&store).await;
    assert_eq!(
        ledger::prune(&mut tx, GROUP, 60_000, 2).await.expect("pruned"),
        0,
        "they are young"
    );
    tx.execute("UPDATE inbox SET at = at - 120000 WHERE event_id <> 'c'", &[])
        .await
        .expect("aged");
    assert_eq!(
        ledger::prune(&mut tx, "other", 60_000, 2).await.expect("pruned"),
        0
    );
    assert_eq!(ledger::prune(&mut tx, GROUP, 60_000, 1).await.expect("pruned"), 1);
    assert_eq!(ledger::prune(&mut tx, GROUP, 60_000, 5).await.expect("pruned"), 1);
    tx.commit().await.expect("committed");
    assert_eq!(
        end(&store, "a", b"1", false, false).await,
        Inbox::Handle,
        "its row is gone"
    );
    assert_eq!(end(&store, "c", b"1", false, false).await, Inbox::Ended);
}

pub(super) async fn progress_can_be_reset_by_hand(opened: Opened) {
    let store = opened.store().await;
    let owner = take_over(&store, 10).await;
    assert!(advance(&store, owner.epoch, 40).await);
    let mut tx = begin(&store).await;
    ledger::reset(&mut tx, "other", GROUP, &orders(), 12)
        .await
        .expect("reset");
    ledger::reset(&mut tx, "other", GROUP, &PartitionId::new("orders", 4), 0)
        .await
        .expect("reset");
    tx.commit().await.expect("committed");
    assert!(!advance(&store, owner.epoch, 41).await, "the owner is fenced");
    let mut tx = begin(&store).await;
    let progress = ledger::progress(&mut tx, GROUP).await.expect("read");
    let seen: Vec<_> = progress
        .iter()
        .map(|it| (it.partition.partition, it.cluster.as_str(), it.next_offset))
        .collect();
    assert_eq!(seen, [(3, "other", Some(12)), (4, "other", Some(0))]);
}

pub(super) async fn transactions_of_several_users_do_not_lose_updates(opened: Opened) {
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
