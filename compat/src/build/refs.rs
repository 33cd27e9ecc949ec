//! References: which subschema a URI names. Nothing is ever fetched.

use std::collections::HashMap;

use referencing::uri;
use serde_json::Value;

use super::{BuildError, Builder, Document, Place, Scan, address, dialect};
use crate::ir::Id;
use crate::{Draft, Side, metaschemas};

/// The base of a schema that has no identifier.
const NO_BASE: &str = "json-schema:///";

/// The resources and anchors of one document.
pub(super) struct Index<'a> {
    resources: Vec<Resource<'a>>,
    by_address: HashMap<usize, usize>,
    by_uri: HashMap<String, usize>,
    anchors: HashMap<(usize, &'a str), Anchor<'a>>,
    /// Resources that define each dynamic anchor.
    dynamic: HashMap<&'a str, usize>,
    /// Whether recursive references may lead out of their resource.
    recursive: bool,
}

struct Resource<'a> {
    root: &'a Value,
    /// Absolute, without fragment. Empty while nothing asked for it.
    uri: String,
    draft: Draft,
}

impl Resource<'_> {
    fn is_recursive(&self) -> bool {
        self.draft == Draft::V201909
            && self.root.get("$recursiveAnchor").and_then(Value::as_bool) == Some(true)
    }
}

#[derive(Clone, Copy)]
struct Anchor<'a> {
    value: &'a Value,
    dynamic: bool,
}

/// The identifier with which `value` starts a resource.
fn identifier(value: &Value, draft: Draft) -> Option<&str> {
    let members = value.as_object()?;
    if draft <= Draft::V7 && members.contains_key("$ref") {
        return None;
    }
    let id = members
        .get(if draft == Draft::V4 { "id" } else { "$id" })?
        .as_str()?;
    (draft >= Draft::V201909 || !id.starts_with('#')).then_some(id)
}

fn resolve(base: &str, reference: &str) -> Option<String> {
    let base = uri::from_str(base).ok()?;
    let resolved = uri::resolve_against(&base.borrow(), reference).ok()?;
    let text = resolved.as_str();
    Some(text.split('#').next().unwrap_or(text).to_owned())
}

impl<'a> Index<'a> {
    pub(super) fn new(root: &'a Value, draft: Draft, scan: &Scan) -> Self {
        let mut index = Self {
            resources: vec![Resource {
                root,
                uri: String::new(),
                draft,
            }],
            by_address: HashMap::new(),
            by_uri: HashMap::new(),
            anchors: HashMap::new(),
            dynamic: HashMap::new(),
            recursive: false,
        };
        if scan.resources {
            index.collect(root, draft);
        }
        index
    }

    fn collect(&mut self, root: &'a Value, draft: Draft) {
        let base = identifier(root, draft)
            .and_then(|id| resolve(NO_BASE, id))
            .unwrap_or_else(|| NO_BASE.to_owned());
        self.by_uri.insert(base.clone(), 0);
        self.by_address.insert(address(root), 0);
        self.resources[0].uri = base;
        let mut stack = vec![(root, 0, draft)];
        while let Some((value, mut resource, mut draft)) = stack.pop() {
            if !std::ptr::eq(value, root)
                && let Some(id) = identifier(value, draft)
                && let Some(uri) = resolve(&self.resources[resource].uri, id)
            {
                draft = Draft::of(value).unwrap_or(draft);
                resource = self.resources.len();
                self.by_uri.entry(uri.clone()).or_insert(resource);
                self.by_address.insert(address(value), resource);
                self.resources.push(Resource {
                    root: value,
                    uri,
                    draft,
                });
            }
            self.anchors_of(value, resource, draft);
            stack.extend(
                dialect(draft)
                    .subresources_of(value)
                    .map(|child| (child, resource, draft)),
            );
        }
        self.recursive = self.resources.len() > 1 && self.resources.iter().any(Resource::is_recursive);
    }

