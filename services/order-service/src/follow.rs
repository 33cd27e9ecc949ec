//! What became of an order: filled when every SKU of it was taken, closed when the inventory refused, scored.

use contract_events::{Envelope, Timestamp, Uuid};
use ecommerce_events::inventory::inventory_adjusted_v1::Reason;
use ecommerce_events::inventory::inventory_rejected_v1::ShortageCause;
use ecommerce_events::order::order_rejected_v1 as rejection;
use ecommerce_events::{InventoryAdjustedV1, InventoryRejectedV1};
use messaging::{HandlerError, Tx, envelope};
use ml_events::OrderScoredV1;
use ml_events::fraud::order_scored_v1::Decision;

/// Stock was taken for one SKU of an order.
pub async fn adjusted(tx: &mut Tx, event: Envelope<InventoryAdjustedV1>) -> Result<(), HandlerError> {
    let adjusted = event.data;
    let (Reason::OrderFilled, Some(order)) = (adjusted.reason, adjusted.order_id) else {
        return Ok(());
    };
    let order = order.as_str();
    tx.execute(
        "UPDATE order_skus SET filled = filled - ?3 WHERE order_id = ?1 AND sku = ?2",
        &[order.into(), adjusted.sku.as_str().into(), adjusted.delta.into()],
    )
    .await?;
    tx.execute(
        "UPDATE orders SET status = 'filled' WHERE order_id = ?1 AND status = 'placed' AND NOT EXISTS \
         (SELECT 1 FROM order_skus WHERE order_id = ?1 AND filled < quantity)",
        &[order.into()],
    )
    .await?;
    Ok(())
}

/// The inventory refused an order.
pub async fn rejected(tx: &mut Tx, event: Envelope<InventoryRejectedV1>) -> Result<(), HandlerError> {
    let trace = event.attributes.trace_id;
    let refused = event.data;
    let order = refused.order_id.as_str();
    let rows = tx
        .query(
            "SELECT customer_id FROM orders WHERE order_id = ?1 AND status = 'placed' {{lock}}",
            &[order.into()],
        )
        .await?;
    // An order of another registry, or one that has ended.
    let Some(row) = rows.first() else { return Ok(()) };
    let unknown = refused
        .shortages
        .iter()
        .any(|shortage| shortage.cause == ShortageCause::UnknownSku);
    let skus: Vec<_> = refused
        .shortages
        .iter()
        .map(|shortage| shortage.sku.clone())
        .collect();
    let reason = if unknown {
        rejection::Reason::UnknownSku
    } else {
        rejection::Reason::OutOfStock
    };
    let closed = rejection::OrderRejected::builder()
        .customer_id(Uuid::new(row.text(0)?)?)
        .order_id(refused.order_id)
        .reason(reason)
        .rejected_at(Timestamp::now())
        .unavailable_skus(skus)
        .build()
        .map_err(HandlerError::poison)?;
    tx.execute(
        "UPDATE orders SET status = 'rejected' WHERE order_id = ?1",
        &[order.into()],
    )
    .await?;
    tx.publish(&envelope(trace, closed)).await?;
    Ok(())
}

/// An order was scored; the last score counts.
pub async fn scored(tx: &mut Tx, event: Envelope<OrderScoredV1>) -> Result<(), HandlerError> {
    let decision = match event.data.decision {
        Decision::Approve => "approve",
        Decision::Review => "review",
        Decision::Decline => "decline",
    };
    tx.execute(
        "UPDATE orders SET decision = ?2 WHERE order_id = ?1",
        &[event.data.order_id.as_str().into(), decision.into()],
    )
    .await?;
    Ok(())
}
