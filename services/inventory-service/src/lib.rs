//! `inventory-service`: takes stock for each order, all of it or none, and says so.
//!
//! The order's lines are locked in the order of their SKUs, so that two orders never wait for each other, and so that
//! the sequence of a SKU's adjustments is the order of their commits. Customer data is not read.

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::{Json, State};
use axum::http::StatusCode;
use axum::routing::post;
use contract_events::{Envelope, Event, Timestamp, TraceId, Uuid};
use ecommerce_events::inventory::inventory_adjusted_v1::{InventoryAdjusted, Reason};
use ecommerce_events::inventory::inventory_rejected_v1::{InventoryRejected, Shortage, ShortageCause};
use ecommerce_events::types::Sku;
use ecommerce_events::{InventoryAdjustedV1, InventoryRejectedV1, OrderCreatedV1};
use messaging::service::Service;
use messaging::topics::TopicSpec;
use messaging::{HandlerError, Store, Subscriber, Tx, envelope, new_trace};
use serde::Deserialize;

/// The service.
pub struct Inventory;

impl Service for Inventory {
    const NAME: &'static str = "inventory-service";
    const SCHEMA: &'static str = "CREATE TABLE IF NOT EXISTS stock (
        sku TEXT PRIMARY KEY, level BIGINT NOT NULL CHECK (level >= 0), sequence BIGINT NOT NULL
    )";

    fn reads() -> Vec<TopicSpec> {
        topic::<OrderCreatedV1>().into_iter().collect()
    }

    fn writes() -> Vec<TopicSpec> {
        topic::<InventoryAdjustedV1>()
            .into_iter()
            .chain(topic::<InventoryRejectedV1>())
            .collect()
    }

    fn handlers(subscriber: Subscriber, _: &str) -> Subscriber {
        subscriber.on(take_stock)
    }

    fn routes(store: &Store) -> Router {
        Router::new()
            .route("/stock", post(received))
            .with_state(store.clone())
    }
}

fn topic<T: Event>() -> Option<TopicSpec> {
    TopicSpec::of::<T>()
}

/// Takes stock for an order: every SKU of it, or none.
pub async fn take_stock(tx: &mut Tx, event: Envelope<OrderCreatedV1>) -> Result<(), HandlerError> {
    let trace = event.attributes.trace_id;
    let order = event.data;
    let mut wanted: BTreeMap<&Sku, u64> = BTreeMap::new();
    for line in &order.lines {
        *wanted.entry(&line.sku).or_default() += line.quantity;
    }
    let mut shortages = Vec::new();
    for (sku, requested) in &wanted {
        let rows = tx
            .query(
                "SELECT level FROM stock WHERE sku = ?1 {{lock}}",
                &[sku.as_str().into()],
            )
            .await?;
        let level = rows.first().map(|row| row.integer(0)).transpose()?;
        let available = level.map_or(0, i64::unsigned_abs);
        if available < *requested {
            let cause = if level.is_some() {
                ShortageCause::InsufficientStock
            } else {
                ShortageCause::UnknownSku
            };
            let shortage = Shortage::builder()
                .available(available)
                .cause(cause)
                .requested(*requested)
                .sku((*sku).clone())
                .build();
            shortages.push(shortage.map_err(HandlerError::poison)?);
        }
    }
    if !shortages.is_empty() {
        let rejected = InventoryRejected::builder()
            .order_id(order.order_id)
            .rejected_at(Timestamp::now())
            .shortages(shortages)
            .build()
            .map_err(HandlerError::poison)?;
        tx.publish(&envelope(trace, rejected)).await?;
        return Ok(());
    }
    for (sku, quantity) in wanted {
        let delta = -i64::try_from(quantity).map_err(HandlerError::poison)?;
        adjust(tx, trace, sku, delta, Reason::OrderFilled, Some(order.order_id)).await?;
    }
    Ok(())
}

/// Changes the level of a SKU and publishes it, in the SKU's sequence.
async fn adjust(
    tx: &mut Tx,
    trace: TraceId,
    sku: &Sku,
    delta: i64,
    reason: Reason,
    order: Option<Uuid>,
) -> Result<(), HandlerError> {
    let change = [sku.as_str().into(), delta.into()];
    let update = "UPDATE stock SET level = level + ?2, sequence = sequence + 1 WHERE sku = ?1 RETURNING level, sequence";
    let mut rows = tx.query(update, &change).await?;
    if rows.is_empty() {
        let insert = "INSERT INTO stock (sku, level, sequence) VALUES (?1, ?2, 1) RETURNING level, sequence";
        rows = tx.query(insert, &change).await?;
    }
    let row = rows
        .first()
        .ok_or_else(|| HandlerError::fatal("the adjusted row came back empty"))?;
    let (level, sequence) = (row.integer(0)?, row.integer(1)?);
    let mut adjusted = InventoryAdjusted::builder()
        .adjusted_at(Timestamp::now())
        .delta(delta)
        .reason(reason)
        .resulting_level(level.unsigned_abs())
        .sequence(sequence.unsigned_abs())
        .sku(sku.clone());
    if let Some(order) = order {
        adjusted = adjusted.order_id(order);
    }
    tx.publish(&envelope(trace, adjusted.build().map_err(HandlerError::poison)?))
        .await?;
    Ok(())
}

/// Goods that arrived.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Received {
    /// What.
    pub sku: Sku,
    /// How many.
    pub quantity: u32,
}

/// Adds goods to the stock.
pub async fn receive(store: &Store, goods: &Received) -> Result<(), HandlerError> {
    let mut tx = store.begin().await?;
    adjust(
        &mut tx,
        new_trace(),
        &goods.sku,
        i64::from(goods.quantity),
        Reason::GoodsReceived,
        None,
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

async fn received(State(store): State<Store>, Json(goods): Json<Received>) -> (StatusCode, String) {
    match receive(&store, &goods).await {
        Ok(()) => (StatusCode::CREATED, String::new()),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")),
    }
}