    fn anchors_of(&mut self, value: &'a Value, resource: usize, draft: Draft) {
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        match draft {
            Draft::V4 | Draft::V6 | Draft::V7 => {
                let name = if draft == Draft::V4 { "id" } else { "$id" };
                if let Some(name) = text(name).and_then(|id| id.strip_prefix('#')) {
                    self.anchors.entry((resource, name)).or_insert(Anchor {
                        value,
                        dynamic: false,
                    });
                }
            }
            Draft::V201909 | Draft::V202012 => {
                if let Some(name) = text("$anchor") {
                    self.anchors.entry((resource, name)).or_insert(Anchor {
                        value,
                        dynamic: false,
                    });
                }
                if draft == Draft::V202012
                    && let Some(name) = text("$dynamicAnchor")
                {
                    self.anchors
                        .entry((resource, name))
                        .or_insert(Anchor { value, dynamic: true });
                    *self.dynamic.entry(name).or_insert(0) += 1;
                }
            }
        }
    }

    /// Whether it matters through which resources evaluation came: some dynamic anchor is defined by several of them,
    /// or a recursive reference may lead to another one.
    pub(super) fn is_dynamic(&self) -> bool {
        self.recursive || self.dynamic.values().any(|definers| *definers > 1)
    }

    /// The resource that starts at this very value.
    pub(super) fn resource_at(&self, value: &Value) -> Option<usize> {
        if self.by_address.is_empty() {
            None
        } else {
            self.by_address.get(&address(value)).copied()
        }
    }
}

