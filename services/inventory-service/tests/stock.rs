//! Taking stock: all of an order or none of it, in the sequence of each SKU.

use contract_events::{Envelope, Event};
use ecommerce_events::order::order_created_v1::fixtures;
use ecommerce_events::types::Sku;
use ecommerce_events::{InventoryAdjustedV1, InventoryRejectedV1};
use inventory_service::{Inventory, Received, receive, take_stock};
use messaging::service::Service;
use messaging::{Store, envelope, ledger, new_trace};

async fn store(folder: &tempfile::TempDir) -> Store {
    let store = Store::open(&folder.path().join("inventory.db").display().to_string())
        .await
        .expect("opens");
    store.script(Inventory::SCHEMA).await.expect("created");
    store
}

async fn goods(store: &Store, sku: &str, quantity: u32) {
    let sku = Sku::new(sku).expect("well-formed");
    receive(store, &Received { sku, quantity })
        .await
        .expect("received");
}

/// What waits in the outbox, by type; reading it empties it.
async fn published<T: Event>(store: &Store) -> Vec<Envelope<T>> {
    let mut tx = store.begin().await.expect("begins");
    let rows = ledger::unsent(&mut tx, 1000, usize::MAX).await.expect("read");
    let values = rows.into_iter().filter_map(|(_, record)| record.value);
    values
        .filter_map(|value| Envelope::decode_strict(&value).ok())
        .collect()
}

#[tokio::test]
async fn an_order_takes_every_sku_in_its_sequence() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = store(&folder).await;
    goods(&store, "TENT-DOME-2P-GRN", 5).await;
    goods(&store, "PEG-STEEL-24", 10).await;
    let order = envelope(new_trace(), fixtures::two_lines());
    let trace = order.attributes.trace_id;
    let mut tx = store.begin().await.expect("begins");
    take_stock(&mut tx, order).await.expect("taken");
    tx.commit().await.expect("committed");
    let adjusted = published::<InventoryAdjustedV1>(&store).await;
    let seen: Vec<_> = adjusted
        .iter()
        .map(|it| {
            (
                it.data.sku.as_str(),
                it.data.sequence,
                it.data.delta,
                it.data.resulting_level,
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("TENT-DOME-2P-GRN", 1, 5, 5),
            ("PEG-STEEL-24", 1, 10, 10),
            ("PEG-STEEL-24", 2, -3, 7),
            ("TENT-DOME-2P-GRN", 2, -1, 4),
        ]
    );
    assert_eq!(adjusted[2].attributes.trace_id, trace, "the trace goes on");
}

#[tokio::test]
async fn what_is_short_refuses_the_whole_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = store(&folder).await;
    goods(&store, "PEG-STEEL-24", 2).await;
    let mut tx = store.begin().await.expect("begins");
    take_stock(&mut tx, envelope(new_trace(), fixtures::two_lines()))
        .await
        .expect("refused");
    tx.commit().await.expect("committed");
    let rejected = published::<InventoryRejectedV1>(&store).await;
    let shortages: Vec<_> = rejected[0]
        .data
        .shortages
        .iter()
        .map(|it| (it.sku.as_str(), it.requested, it.available))
        .collect();
    assert_eq!(shortages, [("PEG-STEEL-24", 3, 2), ("TENT-DOME-2P-GRN", 1, 0)]);
    let mut tx = store.begin().await.expect("begins");
    let rows = tx.query("SELECT level FROM stock", &[]).await.expect("read");
    assert_eq!(rows[0].integer(0).expect("a number"), 2, "nothing was taken");
}
