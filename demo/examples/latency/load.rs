//! Sends orders: in a closed loop for the capacity, in an open one for latency.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use order_service::{Customer, Line, PlaceOrder, Price, ShippingAddress};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// Adjustments of one SKU are in sequence and lock its row, so there are enough of them not to wait for each other.
pub(crate) const SKUS: u64 = 200;

/// An order that was accepted.
pub(crate) struct Placed {
    pub(crate) id: String,
    /// When the plan wanted the request to be sent.
    pub(crate) planned: Instant,
    /// When its answer was read.
    pub(crate) accepted: Instant,
}

pub(crate) fn sku(number: u64) -> String {
    format!("SKU-{}", number % SKUS)
}

fn body(number: u64) -> String {
    let order = PlaceOrder {
        customer: Customer {
            customer_id: "01a208f1-7c65-70f6-b1ca-1ddba8db3bcf".into(),
            full_name: "A Customer".into(),
            email: "customer@mail.example".into(),
        },
        shipping_address: ShippingAddress {
            recipient: "A Customer".into(),
            address_lines: vec!["1 Street".into()],
            locality: "Town".into(),
            postal_code: None,
            country_code: "IE".into(),
        },
        lines: vec![Line {
            sku: sku(number),
            quantity: 1,
            unit_price: Price {
                amount: "9.90".into(),
                currency: "EUR".into(),
            },
        }],
        channel: "web".into(),
    };
    serde_json::to_string(&order).expect("it can be written")
}

/// A connection that is kept for the next request.
type Connection = BufReader<TcpStream>;

async fn connect(address: SocketAddr) -> Connection {
    let stream = TcpStream::connect(address).await.expect("the service listens");
    stream.set_nodelay(true).expect("a socket takes options");
    BufReader::new(stream)
}

/// One request; the answer's status and body.
pub(crate) async fn request(
    connection: &mut Connection,
    head: &str,
    body: &str,
) -> std::io::Result<(u16, String)> {
    let text = format!(
        "{head}\r\nhost: services\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    connection.get_mut().write_all(text.as_bytes()).await?;
    let mut line = String::new();
    connection.read_line(&mut line).await?;
    let status = line
        .split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .ok_or_else(|| std::io::Error::other(format!("no status: {line}")))?;
    let mut length = 0;
    loop {
        line.clear();
        connection.read_line(&mut line).await?;
        let header = line.trim_end();
        if header.is_empty() {
            break;
        }
        if let Some((name, value)) = header.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().map_err(std::io::Error::other)?;
        }
    }
    let mut answer = vec![0; length];
    connection.read_exact(&mut answer).await?;
    Ok((status, String::from_utf8_lossy(&answer).into_owned()))
}

/// Asks once, on a connection of its own.
pub(crate) async fn ask(address: SocketAddr, head: &str, body: &str) -> std::io::Result<(u16, String)> {
    let mut connection = BufReader::new(TcpStream::connect(address).await?);
    request(&mut connection, head, body).await
}

async fn place(connection: &mut Connection, number: u64, planned: Instant) -> Placed {
    let head = format!(
        "POST /orders HTTP/1.1\r\nidempotency-key: {}",
        uuid::Uuid::new_v4()
    );
    let (status, answer) = request(connection, &head, &body(number))
        .await
        .expect("the service answers");
    let accepted = Instant::now();
    assert_eq!(status, 201, "an order was not accepted: {answer}");
    let answer: serde_json::Value = serde_json::from_str(&answer).expect("JSON");
    Placed {
        id: answer["orderId"].as_str().expect("an id").to_owned(),
        planned,
        accepted,
    }
}

/// Each of `clients` sends its next order when the last was answered.
pub(crate) async fn closed(address: SocketAddr, clients: u64, time: Duration) -> Vec<Placed> {
    let until = Instant::now() + time;
    let tasks: Vec<_> = (0..clients)
        .map(|client| {
            tokio::spawn(async move {
                let mut connection = connect(address).await;
                let mut placed = Vec::new();
                let mut number = client;
                while Instant::now() < until {
                    placed.push(place(&mut connection, number, Instant::now()).await);
                    number += clients;
                }
                placed
            })
        })
        .collect();
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await.expect("a client does not panic"));
    }
    all
}

/// Sends at even distances, whatever the answers do.
pub(crate) async fn open(address: SocketAddr, rate: f64, time: Duration) -> Vec<Placed> {
    let idle: Arc<Mutex<Vec<Connection>>> = Arc::default();
    let distance = Duration::from_secs_f64(1.0 / rate);
    let begun = Instant::now() + Duration::from_millis(50);
    let mut tasks = Vec::new();
    for number in 0.. {
        let planned = begun + distance.mul_f64(f64::from(u32::try_from(number).expect("far below")));
        if planned > begun + time {
            break;
        }
        // The runtime's clock has a resolution of a millisecond; what is late by that is counted, from `planned`.
        tokio::time::sleep_until(planned.into()).await;
        let idle = Arc::clone(&idle);
        tasks.push(tokio::spawn(async move {
            let kept = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut connection = match kept {
                Some(connection) => connection,
                None => connect(address).await,
            };
            let placed = place(&mut connection, number, planned).await;
            idle.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(connection);
            placed
        }));
    }
    let mut all = Vec::new();
    for task in tasks {
        all.push(task.await.expect("a client does not panic"));
    }
    all
}
