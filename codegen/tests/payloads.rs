//! Payloads that nobody means well with, against generated types: an answer in bounded time and memory, never a panic or
//! an overflow of the stack.

mod support;

use std::fmt::Write as _;

use codegen::{DomainInput, Formats, generate};
use serde_json::{Value, json};
use support::{aliases, contract, drive, options};

/// Milliseconds that one answer may take in an unoptimised build, on a loaded machine.
const PATIENCE: u64 = 4_000;
/// Bytes that one document has at most here.
const LARGE: usize = 1 << 20;

struct Attack {
    name: &'static str,
    schema: Value,
    payload: Vec<u8>,
    /// Whether the contract refuses it.
    refused: bool,
}

fn object(member: &Value) -> Value {
    json!({ "type": "object", "properties": { "a": member } })
}

fn attack(name: &'static str, schema: Value, payload: impl Into<Vec<u8>>, refused: bool) -> Attack {
    Attack {
        name,
        schema,
        payload: payload.into(),
        refused,
    }
}

fn attacks() -> Vec<Attack> {
    [patterns(), numbers(), depth(), twice(), texts(), sizes()]
        .into_iter()
        .flatten()
        .collect()
}

fn map_of_integers() -> Value {
    object(&json!({ "type": "object", "additionalProperties": { "type": "integer" } }))
}

fn integer() -> Value {
    object(&json!({ "type": "integer" }))
}

/// A pattern whose matching backtracks: plainly, through look-around (left to the validator), in names of members.
fn patterns() -> Vec<Attack> {
    let mut list = Vec::new();
    let long = "a".repeat(50_000);
    for (name, pattern) in [
        ("redos-plus", "^(a+)+$"),
        ("redos-or", "^(a|a)*$"),
        ("redos-search", "(a+a+)+b"),
        ("redos-ahead", "^(?!b)(a+)+$"),
        ("redos-ahead-inside", "^(?=(a+)+b)a*$"),
        ("redos-count", "^(a{1,50}){1,50}$"),
    ] {
        let payload = json!({ "a": format!("{long}!") }).to_string();
        list.push(attack(
            name,
            object(&json!({ "type": "string", "pattern": pattern })),
            payload,
            true,
        ));
    }
    list.push(attack(
        "redos-names",
        object(&json!({ "type": "object", "propertyNames": { "pattern": "^(a+)+$" }, "additionalProperties": true })),
        json!({ "a": { format!("{long}!"): 1 } }).to_string(),
        true,
    ));
    list.push(attack(
        "redos-pattern-properties",
        object(&json!({ "type": "object", "patternProperties": { "^(a+)+$": { "type": "string" } }, "additionalProperties": false })),
        json!({ "a": { format!("{long}!"): "x" } }).to_string(),
        true,
    ));
    list
}

/// Numbers out of all proportion.
fn numbers() -> Vec<Attack> {
    let mut list = Vec::new();
    for (name, schema) in [
        ("number", json!({ "type": "number" })),
        (
            "number-multiple",
            json!({ "type": "number", "multipleOf": 0.01, "minimum": 0 }),
        ),
        (
            "number-range",
            json!({ "type": "number", "minimum": -1, "maximum": 1 }),
        ),
        ("integer", json!({ "type": "integer" })),
        ("integer-multiple", json!({ "type": "integer", "multipleOf": 7 })),
        (
            "integer-machine",
            json!({ "type": "integer", "minimum": 0, "maximum": 9 }),
        ),
        ("listed", json!({ "enum": [1, 2, 1.5] })),
        (
            "either",
            json!({ "oneOf": [{ "type": "integer" }, { "type": "string" }] }),
        ),
        (
            "validated",
            json!({ "type": "number", "not": { "multipleOf": 3 } }),
        ),
    ] {
        for number in [
            "1e999999999",
            "-1e-999999999",
            "1e99999999999999999999",
            "0.1e-2147483649",
        ] {
            let refused = !matches!(
                (name, number),
                ("number", _)
                    | ("integer" | "either", "1e999999999" | "1e99999999999999999999")
                    | ("number-range", "-1e-999999999" | "0.1e-2147483649")
            );
            // Where the answer is a question of taste, that there is one is enough.
            let taste = matches!(name, "number-multiple" | "integer-multiple" | "validated");
            let named: &'static str = if taste { "taste" } else { name };
            list.push(attack(
                named,
                object(&schema),
                format!("{{\"a\":{number}}}"),
                refused,
            ));
        }
        let digits = format!("{{\"a\":{}}}", "7".repeat(200_000));
        list.push(attack("taste", object(&schema), digits, false));
    }
    list
}

