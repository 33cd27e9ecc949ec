//! Schemas and documents that nobody should write: an error within bounds, never a crash.

use std::time::{Duration, Instant};

use compat::Draft;
use compat::emitted::{EmittedError, EmittedOptions, Evaluator, is_accepted, is_emitted};
use serde_json::{Value, json};

fn judged(writer: &Value, document: &Value) -> Result<bool, EmittedError> {
    let start = Instant::now();
    let found = is_emitted(
        writer,
        document,
        &EmittedOptions {
            steps: 1_000_000,
            ..EmittedOptions::default()
        },
    );
    let took = start.elapsed();
    assert!(took < Duration::from_secs(20), "an answer took {took:?}");
    found
}

/// `inner` under `levels` levels, without recursion on the way down.
fn nest(inner: Value, levels: usize, wrap: impl Fn(Value) -> Value) -> Value {
    (0..levels).fold(inner, |inner, _| wrap(inner))
}

/// Takes a deep value apart without recursion: dropping it in one go would overflow the stack of a test.
fn dismantle(value: Value) {
    let mut pending = vec![value];
    while let Some(value) = pending.pop() {
        match value {
            Value::Array(items) => pending.extend(items),
            Value::Object(members) => pending.extend(members.into_iter().map(|(_, member)| member)),
            _ => {}
        }
    }
}

#[test]
fn documents_and_schemas_of_a_thousand_levels_are_judged() {
    let list = json!({ "$defs": { "l": { "type": "array", "items": { "$ref": "#/$defs/l" } } }, "$ref": "#/$defs/l" });
    let deep = nest(json!([]), 900, |inner| json!([inner]));
    assert_eq!(judged(&list, &deep), Ok(true));
    let deep = nest(json!([1]), 900, |inner| json!([inner]));
    assert_eq!(judged(&list, &deep), Ok(false));

    let schema = nest(
        json!({ "type": "integer" }),
        1_000,
        |inner| json!({ "properties": { "a": inner } }),
    );
    let document = nest(json!(1), 1_000, |inner| json!({ "a": inner }));
    assert_eq!(judged(&schema, &document), Ok(true));
    let schema = nest(
        json!({ "type": "integer" }),
        1_000,
        |inner| json!({ "allOf": [inner] }),
    );
    assert_eq!(judged(&schema, &json!(1)), Ok(true));
}

#[test]
fn deeper_ones_are_an_error() {
    let document = nest(json!(1), 100_000, |inner| Value::Array(vec![inner]));
    assert!(matches!(
        judged(&json!(true), &document),
        Err(EmittedError::TooDeep { .. })
    ));
    dismantle(document);
    let schema = nest(json!(true), 100_000, |inner| {
        Value::Object(std::iter::once(("not".to_owned(), inner)).collect())
    });
    assert!(matches!(
        judged(&schema, &json!(1)),
        Err(EmittedError::TooDeep { .. })
    ));
    dismantle(schema);
}

#[test]
fn references_that_go_nowhere_are_errors() {
    for writer in [
        json!({ "$ref": "#" }),
        json!({ "$ref": "#/$defs/a", "$defs": { "a": { "$ref": "#/$defs/b" }, "b": { "allOf": [{ "$ref": "#/$defs/a" }] } } }),
        json!({ "$dynamicAnchor": "n", "$dynamicRef": "#n" }),
        json!({ "$schema": "https://json-schema.org/draft/2019-09/schema", "$recursiveAnchor": true, "$recursiveRef": "#" }),
    ] {
        assert!(
            matches!(
                judged(&writer, &json!({})),
                Err(EmittedError::ReferenceLoop { .. })
            ),
            "{writer}"
        );
    }
    for reference in [
        "#/nope",
        "#nope",
        "other.json",
        "https://example.com/x",
        "#/$defs/0/x",
        "%zz",
        "://",
        "",
    ] {
        let found = judged(
            &json!({ "properties": { "a": { "$ref": reference } } }),
            &json!({ "a": {} }),
        );
        if reference.is_empty() {
            // The empty reference is the schema itself, and it descends.
            assert_eq!(found, Ok(true));
        } else {
            assert!(
                matches!(found, Err(EmittedError::UnresolvedReference { .. })),
                "{reference}: {found:?}"
            );
        }
    }
}

