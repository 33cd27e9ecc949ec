//! `order-service`: accepts orders over HTTP, publishes them, and follows each to its end.
//!
//! An order and its events are one transaction. Both majors of `order.created` are published while readers move from
//! one to the other; see `docs/patterns.md`.

mod follow;
mod http;
mod money;
mod place;

use axum::Router;
use contract_events::Event;
use ecommerce_events::{
    InventoryAdjustedV1, InventoryRejectedV1, OrderCreatedV1, OrderCreatedV2, OrderRejectedV1,
};
use messaging::service::Service;
use messaging::topics::TopicSpec;
use messaging::{Store, Subscriber};
use ml_events::OrderScoredV1;

pub use follow::{adjusted, rejected, scored};
pub use place::{Customer, Line, PlaceError, PlaceOrder, Placed, Price, ShippingAddress, place};

/// The service.
pub struct Orders;

impl Service for Orders {
    const NAME: &'static str = "order-service";
    const SCHEMA: &'static str = "
        CREATE TABLE IF NOT EXISTS orders (
            order_id TEXT PRIMARY KEY, idempotency_key TEXT NOT NULL UNIQUE, request BYTEA NOT NULL,
            customer_id TEXT NOT NULL, status TEXT NOT NULL, decision TEXT
        );
        CREATE TABLE IF NOT EXISTS order_skus (
            order_id TEXT NOT NULL, sku TEXT NOT NULL, quantity BIGINT NOT NULL, filled BIGINT NOT NULL,
            PRIMARY KEY (order_id, sku)
        );
    ";

    fn reads() -> Vec<TopicSpec> {
        [
            topic::<InventoryAdjustedV1>(),
            topic::<InventoryRejectedV1>(),
            topic::<OrderScoredV1>(),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn writes() -> Vec<TopicSpec> {
        [
            topic::<OrderCreatedV1>(),
            topic::<OrderCreatedV2>(),
            topic::<OrderRejectedV1>(),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn handlers(subscriber: Subscriber, _: &str) -> Subscriber {
        subscriber.on(adjusted).on(rejected).on(scored)
    }

    fn routes(store: &Store) -> Router {
        http::routes(store)
    }
}

fn topic<T: Event>() -> Option<TopicSpec> {
    TopicSpec::of::<T>()
}