/// Depth.
fn depth() -> Vec<Attack> {
    let mut list = Vec::new();
    let nested = |open: &str, close: &str, levels: usize| {
        format!("{{\"a\":{}1{}}}", open.repeat(levels), close.repeat(levels))
    };
    let tree = json!({ "$defs": { "n": { "type": "object", "properties": { "a": { "$ref": "#/$defs/n" }, "l": { "type": "array", "items": { "$ref": "#/$defs/n" } } } } }, "$ref": "#/$defs/n" });
    for schema in [
        object(&json!({})),
        object(&json!({ "type": "string" })),
        tree.clone(),
        json!({ "type": "object" }),
        object(&json!({ "anyOf": [{ "type": "array" }, { "type": "object", "required": ["x"] }] })),
        object(&json!({ "not": { "type": "string" } })),
    ] {
        for levels in [1_000, 200_000] {
            list.push(attack(
                "deep-arrays",
                schema.clone(),
                nested("[", "]", levels),
                true,
            ));
            list.push(attack(
                "deep-objects",
                schema.clone(),
                nested("{\"a\":", "}", levels),
                true,
            ));
            list.push(attack(
                "deep-open",
                schema.clone(),
                format!("{{\"a\":{}", "[{\"a\":".repeat(levels)),
                true,
            ));
        }
    }
    list.push(attack(
        "deep-tree",
        tree,
        nested("{\"l\":[{\"a\":", "}]}", 100_000),
        true,
    ));
    list
}

/// The same name twice.
fn twice() -> Vec<Attack> {
    let mut list = Vec::new();
    list.push(attack("twice", integer(), "{\"a\":1,\"a\":1}", true));
    list.push(attack("twice-undeclared", integer(), "{\"z\":1,\"z\":1}", true));
    list.push(attack(
        "twice-escaped",
        integer(),
        "{\"a\":1,\"\\u0061\":2}",
        true,
    ));
    list.push(attack(
        "twice-in-map",
        map_of_integers(),
        "{\"a\":{\"x\":1,\"x\":2}}",
        true,
    ));
    list.push(attack(
        "twice-very-often",
        map_of_integers(),
        format!("{{\"a\":{{{}\"x\":1}}}}", "\"x\":1,".repeat(LARGE / 6)),
        true,
    ));
    list
}

/// Text that is none.
fn texts() -> Vec<Attack> {
    let mut list = Vec::new();
    for bytes in [
        &b"{\"a\":\"\xff\"}"[..],
        b"{\"\xc0\xaf\":1}",
        b"\xef\xbb\xbf{}",
        b"{\"a\":\"\\ud800\"}",
        b"{\"a\":\"\x00\"}",
        b"",
        b"{",
        b"{}{}",
        b"{\"a\":NaN}",
        b"{'a':1}",
        b"\xff\xfe{\x00}\x00",
    ] {
        list.push(attack(
            "no-json",
            object(&json!({ "type": "string" })),
            bytes,
            true,
        ));
    }
    list
}

/// Size.
fn sizes() -> Vec<Attack> {
    let mut list = Vec::new();
    let unique = object(
        &json!({ "type": "array", "uniqueItems": true, "items": { "type": "object", "properties": { "n": { "type": "integer" } } } }),
    );
    let many: Vec<Value> = (0..20_000).map(|n| json!({ "n": n })).collect();
    list.push(attack(
        "many-unique",
        unique,
        json!({ "a": many }).to_string(),
        false,
    ));
    let names: serde_json::Map<String, Value> = (0..50_000).map(|n| (format!("k{n}"), json!(n))).collect();
    list.push(attack(
        "many-members",
        map_of_integers(),
        json!({ "a": names }).to_string(),
        false,
    ));
    let undeclared: serde_json::Map<String, Value> =
        (0..50_000).map(|n| (format!("k{n}"), json!(n))).collect();
    list.push(attack(
        "many-undeclared",
        integer(),
        Value::from(undeclared).to_string(),
        false,
    ));
    let contains = object(&json!({ "type": "array", "contains": { "const": "never" } }));
    list.push(attack(
        "many-not-contained",
        contains,
        json!({ "a": vec!["x"; 100_000] }).to_string(),
        true,
    ));
    list
}

