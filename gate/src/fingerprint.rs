//! What makes two findings the same one across runs: the rule, the contract or shared file, the pointer and what the
//! schemas say there. Versions, lines and layout have no part in it.

use std::collections::BTreeSet;

use diagnostics::{Diagnostic, JsonPointer, Location, Target};
use registry::{Contract, Registry, canonical_json};
use serde_json::{Map, Value};

use crate::finding::{Affected, Finding, Fingerprint, Standing};

/// Members of a schema that say nothing about documents.
const ANNOTATIONS: &[&str] = &[
    "$comment",
    "$id",
    "$schema",
    "default",
    "deprecated",
    "description",
    "example",
    "examples",
    "id",
    "readOnly",
    "title",
    "writeOnly",
    "x-contract",
];

/// What a fingerprint calls the file at `path`: `ecommerce.order.created@1` for a contract, wherever it lies; the path
/// below the root for a shared schema, an example or a consumer file.
pub fn subject(registry: &Registry, path: &str) -> String {
    let contract = registry
        .file_index(path)
        .and_then(|index| registry.contract_of(index));
    match contract {
        Some(contract) => contract.id(),
        None => below_root(registry, path).to_owned(),
    }
}

/// `path` without the folder of the root.
pub fn below_root<'p>(registry: &Registry, path: &'p str) -> &'p str {
    let prefix = registry.workspace.root_prefix();
    path.strip_prefix(prefix.as_str())
        .map_or(path, |tail| tail.trim_start_matches('/'))
}

/// Gives findings about the work tree alone (rules of `registry`, `codegen` and freshness) what a [`Finding`] has: a
/// fingerprint and those who are concerned. Nobody has accepted them yet.
pub fn of_state(registry: &Registry, diagnostics: Vec<Diagnostic>) -> Vec<Finding> {
    let mut known = BTreeSet::new();
    diagnostics
        .into_iter()
        .map(|diagnostic| {
            let parts = state_parts(registry, &diagnostic);
            let fingerprint = distinct(&parts, &mut known);
            let affected = registry
                .file_index(&diagnostic.location.file)
                .and_then(|index| registry.contract_of(index))
                .map(producers)
                .unwrap_or_default();
            Finding {
                diagnostic,
                fingerprint,
                change: None,
                affected,
                standing: Standing::Open,
            }
        })
        .collect()
}

fn producers(contract: &Contract) -> Affected {
    let mut producers = contract
        .metadata
        .as_ref()
        .map(|metadata| metadata.producers.clone())
        .unwrap_or_default();
    producers.sort();
    Affected {
        producers,
        consumers: Vec::new(),
    }
}

/// The fingerprint of `parts`; where several findings of one run say the same at the same place, the second and later
/// ones are numbered, in the order in which they come.
pub fn distinct(parts: &[String], known: &mut BTreeSet<Fingerprint>) -> Fingerprint {
    let borrowed: Vec<&str> = parts.iter().map(String::as_str).collect();
    let mut fingerprint = Fingerprint::of(&borrowed);
    let mut number = 1_usize;
    while !known.insert(fingerprint.clone()) {
        number += 1;
        let number = number.to_string();
        let numbered: Vec<&str> = borrowed.iter().copied().chain([number.as_str()]).collect();
        fingerprint = Fingerprint::of(&numbered);
    }
    fingerprint
}

fn state_parts(registry: &Registry, diagnostic: &Diagnostic) -> Vec<String> {
    let Location { file, target } = &diagnostic.location;
    let (place, text) = match target {
        Target::File => (String::new(), String::new()),
        Target::Pointer(pointer, _) => {
            let node = registry
                .file_index(file)
                .and_then(|index| registry.files[index].value.pointer(pointer.as_str()));
            match node {
                Some(node) => place_of(
                    &registry.files[registry.file_index(file).unwrap_or(0)].value,
                    pointer,
                    node,
                ),
                None => (pointer.as_str().to_owned(), String::new()),
            }
        }
        // Text that is no JSON has no pointers: what is written there stands for the place.
        Target::Bytes(start, end) => {
            let text = registry.source(file).unwrap_or_default();
            let written = text.get(*start..*end).unwrap_or_default().to_owned();
            (String::new(), written)
        }
    };
    vec![diagnostic.rule.to_owned(), subject(registry, file), place, text]
}

