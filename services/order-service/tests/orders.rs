//! Orders over HTTP: once for each idempotency key, checked by their contract, followed to their end.

use contract_events::Envelope;
use ecommerce_events::{OrderCreatedV1, OrderCreatedV2};
use messaging::config::Config;
use messaging::service::{self, Service};
use messaging::{Broker, Store, ledger};
use order_service::Orders;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const ORDER: &str = r#"{
    "customer": {"customerId": "01a208f1-7c65-70f6-b1ca-1ddba8db3bcf", "fullName": "A", "email": "a@mail.example"},
    "shippingAddress": {"recipient": "A", "addressLines": ["1 Street"], "locality": "B", "countryCode": "IE"},
    "lines": [
        {"sku": "TEA-1", "quantity": 2, "unitPrice": {"amount": "0.10", "currency": "EUR"}},
        {"sku": "TEA-1", "quantity": 1, "unitPrice": {"amount": "0.10", "currency": "EUR"}}
    ],
    "channel": "web"
}"#;

async fn request(address: std::net::SocketAddr, head: &str, body: &str) -> (u16, String) {
    let mut stream = tokio::net::TcpStream::connect(address).await.expect("it listens");
    let text = format!(
        "{head}\r\nhost: orders\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(text.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("answered");
    let status = answer
        .split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .expect("a status");
    (
        status,
        answer
            .split_once("\r\n\r\n")
            .map(|(_, body)| body.to_owned())
            .unwrap_or_default(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_accepted_once_and_only_by_its_contract() {
    let folder = tempfile::tempdir().expect("a folder");
    // A broker that is not there: orders are accepted all the same, and wait in the outbox.
    let broker = Broker::at("127.0.0.1:1").expect("well-formed");
    let store = Store::open(&folder.path().join("orders.db").display().to_string())
        .await
        .expect("opens");
    let config = Config {
        http: Some("127.0.0.1:0".into()),
        ..Config::default()
    };
    let started = service::start::<Orders>(&broker, &store, &config)
        .await
        .expect("it starts");
    let address = started.address().expect("it answers HTTP");
    let post = async |key: &str, body: &str| {
        request(
            address,
            &format!("POST /orders HTTP/1.1\r\nidempotency-key: {key}"),
            body,
        )
        .await
    };
    let (status, first) = post("one", ORDER).await;
    assert_eq!(status, 201, "{first}");
    let (status, second) = post("one", ORDER).await;
    assert_eq!((status, &second), (200, &first), "the same order again");
    let (status, text) = post("one", &ORDER.replace("\"web\"", "\"app\"")).await;
    assert_eq!(status, 409, "{text}");
    let (status, text) = post("two", &ORDER.replace("\"quantity\": 1", "\"quantity\": 0")).await;
    assert_eq!(status, 422);
    assert!(text.contains("/lines/1/quantity violates minimum"), "{text}");
    let (status, text) = post("two", &ORDER.replace("a@mail.example", "nobody")).await;
    assert_eq!(status, 422);
    assert!(text.contains("email") && !text.contains("nobody"), "{text}");
    let (status, _) = request(address, "POST /orders HTTP/1.1", ORDER).await;
    assert_eq!(status, 400, "without an idempotency key");
    let id = first.split('"').nth(3).expect("an id");
    let (status, text) = request(address, &format!("GET /orders/{id} HTTP/1.1"), "").await;
    assert_eq!(status, 200);
    assert!(text.contains("placed"), "{text}");
    let (status, text) = request(address, "GET /readyz HTTP/1.1", "").await;
    assert_eq!(status, 503, "no broker: {text}");
    let (status, text) = request(address, "GET /metrics HTTP/1.1", "").await;
    assert!(status == 200 && text.contains("messaging_outbox_depth"), "{text}");
    let mut tx = store.begin().await.expect("begins");
    let rows = ledger::unsent(&mut tx, 10, usize::MAX).await.expect("read");
    drop(tx);
    assert_eq!(rows.len(), 2, "both majors of one order");
    let values: Vec<Vec<u8>> = rows.into_iter().filter_map(|(_, record)| record.value).collect();
    let one = Envelope::<OrderCreatedV1>::decode_strict(&values[0]).expect("by its contract");
    let two = Envelope::<OrderCreatedV2>::decode_strict(&values[1]).expect("by its contract");
    assert_eq!(one.data.totals.grand_total.amount.as_str(), "0.30");
    assert_eq!((two.data.lines.len(), two.data.lines[0].quantity), (1, 3));
    assert_ne!(one.attributes.id, two.attributes.id);
    started.stop().await.expect("it stops");
    assert_eq!(Orders::reads().len() + Orders::writes().len(), 6);
}