fn program(aliases: &[&str]) -> String {
    let mut table = String::new();
    for alias in aliases {
        let _ = writeln!(
            table,
            "(<cases_events::{alias} as Event>::TYPE, ask::<cases_events::{alias}>),"
        );
    }
    format!(
        r#"use cases_events::Event;
use serde_json::{{Value, json}};

fn ask<T: Event>(payload: &[u8]) -> (bool, bool) {{
    let decoded = T::decode(payload).is_ok();
    match T::decode_strict(payload) {{
        Ok(event) => (decoded, event.encode().is_ok()),
        Err(error) => {{
            // An error names places and keywords; it does not repeat the payload.
            assert!(error.to_string().len() < 4_096 + T::TYPE.len(), "{{}}", error.to_string().len());
            (decoded, false)
        }}
    }}
}}

type Ask = fn(&[u8]) -> (bool, bool);

fn peak() -> u64 {{
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}}

fn main() {{
    let list: Vec<(&str, Ask)> = vec![{table}];
    let table: std::collections::BTreeMap<&str, Ask> = list.into_iter().collect();
    let path = std::env::args().nth(1).unwrap();
    let asked: Vec<(String, Vec<u8>)> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    // From here on: what reading the questions took does not count.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    let before = peak();
    let answers: Vec<Value> = asked.iter().map(|(event, payload)| {{
        let start = std::time::Instant::now();
        let (decoded, strict) = table[event.as_str()](payload);
        json!([decoded, strict, u64::try_from(start.elapsed().as_millis()).unwrap()])
    }}).collect();
    println!("{{}}", json!({{ "answers": answers, "kib": peak() - before }}));
}}
"#
    )
}

#[test]
fn hostile_payloads_get_an_answer_in_bounded_time_and_memory() {
    let attacks = attacks();
    let domain = DomainInput {
        domain: "cases".to_owned(),
        contracts: attacks
            .iter()
            .enumerate()
            .map(|(index, attack)| contract(&format!("c{index}"), &attack.schema))
            .collect(),
        ..DomainInput::default()
    };
    let generated = generate(&domain, &options(Formats::Assert));
    assert!(generated.problems.is_empty(), "{:?}", generated.problems);
    let asked: Vec<Value> = attacks
        .iter()
        .enumerate()
        .map(|(index, attack)| json!([format!("cases.c{index}"), attack.payload]))
        .collect();
    let output = drive(
        "payloads",
        &generated,
        &program(&aliases(&generated)),
        "",
        &Value::from(asked).to_string(),
    );
    let output: Value = serde_json::from_slice(&output).unwrap();
    let answers = output["answers"].as_array().unwrap();
    let mut wrong = Vec::new();
    let mut slowest = (0, "");
    for (attack, answer) in attacks.iter().zip(answers) {
        let millis = answer[2].as_u64().unwrap();
        slowest = slowest.max((millis, attack.name));
        let start = String::from_utf8_lossy(&attack.payload[..attack.payload.len().min(40)]).into_owned();
        if millis > PATIENCE {
            wrong.push(format!("{} took {millis} ms: {start}", attack.name));
        }
        if attack.name != "taste" && (answer[1] == false) != attack.refused {
            wrong.push(format!("{} {answer}: {start}: {}", attack.name, attack.schema));
        }
    }
    println!(
        "{} payloads; slowest {} ms ({}); {} MiB",
        attacks.len(),
        slowest.0,
        slowest.1,
        output["kib"].as_u64().unwrap() / 1_024
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(output["kib"].as_u64().unwrap() < 512 * 1_024, "{}", output["kib"]);
}
