//! The services of the play: the real ones, with a handler here and there that fails when the story wants it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use contract_events::Envelope;
use ecommerce_events::{InventoryAdjustedV1, OrderCreatedV1};
use inventory_service::Inventory;
use messaging::service::Service;
use messaging::topics::TopicSpec;
use messaging::{HandlerError, Store, Subscriber, Tx};
use order_service::Orders;

/// The SKU that a defect of the inventory cannot handle, until it is mended.
pub(crate) const DEFECTIVE: &str = "LAMP-7";
/// The SKU whose fifth adjustment meets a dependency that is away twice.
pub(crate) const DELAYED: &str = "TEA-1";

static DEFECT: AtomicBool = AtomicBool::new(true);
static FAILURES: AtomicU32 = AtomicU32::new(0);
static SEEN: Mutex<BTreeMap<String, Vec<u64>>> = Mutex::new(BTreeMap::new());

/// The defect is mended, as by a deployment.
pub(crate) fn mend() {
    DEFECT.store(false, Ordering::Relaxed);
}

/// The sequences of each SKU's adjustments, in the order in which the order service handled them.
pub(crate) fn seen() -> BTreeMap<String, Vec<u64>> {
    SEEN.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// How often the dependency was away.
pub(crate) fn failures() -> u32 {
    FAILURES.load(Ordering::Relaxed)
}

/// `inventory-service` with a defect.
pub(crate) struct DefectiveInventory;

impl Service for DefectiveInventory {
    const NAME: &'static str = Inventory::NAME;
    const SCHEMA: &'static str = Inventory::SCHEMA;

    fn reads() -> Vec<TopicSpec> {
        Inventory::reads()
    }

    fn writes() -> Vec<TopicSpec> {
        Inventory::writes()
    }

    fn handlers(subscriber: Subscriber, _: &str) -> Subscriber {
        subscriber.on(async |tx: &mut Tx, event: Envelope<OrderCreatedV1>| {
            let defective = event.data.lines.iter().any(|line| line.sku == DEFECTIVE);
            if defective && DEFECT.load(Ordering::Relaxed) {
                return Err(HandlerError::poison("a defect: this article has no shelf"));
            }
            inventory_service::take_stock(tx, event).await
        })
    }

    fn routes(store: &Store) -> messaging::service::Routes {
        Inventory::routes(store)
    }
}

/// `order-service` with a dependency that is away for a moment.
pub(crate) struct DelayedOrders;

impl Service for DelayedOrders {
    const NAME: &'static str = Orders::NAME;
    const SCHEMA: &'static str = Orders::SCHEMA;

    fn reads() -> Vec<TopicSpec> {
        Orders::reads()
    }

    fn writes() -> Vec<TopicSpec> {
        Orders::writes()
    }

    fn handlers(subscriber: Subscriber, _: &str) -> Subscriber {
        subscriber
            .on(adjusted)
            .on(order_service::rejected)
            .on(order_service::scored)
    }

    fn routes(store: &Store) -> messaging::service::Routes {
        Orders::routes(store)
    }
}

async fn adjusted(tx: &mut Tx, event: Envelope<InventoryAdjustedV1>) -> Result<(), HandlerError> {
    let (sku, sequence) = (event.data.sku.as_str().to_owned(), event.data.sequence);
    // Once in the batch, twice more alone.
    if sku == DELAYED && sequence == 5 && FAILURES.load(Ordering::Relaxed) < 3 {
        FAILURES.fetch_add(1, Ordering::Relaxed);
        return Err(HandlerError::retriable("a dependency is away"));
    }
    order_service::adjusted(tx, event).await?;
    // Outside of the transaction, so that a run that was rolled back and came again would be here twice.
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    let sequences = seen.entry(sku).or_default();
    if !sequences.contains(&sequence) {
        sequences.push(sequence);
    }
    Ok(())
}
