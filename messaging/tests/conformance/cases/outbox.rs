//! What is to be sent, and who sends it.

use messaging::ledger::{self, Headers, Outgoing};
use messaging::store::Store;

use super::begin;
use crate::Opened;

fn outgoing(number: u8) -> Outgoing {
    Outgoing {
        topic: "inventory.adjusted".into(),
        key: (number > 1).then(|| vec![number]),
        value: Some(vec![b'{', b'}']),
        headers: Headers::default().with("id", [number]),
        partition: (number == 3).then_some(2),
    }
}

pub async fn the_outbox_gives_rows_in_order_until_they_are_sent(opened: Opened) {
    let store = opened.store().await;
    let mut tx = begin(&store).await;
    for number in 1..=4 {
        ledger::enqueue(&mut tx, outgoing(number)).await.expect("written");
    }
    tx.commit().await.expect("committed");
    let mut tx = begin(&store).await;
    ledger::enqueue(&mut tx, outgoing(9)).await.expect("written");
    drop(tx);
    let mut tx = begin(&store).await;
    let rows = ledger::unsent(&mut tx, 3, 1000).await.expect("read");
    let records: Vec<_> = rows.iter().map(|(_, record)| record.clone()).collect();
    assert_eq!(records, [outgoing(1), outgoing(2), outgoing(3)]);
    assert_eq!(ledger::depth(&mut tx).await.expect("counted").0, 4);
    let sent: Vec<i64> = rows.iter().map(|(seq, _)| *seq).collect();
    ledger::sent(&mut tx, &sent).await.expect("removed");
    tx.commit().await.expect("committed");
    let mut tx = begin(&store).await;
    let rows = ledger::unsent(&mut tx, 3, 1000).await.expect("read");
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].1, outgoing(4));
}

pub async fn a_lease_has_one_owner_and_counts_its_terms(opened: Opened) {
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

/// What the relay holds in memory is bounded, however large the rows are.
pub async fn the_outbox_is_read_in_pieces(opened: Opened) {
    let store = opened.store().await;
    let mut tx = begin(&store).await;
    let large = Outgoing {
        value: Some(vec![b'x'; 1000]),
        ..outgoing(2)
    };
    for _ in 0..200 {
        ledger::enqueue(&mut tx, large.clone()).await.expect("written");
    }
    tx.commit().await.expect("committed");
    let mut tx = store.read().await.expect("begins");
    let all = ledger::unsent(&mut tx, 500, 1 << 20).await.expect("read");
    assert_eq!(all.len(), 200);
    assert!(all.is_sorted_by_key(|(seq, _)| *seq));
    let some = ledger::unsent(&mut tx, 500, 10_000).await.expect("read");
    assert!((10..100).contains(&some.len()), "{}", some.len());
    assert_eq!(some[..], all[..some.len()]);
    assert_eq!(
        ledger::unsent(&mut tx, 70, 1 << 20).await.expect("read").len(),
        70
    );
}
