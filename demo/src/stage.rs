//! The play, act by act.

use std::time::{Duration, Instant};

use ecommerce_events::types::Sku;
use fraud_service::Fraud;
use inventory_service::Received;
use messaging::config::Config;
use messaging::offsets::{self, Target};
use messaging::redrive::{self, Redrive};
use messaging::service::{self, Service, Started};
use messaging::topics::{self, MorePartitions, TopicSpec};
use messaging::{Broker, Store, new_trace};
use order_service::{Customer, Line, PlaceOrder, Placed, Price, ShippingAddress};

use crate::cast::{self, DEFECTIVE, DELAYED, DefectiveInventory, DelayedOrders};
use crate::{AnyError, Arguments, books};

/// What there is in stock at first.
pub(crate) const STOCK: [(&str, u32); 4] =
    [(DELAYED, 200), ("CUP-2", 150), ("KETTLE-3", 15), (DEFECTIVE, 50)];

/// The databases of the three services.
pub(crate) struct Stores {
    pub(crate) orders: Store,
    pub(crate) inventory: Store,
    pub(crate) fraud: Store,
}

/// Plays it; returns what is wrong with the books.
pub(crate) async fn play(arguments: &Arguments) -> Result<Vec<String>, AnyError> {
    let broker = Broker::at(&arguments.broker)?;
    if broker.as_mock().is_some() {
        println!(
            "broker: librdkafka's mock cluster in this process; it keeps nothing and has no transactions"
        );
    } else {
        println!("broker: {}", broker.servers());
    }
    let folder = tempfile::tempdir()?;
    let open = |service: &'static str| open(arguments.database.clone(), folder.path().to_owned(), service);
    let stores = Stores {
        orders: open("orders").await?,
        inventory: open("inventory").await?,
        fraud: open("fraud").await?,
    };
    println!("databases: {}, …", stores.orders.describe());
    let mut config = Config::default();
    config.subscriber.session_timeout = Some(messaging::config::Span(Duration::from_secs(6)));
    prepare::<DelayedOrders>(&broker, &stores.orders, &config).await?;
    prepare::<DefectiveInventory>(&broker, &stores.inventory, &config).await?;
    prepare::<Fraud>(&broker, &stores.fraud, &config).await?;

    act("stock arrives, the services start");
    let orders = service::start::<DelayedOrders>(&broker, &stores.orders, &config).await?;
    let inventory = service::start::<DefectiveInventory>(&broker, &stores.inventory, &config).await?;
    let fraud = service::start::<Fraud>(&broker, &stores.fraud, &config).await?;
    for (sku, quantity) in STOCK {
        inventory_service::receive(
            &stores.inventory,
            &Received {
                sku: Sku::new(sku)?,
                quantity,
            },
        )
        .await
        .map_err(|error| error.to_string())?;
        println!("  {quantity} × {sku}");
    }

    act("orders come in");
    let half = arguments.orders / 2;
    place(&stores.orders, 0..half).await?;
    println!("  {half} orders placed; every fifth request was sent twice, with the same idempotency key");
    let services = [&orders, &inventory, &fraud];
    settle(&stores, half, &services).await?;
    books::print_some(&stores).await?;
    println!(
        "  the fifth adjustment of {DELAYED} failed {} times and was tried again; handled in the order {:?} …",
        cast::failures(),
        cast::seen()
            .get(DELAYED)
            .map(|seen| seen.iter().take(8).copied().collect::<Vec<_>>())
            .unwrap_or_default()
    );

    act("a second inventory joins, and leaves in the middle of the work");
    let more = place(&stores.orders, half..arguments.orders);
    let join_and_leave = async {
        let second = service::start::<DefectiveInventory>(&broker, &stores.inventory, &config).await?;
        tokio::time::sleep(Duration::from_secs(4)).await;
        second.stop().await
    };
    let (placed, left) = tokio::join!(more, join_and_leave);
    placed?;
    left?;
    settle(&stores, arguments.orders, &services).await?;
    println!(
        "  {} more orders, partitions moved there and back",
        arguments.orders - half
    );

    poison(&broker, arguments.orders).await?;
    books::wait_for_all(&stores, arguments.orders).await?;

    act("the books");
    let problems = books::check(&broker, &stores, arguments.orders).await?;
    stop([orders, inventory, fraud]).await?;
    for problem in &problems {
        println!("  WRONG: {problem}");
    }
    if problems.is_empty() {
        println!("  the books are right");
    }
    Ok(problems)
}

