//! The strict decoder of every event of this repository and the `jsonschema` validator agree, on documents near the
//! contract and on any bytes. A bounded form of the fuzz target `decode_events`.

use contract_events::Event;
use contract_events::arbitrary::{Choices, Documents, Generator};
use judges::{ask, validator};
use serde_json::Value;

mod judges;

/// How many documents of each event.
const DOCUMENTS: usize = 2_000;

struct Seeded(u64);

impl Choices for Seeded {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 24) % limit
    }
}

fn agree<T: Event>() {
    let validator = validator(T::SCHEMA);
    let generator = Generator::new(T::SCHEMA);
    let mut choices = Seeded(11);
    let mut valid = 0;
    for _ in 0..DOCUMENTS {
        let document = generator.near(Documents::Received, &mut choices).unwrap();
        valid += usize::from(ask::<T>(&validator, &document));
    }
    assert!(valid > 0 && valid < DOCUMENTS, "{}: {valid} valid", T::TYPE);
    for _ in 0..DOCUMENTS {
        let mut bytes = generator
            .document(Documents::Emitted, &mut choices)
            .unwrap()
            .to_string()
            .into_bytes();
        for _ in 0..=choices.below(4) {
            let at = usize::try_from(choices.below(bytes.len() as u64)).unwrap();
            bytes[at] = u8::try_from(choices.below(256)).unwrap();
        }
        let _ = T::decode(&bytes);
        if T::decode_strict(&bytes).is_ok() {
            let document: Value = serde_json::from_slice(&bytes).unwrap();
            ask::<T>(&validator, &document);
        }
    }
}

#[test]
fn strict_decoding_and_the_validator_agree() {
    agree::<chat_events::MessageDeletedV1>();
    agree::<chat_events::MessageSentV1>();
    agree::<ecommerce_events::InventoryAdjustedV1>();
    agree::<ecommerce_events::InventoryRejectedV1>();
    agree::<ecommerce_events::OrderCreatedV1>();
    agree::<ecommerce_events::OrderCreatedV2>();
    agree::<ecommerce_events::OrderRejectedV1>();
    agree::<iot_events::TelemetryRawV1>();
    agree::<ml_events::OrderScoredV1>();
    agree::<social_events::PostPublishedV1>();
    agree::<social_events::PostRemovedV1>();
}
