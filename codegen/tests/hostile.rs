//! Schemas that nobody means well with: a finding or a crate, never a panic.

mod support;

use codegen::{DomainInput, Formats, check_names, generate};
use serde_json::{Value, json};
use support::{contract, options};

/// The messages of what could not be generated, and whether a crate came out.
fn outcome(schema: &Value) -> (Vec<String>, bool) {
    let contract = contract("hostile", schema);
    check_names(&contract);
    let generated = generate(
        &DomainInput {
            domain: "hostile".to_owned(),
            history: codegen::History::default(),
            contracts: vec![contract],
        },
        &options(Formats::Assert),
    );
    let messages = generated
        .problems
        .iter()
        .map(|problem| format!("{} {}", problem.pointer, problem.message))
        .collect();
    (messages, generated.files.contains_key("src/lib.rs"))
}

fn nested(levels: usize) -> Value {
    (0..levels).fold(
        json!({}),
        |inner, _| json!({ "type": "object", "properties": { "a": inner } }),
    )
}

#[test]
fn deep_schemas_are_followed_or_refused() {
    assert!(outcome(&nested(100)).0.is_empty());
    // Copying and dropping such a value needs more stack than a test has; the generator does not.
    let thread = std::thread::Builder::new().stack_size(64 << 20);
    let deep = thread.spawn(|| outcome(&nested(1_000))).unwrap().join().unwrap();
    assert!(deep.0[0].contains("nested deeper"), "{deep:?}");
}

#[test]
fn references_that_say_nothing_are_found() {
    let circle = json!({ "$ref": "#/$defs/a", "$defs": { "a": { "$ref": "#/$defs/b" }, "b": { "$ref": "#/$defs/a" } } });
    assert!(outcome(&circle).0[0].contains("leads back to itself"));
    assert!(outcome(&json!({ "$ref": "#" })).0[0].contains("leads back to itself"));
    assert!(outcome(&json!({ "$ref": "#/nowhere" })).0[0].contains("leads nowhere"));
    let long: serde_json::Map<String, Value> = (0..5_000)
        .map(|i| (format!("d{i}"), json!({ "$ref": format!("#/$defs/d{}", i + 1) })))
        .collect();
    let mut schema = json!({ "$ref": "#/$defs/d0", "$defs": long });
    schema["$defs"]["d5000"] = json!({ "type": "string" });
    assert!(outcome(&schema).1);
}

#[test]
fn keywords_of_the_wrong_kind_are_located() {
    for (schema, pointer) in [
        (json!({ "type": 1 }), "/type"),
        (json!({ "type": "strnig" }), "/type"),
        (json!({ "properties": [] }), "/properties"),
        (json!({ "properties": { "a": 1 } }), ""),
        (json!({ "required": "a" }), "/required"),
        (json!({ "minLength": "a" }), "/minLength"),
        (json!({ "minimum": "a" }), "/minimum"),
        (json!({ "allOf": {} }), "/allOf"),
        (json!({ "oneOf": 3 }), "/oneOf"),
        (json!({ "enum": {} }), "/enum"),
        (json!({ "pattern": 1 }), "/pattern"),
        (json!({ "pattern": "(" }), "/pattern"),
        (json!(3), ""),
        (json!([]), ""),
    ] {
        let (messages, _) = outcome(&schema);
        assert!(
            messages
                .first()
                .is_some_and(|message| message.starts_with(pointer)),
            "{schema}: {messages:?}"
        );
    }
}

#[test]
fn recursion_through_all_of_and_unions_ends() {
    for schema in [
        json!({ "allOf": [{ "$ref": "#" }, { "type": "object" }] }),
        json!({ "anyOf": [{ "$ref": "#" }, { "type": "string" }] }),
        json!({ "oneOf": [{ "$ref": "#" }, { "$ref": "#" }] }),
        json!({ "type": "object", "properties": { "a": { "$ref": "#", "minProperties": 1 } } }),
        json!({ "$defs": { "n": { "type": ["object", "null"], "properties": { "n": { "$ref": "#/$defs/n" } }, "anyOf": [{ "required": ["n"] }, { "$ref": "#/$defs/n" }] } }, "$ref": "#/$defs/n" }),
        json!({ "items": { "$ref": "#" }, "type": "array" }),
        json!({ "not": { "$ref": "#" } }),
    ] {
        outcome(&schema);
    }
}

#[test]
fn names_cannot_leave_the_crate() {
    let mut contract = contract("../../evil\u{0}", &json!({ "type": "object" }));
    contract.aggregate = Some("../../up/..".to_owned());
    contract.event_type = "\"; panic!(); //".to_owned();
    let domain = DomainInput {
        domain: "../dom\"ain\n[x]".to_owned(),
        history: codegen::History::default(),
        contracts: vec![contract],
    };
    let generated = generate(&domain, &options(Formats::Assert));
    for path in generated.files.keys() {
        assert!(
            path == "Cargo.toml" || path.starts_with("src/") && !path.contains("..") && path.is_ascii(),
            "{path}"
        );
    }
    let manifest = &generated.files["Cargo.toml"];
    assert!(
        manifest.contains("name = \"d----dom-ain--x-events\""),
        "{manifest}"
    );
}
