//! Which definitions contracts of a domain share: bundled from a file of their own, and the same everywhere.

use std::collections::{BTreeMap, BTreeSet};

use diagnostics::JsonPointer;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::digest::hex;
use crate::normalize::{Document, Target};

/// Names of shared definitions, each with the index of the first document that has it.
pub(crate) fn shared_definitions(documents: &[Option<Document<'_>>]) -> BTreeMap<String, usize> {
    let mut found: BTreeMap<String, Option<(usize, String)>> = BTreeMap::new();
    for (index, document) in documents.iter().enumerate() {
        let Some(document) = document else { continue };
        let mut names: BTreeSet<&str> = BTreeSet::new();
        for key in ["$defs", "definitions"] {
            let list = document.root.get(key).and_then(Value::as_object);
            names.extend(
                list.into_iter()
                    .flat_map(|list| list.keys())
                    .map(String::as_str)
                    .filter(|name| bundled(name)),
            );
        }
        for name in names {
            let digest = closure(document, name);
            match (found.get(name), digest) {
                (None, Some(digest)) => {
                    found.insert(name.to_owned(), Some((index, digest)));
                }
                (Some(Some((_, known))), Some(digest)) if *known == digest => {}
                _ => {
                    found.insert(name.to_owned(), None);
                }
            }
        }
    }
    found
        .into_iter()
        .filter_map(|(name, known)| known.map(|(index, _)| (name, index)))
        .collect()
}

/// Definitions from files of their own are named by folder and file.
fn bundled(name: &str) -> bool {
    name.contains('.')
}

fn place(document: &Document<'_>, name: &str) -> Option<JsonPointer> {
    let places: Vec<JsonPointer> = ["$defs", "definitions"]
        .into_iter()
        .map(|key| JsonPointer::root().child(key).child(name))
        .filter(|pointer| document.at(pointer).is_some())
        .collect();
    // The same name in both lists is two definitions.
    if places.len() == 1 {
        places.into_iter().next()
    } else {
        None
    }
}

/// A digest of a definition and everything it reaches; `None` when that is more than other bundled definitions.
fn closure(document: &Document<'_>, name: &str) -> Option<String> {
    let mut hash = Sha256::new();
    hash.update(document.dialect.uri());
    let mut seen = BTreeSet::from([name.to_owned()]);
    let mut open = vec![name.to_owned()];
    let mut parts: BTreeMap<String, String> = BTreeMap::new();
    while let Some(name) = open.pop() {
        let pointer = place(document, &name)?;
        let schema = document.at(&pointer)?;
        parts.insert(name.clone(), schema.to_string());
        for (from, reference) in references(schema, &pointer) {
            let Target::Here(target) = document.resolve(&from, reference) else {
                return None;
            };
            let other = super::build::definition(&target).filter(|other| bundled(other))?;
            if seen.insert(other.clone()) {
                open.push(other);
            }
        }
    }
    for (name, text) in parts {
        hash.update(name);
        hash.update([0]);
        hash.update(text);
        hash.update([0]);
    }
    Some(hex(&hash.finalize()))
}

fn references<'v>(schema: &'v Value, at: &JsonPointer) -> Vec<(JsonPointer, &'v str)> {
    let mut found = Vec::new();
    let mut open = vec![(schema, at.clone())];
    while let Some((value, pointer)) = open.pop() {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    match (name.as_str(), member) {
                        ("$ref" | "$dynamicRef" | "$recursiveRef", Value::String(reference)) => {
                            found.push((pointer.clone(), reference.as_str()));
                        }
                        ("enum" | "const" | "default" | "examples", _) => {}
                        _ => open.push((member, pointer.child(name))),
                    }
                }
            }
            Value::Array(items) => {
                open.extend(
                    items
                        .iter()
                        .enumerate()
                        .map(|(index, item)| (item, pointer.item(index))),
                );
            }
            _ => {}
        }
    }
    found
}
