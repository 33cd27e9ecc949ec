//! Finds the parts of a bundle that references can name: resources by `$id`, anchors, pointers.
//!
//! Everything is inside the one schema that was handed over; nothing is ever fetched.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::EmittedError;
use super::uri::{percent_decoded, resolve, split_fragment};
use crate::{Draft, metaschemas};

/// Number of a resource in an [`Index`].
pub(super) type ResourceId = usize;

/// A schema with a URI of its own: the root, and whatever carries `$id`.
#[derive(Debug)]
pub(super) struct Resource<'s> {
    pub(super) draft: Draft,
    uri: String,
    root: &'s Value,
    anchors: HashMap<String, Anchor<'s>>,
    /// `$recursiveAnchor: true` at its root (2019-09).
    pub(super) is_recursive: bool,
}

#[derive(Debug, Clone, Copy)]
struct Anchor<'s> {
    schema: &'s Value,
    is_dynamic: bool,
}

/// A schema that a reference led to.
#[derive(Debug, Clone)]
pub(super) struct Target<'s> {
    pub(super) schema: &'s Value,
    pub(super) resource: ResourceId,
    /// The `$dynamicAnchor` by which it was named, if it was.
    pub(super) dynamic_anchor: Option<String>,
}

#[derive(Debug)]
pub(super) struct Index<'s> {
    pub(super) resources: Vec<Resource<'s>>,
    by_uri: HashMap<String, ResourceId>,
    /// Resources by the address of their root: the tree is borrowed, so addresses are identities.
    by_root: HashMap<usize, ResourceId>,
}

/// The identity of a value in a borrowed tree.
pub(super) fn address(value: &Value) -> usize {
    std::ptr::from_ref(value) as usize
}

/// The base of a schema that has none; only references from inside can name it.
const ROOT_URI: &str = "bundle:///root";

impl<'s> Index<'s> {
    pub(super) fn new(root: &'s Value, draft: Option<Draft>) -> Self {
        let draft = draft.or_else(|| Draft::of(root)).unwrap_or(Draft::V202012);
        let mut index = Self {
            resources: Vec::new(),
            by_uri: HashMap::new(),
            by_root: HashMap::new(),
        };
        index.add_resource(ROOT_URI.to_owned(), root, draft);
        // A work list, not recursion: schemas may be as deep as memory allows.
        let mut pending = vec![(root, 0)];
        let mut official: Vec<Draft> = Vec::new();
        while let Some((schema, resource)) = pending.pop() {
            let Value::Object(map) = schema else { continue };
            let resource = index.enter(schema, map, resource);
            for child in children(map) {
                pending.push((child, resource));
            }
            let reference = map.get("$ref").or_else(|| map.get("$dynamicRef"));
            let leads_to = reference
                .and_then(Value::as_str)
                .and_then(metaschemas::draft_of_reference);
            if let Some(draft) = leads_to.filter(|draft| !official.contains(draft)) {
                official.push(draft);
                for schema in metaschemas::of(draft) {
                    let resource = index.add_resource(ROOT_URI.to_owned(), schema, draft);
                    pending.push((schema, resource));
                }
            }
        }
        index
    }

    fn add_resource(&mut self, uri: String, root: &'s Value, draft: Draft) -> ResourceId {
        let id = self.resources.len();
        // Of two with one URI the first found stands; both stay reachable by pointer.
        self.by_uri.entry(uri.clone()).or_insert(id);
        self.by_root.insert(address(root), id);
        let is_recursive = root.get("$recursiveAnchor") == Some(&Value::Bool(true));
        self.resources.push(Resource {
            draft,
            uri,
            root,
            anchors: HashMap::new(),
            is_recursive,
        });
        id
    }

    /// Registers what `schema` names about itself; the resource that its children belong to.
    fn enter(&mut self, schema: &'s Value, map: &'s Map<String, Value>, parent: ResourceId) -> ResourceId {
        let is_root = self.by_root.contains_key(&address(schema));
        let own_draft = if is_root { None } else { Draft::of(schema) };
        let draft = own_draft.unwrap_or(self.resources[parent].draft);
        if draft <= Draft::V7 && map.contains_key("$ref") {
            return parent;
        }
        let id = map
            .get(if draft == Draft::V4 { "id" } else { "$id" })
            .and_then(Value::as_str);
        let mut resource = parent;
        if let Some(id) = id {
            let (before, fragment) = split_fragment(id);
            if !before.is_empty() || (is_root && fragment.is_none()) {
                let uri = resolve(&self.resources[parent].uri, before);
                if is_root {
                    self.by_uri.entry(uri.clone()).or_insert(parent);
                    self.resources[parent].uri = uri;
                } else {
                    resource = self.add_resource(uri, schema, draft);
                }
            }
            if draft <= Draft::V7
                && let Some(fragment) = fragment.filter(|fragment| !fragment.is_empty())
            {
                self.add_anchor(resource, fragment, schema, false);
            }
        }
        if draft >= Draft::V201909 {
            if let Some(anchor) = map.get("$anchor").and_then(Value::as_str) {
                self.add_anchor(resource, anchor, schema, false);
            }
            if let Some(anchor) = map.get("$dynamicAnchor").and_then(Value::as_str)
                && draft == Draft::V202012
            {
                self.add_anchor(resource, anchor, schema, true);
            }
        }
        resource
    }

