//! The books: what was ordered, what was taken from stock, what is left.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use messaging::{Broker, Store, ledger};

use crate::stage::{STOCK, Stores, quantity_of, sku_of};
use crate::{AnyError, cast};

/// Orders without an end.
pub(crate) async fn open_orders(stores: &Stores) -> Result<usize, AnyError> {
    let count = number(
        &stores.orders,
        "SELECT COUNT(*) FROM orders WHERE status = 'placed'",
    )
    .await?;
    Ok(usize::try_from(count)?)
}

async fn number(store: &Store, sql: &str) -> Result<i64, AnyError> {
    let mut tx = store.begin().await?;
    let rows = tx.query(sql, &[]).await?;
    Ok(rows.first().ok_or("an aggregate gave no row")?.integer(0)?)
}

/// Prints how orders ended.
pub(crate) async fn print_some(stores: &Stores) -> Result<(), AnyError> {
    let mut tx = stores.orders.begin().await?;
    let rows = tx
        .query(
            "SELECT status, COALESCE(decision, '-'), COUNT(*) FROM orders GROUP BY 1, 2 ORDER BY 1, 2",
            &[],
        )
        .await?;
    for row in rows {
        println!(
            "  {} orders {}, score: {}",
            row.integer(2)?,
            row.text(0)?,
            row.text(1)?
        );
    }
    Ok(())
}

/// Waits until every order has its end and its score, and nothing is left to send.
pub(crate) async fn wait_for_all(stores: &Stores, orders: u32) -> Result<(), AnyError> {
    let begun = Instant::now();
    loop {
        let unscored = number(
            &stores.orders,
            "SELECT COUNT(*) FROM orders WHERE decision IS NULL",
        )
        .await?;
        let mut unsent = 0;
        for store in [&stores.orders, &stores.inventory, &stores.fraud] {
            let mut tx = store.begin().await?;
            unsent += ledger::depth(&mut tx).await?.0;
        }
        if open_orders(stores).await? == 0 && unscored == 0 && unsent == 0 {
            println!("  all {orders} orders have their end and their score");
            return Ok(());
        }
        if begun.elapsed() > Duration::from_mins(2) {
            return Err(format!("{unscored} orders have no score, {unsent} events were not sent").into());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Stock = initial − filled; each event one effect; each key in order.
pub(crate) async fn check(broker: &Broker, stores: &Stores, orders: u32) -> Result<Vec<String>, AnyError> {
    let mut problems = Vec::new();
    let filled = levels(
        &stores.orders,
        "SELECT sku, CAST(SUM(filled) AS BIGINT) FROM order_skus GROUP BY sku",
    )
    .await?;
    let left = levels(&stores.inventory, "SELECT sku, level FROM stock").await?;
    for (sku, initial) in STOCK {
        let (filled, left) = (
            filled.get(sku).copied().unwrap_or(0),
            left.get(sku).copied().unwrap_or(0),
        );
        println!("  {sku:<9} {initial:>4} − {filled:>3} filled = {left:>4}");
        if i64::from(initial) - filled != left {
            problems.push(format!("{sku}: {initial} − {filled} is not {left}"));
        }
    }
    let wanted: u64 = (0..orders).map(quantity_of).sum();
    let rejected = (0..orders)
        .map(sku_of)
        .filter(|sku| !STOCK.iter().any(|(known, _)| known == sku))
        .count();
    let taken: i64 = filled.values().sum();
    let refused = number(
        &stores.orders,
        "SELECT CAST(COALESCE(SUM(quantity), 0) AS BIGINT) FROM order_skus WHERE order_id IN \
         (SELECT order_id FROM orders WHERE status = 'rejected')",
    )
    .await?;
    println!("  {wanted} ordered = {taken} taken + {refused} refused for lack of stock");
    if i64::try_from(wanted)? != taken + refused || rejected > 0 {
        problems.push(format!("{wanted} ordered, {taken} taken, {refused} refused"));
    }
    for (sku, sequences) in cast::seen() {
        if !sequences.is_sorted() {
            problems.push(format!(
                "the adjustments of {sku} were handled in the order {sequences:?}"
            ));
        }
    }
    let copies = number(
        &stores.orders,
        "SELECT COUNT(*) FROM (SELECT order_id FROM order_skus WHERE filled > quantity) AS twice",
    )
    .await?;
    if copies > 0 {
        problems.push(format!("{copies} orders were filled twice"));
    }
    println!(
        "  each order has one effect, each article's adjustments kept their order, on {}",
        broker.servers()
    );
    Ok(problems)
}

async fn levels(store: &Store, sql: &str) -> Result<BTreeMap<String, i64>, AnyError> {
    let mut tx = store.begin().await?;
    let rows = tx.query(sql, &[]).await?;
    let mut levels = BTreeMap::new();
    for row in rows {
        levels.insert(row.text(0)?.to_owned(), row.integer(1)?);
    }
    Ok(levels)
}