/// A pointer and what stands there, in words that do not change with what is around it: an item of a list of names is
/// known by its name, not by its place in the list.
fn place_of(root: &Value, pointer: &JsonPointer, node: &Value) -> (String, String) {
    let list = pointer
        .parent()
        .filter(|parent| root.pointer(parent.as_str()).is_some_and(Value::is_array));
    match list {
        Some(list) if !node.is_object() && !node.is_array() => (list.as_str().to_owned(), node.to_string()),
        _ => (pointer.as_str().to_owned(), own(node)),
    }
}

/// What the node itself asserts: without annotations and without the schemas inside it, so that accepting something about
/// an object is not undone by a new member of it.
fn own(node: &Value) -> String {
    let Value::Object(members) = node else {
        return canonical_json(&normalised(node));
    };
    let flat: Map<String, Value> = members
        .iter()
        .filter(|(name, value)| {
            !ANNOTATIONS.contains(&name.as_str())
                && name.as_str() != "required"
                && !value.is_object()
                && !holds_objects(value)
        })
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    canonical_json(&Value::Object(flat))
}

fn holds_objects(value: &Value) -> bool {
    value
        .as_array()
        .is_some_and(|items| items.iter().any(Value::is_object))
}

/// A subschema without its annotations.
pub fn normalised(schema: &Value) -> Value {
    match schema {
        Value::Object(members) => Value::Object(
            members
                .iter()
                .filter(|(name, value)| {
                    // A property may have the name of an annotation; its value is a schema then.
                    !ANNOTATIONS.contains(&name.as_str())
                        || (value.is_object() && name.as_str() != "x-contract")
                })
                .map(|(name, value)| (name.clone(), normalised(value)))
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.iter().map(normalised).collect()),
        scalar => scalar.clone(),
    }
}

#[cfg(test)]
mod tests {
    use diagnostics::Severity;
    use registry::{Config, LoadOptions};

    use super::*;

    fn registry(text: &str) -> Registry {
        let documents = [("shop/order/order.placed.v1.json".to_owned(), text.to_owned())];
        Registry::from_documents(Config::default(), documents, &LoadOptions::default()).unwrap()
    }

    fn fingerprint(text: &str, pointer: &str) -> Fingerprint {
        let location = Location::value(
            "shop/order/order.placed.v1.json",
            JsonPointer::parse(pointer).unwrap(),
        );
        let found = Diagnostic::new("unbounded-string", Severity::Warning, location, "words");
        of_state(&registry(text), vec![found]).remove(0).fingerprint
    }

    #[test]
    fn layout_versions_and_neighbours_do_not_count() {
        let one =
            r#"{"x-contract":{"version":"1.0.0"},"type":"object","properties":{"a":{"type":"string"}}}"#;
        let two = "{\n\"type\": \"object\",\n\n\"properties\": {\"z\": {\"type\": \"integer\"}, \"a\": {\"type\": \
                   \"string\", \"description\": \"d\"}},\n\"x-contract\": {\"version\": \"1.4.0\"}}";
        assert_eq!(
            fingerprint(one, "/properties/a"),
            fingerprint(two, "/properties/a")
        );
        assert_eq!(fingerprint(one, ""), fingerprint(two, ""));
        let other = one.replace("string", "number");
        assert_ne!(
            fingerprint(one, "/properties/a"),
            fingerprint(&other, "/properties/a")
        );
    }

    #[test]
    fn an_item_is_known_by_its_name() {
        let one = r#"{"required":["a","b"]}"#;
        let two = r#"{"required":["b","c","a"]}"#;
        assert_eq!(fingerprint(one, "/required/1"), fingerprint(two, "/required/0"));
        assert_ne!(fingerprint(one, "/required/0"), fingerprint(one, "/required/1"));
    }

    #[test]
    fn two_findings_of_a_place_are_told_apart() {
        let location = Location::file("shop/order/order.placed.v1.json");
        let found =
            |message: &str| Diagnostic::new("missing-example", Severity::Error, location.clone(), message);
        let findings = of_state(&registry("{}"), vec![found("a"), found("b")]);
        assert_ne!(findings[0].fingerprint, findings[1].fingerprint);
    }
}
