//! Schemas that are odd, huge, deep or built to explode: always an answer, in time, without panic or overflow.

use std::time::{Duration, Instant};

use compat::{Formats, Options, Reason, Verdict, Writer, compare};
use serde_json::{Map, Value, json};

/// Asks in both directions, under both assumptions; returns the first verdict.
fn ask(writer: &Value, reader: &Value) -> Verdict {
    let mut first = None;
    for assumption in [Writer::Open, Writer::Declared] {
        for (writer, reader) in [(writer, reader), (reader, writer)] {
            let options = Options {
                writer: assumption,
                formats: Formats::Assert,
                ..Options::default()
            };
            let start = Instant::now();
            let verdict = compare(writer, reader, &options);
            let took = start.elapsed();
            // The budget is a second of work, which a busy machine spreads over many on the wall. What hangs takes longer.
            assert!(took < Duration::from_mins(5), "took {took:?}");
            first.get_or_insert(verdict);
        }
    }
    first.expect("asked at least once")
}

/// `{"keyword": schema}` without a copy: `json!` copies what it is given, level by level.
fn under(keyword: &str, schema: Value) -> Value {
    Value::Object([(keyword.to_owned(), schema)].into_iter().collect())
}

fn is_decided(verdict: &Verdict) -> bool {
    !matches!(verdict, Verdict::Undecided(_))
}

fn is_breaking(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Breaking(_))
}

#[test]
fn booleans_and_empty_schemas() {
    let all = [json!(true), json!(false), json!({})];
    for writer in &all {
        for reader in &all {
            let breaks = is_breaking(&ask(writer, reader));
            assert_eq!(
                breaks,
                *writer != json!(false) && *reader == json!(false),
                "{writer} {reader}"
            );
        }
    }
    // Not schemas at all.
    for odd in [
        json!(null),
        json!(1),
        json!("x"),
        json!([]),
        json!({ "type": 1 }),
        json!({ "required": "a" }),
    ] {
        assert!(
            matches!(
                ask(&odd, &json!({ "type": "string" })),
                Verdict::Undecided(Reason::InvalidSchema { .. })
            ),
            "{odd}"
        );
    }
}

#[test]
fn five_megabytes() {
    let wide = |last: &str| {
        let mut properties = Map::new();
        for index in 0..40_000 {
            properties.insert(
                format!("property_number_{index:06}"),
                json!({ "type": "string", "description": "a text that takes some room in the file, as they do", "maxLength": 100 }),
            );
        }
        properties.insert("last".to_owned(), json!({ "type": last }));
        json!({ "type": "object", "properties": properties })
    };
    let (old, new) = (wide("integer"), wide("number"));
    assert!(old.to_string().len() > 5_000_000);
    ask(&old, &new);
}

#[test]
fn a_thousand_levels() {
    let deep = |leaf: &str| {
        let mut schema = json!({ "type": leaf });
        for _ in 0..1_000 {
            let mut object = under("properties", under("a", schema));
            object["type"] = json!("object");
            object["required"] = json!(["a"]);
            schema = object;
        }
        schema
    };
    ask(&deep("integer"), &deep("number"));
    let mut lists = json!({ "type": "integer" });
    for _ in 0..1_000 {
        lists = under("items", lists);
    }
    ask(&lists, &json!({ "items": { "items": {} } }));
}

#[test]
fn beyond_all_depth() {
    let mut schema = json!({});
    for _ in 0..5_000 {
        schema = under("not", schema);
    }
    let verdict = compare(&schema, &json!({ "type": "string" }), &Options::default());
    assert_eq!(verdict, Verdict::Undecided(Reason::Depth));
    // Dropped bit by bit: dropping a value recurses.
    while let Some(inner) = schema.get_mut("not") {
        schema = inner.take();
    }
}

#[test]
fn towers_of_alternatives() {
    let tower = |keyword: &str, last: u64| {
        let mut levels = Vec::new();
        for index in 0..24_u64 {
            levels.push(json!({ keyword: [
                { "multipleOf": index + 2 },
                { "minimum": index, "maximum": 1000 + index },
                { "properties": { format!("p{index}"): { "const": index } }, "required": [format!("p{index}")] },
                { "type": "string", "minLength": index }
            ] }));
        }
        levels.push(json!({ "maximum": last }));
        json!({ "allOf": levels })
    };
    for keyword in ["anyOf", "oneOf"] {
        ask(&tower(keyword, 900), &tower(keyword, 950));
    }
    let mut nested = json!({ "type": "integer" });
    for index in 0..18 {
        nested = json!({ "oneOf": [nested, { "allOf": [nested, { "minimum": index }] }] });
        if nested.to_string().len() > 2_000_000 {
            break;
        }
    }
    ask(&nested, &json!({ "type": "number" }));
}

