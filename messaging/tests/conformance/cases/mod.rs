//! The cases of the suite.

pub mod inbox;
pub mod outbox;
pub mod parked;
pub mod partitions;
pub mod transactions;

use messaging::core::PartitionId;
use messaging::store::{Store, Tx};

const CLUSTER: &str = "cluster";
const GROUP: &str = "inventory";

async fn begin(store: &Store) -> Tx {
    store.begin().await.expect("a transaction begins")
}

fn orders() -> PartitionId {
    PartitionId::new("orders", 3)
}
