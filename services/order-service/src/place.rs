//! Accepting an order: once for each idempotency key, with its events, in one transaction.

use std::collections::BTreeMap;

use contract_events::{Timestamp, TraceId, Uuid, Violation};
use ecommerce_events::order::{order_created_v1 as v1, order_created_v2 as v2};
use ecommerce_events::types::{Money, PostalAddress};
use messaging::outbox::PublishError;
use messaging::store::{Store, StoreError};
use messaging::{envelope, new_id};
use serde::{Deserialize, Serialize};

use crate::money;

/// What a customer asks for.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PlaceOrder {
    /// Who orders.
    pub customer: Customer,
    /// Where the goods go.
    pub shipping_address: ShippingAddress,
    /// What is ordered.
    pub lines: Vec<Line>,
    /// Where the order was placed.
    pub channel: String,
}

/// Who orders.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Customer {
    /// The account.
    pub customer_id: String,
    /// The name.
    pub full_name: String,
    /// Where mails go.
    pub email: String,
}

/// Where the goods go.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ShippingAddress {
    /// Who takes the parcel.
    pub recipient: String,
    /// Street and number.
    pub address_lines: Vec<String>,
    /// City, town or village.
    pub locality: String,
    /// The postal code, where there is one.
    pub postal_code: Option<String>,
    /// ISO 3166-1.
    pub country_code: String,
}

/// One position.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Line {
    /// What.
    pub sku: String,
    /// How many.
    pub quantity: u64,
    /// The price of one.
    pub unit_price: Price,
}

/// An amount in a currency.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Price {
    /// Decimal.
    pub amount: String,
    /// ISO 4217.
    pub currency: String,
}

/// An accepted order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placed {
    /// It is new.
    New(Uuid),
    /// It was accepted before, under the same idempotency key.
    Before(Uuid),
}

/// Why an order was not accepted.
#[derive(Debug)]
pub enum PlaceError {
    /// It breaks the contract of `order.created`: where, and how.
    Invalid(Violation),
    /// The idempotency key was used for another order.
    KeyReused,
    /// The store cannot be used now.
    Store(StoreError),
    /// An event that was built by its contract could not be published.
    Publish(PublishError),
}

impl From<Violation> for PlaceError {
    fn from(violation: Violation) -> Self {
        Self::Invalid(violation)
    }
}

impl From<StoreError> for PlaceError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<PublishError> for PlaceError {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::Store(error) => Self::Store(error),
            error => Self::Publish(error),
        }
    }
}

/// Accepts an order and publishes it, or finds that it was accepted before.
pub async fn place(
    store: &Store,
    idempotency_key: &str,
    trace: TraceId,
    order: &PlaceOrder,
) -> Result<Placed, PlaceError> {
    let order_id = new_id();
    // Everything is checked before the transaction begins.
    let (first, second) = events(order_id, order)?;
    let request = serde_json::to_vec(order).map_err(|_| Violation::new("", "type"))?;
    let mut tx = store.begin().await?;
    let inserted = tx
        .execute(
            "INSERT INTO orders (order_id, idempotency_key, request, customer_id, status) \
             VALUES (?1, ?2, ?3, ?4, 'placed') ON CONFLICT (idempotency_key) DO NOTHING",
            &[
                order_id.as_str().into(),
                idempotency_key.into(),
                messaging::ledger::digest(&request).to_vec().into(),
                order.customer.customer_id.as_str().into(),
            ],
        )
        .await?;
    if inserted == 0 {
        let rows = tx
            .query(
                "SELECT order_id, request FROM orders WHERE idempotency_key = ?1",
                &[idempotency_key.into()],
            )
            .await?;
        let Some(row) = rows.first() else {
            return Err(PlaceError::KeyReused);
        };
        if row.bytes(1)? != messaging::ledger::digest(&request) {
            return Err(PlaceError::KeyReused);
        }
        return Ok(Placed::Before(Uuid::new(row.text(0)?)?));
    }
    for line in &second.lines {
        let quantity = i64::try_from(line.quantity).map_err(|_| Violation::new("/lines", "maximum"))?;
        tx.execute(
            "INSERT INTO order_skus (order_id, sku, quantity, filled) VALUES (?1, ?2, ?3, 0)",
            &[
                order_id.as_str().into(),
                line.sku.as_str().into(),
                quantity.into(),
            ],
        )
        .await?;
    }
    tx.publish(&envelope(trace, first)).await?;
    tx.publish(&envelope(trace, second)).await?;
    messaging::failpoint::hit("order-before-commit");
    tx.commit().await?;
    messaging::failpoint::hit("order-after-commit");
    Ok(Placed::New(order_id))
}

