//! Lowering, by what a validator makes of the lowered schema: fixtures are data, a case is added by adding it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use diagnostics::JsonPointer;
use registry::lower::{LowerError, LowerOptions, Lowered, Role, lower};
use registry::{Draft, Example, Expectation, LoadOptions, Registry, Workspace};
use serde_json::{Value, json};

fn cases() -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/lower");
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("the fixtures are there")
        .map(|entry| entry.expect("readable").path())
        .collect();
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("a readable fixture");
        let list: Value =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        cases.extend(list.as_array().expect("a fixture is an array").iter().cloned());
    }
    cases
}

fn draft_of(schema: &Value) -> Draft {
    schema
        .get("$schema")
        .and_then(Value::as_str)
        .and_then(Draft::from_uri)
        .unwrap_or(Draft::Draft202012)
}

fn lowered(case: &Value) -> Result<Lowered, LowerError> {
    let discriminators: Vec<String> = list(case, "discriminators")
        .map(|value| text(value).to_owned())
        .collect();
    let role = match case["role"].as_str() {
        Some("writer") => Role::Writer,
        _ => Role::Reader,
    };
    let schema = &case["schema"];
    lower(
        schema,
        draft_of(schema),
        &LowerOptions {
            role,
            discriminators: &discriminators,
        },
    )
}

fn list<'c>(case: &'c Value, key: &str) -> impl Iterator<Item = &'c Value> {
    case.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a string")
}

fn validator(schema: &Value) -> jsonschema::Validator {
    let draft = match draft_of(schema) {
        Draft::Draft4 => jsonschema::Draft::Draft4,
        Draft::Draft6 => jsonschema::Draft::Draft6,
        Draft::Draft7 => jsonschema::Draft::Draft7,
        Draft::Draft201909 => jsonschema::Draft::Draft201909,
        Draft::Draft202012 => jsonschema::Draft::Draft202012,
    };
    jsonschema::options()
        .with_draft(draft)
        .build(schema)
        .unwrap_or_else(|error| panic!("{error}: {schema}"))
}

#[test]
fn lowered_schemas_accept_what_the_definition_says() {
    let mut ids = BTreeSet::new();
    let mut failures = Vec::new();
    for case in cases() {
        let id = text(&case["id"]).to_owned();
        assert!(ids.insert(id.clone()), "{id} is there twice");
        let lowered = match (lowered(&case), case.get("error").and_then(Value::as_str)) {
            (Ok(lowered), None) => lowered,
            (Err(error), Some(expected)) if error.to_string().contains(expected) => continue,
            (found, expected) => {
                failures.push(format!("{id}: {found:?}, expected the error {expected:?}"));
                continue;
            }
        };
        let judge = validator(&lowered.schema);
        for (key, expected) in [("accepts", true), ("rejects", false)] {
            for document in list(&case, key) {
                if judge.is_valid(document) != expected {
                    failures.push(format!("{id}: {key} {document}: {}", lowered.schema));
                }
            }
        }
        let unusable: Vec<&str> = lowered.unusable_marks.iter().map(JsonPointer::as_str).collect();
        let expected: Vec<&str> = list(&case, "unusable").map(text).collect();
        if unusable != expected {
            failures.push(format!(
                "{id}: unusable marks {unusable:?}, expected {expected:?}"
            ));
        }
        for (at, base) in case
            .get("origins")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            let at = JsonPointer::parse(at).expect("a pointer");
            let found = lowered.origin(&at);
            if lowered.schema.pointer(at.as_str()).is_none() || found.as_str() != text(base) {
                failures.push(format!(
                    "{id}: {at} comes from {found}, expected {base}: {}",
                    lowered.schema
                ));
            }
        }
        if case.get("unchanged") == Some(&json!(true)) && lowered.schema != case["schema"] {
            failures.push(format!("{id}: changed to {}", lowered.schema));
        }
    }
    assert!(
        failures.is_empty(),
        "{} differ:\n{}",
        failures.len(),
        failures.join("\n")
    );
    assert!(ids.len() >= 40, "only {} cases", ids.len());
}

#[test]
fn lowering_accepts_more_and_never_less() {
    for case in cases() {
        let Ok(lowered) = lowered(&case) else { continue };
        let (before, after) = (validator(&case["schema"]), validator(&lowered.schema));
        for document in list(&case, "accepts").chain(list(&case, "rejects")) {
            assert!(
                !before.is_valid(document) || after.is_valid(document),
                "{}: {document} was accepted before",
                case["id"]
            );
        }
    }
}

