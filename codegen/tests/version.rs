//! The version of a generated crate follows from what was released and what is there; and this generator does not change
//! the API that it makes from one contract without saying so.

mod support;

use std::path::Path;

use codegen::{ContractInput, DomainInput, Formats, GENERATION, History, api, generate};
use serde_json::{Value, json};
use support::{contract, options, shop};

fn at(id: &str, version: &str, schema: &Value) -> ContractInput {
    let mut contract = contract(id, schema);
    contract.version = version.parse().unwrap();
    contract.major = contract.version.major;
    contract
}

/// The version that the manifest says.
fn version(released: &[&[ContractInput]], now: &[ContractInput]) -> String {
    let mut domain = DomainInput {
        domain: "cases".to_owned(),
        contracts: now.to_vec(),
        history: History {
            digest: "any".to_owned(),
            states: released.iter().map(|state| state.to_vec()).collect(),
        },
    };
    let generated = generate(&domain, &options(Formats::Assert));
    domain.contracts.reverse();
    let again = generate(&domain, &options(Formats::Assert));
    assert_eq!(
        generated.files, again.files,
        "the order of contracts changes nothing"
    );
    let manifest = &generated.files["Cargo.toml"];
    let line = manifest
        .lines()
        .find(|line| line.starts_with("version = "))
        .unwrap();
    line.trim_start_matches("version = ").trim_matches('"').to_owned()
}

fn object(properties: &Value) -> Value {
    json!({ "type": "object", "properties": properties })
}

#[test]
fn the_larger_of_both_bumps_counts() {
    let plain = object(&json!({ "a": { "type": "integer", "minimum": 0, "maximum": 9 } }));
    let old = [at("made", "1.0.0", &plain)];
    assert_eq!(version(&[], &old), "1.0.0");
    assert_eq!(version(&[&old], &old), "1.0.0");

    // A text: the contract says patch, nothing else changes.
    let mut described = plain.clone();
    described["description"] = "what it is".into();
    assert_eq!(version(&[&old], &[at("made", "1.0.1", &described)]), "1.0.1");

    // A new optional member: minor on both sides.
    let wider =
        object(&json!({ "a": { "type": "integer", "minimum": 0, "maximum": 9 }, "b": { "type": "string" } }));
    assert_eq!(version(&[&old], &[at("made", "1.1.0", &wider)]), "1.1.0");

    // A bound that crosses zero: compatible on the wire, and `u64` becomes `i64`.
    let signed = object(&json!({ "a": { "type": "integer", "minimum": -9, "maximum": 9 } }));
    assert_eq!(version(&[&old], &[at("made", "1.1.0", &signed)]), "2.0.0");
    // One that does not.
    let larger = object(&json!({ "a": { "type": "integer", "minimum": 0, "maximum": 99 } }));
    assert_eq!(version(&[&old], &[at("made", "1.1.0", &larger)]), "1.1.0");

    // The name of a definition names a type: the contract says patch, users of the name have to change.
    let named = |name: &str| {
        let mut schema = object(&json!({ "a": { "$ref": format!("#/$defs/{name}") } }));
        schema["$defs"] = json!({ name: { "type": "object", "properties": { "x": { "type": "string" } } } });
        schema
    };
    let (one, other) = (
        at("made", "1.0.0", &named("part")),
        at("made", "1.0.1", &named("piece")),
    );
    assert_eq!(version(&[&[one]], &[other]), "2.0.0");
}

#[test]
fn events_come_and_go() {
    let schema = object(&json!({ "a": { "type": "string" } }));
    let first = at("made", "1.0.0", &schema);
    let second = at("made", "2.0.0", &schema);
    let other = at("sold", "1.0.0", &schema);
    // A new major beside the old one is something new, as is another event.
    let both = [first.clone(), second.clone()];
    assert_eq!(version(&[std::slice::from_ref(&first)], &both), "1.1.0");
    assert_eq!(
        version(&[std::slice::from_ref(&first)], &[first.clone(), other.clone()]),
        "1.1.0"
    );
    // What is gone is missed.
    assert_eq!(version(&[&both], std::slice::from_ref(&second)), "2.0.0");
    // A third major adds a step to the trait that services implement.
    let third = at("made", "3.0.0", &schema);
    assert_eq!(
        version(&[&both], &[first.clone(), second.clone(), third]),
        "2.0.0"
    );
    // Drafts do not count.
    let mut draft = other;
    draft.draft = true;
    assert_eq!(
        version(&[std::slice::from_ref(&first)], &[first.clone(), draft.clone()]),
        "1.0.0"
    );
    assert_eq!(version(&[], &[draft]), "0.1.0");
}

#[test]
fn each_release_is_a_step() {
    let with = |names: &[&str]| {
        let members: serde_json::Map<String, Value> = names
            .iter()
            .map(|name| ((*name).to_owned(), json!({ "type": "string" })))
            .collect();
        object(&Value::from(members))
    };
    let one = [at("made", "1.0.0", &with(&["a"]))];
    let two = [at("made", "1.1.0", &with(&["a", "b"]))];
    let three = [at("made", "1.1.1", &{
        let mut schema = with(&["a", "b"]);
        schema["description"] = "said better".into();
        schema
    })];
    let four = [at("made", "1.2.0", &with(&["a", "b", "c"]))];
    assert_eq!(version(&[&one, &two, &three], &four), "1.2.0");
    // To release what is there changes nothing.
    assert_eq!(version(&[&one, &two, &three, &four], &four), "1.2.0");
    assert_eq!(version(&[&one, &two], &three), "1.1.1");
}

/// The API of one crate, as it was accepted. A line that is missing breaks every user of every generated crate.
#[test]
fn this_generator_keeps_the_api_it_makes() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/shop-api.txt");
    let now = api(&shop(), &options(Formats::Assert));
    let mut text = format!("generation {GENERATION}\n");
    for item in now.items() {
        text.push_str(item);
        text.push('\n');
    }
    if std::env::var_os("ACCEPT_API").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    let accepted = std::fs::read_to_string(&file).unwrap();
    let gone: Vec<&str> = accepted
        .lines()
        .skip(1)
        .filter(|line| !now.items().any(|item| item == *line))
        .collect();
    let same_generation = accepted.lines().next() == text.lines().next();
    assert!(
        gone.is_empty() || !same_generation,
        "raise GENERATION in src/version.rs and accept with ACCEPT_API=1; gone is:\n{}",
        gone.join("\n")
    );
    assert_eq!(accepted, text, "accept what is new with ACCEPT_API=1");
}
