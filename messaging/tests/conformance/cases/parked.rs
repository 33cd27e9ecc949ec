//! Records that wait.

use messaging::core::Key;
use messaging::ledger::{self, Headers, ParkedContent};
use messaging::store::Store;

use super::{GROUP, begin, orders};
use crate::Opened;

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

pub async fn parked_rows_keep_content_order_and_attempts(opened: Opened) {
    let store = opened.store().await;
    let mut tx = begin(&store).await;
    for (offset, attempts, delay) in [(12, 0, 0), (5, 1, 20_000)] {
        ledger::park(&mut tx, GROUP, &orders(), offset, content(attempts), delay, false)
            .await
            .expect("parked");
    }
    let keyless = ParkedContent {
        key: None,
        value: None,
        ..content(0)
    };
    ledger::park(&mut tx, GROUP, &orders(), 9, keyless.clone(), 0, false)
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
    ledger::park(&mut tx, GROUP, &orders(), 12, content(0), 0, false)
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

pub async fn delays_follow_the_database_clock_up_to_a_bound(opened: Opened) {
    let store = opened.store().await;
    let mut tx = begin(&store).await;
    ledger::park(&mut tx, GROUP, &orders(), 1, content(1), -5000, false)
        .await
        .expect("parked");
    // As after a clock that was set back by a day.
    ledger::park(&mut tx, GROUP, &orders(), 2, content(1), 86_400_000, false)
        .await
        .expect("parked");
    tx.commit().await.expect("committed");
    let delays: Vec<u64> = parked(&store).await.iter().map(|row| row.delay).collect();
    assert_eq!(delays, [0, 30_000]);
}
