//! The services, as child processes: this test binary again, with its role in the environment.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Json, State};
use axum::http::StatusCode;
use axum::routing::post;
use contract_events::Envelope;
use messaging::failpoint;
use messaging::health::Health;
use messaging::metrics::Metrics;
use messaging::relay::RelaySettings;
use messaging::subscriber::SubscriberSettings;
use messaging::{Broker, HandlerError, Relay, Store, Subscriber, Tx};
use serde::{Deserialize, Serialize};

use crate::events::{Adjusted, Order, envelope};

/// Where the services keep their data.
#[derive(Debug, Clone)]
pub struct Databases {
    pub orders: String,
    pub inventory: String,
}

/// A request to the order service.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Request {
    /// Repeating a request with the same key has no second effect.
    pub idempotency_key: String,
    pub order_id: String,
    pub number: i64,
    pub quantity: i64,
    pub behaviour: String,
}

pub const STOCK: i64 = 1_000_000_000;

pub const ORDERS_SCHEMA: &str =
    "CREATE TABLE IF NOT EXISTS orders (idempotency_key TEXT PRIMARY KEY, order_id TEXT NOT NULL)";

pub const INVENTORY_SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS stock (sku TEXT PRIMARY KEY, quantity BIGINT NOT NULL);
    INSERT INTO stock VALUES ('sku', 1000000000) ON CONFLICT (sku) DO NOTHING;
";

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is set by the harness"))
}

/// Runs the role that the environment names, until the process is killed or asked to end.
pub fn run() {
    let Ok(role) = std::env::var("CHAOS_ROLE") else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("runtime");
    runtime.block_on(async {
        match role.as_str() {
            "orders" => orders().await,
            "inventory" => inventory().await,
            other => panic!("no role {other}"),
        }
    });
}

async fn store(url: &str, schema: &str) -> Store {
    // The database may be busy with what a killed process left behind.
    loop {
        match Store::open(url).await {
            Ok(store) => match store.script(schema).await {
                Ok(()) => return store,
                Err(error) => eprintln!("{error}"),
            },
            Err(error) => eprintln!("{error}"),
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn relay(broker: &Broker, store: &Store, name: &str) -> Relay {
    let settings = RelaySettings {
        lease: Duration::from_secs(3),
        timeout: Duration::from_secs(5),
        ..RelaySettings::default()
    };
    Relay::start(
        broker,
        store,
        name,
        settings,
        &Health::default(),
        &Metrics::default(),
    )
    .expect("the relay starts")
}

async fn terminated() {
    let mut signal = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
        .expect("signals can be awaited");
    signal.recv().await;
}

struct Orders {
    store: Store,
    topic: String,
}

async fn orders() {
    let broker = Broker::at(&variable("CHAOS_SERVERS")).expect("the address is well-formed");
    let store = store(&variable("CHAOS_DATABASE"), ORDERS_SCHEMA).await;
    let relay = relay(&broker, &store, &variable("CHAOS_GROUP"));
    let state = Arc::new(Orders {
        store,
        topic: variable("CHAOS_TOPIC"),
    });
    let routes = axum::Router::new()
        .route("/orders", post(accept))
        .with_state(state);
    let listener = tokio::net::TcpListener::bind(variable("CHAOS_HTTP"))
        .await
        .expect("the port is free");
    axum::serve(listener, routes)
        .with_graceful_shutdown(terminated())
        .await
        .expect("it serves");
    relay.stop().await;
}

async fn accept(State(state): State<Arc<Orders>>, Json(request): Json<Request>) -> StatusCode {
    match place(&state, request).await {
        Ok(()) => StatusCode::CREATED,
        Err(error) => {
            eprintln!("order not taken: {error:?}");
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}

async fn place(state: &Orders, request: Request) -> Result<(), HandlerError> {
    let Request {
        idempotency_key,
        order_id,
        number,
        quantity,
        behaviour,
    } = request;
    let mut tx = state.store.begin().await?;
    let row = [idempotency_key.as_str().into(), order_id.as_str().into()];
    let insert = "INSERT INTO orders VALUES (?1, ?2) ON CONFLICT (idempotency_key) DO NOTHING";
    if tx.execute(insert, &row).await? == 0 {
        return Ok(());
    }
    tx.publish_to(
        &state.topic,
        &envelope(Order {
            order_id,
            number,
            quantity,
            behaviour,
        }),
    )
    .await?;
    failpoint::hit("order-before-commit");
    tx.commit().await?;
    failpoint::hit("order-after-commit");
    Ok(())
}

async fn inventory() {
    let broker = Broker::at(&variable("CHAOS_SERVERS")).expect("the address is well-formed");
    let store = store(&variable("CHAOS_DATABASE"), INVENTORY_SCHEMA).await;
    let group = variable("CHAOS_GROUP");
    let relay = relay(&broker, &store, &group);
    let mut settings = SubscriberSettings {
        session_timeout: Duration::from_secs(3),
        deadline: Duration::from_secs(5),
        ..SubscriberSettings::default()
    };
    settings.policy.base = Duration::from_millis(50);
    settings.policy.cap = Duration::from_secs(1);
    settings.policy.attempts = 12;
    settings.limits.batch_records = 50;
    let adjusted = variable("CHAOS_ADJUSTED");
    let tries: Arc<Mutex<BTreeMap<(String, i64), u32>>> = Arc::default();
    let running = Subscriber::new(&broker, &store, &group)
        .with_settings(settings)
        .on_topic(
            &variable("CHAOS_TOPIC"),
            async move |tx: &mut Tx, event: Envelope<Order>| adjust(&tries, &adjusted, tx, event).await,
        )
        .start()
        .expect("it starts");
    let stopper = running.stopper();
    tokio::spawn(async move {
        terminated().await;
        stopper.stop();
    });
    if let Err(error) = running.join().await {
        eprintln!("{error}");
    }
    relay.stop().await;
}

async fn adjust(
    tries: &Mutex<BTreeMap<(String, i64), u32>>,
    adjusted: &str,
    tx: &mut Tx,
    event: Envelope<Order>,
) -> Result<(), HandlerError> {
    let Order {
        order_id,
        number,
        quantity,
        behaviour,
    } = event.data;
    if behaviour == "poison" {
        return Err(HandlerError::poison("never"));
    }
    if behaviour == "flaky" {
        let mut tries = tries.lock().expect("not poisoned");
        let run = tries.entry((order_id.clone(), number)).or_default();
        *run += 1;
        if *run <= 2 {
            return Err(HandlerError::retriable("not yet"));
        }
    }
    tx.execute(
        "UPDATE stock SET quantity = quantity - ?1 WHERE sku = 'sku'",
        &[quantity.into()],
    )
    .await?;
    tx.publish_to(adjusted, &envelope(Adjusted { order_id, number }))
        .await?;
    failpoint::hit("handler-after-publish");
    Ok(())
}
