//! What exactness costs: decoding, dispatching, peeking at and encoding an order of 1 KB in its envelope, measured
//! against hand-written plain structs in the same run.
//!
//! `cargo bench -p contract-events --bench decode` prints the ratios with their limits and fails when one is broken.
//! The harness is its own, because `divan` and `criterion` measure one operation after the other: here they take turns.

mod plain;
mod ratios;

use std::hint::black_box;
use std::process::ExitCode;

use contract_events::{Envelope, RawEvent};
use ecommerce_events::{EcommerceEvent, OrderCreatedV1, OrderCreatedV2};

use ratios::{Baseline, Operation};

const V1: &[u8] = include_bytes!("order-created.v1.json");
const V2: &[u8] = include_bytes!("order-created.v2.json");

/// The operations on one document; `$plain` and `$event` are its types.
macro_rules! operations {
    ($json:ident, $plain:ty, $event:ty) => {{
        let plain: plain::Envelope<$plain> =
            serde_json::from_slice($json).expect("the document fits the plain structs");
        let event = Envelope::<$event>::decode_strict($json).expect("the document meets its contract");
        vec![
            Operation::new("parse plain structs", Baseline::Parse, None, || {
                black_box(serde_json::from_slice::<plain::Envelope<$plain>>(black_box(
                    $json,
                )))
                .is_ok()
            }),
            Operation::new("`decode`", Baseline::Parse, Some(1.3), || {
                black_box(Envelope::<$event>::decode(black_box($json))).is_ok()
            }),
            Operation::new("`decode_strict`", Baseline::Parse, Some(1.8), || {
                black_box(Envelope::<$event>::decode_strict(black_box($json))).is_ok()
            }),
            Operation::new(
                "dispatch by the domain's enum",
                Baseline::Parse,
                Some(1.4),
                || black_box(EcommerceEvent::decode(black_box($json))).is_ok(),
            ),
            Operation::new("dispatch, strict", Baseline::Parse, None, || {
                black_box(EcommerceEvent::decode_strict(black_box($json))).is_ok()
            }),
            Operation::new(
                "read all attributes (`RawEvent::decode`)",
                Baseline::Parse,
                None,
                || black_box(RawEvent::decode(black_box($json))).is_ok(),
            ),
            Operation::new(
                "peek at type and version (`RawEvent::peek`)",
                Baseline::Parse,
                Some(0.4),
                || black_box(RawEvent::peek(black_box($json))).is_ok(),
            ),
            Operation::new("write plain structs", Baseline::Write, None, move || {
                black_box(serde_json::to_vec(black_box(&plain))).is_ok()
            }),
            Operation::new("`encode`", Baseline::Write, Some(1.1), move || {
                black_box(black_box(&event).encode()).is_ok()
            }),
        ]
    }};
}

fn main() -> ExitCode {
    let v1 = operations!(V1, plain::OrderCreatedV1, OrderCreatedV1);
    let v2 = operations!(V2, plain::OrderCreatedV2, OrderCreatedV2);
    let mut held = true;
    for (name, json, operations) in [("v1", V1, v1), ("v2", V2, v2)] {
        println!(
            "\n`ecommerce.order.created` {name}, {} bytes in its envelope:\n",
            json.len()
        );
        held &= ratios::run(&operations);
    }
    if held {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
