//! Who owns a partition, and how far it got.

use messaging::core::{Epoch, PartitionId};
use messaging::ledger;
use messaging::store::{Store, StoreErrorKind};

use super::{CLUSTER, GROUP, begin, orders};
use crate::Opened;

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

pub async fn taking_over_fences_the_last_owner(opened: Opened) {
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

pub async fn an_owner_that_let_go_leaves_no_suspects(opened: Opened) {
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

pub async fn progress_can_be_reset_by_hand(opened: Opened) {
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

/// As when the group gave up the first before it had begun.
pub async fn two_first_owners_do_not_collide(opened: Opened) {
    let (one, two) = (opened.store().await, opened.store().await);
    let both = tokio::join!(take_over(&one, 10), take_over(&two, 10));
    let mut epochs = [both.0.epoch, both.1.epoch];
    epochs.sort_unstable();
    assert_eq!(epochs, [Epoch(1), Epoch(2)]);
}

/// A process that was stopped in the middle of a transaction holds its locks until the database ends it. SQLite never
/// does: there, others wait for as long as it stands still.
pub async fn a_stopped_owner_is_ended_by_the_database(opened: Opened) {
    if opened.is_sqlite() {
        return;
    }
    let (first, second) = (opened.store().await, opened.store().await);
    let stored = take_over(&first, 10).await;
    let mut stopped = begin(&first).await;
    assert!(
        ledger::check(&mut stopped, GROUP, &orders(), stored.epoch)
            .await
            .expect("answered")
    );
    // It says nothing from here on.
    let taken = loop {
        let mut tx = begin(&second).await;
        match ledger::take_over(&mut tx, CLUSTER, GROUP, &orders(), 10).await {
            Ok(taken) => {
                tx.commit().await.expect("committed");
                break taken;
            }
            Err(error) => assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error}"),
        }
    };
    assert_eq!(taken.epoch, Epoch(2));
    let error = ledger::advance(&mut stopped, GROUP, &orders(), stored.epoch, 5)
        .await
        .expect_err("its transaction is no more");
    assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error}");
}