#[test]
fn huge_enums() {
    let values = |from: u64, to: u64| Value::Array((from..to).map(|n| json!(format!("value-{n}"))).collect());
    let (small, large) = (
        json!({ "enum": values(0, 100_000) }),
        json!({ "enum": values(0, 100_001) }),
    );
    assert!(is_decided(&ask(&small, &large)));
    let numbers = |to: u64| json!({ "enum": (0..to).collect::<Vec<_>>() });
    assert!(is_decided(&ask(
        &numbers(100_000),
        &json!({ "type": "integer", "minimum": 0 })
    )));
    assert!(is_decided(&ask(&json!({ "type": "string" }), &small)));
}

#[test]
fn huge_bounds() {
    let bounded = |keyword: &str, value: Value| json!({ keyword: value });
    for keyword in [
        "maxLength",
        "maxItems",
        "maxProperties",
        "minLength",
        "minItems",
        "minProperties",
        "maximum",
    ] {
        for (left, right) in [
            ("1000000000000000000", "1e18"),
            ("1e18", "999999999999999999"),
            ("1e400", "1e399"),
        ] {
            let parse = |text: &str| serde_json::from_str::<Value>(text).expect("a number");
            ask(&bounded(keyword, parse(left)), &bounded(keyword, parse(right)));
        }
    }
    ask(
        &json!({ "maxLength": 1_000_000_000_000_000_000_u64 }),
        &json!({ "maxLength": 10 }),
    );
    ask(&json!({ "multipleOf": 1e-300 }), &json!({ "multipleOf": 7 }));
    ask(
        &json!({ "minLength": 5_000, "pattern": "^(ab)*$" }),
        &json!({ "pattern": "^a" }),
    );
}

#[test]
fn catastrophic_patterns() {
    for pattern in [
        "(a+)+$",
        "^(a|a)*$",
        "^(a|aa)+$",
        "(.*)*x",
        "^(([a-z])+.)+[A-Z]([a-z])+$",
        "(?=(a+)+$)b",
        r"^(\w+\s?)*$",
        "a.{30}b",
        "^(a{0,100}){0,100}$",
        "((((((((((a*)*)*)*)*)*)*)*)*)*)$",
        r"(a)\1+",
    ] {
        ask(&json!({ "pattern": pattern }), &json!({ "pattern": "^b*$" }));
        ask(
            &json!({ "patternProperties": { pattern: false } }),
            &json!({ "propertyNames": { "pattern": "^b*$" } }),
        );
    }
    let optional: String = "a?".repeat(20_000);
    ask(&json!({ "pattern": optional }), &json!({ "pattern": "^b$" }));
}

#[test]
fn reference_bombs() {
    for inner in ["allOf", "anyOf", "oneOf", "properties"] {
        let mut definitions = Map::new();
        for index in 0..60 {
            let next = json!({ "$ref": format!("#/$defs/d{}", index + 1) });
            let body = if inner == "properties" {
                json!({ "properties": { "l": next, "r": next }, "required": ["l"] })
            } else {
                json!({ inner: [next, { "allOf": [next, { "minLength": index }] }] })
            };
            definitions.insert(format!("d{index}"), body);
        }
        definitions.insert("d60".to_owned(), json!({ "type": ["string", "object"] }));
        let bomb = json!({ "$defs": definitions, "$ref": "#/$defs/d0" });
        ask(&bomb, &json!({ "type": "string" }));
    }
    let looped = json!({ "$defs": { "a": { "$ref": "#/$defs/b" }, "b": { "$ref": "#/$defs/a" } }, "$ref": "#/$defs/a" });
    // Validators take such a loop for `true`, or refuse it: nothing is proved either way.
    assert!(!matches!(
        ask(&looped, &json!({ "type": "string" })),
        Verdict::Compatible(_)
    ));
    let paradox = json!({ "not": { "$ref": "#" } });
    assert!(!matches!(
        ask(&paradox, &json!({ "type": "string" })),
        Verdict::Compatible(_)
    ));
    ask(&json!({ "$ref": "#/nowhere" }), &json!({}));
}

#[test]
fn a_budget_of_nothing() {
    let options = Options {
        budget: Duration::ZERO,
        ..Options::default()
    };
    let verdict = compare(&json!({ "type": "string" }), &json!({ "minLength": 1 }), &options);
    assert!(
        matches!(verdict, Verdict::Undecided(Reason::Budget) | Verdict::Breaking(_)),
        "{verdict:?}"
    );
}
