//! What else judges documents, and what has to hold between it and the generated decoders. Shared by the bounded test and
//! the fuzz target `decode_events`.

use contract_events::{Event, json};
use jsonschema::Validator;
use serde_json::Value;

/// The `jsonschema` crate's validator of a contract: formats asserted, content keywords not.
pub(crate) fn validator(schema: &str) -> Validator {
    let schema: Value = serde_json::from_str(schema).unwrap();
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

/// Decodes in every way; what the strict decoder says of a document has to be what the validator says. Returns whether the
/// document is valid.
pub(crate) fn ask<T: Event>(validator: &Validator, document: &Value) -> bool {
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
