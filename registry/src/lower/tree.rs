//! The schema while it is being lowered: lookups, local references, copies of definitions.

use std::collections::BTreeSet;
use std::fmt::Write;

use diagnostics::JsonPointer;
use serde_json::{Map, Value};

use crate::Draft;

/// References followed in a row before a chain counts as endless.
const MAX_CHAIN: usize = 64;

/// Where something in the lowered schema comes from.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    /// Where it is.
    moved: JsonPointer,
    /// Where it was.
    base: JsonPointer,
    kind: OriginKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OriginKind {
    /// A copy, node by node.
    Copied,
    /// New, made because of what is at the base.
    Added,
}

impl Origin {
    /// The pointer before this change; `None` if it is not about it.
    pub(super) fn apply(&self, pointer: &JsonPointer) -> Option<JsonPointer> {
        if !pointer.starts_with(&self.moved) {
            return None;
        }
        let tail = JsonPointer::parse(&pointer.as_str()[self.moved.as_str().len()..])?;
        Some(match self.kind {
            OriginKind::Copied => self.base.join(&tail),
            OriginKind::Added => self.base.clone(),
        })
    }
}

pub(super) struct Tree {
    pub(super) root: Value,
    pub(super) draft: Draft,
    pub(super) origins: Vec<Origin>,
    /// Copies that belong to one place of the documents: (copy, pointer into documents).
    pub(super) owned: BTreeSet<(JsonPointer, JsonPointer)>,
}

impl Tree {
    pub(super) fn new(schema: &Value, draft: Draft) -> Self {
        Self {
            root: schema.clone(),
            draft,
            origins: Vec::new(),
            owned: BTreeSet::new(),
        }
    }

    pub(super) fn schema(&self, at: &JsonPointer) -> Option<&Map<String, Value>> {
        self.root.pointer(at.as_str())?.as_object()
    }

    pub(super) fn schema_mut(&mut self, at: &JsonPointer) -> Option<&mut Map<String, Value>> {
        self.root.pointer_mut(at.as_str())?.as_object_mut()
    }

    /// Whether everything beside a `$ref` is ignored.
    pub(super) fn is_only_a_reference(&self, schema: &Map<String, Value>) -> bool {
        self.draft <= Draft::Draft7 && schema.contains_key("$ref")
    }

    /// Where the `$ref` of the schema at `at` leads, if it is a local pointer. Inside an embedded resource (something with
    /// an `$id` of its own) `#` is not the root, so nothing there counts as local.
    pub(super) fn target(&self, at: &JsonPointer) -> Option<JsonPointer> {
        let reference = self.schema(at)?.get("$ref")?.as_str()?.strip_prefix('#')?;
        let target = JsonPointer::parse(&percent_decoded(reference))?;
        let found = self.schema(&target).is_some();
        (found && !self.is_embedded(at) && !self.is_embedded(&target)).then_some(target)
    }

    /// The end of a chain of schemas that are references.
    pub(super) fn resolved(&self, at: &JsonPointer) -> JsonPointer {
        let mut at = at.clone();
        for _ in 0..MAX_CHAIN {
            match self.target(&at) {
                Some(next) => at = next,
                None => break,
            }
        }
        at
    }

    fn is_embedded(&self, at: &JsonPointer) -> bool {
        let keyword = if self.draft == Draft::Draft4 { "id" } else { "$id" };
        let mut ancestor = Some(at.clone());
        while let Some(pointer) = ancestor.filter(|pointer| !pointer.is_root()) {
            let id = self
                .schema(&pointer)
                .and_then(|schema| schema.get(keyword))
                .and_then(Value::as_str);
            if id.is_some_and(|id| !id.starts_with('#')) {
                return true;
            }
            ancestor = pointer.parent();
        }
        false
    }

    /// Puts `copied`, which is the schema at `from`, into a definition of its own, named after it.
    pub(super) fn copy(
        &mut self,
        mut copied: Map<String, Value>,
        from: &JsonPointer,
        suffix: &str,
    ) -> Option<JsonPointer> {
        for keyword in [
            "$schema",
            "$id",
            "id",
            "$anchor",
            "$dynamicAnchor",
            "$recursiveAnchor",
        ] {
            // A name must stay unique; `id` is a property name in a map of properties, but this is a schema.
            if copied
                .get(keyword)
                .is_some_and(|value| value.is_string() || value.is_boolean())
            {
                copied.remove(keyword);
            }
        }
        if from.is_root() {
            // Its definitions stay reachable where they are.
            copied.remove("$defs");
            copied.remove("definitions");
        }
        let keyword = if self.draft >= Draft::Draft201909 {
            "$defs"
        } else {
            "definitions"
        };
        let last = from.last();
        let base = last.as_deref().filter(|name| !name.is_empty()).unwrap_or("root");
        let definitions = self
            .root
            .as_object_mut()?
            .entry(keyword)
            .or_insert_with(|| Value::Object(Map::new()))
            .as_object_mut()?;
        let mut name = format!("{base}{suffix}");
        let mut number = 2;
        while definitions.contains_key(&name) {
            name = format!("{base}{suffix}{number}");
            number += 1;
        }
        definitions.insert(name.clone(), Value::Object(copied));
        let to = JsonPointer::root().child(keyword).child(&name);
        self.note(to.clone(), from.clone(), OriginKind::Copied);
        Some(to)
    }

    /// Takes back the last copy.
    pub(super) fn forget(&mut self, copy: &JsonPointer) {
        self.origins.retain(|origin| origin.moved != *copy);
        let (Some(parent), Some(name)) = (copy.parent(), copy.last()) else {
            return;
        };
        let Some(definitions) = self.schema_mut(&parent) else {
            return;
        };
        definitions.remove(name.as_ref());
        if definitions.is_empty() {
            // It was made for the copy.
            let keyword = parent.last().unwrap_or_default().into_owned();
            if let Some(root) = self.root.as_object_mut() {
                root.remove(&keyword);
            }
        }
    }

    pub(super) fn note(&mut self, moved: JsonPointer, base: JsonPointer, kind: OriginKind) {
        self.origins.push(Origin { moved, base, kind });
    }

    pub(super) fn refer(&mut self, at: &JsonPointer, to: &JsonPointer) {
        if let Some(schema) = self.schema_mut(at) {
            schema.insert(
                "$ref".to_owned(),
                Value::String(format!("#{}", percent_encoded(to.as_str()))),
            );
        }
    }
}

/// The pointers of the schemas in the array under `keyword`.
pub(super) fn branches(schema: &Map<String, Value>, at: &JsonPointer, keyword: &str) -> Vec<JsonPointer> {
    let count = schema.get(keyword).and_then(Value::as_array).map_or(0, Vec::len);
    (0..count).map(|index| at.child(keyword).item(index)).collect()
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        if let Some(byte) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            decoded.push(byte);
            at += 3;
        } else {
            decoded.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(decoded).unwrap_or_else(|_| text.to_owned())
}

/// What RFC 3986 allows in a fragment stays as it is.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?".contains(&byte);
        if plain {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
