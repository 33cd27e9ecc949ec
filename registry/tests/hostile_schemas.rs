//! Every keyword with every kind of wrong value, in every draft: rules report or stay quiet, none panics.

use registry::config::Config;
use registry::{Draft, LoadOptions, Registry};
use serde_json::{Value, json};

const KEYWORDS: &[&str] = &[
    "$anchor",
    "$comment",
    "$defs",
    "$dynamicAnchor",
    "$dynamicRef",
    "$id",
    "$recursiveAnchor",
    "$recursiveRef",
    "$ref",
    "$schema",
    "$vocabulary",
    "additionalItems",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "contains",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
    "default",
    "definitions",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "deprecated",
    "description",
    "else",
    "enum",
    "examples",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "id",
    "if",
    "items",
    "maxContains",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minContains",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "not",
    "nullable",
    "oneOf",
    "pattern",
    "patternProperties",
    "prefixItems",
    "properties",
    "propertyNames",
    "readOnly",
    "required",
    "requried",
    "then",
    "title",
    "type",
    "unevaluatedItems",
    "unevaluatedProperties",
    "uniqueItems",
    "x-classification",
    "x-contract",
    "x-open",
    "x-rust-name",
    "",
    "🦀",
    "\u{202e}",
];

fn values() -> Vec<Value> {
    let huge: Value = serde_json::from_str("1e400").expect("a number of any size");
    vec![
        json!(null),
        json!(true),
        json!(-1),
        json!(1.5),
        huge,
        json!(""),
        json!("("),
        json!("\u{0}\u{202e}#/%zz"),
        json!("object"),
        json!([]),
        json!([[], "a", null, {"type": 3}]),
        json!({}),
        json!({"": {"": ""}}),
        json!({"a/b~": {"type": ["string", 1], "$ref": "#/"}, "__proto__": false}),
        json!({"(": {"not": {"not": {}}}}),
        json!([{"$ref": "#"}, {"const": {}}, {"type": "null"}]),
    ]
}

fn check(documents: Vec<(String, String)>) -> usize {
    let config = Config {
        root: ".".to_owned(),
        ..Config::default()
    };
    let registry =
        Registry::from_documents(config, documents, &LoadOptions::default()).expect("the layout is fine");
    registry.check().len()
}

#[test]
fn one_keyword_with_any_value() {
    let mut documents = Vec::new();
    for draft in Draft::ALL {
        for (number, keyword) in KEYWORDS.iter().enumerate() {
            for (kind, value) in values().into_iter().enumerate() {
                let mut schema = json!({"$schema": draft.uri(), "properties": {"name": {"type": "string"}}});
                schema["properties"]["email"] = json!({ *keyword: value });
                schema[*keyword] = value;
                let path = format!("{draft}/k{number}/value{kind}.tested.v1.json");
                documents.push((path, schema.to_string()));
                let path = format!("{draft}/k{number}/examples/value{kind}.tested.v1/valid/any.json");
                documents.push((path, json!({"name": "a", "email": 1}).to_string()));
            }
        }
    }
    assert!(check(documents) > 0);
}

#[test]
fn two_keywords_with_any_value() {
    // A fixed sequence: what fails once fails always.
    let mut state: u64 = 42;
    let mut next = move |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).expect("31 bits") % below
    };
    let values = values();
    let documents = (0..4_000)
        .map(|number| {
            let draft = Draft::ALL[next(5)];
            let mut inner = json!({});
            for _ in 0..3 {
                inner[KEYWORDS[next(KEYWORDS.len())]] = values[next(values.len())].clone();
            }
            let mut schema =
                json!({"$schema": draft.uri(), "allOf": [inner.clone()], "items": inner.clone()});
            schema[KEYWORDS[next(KEYWORDS.len())]] = inner;
            (format!("d/a/n{number}.tested.v1.json"), schema.to_string())
        })
        .collect();
    assert!(check(documents) > 0);
}