/// The order in both majors of its contract.
fn events(order_id: Uuid, order: &PlaceOrder) -> Result<(v1::OrderCreated, v2::OrderCreated), Violation> {
    let PlaceOrder {
        customer,
        shipping_address,
        lines,
        channel,
    } = order;
    let placed_at = Timestamp::now();
    let currency = lines
        .first()
        .map_or("EUR", |line| line.unit_price.currency.as_str());
    let mut goods: u128 = 0;
    let mut first_lines = Vec::new();
    // The second major has one line for each SKU.
    let mut skus: BTreeMap<&str, (u64, &str)> = BTreeMap::new();
    for (at, line) in lines.iter().enumerate() {
        let wrong = |member: &str, keyword| Violation::new(format!("/lines/{at}/{member}"), keyword);
        if line.unit_price.currency != currency {
            return Err(wrong("unitPrice/currency", "const"));
        }
        let price =
            money::parse(&line.unit_price.amount).ok_or_else(|| wrong("unitPrice/amount", "pattern"))?;
        let (quantity, seen) = skus.entry(&line.sku).or_insert((0, &line.unit_price.amount));
        if *seen != line.unit_price.amount {
            return Err(wrong("unitPrice/amount", "const"));
        }
        *quantity += line.quantity;
        goods = goods.saturating_add(price.saturating_mul(line.quantity.into()));
        let line = v1::Line::builder()
            .quantity(line.quantity)
            .sku(line.sku.as_str())
            .unit_price(money_of(&line.unit_price.amount, currency)?)
            .build()
            .map_err(|violation| violation.inside(&at.to_string()).inside("lines"))?;
        first_lines.push(line);
    }
    let goods = money::text(goods);
    let totals = v1::Totals::builder()
        .goods(money_of(&goods, currency)?)
        .grand_total(money_of(&goods, currency)?)
        .shipping(money_of("0.00", currency)?)
        .tax(money_of("0.00", currency)?)
        .build()?;
    let account = v1::Customer::builder()
        .customer_id(customer.customer_id.as_str())
        .email(customer.email.as_str())
        .full_name(customer.full_name.as_str())
        .build()
        .map_err(|violation| violation.inside("customer"))?;
    let first = v1::OrderCreated::builder()
        .customer(account)
        .lines(first_lines)
        .order_id(order_id)
        .placed_at(placed_at.clone())
        .shipping_address(address(shipping_address)?)
        .totals(totals)
        .channel(channel.as_str())
        .build()?;
    let mut second_lines = Vec::new();
    for (number, (sku, (quantity, price))) in (1_u64..).zip(skus) {
        let line = v2::Line::builder()
            .line_number(number)
            .quantity(quantity)
            .sku(sku)
            .unit_price(price)
            .build()?;
        second_lines.push(line);
    }
    let totals = v2::Totals::builder()
        .goods(goods.as_str())
        .grand_total(goods.as_str())
        .shipping("0.00")
        .tax("0.00")
        .build()?;
    let destination = v2::Destination::builder()
        .country_code(shipping_address.country_code.as_str())
        .build()?;
    let second = v2::OrderCreated::builder()
        .channel(channel.as_str())
        .currency(currency)
        .customer_id(customer.customer_id.as_str())
        .destination(destination)
        .lines(second_lines)
        .order_id(order_id)
        .placed_at(placed_at)
        .totals(totals)
        .build()?;
    Ok((first, second))
}

fn money_of(amount: &str, currency: &str) -> Result<Money, Violation> {
    Money::builder().amount(amount).currency(currency).build()
}

fn address(address: &ShippingAddress) -> Result<PostalAddress, Violation> {
    let ShippingAddress {
        recipient,
        address_lines,
        locality,
        postal_code,
        country_code,
    } = address;
    let lines: Result<Vec<_>, Violation> = address_lines
        .iter()
        .map(|line| line.as_str().try_into())
        .collect();
    let mut built = PostalAddress::builder()
        .address_lines(lines?)
        .country_code(country_code.as_str())
        .locality(locality.as_str())
        .recipient(recipient.as_str());
    if let Some(postal_code) = postal_code {
        built = built.postal_code(postal_code.as_str());
    }
    built
        .build()
        .map_err(|violation| violation.inside("shippingAddress"))
}
