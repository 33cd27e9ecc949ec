//! Which resources a document holds: its root, what `$id` makes a resource of its own, and anchors in each.

use std::collections::BTreeMap;

use diagnostics::JsonPointer;
use serde_json::Value;

use crate::draft::{Declared, Draft, declared};
use crate::walk::{Shape, applicator};

/// A schema that references resolve against: a document's root, or a subschema with an `$id`.
#[derive(Clone, Debug)]
pub(crate) struct Resource {
    /// Where it is in the document.
    pub(crate) pointer: JsonPointer,
    /// Its absolute URI without fragment; `None` for a document without `$id`, which is known by its path.
    pub(crate) base: Option<Box<str>>,
    /// Its draft: by its own `$schema`, else that of the resource around it.
    pub(crate) draft: Draft,
    /// `$anchor`, `$dynamicAnchor`, and the fragment ids of older drafts.
    pub(crate) anchors: BTreeMap<Box<str>, Anchor>,
    /// `$recursiveAnchor: true` at its root (2019-09).
    pub(crate) recursive: bool,
}

/// A named place in a resource.
#[derive(Clone, Debug)]
pub(crate) struct Anchor {
    /// Where it is in the document.
    pub(crate) pointer: JsonPointer,
    /// Whether `$dynamicRef` may be bound to it from outside.
    pub(crate) dynamic: bool,
}

/// The resources of one document: the root first, outer ones before inner ones.
#[derive(Clone, Debug)]
pub(crate) struct DocumentIndex {
    pub(crate) resources: Vec<Resource>,
}

impl DocumentIndex {
    /// Indexes a document; `retrieval` gives the absolute URI by which it was found, asked only when an `$id` is relative
    /// to it.
    pub(crate) fn new(document: &Value, draft: Draft, retrieval: &dyn Fn() -> String) -> Self {
        let root = Resource {
            pointer: JsonPointer::root(),
            base: None,
            draft,
            anchors: BTreeMap::new(),
            recursive: false,
        };
        let mut scan = Scan {
            resources: vec![root],
            retrieval,
            pointer: JsonPointer::root(),
        };
        scan.schema(document, 0);
        Self {
            resources: scan.resources,
        }
    }

    /// The innermost resource that holds the node at `pointer`.
    pub(crate) fn resource_at(&self, pointer: &JsonPointer) -> usize {
        self.resources
            .iter()
            .rposition(|resource| pointer.starts_with(&resource.pointer))
            .unwrap_or_default()
    }
}

struct Scan<'a> {
    resources: Vec<Resource>,
    retrieval: &'a dyn Fn() -> String,
    pointer: JsonPointer,
}

impl Scan<'_> {
    /// Recursion is bounded by the parser's depth limit.
    fn schema(&mut self, schema: &Value, outer: usize) {
        let Some(object) = schema.as_object() else { return };
        let outer_draft = self.resources[outer].draft;
        let draft = match declared(schema) {
            Declared::Known(draft) if outer_draft != draft && has_id(schema, draft) => draft,
            _ => outer_draft,
        };
        let resource = self.identify(schema, draft, outer);
        for (keyword, held) in object {
            let Some((shape, _)) = applicator(draft, keyword) else {
                continue;
            };
            match (shape, held) {
                (Shape::One | Shape::OneOrList, Value::Object(_)) => {
                    self.enter(keyword, |scan| scan.schema(held, resource));
                }
                (Shape::List | Shape::OneOrList, Value::Array(items)) => self.enter(keyword, |scan| {
                    for (index, item) in items.iter().enumerate().filter(|(_, item)| item.is_object()) {
                        scan.enter(&index.to_string(), |scan| scan.schema(item, resource));
                    }
                }),
                (Shape::Map, Value::Object(members)) => self.enter(keyword, |scan| {
                    for (name, member) in members.iter().filter(|(_, member)| member.is_object()) {
                        scan.enter(name, |scan| scan.schema(member, resource));
                    }
                }),
                _ => {}
            }
        }
    }

    fn enter(&mut self, token: &str, inside: impl FnOnce(&mut Self)) {
        self.pointer.push(token);
        inside(self);
        self.pointer.pop();
    }

    /// Records the ids and anchors of one schema object; gives the resource that it belongs to.
    fn identify(&mut self, schema: &Value, draft: Draft, outer: usize) -> usize {
        let mut resource = outer;
        if let Some(id) = id_of(schema, draft) {
            let (uri, fragment) = id.split_once('#').unwrap_or((id, ""));
            if !uri.is_empty()
                && let Some(base) = self.absolute(outer, uri)
            {
                if self.pointer.is_root() {
                    self.resources[0].base = Some(base);
                } else {
                    resource = self.resources.len();
                    self.resources.push(Resource {
                        pointer: self.pointer.clone(),
                        base: Some(base),
                        draft,
                        anchors: BTreeMap::new(),
                        recursive: false,
                    });
                }
            }
            if draft <= Draft::Draft7 && !fragment.is_empty() && !fragment.starts_with('/') {
                self.anchor(resource, fragment, false);
            }
        }
        if draft >= Draft::Draft201909 {
            if let Some(name) = schema.get("$anchor").and_then(Value::as_str) {
                self.anchor(resource, name, false);
            }
            if draft == Draft::Draft202012
                && let Some(name) = schema.get("$dynamicAnchor").and_then(Value::as_str)
            {
                self.anchor(resource, name, true);
            }
            let at_its_root = self.resources[resource].pointer == self.pointer;
            if at_its_root && schema.get("$recursiveAnchor") == Some(&Value::Bool(true)) {
                self.resources[resource].recursive = true;
            }
        }
        resource
    }

    fn anchor(&mut self, resource: usize, name: &str, dynamic: bool) {
        let anchor = Anchor {
            pointer: self.pointer.clone(),
            dynamic,
        };
        self.resources[resource]
            .anchors
            .entry(name.into())
            .or_insert(anchor);
    }

    fn absolute(&self, outer: usize, uri: &str) -> Option<Box<str>> {
        match &self.resources[outer].base {
            Some(base) => resolve(base, uri),
            None => resolve(&(self.retrieval)(), uri),
        }
    }
}

/// The `$id` (`id` in draft 4) of a schema; up to draft 7 it does not count beside a `$ref`.
pub(crate) fn id_of(schema: &Value, draft: Draft) -> Option<&str> {
    let object = schema.as_object()?;
    if draft.ref_hides_siblings() && object.contains_key("$ref") {
        return None;
    }
    object.get(draft.id_keyword())?.as_str()
}

fn has_id(schema: &Value, draft: Draft) -> bool {
    id_of(schema, draft).is_some_and(|id| !id.starts_with('#'))
}

/// RFC 3986 resolution of `uri` (without fragment) against an absolute `base`, normalised.
pub(crate) fn resolve(base: &str, uri: &str) -> Option<Box<str>> {
    let base = referencing::Uri::parse(base).ok()?;
    let resolved = referencing::uri::resolve_against(&base, uri).ok()?;
    Some(resolved.as_str().trim_end_matches('#').into())
}
