//! Sends orders until each was accepted, and keeps the journal that the books are checked against.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use messaging::core::Jitter;

use crate::roles::Request;

/// Accepted orders by key: quantity and behaviour, in their sequence.
pub type Journal = BTreeMap<String, Vec<(i64, &'static str)>>;

const PER_KEY: u64 = 10;
const SENDERS: u64 = 8;

/// Sends `orders` orders, `PER_KEY` of each key in sequence, never more than `allowed`, and counts what was
/// accepted in `accepted`.
pub fn generate(
    address: SocketAddr,
    orders: u64,
    seed: u64,
    accepted: &AtomicU64,
    allowed: &AtomicU64,
) -> Journal {
    let journal: Mutex<Journal> = Mutex::default();
    std::thread::scope(|scope| {
        for sender in 0..SENDERS {
            let journal = &journal;
            scope.spawn(move || {
                let mut dice = Jitter::new(seed ^ (sender << 32));
                for key in (0..orders / PER_KEY).filter(|key| key % SENDERS == sender) {
                    let order_id = format!("order-{key}");
                    for number in 0..PER_KEY {
                        while accepted.load(Ordering::Relaxed) >= allowed.load(Ordering::Relaxed) {
                            std::thread::sleep(Duration::from_millis(5));
                        }
                        let behaviour = match dice.up_to(199) {
                            0 => "poison",
                            1..=20 => "flaky",
                            _ => "ok",
                        };
                        let quantity = 1 + i64::try_from(dice.up_to(8)).expect("small");
                        let request = Request {
                            idempotency_key: format!("{order_id}/{number}"),
                            order_id: order_id.clone(),
                            number: i64::try_from(number).expect("small"),
                            quantity,
                            behaviour: behaviour.into(),
                        };
                        let body = serde_json::to_string(&request).expect("it can be written");
                        while !post(address, &body) {
                            std::thread::sleep(Duration::from_millis(50));
                        }
                        accepted.fetch_add(1, Ordering::Relaxed);
                        let mut journal = journal.lock().expect("not poisoned");
                        journal
                            .entry(order_id.clone())
                            .or_default()
                            .push((quantity, behaviour));
                    }
                }
            });
        }
    });
    journal.into_inner().expect("not poisoned")
}

/// One request; whether it was accepted for certain.
fn post(address: SocketAddr, body: &str) -> bool {
    let exchange = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        write!(
            stream,
            "POST /orders HTTP/1.1\r\nhost: orders\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
             connection: close\r\n\r\n{body}",
            body.len()
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.starts_with("HTTP/1.1 201"))
    };
    exchange().unwrap_or(false)
}