#[test]
fn lowering_is_deterministic_and_settles() {
    for case in cases() {
        let (Ok(one), Ok(two)) = (lowered(&case), lowered(&case)) else {
            continue;
        };
        assert_eq!(one.schema, two.schema, "{}", case["id"]);
    }
}

#[test]
fn errors_say_what_to_change() {
    let discriminators = ["meta".to_owned()];
    let options = LowerOptions {
        role: Role::Writer,
        discriminators: &discriminators,
    };
    let error = lower(&json!({}), Draft::Draft202012, &options).expect_err("it is no pointer");
    assert_eq!(
        error.to_string(),
        "the discriminator `meta` is not a JSON Pointer: it has to start with `/`"
    );
    let discriminators = ["/v".to_owned()];
    let options = LowerOptions {
        role: Role::Writer,
        discriminators: &discriminators,
    };
    let schema = json!({ "properties": { "v": { "enum": ["1", "2"] } } });
    let error = lower(&schema, Draft::Draft202012, &options).expect_err("it has two");
    assert_eq!(
        error.to_string(),
        "the discriminator `/v` allows more than one value: \"1\", \"2\""
    );
}

#[test]
fn odd_schemas_do_not_hurt() {
    let discriminators = ["/a/0/*/~1".to_owned()];
    for role in [Role::Reader, Role::Writer] {
        let options = LowerOptions {
            role,
            discriminators: &discriminators,
        };
        for schema in [
            json!(true),
            json!(7),
            json!({ "$ref": "#" , "x-open": true }),
            json!({ "$defs": { "a": { "$ref": "#/$defs/b", "x-open": true }, "b": { "$ref": "#/$defs/a" } }, "$ref": "#/$defs/a" }),
            json!({ "x-open": true, "enum": 7, "oneOf": {}, "allOf": [7, true], "$defs": [] }),
            json!({ "x-open": true, "oneOf": [] }),
            json!({ "properties": { "a": { "x-open": true, "allOf": [{ "$ref": "#/properties/a" }] } } }),
            json!({ "properties": { "a": { "items": { "$ref": "#/properties/a" }, "const": [] } } }),
        ] {
            for draft in Draft::ALL {
                assert!(lower(&schema, draft, &options).is_ok(), "{schema}");
            }
        }
    }
}

#[test]
fn wide_unions_are_quick() {
    let branch = |at: usize| json!({ "type": "object", "required": ["kind"], "properties": { "kind": { "const": format!("k{at}") } } });
    let definitions: serde_json::Map<String, Value> =
        (0..2_000).map(|at| (format!("d{at}"), branch(at))).collect();
    let branches: Vec<Value> = (0..2_000)
        .map(|at| json!({ "$ref": format!("#/$defs/d{at}") }))
        .collect();
    let schema = json!({ "oneOf": branches, "x-open": true, "$defs": definitions });
    let discriminators = ["/nothing/here".to_owned()];
    let options = LowerOptions {
        role: Role::Reader,
        discriminators: &discriminators,
    };
    let lowered = lower(&schema, Draft::Draft202012, &options).expect("it lowers");
    assert_eq!(lowered.schema["oneOf"].as_array().map(Vec::len), Some(2_001));
    assert_eq!(
        lowered.schema["$defs"].as_object().map(serde_json::Map::len),
        Some(2_000)
    );
}

/// The contracts of this repository: readers accept every valid example, also those that say what a newer writer may
/// send; writers do not send those.
#[test]
fn the_contracts_of_this_repository_lower() {
    let workspace =
        Workspace::discover(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("this repository is a registry");
    let registry = Registry::load(workspace, &LoadOptions::default()).expect("it loads");
    let mut of_newer_writers = 0;
    for (index, contract) in registry.contracts.iter().enumerate() {
        let bundle = registry.bundle(contract.file).expect("it bundles");
        let [reader, writer] = [Role::Reader, Role::Writer].map(|role| {
            let lowered = lower(
                &bundle.schema,
                bundle.draft,
                &LowerOptions {
                    role,
                    discriminators: &[],
                },
            );
            let lowered = lowered.expect("it lowers");
            assert!(
                lowered.unusable_marks.is_empty(),
                "{}: {:?}",
                contract.event_type,
                lowered.unusable_marks
            );
            validator(&lowered.schema)
        });
        let valid = |example: &&Example| {
            example.contract == index && matches!(example.expectation, Expectation::Valid)
        };
        for example in registry.examples.iter().filter(valid) {
            assert!(reader.is_valid(&example.value()), "{}", example.path);
            of_newer_writers += usize::from(!writer.is_valid(&example.value()));
        }
    }
    assert!(
        of_newer_writers >= 5,
        "only {of_newer_writers} examples come from newer writers"
    );
}
