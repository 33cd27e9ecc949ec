//! The declared fields of a contract, through references and applicators, bounded where schemas recurse.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use diagnostics::JsonPointer;
use serde_json::Value;

use crate::reference::lookup;
use crate::{Bundle, Classification, metadata};

/// One declared field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Where it is in the payload; `*` stands for any item, or any member of a map.
    pub pointer: JsonPointer,
    /// Its type in words: `string`, `integer | null`, `array of object`, `any`.
    pub kind: String,
    /// Whether every document that has the enclosing object has it.
    pub required: bool,
    /// `x-classification`; where several schemas apply the strictest.
    pub classification: Option<Classification>,
    /// The description nearest to the field: beside a `$ref` before behind it.
    pub description: Option<String>,
    /// The `format`, where it has one.
    pub format: Option<String>,
    /// Where it is declared: file and pointer.
    pub origin: (Arc<str>, JsonPointer),
}

/// More fields than any person can use; keeps schemas that multiply by reference finite.
const MOST_FIELDS: usize = 10_000;
/// The parser's limit on documents.
const DEEPEST: usize = 128;
/// Schemas that apply to one place.
const MOST_APPLIED: usize = 1_000;

/// The declared fields of a bundle, sorted by pointer.
pub fn of(bundle: &Bundle) -> Vec<Field> {
    let mut walk = Walk {
        bundle,
        fields: BTreeMap::new(),
        active: Vec::new(),
    };
    let root = walk.applied(vec![JsonPointer::root()]);
    walk.enter(&root, &JsonPointer::root());
    walk.fields.into_values().collect()
}

/// The field at `pointer` of a bundle's payload, at any depth: `*` is any item or member, an index or a name also stands
/// for one that is only declared as any.
pub fn find(bundle: &Bundle, pointer: &JsonPointer) -> Option<Field> {
    let walk = Walk {
        bundle,
        fields: BTreeMap::new(),
        active: Vec::new(),
    };
    let mut applied = walk.applied(vec![JsonPointer::root()]);
    let mut place = JsonPointer::root();
    let mut found = None;
    for token in pointer.tokens() {
        let mut known = children(&applied);
        let (token, declared) = known.remove_entry(&*token).or_else(|| match &*token {
            // Any item of a tuple: the first.
            "*" => known.remove_entry("0"),
            _ => known.remove_entry("*"),
        })?;
        place.push(&token);
        let (field, inner) = walk.child(&applied, &place, &token, &declared)?;
        found = Some(field);
        applied = inner;
    }
    found
}

/// A schema that applies to a place of the payload.
struct Applied<'b> {
    pointer: JsonPointer,
    schema: &'b Value,
    /// Whether it applies to every document, and not only in one branch.
    always: bool,
}

struct Walk<'b> {
    bundle: &'b Bundle,
    fields: BTreeMap<JsonPointer, Field>,
    /// The declarations that are being entered; one that is met again recurs.
    active: Vec<JsonPointer>,
}

