//! The baseline: what a developer writes by hand who asks for no more than the members' values. Nothing is checked,
//! undeclared members are dropped.

#![expect(clippy::struct_field_names, reason = "the names are the contract's")]

use serde::{Deserialize, Serialize};

/// The envelope.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Envelope<T> {
    id: String,
    #[serde(rename = "type")]
    event_type: String,
    version: String,
    ts: String,
    trace_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    data: T,
}

/// `ecommerce.order.created`, major 1.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrderCreatedV1 {
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<String>,
    customer: Customer,
    lines: Vec<LineV1>,
    order_id: String,
    placed_at: String,
    shipping_address: Address,
    totals: TotalsV1,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Customer {
    customer_id: String,
    email: String,
    full_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct LineV1 {
    line_number: i64,
    quantity: i64,
    sku: String,
    unit_price: Money,
}

#[derive(Deserialize, Serialize)]
struct Money {
    amount: String,
    currency: String,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Address {
    address_lines: Vec<String>,
    country_code: String,
    locality: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    postal_code: Option<String>,
    recipient: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct TotalsV1 {
    goods: Money,
    grand_total: Money,
    shipping: Money,
    tax: Money,
}

/// `ecommerce.order.created`, major 2.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrderCreatedV2 {
    channel: String,
    currency: String,
    customer_id: String,
    destination: Destination,
    lines: Vec<LineV2>,
    order_id: String,
    placed_at: String,
    totals: TotalsV2,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Destination {
    country_code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct LineV2 {
    line_number: i64,
    quantity: i64,
    sku: String,
    unit_price: String,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct TotalsV2 {
    goods: String,
    grand_total: String,
    shipping: String,
    tax: String,
}
