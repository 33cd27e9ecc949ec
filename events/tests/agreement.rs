//! The strict decoder of every event of this repository and the `jsonschema` validator agree, on documents near the
//! contract and on any bytes. A bounded form of the fuzz target `decode_events`.

use contract_events::Event;
use contract_events::arbitrary::{Choices, Documents, Generator};
use contract_events::json;
use jsonschema::Validator;
use serde_json::Value;

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

fn validator<T: Event>() -> Validator {
    let schema: Value = serde_json::from_str(T::SCHEMA).unwrap();
    jsonschema::options()
        .should_validate_formats(true)
        .offline()
        .without_content_encoding_support("base64")
        .without_content_media_type_support("application/json")
        .build(&schema)
        .unwrap()
}

/// What another implementation of JSON Schema says.
fn independent(schema: &str, document: &Value) -> bool {
    let mut compiler = boon::Compiler::new();
    compiler.enable_format_assertions();
    let mut schemas = boon::Schemas::new();
    compiler
        .add_resource("contract:/schema.json", serde_json::from_str(schema).unwrap())
        .unwrap();
    let index = compiler.compile("contract:/schema.json", &mut schemas).unwrap();
    schemas.validate(document, index).is_ok()
}

/// Decodes in every way; what the strict decoder says of a document has to be what the validator says.
fn ask<T: Event>(validator: &Validator, document: &Value) -> bool {
    let text = document.to_string();
    let strict = T::decode_strict(text.as_bytes());
    let valid = validator.is_valid(document);
    if strict.is_ok() != valid {
        // One of the two is wrong: the third decides. `jsonschema` takes `9-99-11-03` for a date.
        let third = independent(T::SCHEMA, document);
        assert_eq!(strict.is_ok(), third, "{}: {text}: {:?}", T::TYPE, strict.err());
        return third;
    }
    if valid {
        T::decode(text.as_bytes()).expect("what is valid decodes");
    }
    if let Ok(event) = strict {
        let again: Value = serde_json::from_slice(&event.encode().unwrap()).unwrap();
        assert!(json::same(document, &again), "{}: {text}", T::TYPE);
    }
    valid
}

fn agree<T: Event>() {
    let validator = validator::<T>();
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
