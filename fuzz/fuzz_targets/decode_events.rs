//! Decodes any bytes, and documents near each contract, with every generated type: nothing panics, what is accepted
//! survives a round trip, and the strict decoder agrees with the `jsonschema` validator.
#![no_main]

use std::sync::OnceLock;

use arbitrary::Unstructured;
use contract_events::Event;
use contract_events::arbitrary::{Choices, Documents, Generator};
use jsonschema::Validator;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

#[path = "../../events/tests/judges/mod.rs"]
mod judges;

struct Bytes<'b, 'u>(&'b mut Unstructured<'u>);

impl Choices for Bytes<'_, '_> {
    fn below(&mut self, limit: u64) -> u64 {
        self.0.int_in_range(0..=limit - 1).unwrap_or(0)
    }
}

/// What is known of one event.
struct Subject {
    generator: Generator,
    validator: OnceLock<Validator>,
}

fn attack<T: Event>(subject: &Subject, near: bool, bytes: &[u8]) {
    let validator = subject.validator.get_or_init(|| judges::validator(T::SCHEMA));
    if near {
        let mut bytes = Unstructured::new(bytes);
        if let Some(document) = subject
            .generator
            .near(Documents::Received, &mut Bytes(&mut bytes))
        {
            judges::ask::<T>(validator, &document);
        }
        return;
    }
    let _ = T::decode(bytes);
    let strict = T::decode_strict(bytes);
    match serde_json::from_slice::<Value>(bytes) {
        // A member that is there twice is one for the validator, and an error here.
        Ok(document) => {
            judges::ask::<T>(validator, &document);
        }
        Err(_) => assert!(strict.is_err()),
    }
}

macro_rules! subjects {
    ($bytes:ident, $($event:ty),* $(,)?) => {{
        let Some((selector, rest)) = $bytes.split_first() else { return };
        let count = [$(stringify!($event)),*].len();
        let chosen = usize::from(selector / 2) % count;
        let mut index = 0;
        $({
            if index == chosen {
                static SUBJECT: Subject = Subject {
                    generator: Generator::new(<$event as Event>::SCHEMA),
                    validator: OnceLock::new(),
                };
                attack::<$event>(&SUBJECT, selector % 2 == 0, rest);
            }
            index += 1;
        })*
        let _ = index;
    }};
}

fuzz_target!(|bytes: &[u8]| {
    subjects!(
        bytes,
        chat_events::MessageDeletedV1,
        chat_events::MessageSentV1,
        ecommerce_events::InventoryAdjustedV1,
        ecommerce_events::InventoryRejectedV1,
        ecommerce_events::OrderCreatedV1,
        ecommerce_events::OrderCreatedV2,
        ecommerce_events::OrderRejectedV1,
        iot_events::TelemetryRawV1,
        ml_events::OrderScoredV1,
        social_events::PostPublishedV1,
        social_events::PostRemovedV1,
    );
});
