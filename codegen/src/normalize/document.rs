//! A contract's schema as one document: its dialect, what its references mean, what stands at a pointer.

use std::collections::BTreeMap;

use diagnostics::JsonPointer;
use serde_json::Value;

/// What differs between drafts, as far as shapes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Dialect {
    Draft4,
    Draft6,
    Draft7,
    Draft201909,
    Draft202012,
}

impl Dialect {
    fn of(schema: &Value) -> Self {
        match schema.get("$schema").and_then(Value::as_str) {
            Some(uri) if uri.contains("draft-04") || uri.contains("draft-03") => Self::Draft4,
            Some(uri) if uri.contains("draft-06") => Self::Draft6,
            Some(uri) if uri.contains("draft-07") => Self::Draft7,
            Some(uri) if uri.contains("2019-09") => Self::Draft201909,
            None if legacy(schema, 0) => Self::Draft7,
            _ => Self::Draft202012,
        }
    }

    /// The name in `$schema`.
    pub(crate) fn uri(self) -> &'static str {
        match self {
            Self::Draft4 => "http://json-schema.org/draft-04/schema#",
            Self::Draft6 => "http://json-schema.org/draft-06/schema#",
            Self::Draft7 => "http://json-schema.org/draft-07/schema#",
            Self::Draft201909 => "https://json-schema.org/draft/2019-09/schema",
            Self::Draft202012 => "https://json-schema.org/draft/2020-12/schema",
        }
    }

    /// Until draft-07 a `$ref` hides its neighbours.
    pub(crate) fn ref_stands_alone(self) -> bool {
        self <= Self::Draft7
    }

    /// Whether the validator asserts this format in this draft.
    pub(crate) fn asserts_format(self, format: &str) -> bool {
        match format {
            "date" | "date-time" | "email" | "hostname" | "ipv4" | "ipv6" | "regex" | "time" | "uri" => true,
            "json-pointer" | "uri-reference" | "uri-template" => self >= Self::Draft6,
            "iri" | "iri-reference" | "relative-json-pointer" => self >= Self::Draft7,
            "duration" | "uuid" => self >= Self::Draft201909,
            _ => false,
        }
    }
}

/// How deep shapes are followed; deeper schemas are left to the validator. A payload that deep cannot be parsed.
pub(crate) const DEPTH_LIMIT: usize = 128;

/// Schemas nested deeper than this are refused: what compiles them recurses.
pub(crate) const NESTING_LIMIT: usize = 4 * DEPTH_LIMIT;

/// Whether a value is nested beyond [`NESTING_LIMIT`]. Does not recurse.
pub(crate) fn is_too_deep(value: &Value) -> bool {
    let mut open = vec![(value, 0)];
    while let Some((value, depth)) = open.pop() {
        if depth >= NESTING_LIMIT {
            return true;
        }
        match value {
            Value::Object(members) => open.extend(members.values().map(|member| (member, depth + 1))),
            Value::Array(items) => open.extend(items.iter().map(|item| (item, depth + 1))),
            _ => {}
        }
    }
    false
}

/// Whether a document that names no draft uses what only old drafts have.
fn legacy(schema: &Value, depth: usize) -> bool {
    match schema {
        Value::Object(members) => {
            if members.get("items").is_some_and(Value::is_array)
                || members.contains_key("additionalItems")
                || members.get("dependencies").is_some_and(Value::is_object)
            {
                return true;
            }
            depth < DEPTH_LIMIT
                && members
                    .iter()
                    .filter(|(name, _)| !matches!(name.as_str(), "enum" | "const" | "default" | "examples"))
                    .any(|(_, member)| legacy(member, depth + 1))
        }
        Value::Array(items) => depth < DEPTH_LIMIT && items.iter().any(|item| legacy(item, depth + 1)),
        _ => false,
    }
}

/// Where a reference leads.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// A place in this document.
    Here(JsonPointer),
    /// A metaschema, which the validator knows by heart.
    Metaschema,
    /// Nowhere in this document.
    Nowhere,
}

/// A self-contained schema.
pub(crate) struct Document<'a> {
    pub(crate) root: &'a Value,
    pub(crate) dialect: Dialect,
    /// Absolute (or document-relative) URI, with fragment for anchors, to pointer.
    places: BTreeMap<String, JsonPointer>,
    /// Whether it is nested beyond [`NESTING_LIMIT`].
    pub(crate) too_deep: bool,
    /// Whether what a schema means depends on who refers to it (`$dynamicRef`, `$recursiveRef`).
    pub(crate) dynamic: bool,
    /// Pointers of schemas with an id of their own, to their base URI; the root is there.
    bases: BTreeMap<JsonPointer, String>,
}

