//! Lowering and verdicts together: how marked lists and unions, and pinned versions, may evolve.
//!
//! Lowering lives in `registry`, which this crate must not know; only this test brings the two together, as the gate does.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use compat::{Options, Verdict, compare};
use registry::Draft;
use registry::lower::{LowerOptions, Role, lower};
use serde_json::{Value, json};

fn lowered(schema: &Value, role: Role, discriminators: &[String]) -> Value {
    let draft = schema
        .get("$schema")
        .and_then(Value::as_str)
        .and_then(Draft::from_uri)
        .unwrap_or(Draft::Draft202012);
    lower(schema, draft, &LowerOptions { role, discriminators })
        .expect("the fixture lowers")
        .schema
}

/// Whether what `writer` emits is accepted at `reader`, each lowered for its role.
fn is_compatible(writer: &Value, reader: &Value, discriminators: &[&str]) -> Option<bool> {
    let discriminators: Vec<String> = discriminators
        .iter()
        .map(|pointer| (*pointer).to_owned())
        .collect();
    let writer = lowered(writer, Role::Writer, &discriminators);
    let reader = lowered(reader, Role::Reader, &discriminators);
    match compare(&writer, &reader, &Options::default()) {
        Verdict::Compatible(_) => Some(true),
        Verdict::Breaking(_) => Some(false),
        Verdict::Undecided(_) => None,
    }
}

/// (backward, forward): new reader of old documents, old reader of new ones.
fn both(old: &Value, new: &Value) -> (Option<bool>, Option<bool>) {
    (is_compatible(old, new, &[]), is_compatible(new, old, &[]))
}

fn list(values: &[&str], mark: &Value) -> Value {
    json!({ "type": "object", "properties": { "status": { "type": "string", "enum": values, "x-open": mark } } })
}

#[test]
fn a_value_more_in_an_open_list_is_compatible_both_ways() {
    let (open, closed) = (json!(true), json!(false));
    assert_eq!(
        both(&list(&["a"], &open), &list(&["a", "b"], &open)),
        (Some(true), Some(true))
    );
    assert_eq!(
        both(&list(&["a"], &closed), &list(&["a", "b"], &closed)),
        (Some(true), Some(false))
    );
    // A value less: old writers still send it, and the reader takes what it does not know.
    assert_eq!(
        both(&list(&["a", "b"], &open), &list(&["a"], &open)),
        (Some(true), Some(true))
    );
    assert_eq!(
        both(&list(&["a", "b"], &closed), &list(&["a"], &closed)),
        (Some(false), Some(true))
    );
}

#[test]
fn the_mark_of_the_old_reader_counts() {
    let (open, closed) = (json!(true), json!(false));
    // The mark alone changes nothing on the wire.
    assert_eq!(
        both(&list(&["a"], &closed), &list(&["a"], &open)),
        (Some(true), Some(true))
    );
    // Mark and value together: the old reader has no mark yet.
    assert_eq!(
        both(&list(&["a"], &closed), &list(&["a", "b"], &open)),
        (Some(true), Some(false))
    );
    // The mark goes: old writers sent what was listed.
    assert_eq!(
        both(&list(&["a"], &open), &list(&["a"], &closed)),
        (Some(true), Some(true))
    );
}

#[test]
fn a_branch_more_in_an_open_union_is_compatible_both_ways() {
    let branch = |kind: &str, member: &str| json!({ "type": "object", "required": ["kind"], "properties": { "kind": { "const": kind }, member: { "type": "integer" } } });
    let union = |branches: &[Value], mark: bool| json!({ "type": "array", "items": { "oneOf": branches, "x-open": mark } });
    let (one, two) = ([branch("a", "x")], [branch("a", "x"), branch("b", "y")]);
    assert_eq!(
        both(&union(&one, true), &union(&two, true)),
        (Some(true), Some(true))
    );
    assert_eq!(
        both(&union(&one, false), &union(&two, false)),
        (Some(true), Some(false))
    );
    assert_eq!(
        both(&union(&one, false), &union(&two, true)),
        (Some(true), Some(false))
    );
    // An open union is no licence to change a known branch.
    let changed = [
        json!({ "type": "object", "required": ["kind"], "properties": { "kind": { "const": "a" }, "x": { "type": "string" } } }),
    ];
    assert_eq!(
        both(&union(&one, true), &union(&changed, true)),
        (Some(false), Some(false))
    );
}

#[test]
fn a_pinned_version_may_change() {
    let event = |version: &str, more: &Value| {
        let mut properties = json!({ "context": { "type": "object", "required": ["version"], "properties": { "version": { "type": "string", "enum": [version] } } } });
        properties["subject"] = more.clone();
        json!({ "type": "object", "required": ["context"], "properties": properties })
    };
    let (old, new) = (
        event("0.1.0", &json!({ "type": "string" })),
        event("0.2.0", &json!({ "type": ["string", "null"] })),
    );
    let pinned = ["/context/version"];
    assert_eq!(
        (is_compatible(&old, &new, &[]), is_compatible(&new, &old, &[])),
        (Some(false), Some(false))
    );
    assert_eq!(
        (
            is_compatible(&old, &new, &pinned),
            is_compatible(&new, &old, &pinned)
        ),
        (Some(true), Some(false))
    );
}

/// Eiffel pins type and version in each of its schemas: without discriminators every version breaks the last.
#[test]
fn real_versions_are_told_apart_by_more_than_their_number() {
    let corpora = std::env::var_os("CONTRACTS_CORPORA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpora"),
        PathBuf::from,
    );
    let Ok(text) = fs::read_to_string(corpora.join("real-pairs.jsonl")) else {
        writeln!(
            std::io::stderr(),
            "SKIPPED: no real-pairs.jsonl in {}; set CONTRACTS_CORPORA",
            corpora.display()
        )
        .expect("there is an error output");
        return;
    };
    let (mut pairs, mut without, mut with) = (0, 0, 0);
    for line in text.lines() {
        let pair: Value = serde_json::from_str(line).expect("a corpus line is JSON");
        if pair["source"] == "eiffel" {
            pairs += 1;
            without += usize::from(is_compatible(&pair["old"], &pair["new"], &[]) == Some(true));
            with += usize::from(is_compatible(&pair["old"], &pair["new"], &["/meta/version"]) == Some(true));
        }
    }
    println!(
        "of {pairs} pairs {without} are compatible as they are, {with} with their version as a discriminator"
    );
    assert!(pairs > 50);
    assert_eq!(without, 0);
    assert!(with * 2 > pairs, "only {with} of {pairs}");
}
