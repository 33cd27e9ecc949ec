//! A schema's places: what a reference leads to, and validators of places, compiled once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use crate::residual;

/// A subschema and where it is.
#[derive(Clone)]
pub(super) struct Part<'s> {
    pub(super) at: String,
    pub(super) schema: &'s Value,
}

impl<'s> Part<'s> {
    /// The member `name` of this object, if it has one.
    pub(super) fn child(&self, name: &str) -> Option<Self> {
        Some(Self {
            at: format!("{}/{}", self.at, name.replace('~', "~0").replace('/', "~1")),
            schema: self.schema.get(name)?,
        })
    }

    /// The items of this array.
    pub(super) fn items(&self) -> Vec<Self> {
        let items = self.schema.as_array().map(Vec::as_slice).unwrap_or_default();
        let part = |(index, schema): (usize, &'s Value)| Self {
            at: format!("{}/{index}", self.at),
            schema,
        };
        items.iter().enumerate().map(part).collect()
    }
}

/// The schema of a contract, indexed.
pub(super) struct Schema {
    pub(super) root: Value,
    /// Until draft-07 a reference hides what stands beside it.
    pub(super) reference_alone: bool,
    pub(super) draft4: bool,
    /// Pointers by absolute address, with or without an anchor.
    places: BTreeMap<String, String>,
    /// Base addresses of schemas that have one, by pointer.
    bases: BTreeMap<String, String>,
    validators: Mutex<BTreeMap<Vec<String>, Option<Arc<jsonschema::Validator>>>>,
}

/// Schemas nested deeper are not looked into.
const DEPTH: usize = 200;

impl Schema {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let root: Value = serde_json::from_str(text).ok()?;
        let dialect = root.get("$schema").and_then(Value::as_str).unwrap_or_default();
        let draft = |name: &str| dialect.contains(name);
        let mut schema = Self {
            reference_alone: draft("draft-04") || draft("draft-06") || draft("draft-07"),
            draft4: draft("draft-04"),
            places: BTreeMap::from([(String::new(), String::new())]),
            bases: BTreeMap::from([(String::new(), String::new())]),
            validators: Mutex::default(),
            root: Value::Null,
        };
        schema.index(&root, "", "", 0);
        schema.root = root;
        Some(schema)
    }

    fn index(&mut self, value: &Value, at: &str, base: &str, depth: usize) {
        if depth > DEPTH {
            return;
        }
        match value {
            Value::Object(members) => {
                let mut base = base.to_owned();
                let key = if self.draft4 { "id" } else { "$id" };
                let hidden = self.reference_alone && members.contains_key("$ref");
                if !hidden && let Some(id) = members.get(key).and_then(Value::as_str) {
                    if id.starts_with('#') {
                        self.places.insert(format!("{base}{id}"), at.to_owned());
                    } else {
                        base = join(&base, id.trim_end_matches('#'));
                        self.places.insert(base.clone(), at.to_owned());
                        self.bases.insert(at.to_owned(), base.clone());
                    }
                }
                for key in ["$anchor", "$dynamicAnchor"] {
                    if let Some(anchor) = members.get(key).and_then(Value::as_str) {
                        self.places.insert(format!("{base}#{anchor}"), at.to_owned());
                    }
                }
                for (name, member) in members {
                    if !matches!(name.as_str(), "enum" | "const" | "default" | "examples") {
                        let at = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
                        self.index(member, &at, &base, depth + 1);
                    }
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.index(item, &format!("{at}/{index}"), base, depth + 1);
                }
            }
            _ => {}
        }
    }

    pub(super) fn whole(&self) -> Part<'_> {
        Part {
            at: String::new(),
            schema: &self.root,
        }
    }

    /// Where `reference`, which stands at `from`, leads; `None` when that is not in this document.
    pub(super) fn target(&self, from: &str, reference: &str) -> Option<Part<'_>> {
        let base = self.base(from);
        let (uri, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let uri = if uri.is_empty() { base } else { join(base, uri) };
        let fragment = percent_decode(fragment);
        let at = if fragment.is_empty() || fragment.starts_with('/') {
            format!("{}{fragment}", self.places.get(&uri)?)
        } else {
            self.places.get(&format!("{uri}#{fragment}"))?.clone()
        };
        let schema = self.root.pointer(&at)?;
        Some(Part { at, schema })
    }

    fn base(&self, from: &str) -> String {
        let mut at = from;
        loop {
            if let Some(base) = self.bases.get(at) {
                return base.clone();
            }
            let Some(end) = at.rfind('/') else {
                return String::new();
            };
            at = &at[..end];
        }
    }

    /// Whether `value` satisfies all of the places.
    pub(super) fn accepts(&self, parts: &[Part<'_>], value: &Value) -> bool {
        let mut key: Vec<String> = parts.iter().map(|part| part.at.clone()).collect();
        key.sort_unstable();
        key.dedup();
        let mut validators = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        let validator = validators.entry(key).or_insert_with_key(|key| {
            let pointers: Vec<&str> = key.iter().map(String::as_str).collect();
            residual::compile(self.root.clone(), &pointers, true).map(Arc::new)
        });
        let validator = validator.clone();
        drop(validators);
        validator.is_none_or(|validator| validator.is_valid(value))
    }
}

/// Resolves an address as far as bundles need it: absolute, rooted, or relative to the last `/`.
fn join(base: impl AsRef<str>, reference: &str) -> String {
    let base = base.as_ref();
    let absolute = reference.split_once(':').is_some_and(|(scheme, _)| {
        !scheme.is_empty()
            && scheme
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte))
    });
    if absolute || base.is_empty() {
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
        .map_or(base.len(), |at| at + 1);
    let mut path: Vec<&str> = Vec::new();
    for part in base[authority..folder].split('/').chain(reference.split('/')) {
        match part {
            "." | "" => {}
            ".." => {
                path.pop();
            }
            other => path.push(other),
        }
    }
    format!("{}/{}", &base[..authority], path.join("/"))
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
