//! Witnesses are small and readable: what people see of them, as snapshots.

use compat::{Formats, Options, Verdict, Writer, compare};
use serde_json::{Value, json};

fn witness_under(writer: &Value, reader: &Value, assumed: Writer) -> String {
    let options = Options {
        writer: assumed,
        formats: Formats::Assert,
        ..Options::default()
    };
    match compare(writer, reader, &options) {
        Verdict::Breaking(witness) => witness.document.to_string(),
        other => panic!("{writer} -> {reader}: {other:?}"),
    }
}

fn witness(writer: &Value, reader: &Value) -> String {
    witness_under(writer, reader, Writer::Declared)
}

fn order(more: &Value) -> Value {
    let mut schema = json!({
        "type": "object",
        "properties": {
            "orderId": { "type": "string", "format": "uuid" },
            "placedAt": { "type": "string", "format": "date-time" },
            "lines": { "type": "array", "minItems": 1, "maxItems": 200, "items": {
                "type": "object",
                "properties": {
                    "sku": { "type": "string", "pattern": "^[A-Z]{2}-[0-9]{4}$" },
                    "quantity": { "type": "integer", "minimum": 1 }
                },
                "required": ["sku", "quantity"]
            } },
            "note": { "type": "string", "maxLength": 500 },
            "tags": { "type": "object", "additionalProperties": { "type": "string" } }
        },
        "required": ["orderId", "placedAt", "lines"]
    });
    for (pointer, value) in more.as_object().expect("pointers and values") {
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer to a member");
        schema.pointer_mut(parent).expect("the place is there")[name] = value.clone();
    }
    schema
}

#[test]
fn of_an_order() {
    let old = order(&json!({}));
    insta::assert_snapshot!(
        witness(&old, &order(&json!({ "/required": ["orderId", "placedAt", "lines", "note"] }))),
        @r#"{"lines":[{"quantity":1,"sku":"AA-0000"}],"orderId":"123e4567-e89b-12d3-a456-426614174000","placedAt":"2024-01-01T00:00:00Z"}"#
    );
    insta::assert_snapshot!(
        witness(&old, &order(&json!({ "/properties/lines/items/properties/quantity/maximum": 100_000 }))),
        @r#"{"lines":[{"quantity":100001,"sku":"AA-0000"}],"orderId":"123e4567-e89b-12d3-a456-426614174000","placedAt":"2024-01-01T00:00:00Z"}"#
    );
    insta::assert_snapshot!(
        witness(&old, &order(&json!({ "/properties/note/maxLength": 20 }))),
        @r#"{"lines":[{"quantity":1,"sku":"AA-0000"}],"note":"xxxxxxxxxxxxxxxxxxxxa","orderId":"123e4567-e89b-12d3-a456-426614174000","placedAt":"2024-01-01T00:00:00Z"}"#
    );
    insta::assert_snapshot!(
        witness(&old, &order(&json!({ "/properties/tags/propertyNames": { "pattern": "^[a-z]+$" } }))),
        @r#"{"lines":[{"quantity":1,"sku":"AA-0000"}],"orderId":"123e4567-e89b-12d3-a456-426614174000","placedAt":"2024-01-01T00:00:00Z","tags":{"0":"x"}}"#
    );
}

#[test]
fn of_scalars() {
    let string = json!({ "type": "string" });
    insta::assert_snapshot!(witness(&string, &json!({ "type": "string", "minLength": 1 })), @r#""""#);
    insta::assert_snapshot!(witness(&string, &json!({ "type": "string", "maxLength": 3 })), @r#""text""#);
    insta::assert_snapshot!(witness(&string, &json!({ "type": "string", "pattern": "^[a-z]" })), @r#""0""#);
    insta::assert_snapshot!(witness(&string, &json!({ "type": "string", "format": "date" })), @r#""a""#);
    insta::assert_snapshot!(witness(&json!({ "format": "date", "type": "string" }), &json!({ "const": "2024-01-01" })), @r#""2023-12-31""#);
    let number = json!({ "type": "number" });
    insta::assert_snapshot!(witness(&number, &json!({ "type": "integer" })), @"0.1");
    insta::assert_snapshot!(witness(&number, &json!({ "type": "number", "maximum": 1e6 })), @"1000001");
    insta::assert_snapshot!(witness(&number, &json!({ "type": "number", "multipleOf": 0.01 })), @"0.001");
}

#[test]
fn of_composed_schemas() {
    let shape = |kinds: &[&str]| {
        let branches: Vec<Value> = kinds
            .iter()
            .map(|kind| {
                json!({ "type": "object", "properties": { "kind": { "const": kind }, "size": { "type": "integer" } },
                        "required": ["kind", "size"] })
            })
            .collect();
        json!({ "oneOf": branches })
    };
    insta::assert_snapshot!(witness(&shape(&["circle", "square"]), &shape(&["circle"])), @r#"{"kind":"square","size":0}"#);
    let list =
        |unique: bool| json!({ "type": "array", "items": { "type": "string" }, "uniqueItems": unique });
    insta::assert_snapshot!(witness(&list(false), &list(true)), @r#"["x","x"]"#);
    let open = json!({ "type": "object", "properties": { "a": { "type": "string" } } });
    let mut closed = open.clone();
    closed["additionalProperties"] = json!(false);
    insta::assert_snapshot!(witness_under(&open, &closed, Writer::Open), @r#"{"extra":"x"}"#);
    let mut pattern = open.clone();
    pattern["patternProperties"] = json!({ "^[^a-zA-Z0-9]$": { "type": "integer" } });
    insta::assert_snapshot!(witness_under(&open, &pattern, Writer::Open), @r#"{"-":"x"}"#);
}