/// Dead letters for a defect, which is mended, and their redrive.
async fn poison(broker: &Broker, orders: u32) -> Result<(), AnyError> {
    act("a poison message");
    let topic = DefectiveInventory::reads()
        .into_iter()
        .next()
        .map(|spec| spec.name)
        .unwrap_or_default();
    let expected = (0..orders).filter(|number| sku_of(*number) == DEFECTIVE).count();
    let letters = wait_for_letters(broker, &topic, expected).await?;
    for letter in letters.iter().take(2) {
        println!(
            "  dead letter: {} at {}",
            letter.class,
            letter
                .origin
                .as_ref()
                .map_or_else(String::new, ToString::to_string)
        );
    }
    println!(
        "  {} orders for {DEFECTIVE} are dead letters; the others went on",
        letters.len()
    );
    cast::mend();
    let done = redrive::redrive(broker, &topic, DefectiveInventory::NAME, &Redrive::default()).await?;
    println!("  the defect is mended, {} were redriven", done.sent);
    Ok(())
}

fn act(name: &str) {
    println!("\n— {name}");
}

async fn stop(services: [Started; 3]) -> Result<(), AnyError> {
    for service in services {
        service.stop().await?;
    }
    Ok(())
}

async fn open(
    database: Option<String>,
    folder: std::path::PathBuf,
    service: &'static str,
) -> Result<Store, AnyError> {
    let Some(url) = database else {
        let path = folder.join(format!("{service}.db"));
        return Ok(Store::open(&path.display().to_string()).await?);
    };
    // A schema for each service and run, as if each had a database of its own.
    let schema = format!(
        "demo_{service}_{}",
        messaging::new_id().as_str().split('-').next().unwrap_or_default()
    );
    Store::open(&url)
        .await?
        .script(&format!("CREATE SCHEMA {schema}"))
        .await?;
    let separator = if url.contains('?') { '&' } else { '?' };
    Ok(Store::open(&format!("{url}{separator}options=-csearch_path%3D{schema}")).await?)
}

/// Topics as declared, and progress at their ends: what an earlier run left on a real broker is not of this play.
async fn prepare<S: Service>(broker: &Broker, store: &Store, config: &Config) -> Result<(), AnyError> {
    let definition = service::definition::<S>(config);
    let changes = topics::plan(broker, &definition.topics()).await?;
    topics::apply(broker, &changes, MorePartitions::Refuse).await?;
    for TopicSpec { name, .. } in S::reads() {
        offsets::reset(broker, store, &definition.group, &name, None, Target::End).await?;
    }
    Ok(())
}

/// What order `number` is for.
pub(crate) fn sku_of(number: u32) -> &'static str {
    match number % 10 {
        0 => DEFECTIVE,
        1 | 2 => "KETTLE-3",
        3..=5 => "CUP-2",
        _ => DELAYED,
    }
}

/// How many it is for.
pub(crate) fn quantity_of(number: u32) -> u64 {
    u64::from(1 + number % 3)
}

async fn place(store: &Store, numbers: std::ops::Range<u32>) -> Result<(), AnyError> {
    for number in numbers {
        let order = order(number);
        let key = format!("request-{number}");
        let placed = order_service::place(store, &key, new_trace(), &order)
            .await
            .map_err(|error| format!("{error:?}"))?;
        if number % 5 == 0 {
            let again = order_service::place(store, &key, new_trace(), &order).await;
            let Placed::New(id) = placed else {
                return Err("an order was placed before it was placed".into());
            };
            match again {
                Ok(Placed::Before(same)) if same == id => {}
                other => return Err(format!("a repeated request gave {other:?}").into()),
            }
        }
    }
    Ok(())
}

fn order(number: u32) -> PlaceOrder {
    PlaceOrder {
        customer: Customer {
            customer_id: "7f3a1c52-9d4e-4b8a-8f61-2c5d7e9a0b14".into(),
            full_name: "Ada Example".into(),
            email: "ada@example.org".into(),
        },
        shipping_address: ShippingAddress {
            recipient: "Ada Example".into(),
            address_lines: vec!["1 Example Street".into()],
            locality: "Exampleton".into(),
            postal_code: None,
            country_code: "IE".into(),
        },
        lines: vec![Line {
            sku: sku_of(number).into(),
            quantity: quantity_of(number),
            unit_price: Price {
                amount: "19.90".into(),
                currency: "EUR".into(),
            },
        }],
        channel: "web".into(),
    }
}

/// Waits until every order but the defective ones has its end.
async fn settle(stores: &Stores, orders: u32, services: &[&Started]) -> Result<(), AnyError> {
    let defective = (0..orders).filter(|number| sku_of(*number) == DEFECTIVE).count();
    let begun = Instant::now();
    while books::open_orders(stores).await? > defective {
        if begun.elapsed() > Duration::from_mins(2) {
            let open = books::open_orders(stores).await?;
            let problems: Vec<_> = services
                .iter()
                .map(|service| service.health().problems())
                .collect();
            return Err(format!("{open} orders have no end; the services say {problems:?}").into());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

async fn wait_for_letters(
    broker: &Broker,
    topic: &str,
    count: usize,
) -> Result<Vec<redrive::DeadLetter>, AnyError> {
    let begun = Instant::now();
    loop {
        let letters = redrive::list(broker, topic, DefectiveInventory::NAME).await?;
        if letters.len() >= count || begun.elapsed() > Duration::from_mins(1) {
            return Ok(letters);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
