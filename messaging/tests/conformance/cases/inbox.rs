//! Events that ended, and how long that is known.

use messaging::core::Inbox;
use messaging::ledger;
use messaging::store::Store;

use super::{GROUP, begin};
use crate::Opened;

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

pub async fn a_second_delivery_is_known_by_its_inbox_row(opened: Opened) {
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

pub async fn a_dead_letter_comes_back_once(opened: Opened) {
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

pub async fn old_inbox_rows_are_pruned_in_steps(opened: Opened) {
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

/// Pruning holds up nobody who works at the same time, and nobody's work holds it up. SQLite has one writer at a time,
/// so there it is the bound on each step that keeps the wait short.
pub async fn pruning_and_handling_go_side_by_side(opened: Opened) {
    let store = opened.store().await;
    for number in 0..20 {
        end(&store, &format!("old-{number}"), b"1", false, false).await;
    }
    let mut tx = begin(&store).await;
    tx.execute("UPDATE inbox SET at = at - 120000", &[])
        .await
        .expect("aged");
    tx.commit().await.expect("committed");
    if opened.is_sqlite() {
        let mut steps = Vec::new();
        for _ in 0..4 {
            let mut tx = begin(&store).await;
            steps.push(ledger::prune(&mut tx, GROUP, 60_000, 8).await.expect("pruned"));
            tx.commit().await.expect("committed");
            assert_eq!(
                end(&store, &format!("new-{}", steps.len()), b"1", false, false).await,
                Inbox::Handle
            );
        }
        assert_eq!(steps, [8, 8, 4, 0]);
        return;
    }
    let mut working = begin(&store).await;
    let new = ledger::end_done(&mut working, GROUP, "new", &ledger::digest(b"1"), false).await;
    assert_eq!(new.expect("answered"), Inbox::Handle);
    let mut pruning = begin(&store).await;
    assert_eq!(
        ledger::prune(&mut pruning, GROUP, 60_000, 15)
            .await
            .expect("pruned"),
        15
    );
    // Both are open, and neither waits for the other.
    let more = ledger::end_done(&mut working, GROUP, "newer", &ledger::digest(b"1"), false).await;
    assert_eq!(more.expect("answered"), Inbox::Handle);
    working.commit().await.expect("committed");
    pruning.commit().await.expect("committed");
    assert_eq!(end(&store, "new", b"1", false, false).await, Inbox::Ended);
}