impl<'b> Walk<'b> {
    /// All schemas that apply where those at `start` do: through references and in-place applicators.
    fn applied(&self, start: Vec<JsonPointer>) -> Vec<Applied<'b>> {
        let mut found: Vec<Applied<'b>> = Vec::new();
        let mut seen = BTreeSet::new();
        let mut open: Vec<(JsonPointer, bool)> =
            start.into_iter().rev().map(|pointer| (pointer, true)).collect();
        while let Some((pointer, always)) = open.pop() {
            if found.len() >= MOST_APPLIED || !seen.insert(pointer.clone()) {
                continue;
            }
            let Ok(schema) = lookup(&self.bundle.schema, &pointer) else {
                continue;
            };
            // Later entries are visited first.
            for keyword in [
                "dependentSchemas",
                "else",
                "then",
                "if",
                "oneOf",
                "anyOf",
                "allOf",
            ] {
                let always = always && keyword == "allOf";
                match schema.get(keyword) {
                    Some(Value::Array(branches)) => {
                        let base = pointer.child(keyword);
                        open.extend((0..branches.len()).rev().map(|index| (base.item(index), always)));
                    }
                    Some(Value::Object(members)) if keyword == "dependentSchemas" => {
                        let base = pointer.child(keyword);
                        open.extend(members.keys().map(|name| (base.child(name), false)));
                    }
                    Some(Value::Object(_)) => open.push((pointer.child(keyword), false)),
                    _ => {}
                }
            }
            if let Some(target) = reference(schema) {
                open.push((target, always));
            }
            found.push(Applied {
                pointer,
                schema,
                always,
            });
        }
        found
    }

    fn enter(&mut self, applied: &[Applied<'b>], place: &JsonPointer) {
        if self.active.len() > DEEPEST {
            return;
        }
        for (token, declared) in children(applied) {
            if self.fields.len() >= MOST_FIELDS {
                return;
            }
            let pointer = place.child(&token);
            let recurs = declared.iter().any(|declared| self.active.contains(declared));
            let Some((field, inner)) = self.child(applied, &pointer, &token, &declared) else {
                continue;
            };
            self.fields.entry(pointer.clone()).or_insert(field);
            if recurs {
                continue;
            }
            let entered = self.active.len();
            self.active.extend(declared);
            self.enter(&inner, &pointer);
            self.active.truncate(entered);
        }
    }

    /// The field that `declared` declare, and all that applies to it; `None` for `additionalProperties: {}` and the like,
    /// which declare nothing.
    fn child(
        &self,
        applied: &[Applied<'b>],
        pointer: &JsonPointer,
        token: &str,
        declared: &[JsonPointer],
    ) -> Option<(Field, Vec<Applied<'b>>)> {
        let inner = self.applied(declared.to_vec());
        let is_trivial =
            |applied: &Applied<'_>| applied.schema.as_object().is_none_or(serde_json::Map::is_empty);
        if token == "*" && inner.iter().all(is_trivial) {
            return None;
        }
        let mut budget = MOST_APPLIED;
        let required = applied
            .iter()
            .any(|applied| applied.always && requires(self.bundle, applied.schema, token, &mut budget));
        Some((self.field(pointer, &inner, required), inner))
    }

    fn field(&self, pointer: &JsonPointer, applied: &[Applied<'b>], required: bool) -> Field {
        let text = |keyword: &str| {
            applied
                .iter()
                .find_map(|applied| applied.schema.get(keyword)?.as_str())
        };
        let classification = applied
            .iter()
            .filter_map(|applied| applied.schema.get(metadata::CLASSIFICATION_KEYWORD)?.as_str())
            .filter_map(Classification::parse)
            .max();
        let declared = applied
            .first()
            .map(|applied| applied.pointer.clone())
            .unwrap_or_default();
        Field {
            pointer: pointer.clone(),
            kind: self.kind(applied, 0),
            required,
            classification,
            description: text("description").map(str::to_owned),
            format: text("format").map(str::to_owned),
            origin: self.bundle.origin(&declared),
        }
    }

    fn kind(&self, applied: &[Applied<'b>], depth: usize) -> String {
        const DEEPEST_ARRAY: usize = 4;
        let mut kinds: BTreeSet<&str> = BTreeSet::new();
        let mut by_schema: Option<BTreeSet<&str>> = None;
        for one in applied {
            let own = types(one.schema);
            if own.is_empty() {
                continue;
            }
            if one.always {
                // What always applies holds together.
                by_schema = Some(match by_schema {
                    None => own,
                    Some(before) if before.is_disjoint(&own) => before,
                    Some(before) => before.intersection(&own).copied().collect(),
                });
            } else {
                kinds.extend(own);
            }
        }
        let mut kinds = by_schema.unwrap_or(kinds);
        let has = |keyword: &str| {
            applied
                .iter()
                .any(|applied| applied.schema.get(keyword).is_some())
        };
        if kinds.is_empty() {
            if has("properties") {
                kinds.insert("object");
            } else if has("items") || has("prefixItems") {
                kinds.insert("array");
            }
        }
        let null = kinds.remove("null");
        let mut words: Vec<String> = kinds
            .into_iter()
            .map(|kind| {
                if kind != "array" || depth >= DEEPEST_ARRAY {
                    return kind.to_owned();
                }
                let items: Vec<JsonPointer> = applied
                    .iter()
                    .filter(|applied| applied.schema.get("items").is_some_and(Value::is_object))
                    .map(|applied| applied.pointer.child("items"))
                    .collect();
                if items.is_empty() {
                    return kind.to_owned();
                }
                format!("array of {}", self.kind(&self.applied(items), depth + 1))
            })
            .collect();
        if null {
            words.push("null".to_owned());
        }
        if words.is_empty() {
            "any".to_owned()
        } else {
            words.join(" | ")
        }
    }
}

/// The names that schemas declare, each with the schemas that declare it.
fn children(applied: &[Applied<'_>]) -> BTreeMap<String, Vec<JsonPointer>> {
    let mut children: BTreeMap<String, Vec<JsonPointer>> = BTreeMap::new();
    for Applied { pointer, schema, .. } in applied {
        for (name, _) in schema
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            children
                .entry(name.clone())
                .or_default()
                .push(pointer.child("properties").child(name));
        }
        for (name, _) in schema
            .get("patternProperties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            children
                .entry("*".to_owned())
                .or_default()
                .push(pointer.child("patternProperties").child(name));
        }
        for keyword in [
            "additionalProperties",
            "unevaluatedProperties",
            "items",
            "additionalItems",
        ] {
            match schema.get(keyword) {
                Some(Value::Object(_)) => {
                    children
                        .entry("*".to_owned())
                        .or_default()
                        .push(pointer.child(keyword));
                }
                Some(Value::Array(items)) => {
                    let base = pointer.child(keyword);
                    for index in 0..items.len() {
                        children
                            .entry(index.to_string())
                            .or_default()
                            .push(base.item(index));
                    }
                }
                _ => {}
            }
        }
        for index in 0..schema
            .get("prefixItems")
            .and_then(Value::as_array)
            .map_or(0, Vec::len)
        {
            children
                .entry(index.to_string())
                .or_default()
                .push(pointer.child("prefixItems").item(index));
        }
    }
    children
}

/// Whether every document of `schema` has the member `name`, as far as `budget` schemas tell.
fn requires(bundle: &Bundle, schema: &Value, name: &str, budget: &mut usize) -> bool {
    let Some(left) = budget.checked_sub(1) else {
        return false;
    };
    *budget = left;
    let listed = schema.get("required").and_then(Value::as_array);
    if listed.is_some_and(|names| names.iter().any(|required| required.as_str() == Some(name))) {
        return true;
    }
    let mut branches = |keyword: &str, every: bool| {
        let Some(branches) = schema.get(keyword).and_then(Value::as_array) else {
            return false;
        };
        let mut branches = branches
            .iter()
            .map(|branch| requires(bundle, branch, name, budget));
        if every {
            branches.len() > 0 && branches.all(|holds| holds)
        } else {
            branches.any(|holds| holds)
        }
    };
    if branches("allOf", false) || branches("anyOf", true) || branches("oneOf", true) {
        return true;
    }
    let Some(Ok(target)) = reference(schema).map(|target| lookup(&bundle.schema, &target)) else {
        return false;
    };
    requires(bundle, target, name, budget)
}

/// The node of the bundle that a schema refers to.
fn reference(schema: &Value) -> Option<JsonPointer> {
    crate::reference::local_pointer(schema.get("$ref")?.as_str()?)
}

fn types(schema: &Value) -> BTreeSet<&str> {
    match schema.get("type") {
        Some(Value::String(name)) => return BTreeSet::from([name.as_str()]),
        Some(Value::Array(names)) => return names.iter().filter_map(Value::as_str).collect(),
        _ => {}
    }
    let values = match (schema.get("const"), schema.get("enum")) {
        (Some(value), _) => std::slice::from_ref(value),
        (None, Some(Value::Array(values))) => values,
        _ => return BTreeSet::new(),
    };
    values
        .iter()
        .map(|value| match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        })
        .collect()
}