impl<'a> Document<'a> {
    pub(crate) fn new(root: &'a Value) -> Self {
        let mut document = Self {
            root,
            dialect: Dialect::of(root),
            places: BTreeMap::new(),
            too_deep: is_too_deep(root),
            dynamic: false,
            bases: BTreeMap::new(),
        };
        document.bases.insert(JsonPointer::root(), String::new());
        document.places.insert(String::new(), JsonPointer::root());
        let mut open = vec![(root, JsonPointer::root(), String::new(), 0usize)];
        while let Some((value, pointer, mut base, depth)) = open.pop() {
            if depth >= NESTING_LIMIT {
                continue;
            }
            match value {
                Value::Object(members) => {
                    let key = if document.dialect == Dialect::Draft4 {
                        "id"
                    } else {
                        "$id"
                    };
                    let hidden = document.dialect.ref_stands_alone() && members.contains_key("$ref");
                    if !hidden && let Some(id) = members.get(key).and_then(Value::as_str) {
                        if let Some(anchor) = id.strip_prefix('#') {
                            document
                                .places
                                .insert(format!("{base}#{anchor}"), pointer.clone());
                        } else {
                            base = join(&base, id.trim_end_matches('#'));
                            document.places.insert(base.clone(), pointer.clone());
                            document.bases.insert(pointer.clone(), base.clone());
                        }
                    }
                    document.dynamic |=
                        members.contains_key("$dynamicRef") || members.contains_key("$recursiveRef");
                    for key in ["$anchor", "$dynamicAnchor"] {
                        if let Some(anchor) = members.get(key).and_then(Value::as_str) {
                            document
                                .places
                                .insert(format!("{base}#{anchor}"), pointer.clone());
                        }
                    }
                    for (name, member) in members {
                        if !matches!(name.as_str(), "enum" | "const" | "default" | "examples") {
                            open.push((member, pointer.child(name), base.clone(), depth + 1));
                        }
                    }
                }
                Value::Array(items) => {
                    for (index, item) in items.iter().enumerate() {
                        open.push((item, pointer.item(index), base.clone(), depth + 1));
                    }
                }
                _ => {}
            }
        }
        document
    }

    /// The value at a pointer.
    pub(crate) fn at(&self, pointer: &JsonPointer) -> Option<&'a Value> {
        self.root.pointer(pointer.as_str())
    }

    /// Where `reference`, found at `from`, leads.
    pub(crate) fn resolve(&self, from: &JsonPointer, reference: &str) -> Target {
        let base = self.base(from);
        let (uri, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let uri = if uri.is_empty() { base } else { join(&base, uri) };
        let decoded = percent_decode(fragment);
        if !(decoded.is_empty() || decoded.starts_with('/')) {
            return self
                .places
                .get(&format!("{uri}#{decoded}"))
                .cloned()
                .map_or(Target::Nowhere, Target::Here);
        }
        let Some(resource) = self.places.get(&uri) else {
            let known = ["http://json-schema.org/", "https://json-schema.org/"]
                .iter()
                .any(|host| uri.starts_with(host));
            return if known {
                Target::Metaschema
            } else {
                Target::Nowhere
            };
        };
        let Some(tail) = JsonPointer::parse(&decoded) else {
            return Target::Nowhere;
        };
        let pointer = resource.join(&tail);
        match self.at(&pointer) {
            Some(Value::Object(_) | Value::Bool(_)) => Target::Here(pointer),
            _ => Target::Nowhere,
        }
    }

    fn base(&self, from: &JsonPointer) -> String {
        let mut place = Some(from.clone());
        while let Some(pointer) = place {
            if let Some(base) = self.bases.get(&pointer) {
                return base.clone();
            }
            place = pointer.parent();
        }
        String::new()
    }
}

/// Resolves a reference against a base, as far as bundles need it: absolute, rooted, or relative to the last `/`.
fn join(base: &str, reference: &str) -> String {
    if reference.is_empty() {
        return base.to_owned();
    }
    if reference.contains("://") || reference.starts_with("urn:") || reference.starts_with("tag:") {
        return reference.to_owned();
    }
    let authority = base.find("://").map_or(0, |at| {
        base[at + 3..].find('/').map_or(base.len(), |end| at + 3 + end)
    });
    if reference.starts_with('/') {
        return format!("{}{reference}", &base[..authority]);
    }
    let folder = base
        .rfind('/')
        .filter(|at| *at >= authority)
        .map_or(authority, |at| at + 1);
    let mut path: Vec<&str> = Vec::new();
    let (head, tail) = base.split_at(authority);
    let joined = format!("{}{reference}", &tail[..folder - authority]);
    for part in joined.split('/') {
        match part {
            "." => {}
            ".." => {
                path.pop();
            }
            other => path.push(other),
        }
    }
    let path = path.join("/");
    if head.is_empty() || path.starts_with('/') {
        format!("{head}{path}")
    } else {
        format!("{head}/{path}")
    }
}

fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = (bytes[at] == b'%')
            .then(|| text.get(at + 1..at + 3))
            .flatten()
            .and_then(|pair| u8::from_str_radix(pair, 16).ok());
        decoded.push(hex.unwrap_or(bytes[at]));
        at += if hex.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}
