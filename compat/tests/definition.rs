//! The corner cases by which the design defines what a writer emits, word for word.

use compat::{Formats, Options, Verdict, Writer, compare};
use serde_json::{Value, json};

fn declared(writer: &Value, reader: &Value) -> Verdict {
    compare(
        writer,
        reader,
        &Options {
            writer: Writer::Declared,
            formats: Formats::Assert,
            ..Options::default()
        },
    )
}

fn breaks(writer: &Value, reader: &Value) -> Value {
    match declared(writer, reader) {
        Verdict::Breaking(witness) => witness.document,
        other => panic!("{writer} → {reader} is {other:?}"),
    }
}

fn is_compatible(writer: &Value, reader: &Value) {
    let verdict = declared(writer, reader);
    assert!(
        matches!(verdict, Verdict::Compatible(_)),
        "{writer} → {reader} is {verdict:?}"
    );
}

#[test]
fn a_required_name_is_declared() {
    let witness = breaks(
        &json!({ "properties": { "b": {} }, "required": ["a"] }),
        &json!({ "properties": { "a": { "type": "integer" } } }),
    );
    assert_eq!(witness, json!({ "a": "x" }));
}

#[test]
fn an_object_that_declares_nothing_is_a_map() {
    let writer = json!({ "properties": { "m": { "type": "object" } } });
    let reader =
        json!({ "properties": { "m": { "type": "object", "properties": { "c": { "type": "string" } } } } });
    assert!(breaks(&writer, &reader)["m"]["c"] != Value::Null);
}

#[test]
fn a_branch_declares_only_where_it_holds() {
    let branch = |kind: &str, name: &str, schema: Value| json!({ "properties": { "kind": { "const": kind }, name: schema }, "required": ["kind"] });
    let writer =
        json!({ "oneOf": [branch("a", "x", json!({ "type": "string" })), branch("b", "y", json!({}))] });
    let mut reader = writer.clone();
    reader["oneOf"][1]["properties"]["x"] = json!({ "type": "integer" });
    is_compatible(&writer, &reader);
}

#[test]
fn additional_and_pattern_properties_declare() {
    let reader = json!({ "properties": { "p": { "type": "integer" } } });
    assert!(breaks(&json!({ "additionalProperties": { "type": "string" } }), &reader)["p"].is_string());
    assert!(
        breaks(
            &json!({ "patternProperties": { "^p": { "type": "string" } } }),
            &reader
        )["p"]
            .is_string()
    );
}

#[test]
fn sealing_is_outside_all_of() {
    let writer = json!({
        "$defs": { "Base": { "properties": { "id": { "type": "string" } } } },
        "allOf": [{ "$ref": "#/$defs/Base" }, { "properties": { "x": { "type": "string" } } }]
    });
    assert!(breaks(&writer, &json!({ "properties": { "x": { "type": "integer" } } }))["x"].is_string());
}

#[test]
fn neighbours_may_be_compatible_where_ends_are_not() {
    let a = json!({ "properties": { "b": {}, "a": { "type": "string" } } });
    let b = json!({ "properties": { "b": {} } });
    let c = json!({ "properties": { "b": {}, "a": { "type": "integer" } } });
    is_compatible(&a, &b);
    is_compatible(&b, &c);
    assert!(breaks(&a, &c)["a"].is_string());
}

#[test]
fn a_default_does_not_excuse_a_new_required_property() {
    let reader = json!({ "properties": { "p": { "type": "string", "default": "x" } }, "required": ["p"] });
    let writer = json!({ "type": "object", "properties": { "q": {} } });
    assert_eq!(breaks(&writer, &reader), json!({}));
}

#[test]
fn a_writer_that_emits_nothing_is_a_finding() {
    let writer = json!({ "type": "object", "required": ["a"], "properties": { "a": false } });
    let verdict = declared(&writer, &json!({}));
    let Verdict::Undecided(reason @ compat::Reason::EmptyWriter { .. }) = verdict else {
        panic!("{verdict:?}");
    };
    assert_eq!(
        reason.to_string(),
        "the writer's schema lets it emit nothing: no document satisfies \"/properties/a\", \"/required\", \"/type\" \
         together; correct the writer's schema first"
    );
    let unnamed = json!({
        "type": "object", "minProperties": 2, "properties": { "a": { "type": "integer", "minimum": 0 } }
    });
    let Verdict::Undecided(reason) = declared(&unnamed, &json!({})) else {
        panic!("two members were found where one is declared");
    };
    assert_eq!(
        reason.to_string(),
        "the writer's schema lets it emit nothing: \"/minProperties\", \"/type\" ask for \
         members that it does not declare; declare them"
    );
}

#[test]
fn an_undeclared_tail_of_a_tuple_is_not_emitted() {
    let writer = json!({ "prefixItems": [{ "type": "string" }] });
    is_compatible(
        &writer,
        &json!({ "prefixItems": [{ "type": "string" }, { "type": "integer" }] }),
    );
    let list = json!({ "items": {} });
    breaks(&list, &json!({ "prefixItems": [{}, { "type": "integer" }] }));
}

#[test]
fn recursion_is_sealed_at_every_level() {
    let schema = |name: &str| {
        json!({
            "$defs": { "Node": { "type": "object", "properties": {
                "text": { "type": "string" }, "next": { "$ref": "#/$defs/Node" }, name: { "type": "integer" }
            } } },
            "$ref": "#/$defs/Node"
        })
    };
    is_compatible(&schema("known"), &schema("extra"));
    let witness = breaks(&schema("extra"), &{
        let mut reader = schema("extra");
        reader["$defs"]["Node"]["properties"]["extra"] = json!({ "type": "integer", "maximum": 3 });
        reader
    });
    assert!(witness["extra"].is_number());
}
