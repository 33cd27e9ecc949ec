//! A schema together with what it refers to and what `allOf` adds: the keywords that hold at one place.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// Schemas that hold together.
pub(super) struct View<'s> {
    parts: Vec<&'s Map<String, Value>>,
}

/// Parts that are followed; schemas may refer to themselves.
const MOST_PARTS: usize = 64;

impl<'s> View<'s> {
    pub(super) fn of(root: &'s Value, schema: &'s Value) -> Self {
        let mut parts: Vec<&Map<String, Value>> = Vec::new();
        let mut open = vec![schema];
        while let Some(schema) = open.pop() {
            let Value::Object(members) = schema else {
                continue;
            };
            if parts.len() >= MOST_PARTS || parts.iter().any(|part| std::ptr::eq(*part, members)) {
                continue;
            }
            parts.push(members);
            if let Some(Value::Array(branches)) = members.get("allOf") {
                open.extend(branches.iter().rev());
            }
            let target = members.get("$ref").and_then(Value::as_str);
            if let Some(target) = target.and_then(|target| root.pointer(target.strip_prefix('#')?)) {
                open.push(target);
            }
        }
        Self { parts }
    }

    /// The value of a keyword, of the part that comes first.
    pub(super) fn get(&self, keyword: &str) -> Option<&'s Value> {
        self.parts.iter().find_map(|part| part.get(keyword))
    }

    /// Every keyword, in order.
    pub(super) fn keywords(&self) -> BTreeSet<&'s str> {
        self.parts
            .iter()
            .flat_map(|part| part.keys().map(String::as_str))
            .collect()
    }

    /// The members of `properties` and the like, of all parts.
    pub(super) fn members(&self, keyword: &str) -> BTreeMap<String, &'s Value> {
        let mut members = BTreeMap::new();
        for part in &self.parts {
            for (name, schema) in part.get(keyword).and_then(Value::as_object).into_iter().flatten() {
                members.entry(name.clone()).or_insert(schema);
            }
        }
        members
    }

    pub(super) fn required(&self) -> BTreeSet<&'s str> {
        self.parts
            .iter()
            .filter_map(|part| part.get("required")?.as_array())
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    }

    /// The types that are allowed; empty for any.
    pub(super) fn types(&self) -> BTreeSet<&'s str> {
        match self.get("type") {
            Some(Value::String(name)) => BTreeSet::from([name.as_str()]),
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            _ => BTreeSet::new(),
        }
    }

    /// The listed values, by `enum` or `const`.
    pub(super) fn values(&self) -> Option<&'s [Value]> {
        match (self.get("const"), self.get("enum")) {
            (Some(value), _) => Some(std::slice::from_ref(value)),
            (None, Some(Value::Array(values))) => Some(values),
            _ => None,
        }
    }

    /// Its type in words.
    pub(super) fn kind(&self) -> String {
        let types: Vec<&str> = self.types().into_iter().collect();
        match (types.as_slice(), self.values()) {
            ([], Some(_)) => "listed values".to_owned(),
            ([], None) => "any".to_owned(),
            (types, _) => types.join(" or "),
        }
    }
}