    fn add_anchor(&mut self, resource: ResourceId, name: &str, schema: &'s Value, is_dynamic: bool) {
        self.resources[resource]
            .anchors
            .entry(name.to_owned())
            .or_insert(Anchor { schema, is_dynamic });
    }

    /// The resource whose root `schema` is.
    pub(super) fn resource_at(&self, schema: &Value) -> Option<ResourceId> {
        self.by_root.get(&address(schema)).copied()
    }

    /// What `reference` names, seen from inside `resource`.
    pub(super) fn resolve(&self, resource: ResourceId, reference: &str) -> Result<Target<'s>, EmittedError> {
        let missing = || EmittedError::UnresolvedReference {
            reference: reference.to_owned(),
        };
        let (before, fragment) = split_fragment(reference);
        let resource = if before.is_empty() {
            resource
        } else {
            let uri = resolve(&self.resources[resource].uri, before);
            *self.by_uri.get(&uri).ok_or_else(missing)?
        };
        let fragment = percent_decoded(fragment.unwrap_or(""));
        if fragment.is_empty() {
            return Ok(Target {
                schema: self.resources[resource].root,
                resource,
                dynamic_anchor: None,
            });
        }
        if fragment.starts_with('/') {
            return self.at_pointer(resource, &fragment).ok_or_else(missing);
        }
        let anchor = self.resources[resource]
            .anchors
            .get(&fragment)
            .ok_or_else(missing)?;
        let dynamic_anchor = anchor.is_dynamic.then_some(fragment);
        Ok(Target {
            schema: anchor.schema,
            resource,
            dynamic_anchor,
        })
    }

    fn at_pointer(&self, resource: ResourceId, pointer: &str) -> Option<Target<'s>> {
        let mut target = Target {
            schema: self.resources[resource].root,
            resource,
            dynamic_anchor: None,
        };
        for token in pointer.split('/').skip(1) {
            let token = token.replace("~1", "/").replace("~0", "~");
            target.schema = match target.schema {
                Value::Object(map) => map.get(&token)?,
                Value::Array(items) => items.get(token.parse::<usize>().ok()?)?,
                _ => return None,
            };
            target.resource = self.resource_at(target.schema).unwrap_or(target.resource);
        }
        Some(target)
    }

    /// The schema that `anchor` names dynamically inside `resource` itself.
    pub(super) fn dynamic_anchor(&self, resource: ResourceId, anchor: &str) -> Option<&'s Value> {
        self.resources[resource]
            .anchors
            .get(anchor)
            .filter(|found| found.is_dynamic)
            .map(|found| found.schema)
    }

    pub(super) fn root(&self, resource: ResourceId) -> &'s Value {
        self.resources[resource].root
    }
}

/// The values below `map` that are schemas, by every draft's keywords: an `$id` elsewhere (in `enum`, in an unknown
/// keyword) names nothing.
fn children(map: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    map.iter().flat_map(|(keyword, value)| {
        let found: Box<dyn Iterator<Item = &Value>> = match (keyword.as_str(), value) {
            ("items", Value::Array(items)) => Box::new(items.iter()),
            (
                "additionalItems"
                | "items"
                | "contains"
                | "additionalProperties"
                | "propertyNames"
                | "not"
                | "if"
                | "then"
                | "else"
                | "unevaluatedItems"
                | "unevaluatedProperties"
                | "contentSchema",
                schema,
            ) => Box::new(std::iter::once(schema)),
            ("allOf" | "anyOf" | "oneOf" | "prefixItems", Value::Array(schemas)) => Box::new(schemas.iter()),
            (
                "properties" | "patternProperties" | "definitions" | "$defs" | "dependentSchemas"
                | "dependencies",
                Value::Object(schemas),
            ) => Box::new(schemas.values()),
            _ => Box::new(std::iter::empty()),
        };
        found
    })
}
