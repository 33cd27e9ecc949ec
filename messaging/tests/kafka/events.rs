//! Events of the tests, written by hand as the generator would.

use std::borrow::Cow;

use contract_events::{Check, Envelope, Event, Path, Timestamp, TraceId, Uuid, Violation, Wire};
use serde::de::Deserializer;
use serde::{Deserialize, Serialize};

/// How the handler of the tests takes an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the contract's names")]
pub struct Order {
    pub order_id: String,
    pub number: i64,
    pub quantity: i64,
    /// `ok`, `flaky:N` (fails N times), `poison`, `panic`, `hang`, `slow`, `block` (its thread), `abort`.
    pub behaviour: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Adjusted {
    pub order_id: String,
    pub number: i64,
}

macro_rules! event {
    ($type:ident, $name:literal) => {
        impl Wire for $type {
            fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::deserialize(deserializer)
            }
        }

        impl Event for $type {
            const TYPE: &'static str = $name;
            const VERSION: &'static str = "1.0.0";
            const MAJOR: u64 = 1;
            const TOPIC: Option<&'static str> = None;
            const SCHEMA: &'static str = "{}";
            const DIGEST: &'static str = "";

            fn key(&self) -> Option<Cow<'_, str>> {
                Some(Cow::Borrowed(&self.order_id))
            }
        }
    };
}

event!(Order, "shop.order.created");
event!(Adjusted, "shop.inventory.adjusted");

impl Check for Order {
    fn check(&self, at: &Path<'_>) -> Result<(), Violation> {
        at.require(self.quantity >= 1, "minimum")
    }
}

impl Check for Adjusted {}

pub fn trace() -> TraceId {
    TraceId::new("4bf92f3577b34da6a3ce929d0e0e4736").expect("well-formed")
}

/// An envelope with an id of its own.
pub fn envelope<T: Event>(data: T) -> Envelope<T> {
    let id = Uuid::from_bytes(*uuid::Uuid::new_v4().as_bytes());
    Envelope::new(id, Timestamp::now(), trace(), data)
}