#[test]
fn malformed_keywords_are_errors_and_others_are_not_looked_at() {
    for writer in [
        json!(7),
        json!({ "type": "text" }),
        json!({ "type": 7 }),
        json!({ "properties": [] }),
        json!({ "required": "a" }),
        json!({ "required": [1] }),
        json!({ "allOf": {} }),
        json!({ "$ref": 1 }),
        json!({ "minProperties": "1" }),
        json!({ "properties": { "a": { "multipleOf": 0 } } }),
        json!({ "properties": { "a": { "minimum": "0" } } }),
        json!({ "properties": { "a": 1 } }),
    ] {
        let found = judged(&writer, &json!({ "a": 1 }));
        assert!(
            matches!(found, Err(EmittedError::Malformed { .. })),
            "{writer}: {found:?}"
        );
    }
    assert_eq!(
        judged(
            &json!({ "minLength": "x", "x-anything": { "$ref": 7 } }),
            &json!(1)
        ),
        Ok(true)
    );
    let found = judged(&json!({ "pattern": "(" }), &json!("a"));
    assert!(matches!(found, Err(EmittedError::Pattern { .. })), "{found:?}");
}

#[test]
fn exponential_schemas_run_out_of_steps() {
    let tower = |keyword: &str| {
        let mut definitions = serde_json::Map::new();
        for level in 0..40 {
            let next = json!({ "$ref": format!("#/$defs/d{}", level + 1) });
            definitions.insert(format!("d{level}"), json!({ keyword: [next, next] }));
        }
        definitions.insert("d40".to_owned(), json!({ "type": "integer" }));
        json!({ "$ref": "#/$defs/d0", "$defs": definitions })
    };
    for keyword in ["allOf", "anyOf", "oneOf"] {
        assert_eq!(
            judged(&tower(keyword), &json!(1)),
            Err(EmittedError::OutOfSteps),
            "{keyword}"
        );
    }
    let many: Vec<Value> = (0..100_000).map(Value::from).collect();
    assert_eq!(judged(&json!({ "enum": many }), &json!(99_999)), Ok(true));
    assert_eq!(
        judged(&json!({ "items": { "enum": many } }), &json!(vec![99_999; 1_000])),
        Err(EmittedError::OutOfSteps)
    );
    let text = "a".repeat(10_000);
    assert_eq!(
        judged(&json!({ "pattern": "^(a+)+$" }), &json!(format!("{text}!"))),
        Ok(false)
    );
    assert_eq!(
        judged(&json!({ "pattern": r"^(a+)+\1!$" }), &json!(text)),
        Err(EmittedError::OutOfSteps)
    );
}

#[test]
fn numbers_of_any_size_are_compared() {
    let number = |text: &str| serde_json::from_str::<Value>(text).expect(text);
    assert_eq!(
        judged(&json!({ "maxLength": number("1e18") }), &json!("a")),
        Ok(true)
    );
    assert_eq!(
        judged(&json!({ "minLength": number("1e1000000") }), &json!("a")),
        Ok(false)
    );
    assert_eq!(
        judged(
            &json!({ "const": number("9007199254740993") }),
            &number("9007199254740992")
        ),
        Ok(false)
    );
    assert_eq!(
        judged(&json!({ "const": number("1e400") }), &number("10e399")),
        Ok(true)
    );
    let found = judged(&json!({ "minimum": 0 }), &number("1e99999999999999999999"));
    assert!(matches!(found, Err(EmittedError::Number { .. })), "{found:?}");
    let digits = "7".repeat(20_000);
    let found = judged(&json!({ "multipleOf": 3 }), &number(&digits));
    assert!(matches!(found, Err(EmittedError::Number { .. })), "{found:?}");
}

#[test]
fn five_megabytes_are_judged() {
    let properties: serde_json::Map<String, Value> = (0..60_000)
        .map(|at| {
            (
                format!("member-{at}"),
                json!({ "type": "string", "description": "one of very many members" }),
            )
        })
        .collect();
    let document: serde_json::Map<String, Value> = (0..60_000)
        .map(|at| (format!("member-{at}"), json!("x")))
        .collect();
    let writer = json!({ "properties": properties });
    assert_eq!(judged(&writer, &Value::Object(document.clone())), Ok(true));
    let mut more = document;
    more.insert("other".to_owned(), json!(1));
    assert_eq!(judged(&writer, &Value::Object(more)), Ok(false));
}

#[test]
fn the_draft_of_the_options_beats_that_of_the_schema() {
    let writer = json!({ "$schema": "http://json-schema.org/draft-07/schema#", "prefixItems": [{ "type": "string" }] });
    let seventh = EmittedOptions::default();
    let newest = EmittedOptions {
        draft: Some(Draft::V202012),
        ..seventh
    };
    assert_eq!(is_accepted(&writer, &json!([1]), &seventh), Ok(true));
    assert_eq!(is_accepted(&writer, &json!([1]), &newest), Ok(false));
}

#[test]
fn one_evaluator_serves_many_threads() {
    let writer = json!({ "properties": { "a": { "pattern": "^a+$", "format": "email" } } });
    let evaluator = Evaluator::new(&writer, &EmittedOptions::default());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(evaluator.is_emitted(&json!({ "a": "aa" })), Ok(false)));
        }
    });
}