impl<'a> Builder<'a, '_> {
    /// The node behind `$ref`.
    pub(super) fn reference(&mut self, reference: &'a Value, place: Place) -> Result<Id, BuildError> {
        let Some(text) = reference.as_str() else {
            return Err(self.invalid(place, reference, "a reference is a string"));
        };
        match self.locate(text, place) {
            Some(Located::Schema(value, place)) => self.target(value, place),
            Some(Located::Dynamic) => Ok(self.opaque("a reference to one of several dynamic anchors")?),
            None => Err(self.invalid(place, reference, format!("the reference {text:?} leads nowhere"))),
        }
    }

    /// The node behind `$dynamicRef`: where its anchor is dynamic, the outermost one of that name in the scope.
    pub(super) fn dynamic_reference(&mut self, reference: &'a Value, place: Place) -> Result<Id, BuildError> {
        let text = reference.as_str().unwrap_or_default();
        if !matches!(self.locate(text, place), Some(Located::Dynamic)) {
            return self.reference(reference, place);
        }
        let Some(name) = text
            .split_once('#')
            .and_then(|(_, fragment)| percent_decoded(fragment))
        else {
            return self.reference(reference, place);
        };
        // The resource that the reference itself names is entered, too, and comes last.
        let mut scope = self.scopes[place.scope].clone();
        if let Some(resource) = self.resource_of(text, place) {
            scope.push((place.document, resource));
        }
        for (document, resource) in scope {
            let index = &self.documents[document].index;
            if let Some(anchor) = index
                .anchors
                .get(&(resource, name.as_str()))
                .copied()
                .filter(|anchor| anchor.dynamic)
            {
                let draft = index.resources[resource].draft;
                let scope = self.scope(place.scope, document, resource);
                return self.target(
                    anchor.value,
                    Place {
                        document,
                        resource,
                        scope,
                        draft,
                    },
                );
            }
        }
        Ok(self.opaque("a dynamic reference without anchor in scope")?)
    }

    /// Whether recursive references inside this document may lead out of their resource.
    fn recurses(&self, document: usize) -> bool {
        self.metaschemas || self.documents[document].index.recursive
    }

    /// Whether coming back to this resource changes where recursive references lead.
    pub(super) fn interrupts(&self, document: usize, resource: usize) -> bool {
        self.recurses(document) && !self.documents[document].index.resources[resource].is_recursive()
    }

    /// The resource of this document that a reference names.
    fn resource_of(&self, reference: &str, place: Place) -> Option<usize> {
        let path = reference.split('#').next().unwrap_or_default();
        if path.is_empty() {
            return Some(place.resource);
        }
        let index = &self.documents[place.document].index;
        index
            .by_uri
            .get(&resolve(&index.resources[place.resource].uri, path)?)
            .copied()
    }

    /// The node behind `$recursiveRef`: where its resource has a recursive anchor, the outermost one in scope that has
    /// one, too.
    ///
    /// The specification and the validator differ where resources with and without the anchor alternate; nothing is
    /// said about those.
    pub(super) fn recursive_reference(
        &mut self,
        reference: &'a Value,
        place: Place,
    ) -> Result<Id, BuildError> {
        let index = &self.documents[place.document].index;
        if reference.as_str() != Some("#") {
            return Ok(self.opaque("a recursive reference to something else than \"#\"")?);
        }
        if !self.recurses(place.document) || !index.resources[place.resource].is_recursive() {
            return self.reference(reference, place);
        }
        let scope = &self.scopes[place.scope];
        let is_recursive = |entered: &(usize, usize)| {
            let (document, resource) = *entered;
            let resources = &self.documents[document].index.resources;
            resources.get(resource).is_some_and(Resource::is_recursive)
        };
        let Some(outermost) = scope.iter().position(is_recursive) else {
            return Ok(self.opaque("a recursive reference without anchor in scope")?);
        };
        if !scope[outermost..].iter().all(is_recursive) {
            return Ok(self.opaque("a recursive reference across resources without `$recursiveAnchor`")?);
        }
        let (document, resource) = scope[outermost];
        let target = &self.documents[document].index.resources[resource];
        let (value, draft) = (target.root, target.draft);
        let scope = self.scope(place.scope, document, resource);
        self.target(
            value,
            Place {
                document,
                resource,
                scope,
                draft,
            },
        )
    }

    fn locate(&mut self, reference: &str, place: Place) -> Option<Located<'a>> {
        let (path, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let document = &self.documents[place.document];
        let side = document.side;
        let place = if path.is_empty() {
            place
        } else {
            let uri = resolve(&document.index.resources[place.resource].uri, path)?;
            if let Some(resource) = document.index.by_uri.get(&uri).copied() {
                // Entered below, unless a pointer leads on into another resource.
                Place {
                    draft: document.index.resources[resource].draft,
                    resource,
                    ..place
                }
            } else {
                self.metaschema(&uri, side, place)?
            }
        };
        let index = &self.documents[place.document].index;
        let resource = &index.resources[place.resource];
        if fragment.is_empty() {
            let value = resource.root;
            return Some(Located::Schema(value, self.entered(place)));
        }
        let fragment = percent_decoded(fragment)?;
        if fragment.starts_with('/') {
            return self.descend(&fragment, place);
        }
        let anchor = index.anchors.get(&(place.resource, fragment.as_str())).copied()?;
        let definers = index.dynamic.get(fragment.as_str()).copied().unwrap_or(0);
        // With several definers it depends on the dynamic scope which one is meant.
        Some(if anchor.dynamic && (definers > 1 || self.metaschemas) {
            Located::Dynamic
        } else {
            Located::Schema(anchor.value, self.entered(place))
        })
    }

    /// The place with its own resource in its dynamic scope.
    fn entered(&mut self, place: Place) -> Place {
        Place {
            scope: self.scope(place.scope, place.document, place.resource),
            ..place
        }
    }

    fn descend(&mut self, pointer: &str, mut place: Place) -> Option<Located<'a>> {
        let index = &self.documents[place.document].index;
        let mut value = index.resources[place.resource].root;
        for token in pointer.split('/').skip(1) {
            let token = token.replace("~1", "/").replace("~0", "~");
            value = match value {
                Value::Object(members) => members.get(&token)?,
                Value::Array(items) => items.get(referencing::parse_index(&token)?)?,
                _ => return None,
            };
            if let Some(resource) = index.resource_at(value) {
                place.resource = resource;
                place.draft = index.resources[resource].draft;
            }
        }
        Some(Located::Schema(value, self.entered(place)))
    }

    /// The official meta-schema of that URI as one more document, entered from `place`.
    fn metaschema(&mut self, uri: &str, side: Side, place: Place) -> Option<Place> {
        let (draft, root) = metaschemas::find(uri)?;
        let known = self
            .documents
            .iter()
            .position(|document| std::ptr::eq(document.root, root));
        let document = known.unwrap_or_else(|| {
            let scan = Scan {
                resources: true,
                ..Scan::default()
            };
            let index = Index::new(root, draft, &scan);
            self.documents.push(Document { root, side, index });
            self.documents.len() - 1
        });
        let scope = if draft >= Draft::V201909 {
            self.scope(place.scope, document, 0)
        } else {
            0
        };
        Some(Place {
            document,
            resource: 0,
            scope,
            draft,
        })
    }
}

enum Located<'a> {
    Schema(&'a Value, Place),
    Dynamic,
}

fn percent_decoded(text: &str) -> Option<String> {
    if !text.contains('%') {
        return Some(text.to_owned());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let high = char::from(rest.next()?).to_digit(16)?;
            let low = char::from(rest.next()?).to_digit(16)?;
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}
