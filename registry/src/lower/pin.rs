//! Discriminators: fields that pin the contract's own version lose the value and keep presence and type.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use diagnostics::JsonPointer;
use serde_json::{Map, Value};

use super::LowerError;
use super::tree::{Tree, branches};
use crate::Draft;

/// Schemas deeper than this cannot come out of a parser.
const MAX_DEPTH: usize = 512;

/// Takes the value from the field that `discriminator` points to, wherever the schema describes it.
pub(super) fn release(tree: &mut Tree, discriminator: &str) -> Result<(), LowerError> {
    let Some(pointer) = JsonPointer::parse(discriminator).filter(|pointer| !pointer.is_root()) else {
        return Err(LowerError::NotAPointer {
            discriminator: discriminator.to_owned(),
        });
    };
    let tokens: Vec<Cow<'_, str>> = pointer.tokens().collect();
    let mut search = Search {
        tree,
        tokens: &tokens,
        copies: BTreeMap::new(),
        seen: BTreeSet::new(),
        values: Vec::new(),
    };
    search.at(&JsonPointer::root(), 0, 0);
    if search.values.len() > 1 {
        let values = search.values;
        return Err(LowerError::SeveralValues {
            discriminator: discriminator.to_owned(),
            values,
        });
    }
    Ok(())
}

struct Search<'t, 'p> {
    tree: &'t mut Tree,
    tokens: &'p [Cow<'p, str>],
    /// Definitions copied for this path, by (what was copied, how many tokens led there).
    copies: BTreeMap<(JsonPointer, usize), JsonPointer>,
    seen: BTreeSet<(JsonPointer, usize)>,
    values: Vec<Value>,
}

impl Search<'_, '_> {
    /// Whether a value was taken at or below the schema `at`, which applies where `used` tokens lead.
    fn at(&mut self, at: &JsonPointer, used: usize, depth: usize) -> bool {
        if depth > MAX_DEPTH || !self.seen.insert((at.clone(), used)) {
            return false;
        }
        let Some(schema) = self.tree.schema(at) else {
            return false;
        };
        let only_a_reference = self.tree.is_only_a_reference(schema);
        let mut next: Vec<(JsonPointer, usize)> = Vec::new();
        if !only_a_reference {
            for keyword in ["allOf", "anyOf", "oneOf"] {
                next.extend(
                    branches(schema, at, keyword)
                        .into_iter()
                        .map(|branch| (branch, used)),
                );
            }
            for keyword in ["then", "else"] {
                next.extend(schema.contains_key(keyword).then(|| (at.child(keyword), used)));
            }
            if let Some(Value::Object(dependent)) = schema.get("dependentSchemas") {
                next.extend(
                    dependent
                        .keys()
                        .map(|name| (at.child("dependentSchemas").child(name), used)),
                );
            }
            if let Some(token) = self.tokens.get(used) {
                next.extend(
                    children(schema, at, token)
                        .into_iter()
                        .map(|child| (child, used + 1)),
                );
            }
        }
        let mut found = used == self.tokens.len() && !only_a_reference && self.take(at);
        for (place, used) in next {
            found |= self.at(&place, used, depth + 1);
        }
        found | self.behind_reference(at, used, depth)
    }

    /// Others may use the same definition elsewhere: this path gets a copy, if there is something to take from it.
    fn behind_reference(&mut self, at: &JsonPointer, used: usize, depth: usize) -> bool {
        let Some(target) = self.tree.target(at) else {
            return false;
        };
        let place = self.tokens[..used]
            .iter()
            .fold(JsonPointer::root(), |place, token| place.child(token));
        if self.tree.owned.contains(&(target.clone(), place.clone())) {
            return self.at(&target, used, depth + 1);
        }
        if let Some(copy) = self.copies.get(&(target.clone(), used)) {
            let copy = copy.clone();
            self.tree.refer(at, &copy);
            return true;
        }
        if self.seen.contains(&(target.clone(), used)) {
            return false;
        }
        let before = self
            .tree
            .schema(at)
            .and_then(|schema| schema.get("$ref"))
            .cloned();
        let Some(copied) = self.tree.schema(&target).cloned() else {
            return false;
        };
        let Some(copy) = self.tree.copy(copied, &target, "Unpinned") else {
            return false;
        };
        self.seen.insert((target.clone(), used));
        self.tree.refer(at, &copy);
        if self.at(&copy, used, depth + 1) {
            self.tree.owned.insert((copy.clone(), place));
            self.copies.insert((target, used), copy);
            return true;
        }
        self.tree.forget(&copy);
        if let (Some(before), Some(schema)) = (before, self.tree.schema_mut(at)) {
            schema.insert("$ref".to_owned(), before);
        }
        false
    }

    fn take(&mut self, at: &JsonPointer) -> bool {
        let has_const = self.tree.draft >= Draft::Draft6;
        let Some(schema) = self.tree.schema_mut(at) else {
            return false;
        };
        let mut taken: Vec<Value> = Vec::new();
        if has_const && let Some(value) = schema.remove("const") {
            taken.push(value);
        }
        match schema.remove("enum") {
            Some(Value::Array(values)) => taken.extend(values),
            Some(malformed) => {
                schema.insert("enum".to_owned(), malformed);
            }
            None => {}
        }
        let Some(first) = taken.first() else { return false };
        if !schema.contains_key("type") {
            schema.insert("type".to_owned(), Value::String(type_of(first).to_owned()));
        }
        for value in taken {
            if !self.values.contains(&value) {
                self.values.push(value);
            }
        }
        true
    }
}

/// The schemas of member or item `token`.
fn children(schema: &Map<String, Value>, at: &JsonPointer, token: &str) -> Vec<JsonPointer> {
    let mut found = Vec::new();
    if schema
        .get("properties")
        .and_then(|properties| properties.get(token))
        .is_some()
    {
        found.push(at.child("properties").child(token));
    }
    let index = token.parse::<usize>().ok();
    if index.is_none() && token != "*" {
        return found;
    }
    for keyword in ["prefixItems", "items"] {
        let tuple = branches(schema, at, keyword);
        match index {
            Some(index) => found.extend(tuple.into_iter().nth(index)),
            None => found.extend(tuple),
        }
    }
    for keyword in ["items", "additionalItems"] {
        if schema.get(keyword).is_some_and(Value::is_object) {
            found.push(at.child(keyword));
        }
    }
    found
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
