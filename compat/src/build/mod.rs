//! JSON Schema text to [`ir`](crate::ir) nodes: five drafts in, one logic out.
//!
//! Reads a schema exactly as the validator that confirms witnesses reads it. What is not understood becomes
//! [`Node::Opaque`], about which nothing is ever concluded.

mod arrays;
mod evaluated;
mod keywords;
mod objects;
mod refs;
mod same;
mod scan;

use std::collections::HashMap;

use referencing::Draft as Dialect;
use serde_json::{Map, Value};

use crate::budget::{Budget, Exhausted};
use crate::ir::{Arena, Definition, Id, Node};
use crate::{Draft, Formats, Side};

pub(crate) use same::{may_be_compared, same_but_for_annotations, shared_definitions};
pub(crate) use scan::Scan;

/// Why a schema has no nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BuildError {
    Exhausted,
    Depth,
    /// Not a schema: which side, where, why.
    Invalid(Side, String, String),
}

impl From<Exhausted> for BuildError {
    fn from(_: Exhausted) -> Self {
        Self::Exhausted
    }
}

/// One schema document.
struct Document<'a> {
    root: &'a Value,
    side: Side,
    index: refs::Index<'a>,
}

/// Where a subschema stands: which document, which resource in it, under which draft.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    document: usize,
    /// Into the document's resources.
    resource: usize,
    /// The resources entered on the way, where that matters to dynamic references; else 0.
    scope: usize,
    pub(crate) draft: Draft,
}

/// How far a reference's target has been built.
#[derive(Clone, Copy)]
enum Target {
    /// Being built: at which level of documents, and its name if it has been referred to from inside.
    Open {
        level: usize,
        definition: Option<Definition>,
    },
    Done(Id),
}

/// Builds the nodes of both schemas of a question.
pub(crate) struct Builder<'a, 'q> {
    pub(crate) arena: &'q mut Arena,
    pub(crate) budget: &'q Budget,
    formats: Formats,
    documents: Vec<Document<'a>>,
    targets: HashMap<(usize, Place), Target>,
    /// Definitions of one document that are word for word those of another: both are built once.
    aliases: HashMap<usize, (&'a Value, Place)>,
    /// Dynamic scopes: the resources entered so far, (document, resource), each once, the outermost first;
    /// [`INTERRUPTED`] if a recursive reference cannot be followed any more.
    scopes: Vec<Vec<(usize, usize)>>,
    /// Whether evaluated members matter, so that keywords which only evaluate are kept.
    pub(crate) evaluation_matters: bool,
    /// Whether one of the schemas leads into meta-schemas of several resources.
    pub(crate) metaschemas: bool,
    level: usize,
    depth: usize,
    /// Nested subschemas (through references, too) beyond which a schema is not followed.
    depth_limit: usize,
    opaque: u32,
}

/// Stands in a dynamic scope for having come back to a resource that ends recursive references.
const INTERRUPTED: (usize, usize) = (0, usize::MAX);

fn address(value: &Value) -> usize {
    std::ptr::from_ref(value) as usize
}

impl<'a, 'q> Builder<'a, 'q> {
    pub(crate) fn new(
        arena: &'q mut Arena,
        budget: &'q Budget,
        formats: Formats,
        depth_limit: usize,
    ) -> Self {
        Self {
            arena,
            budget,
            formats,
            documents: Vec::new(),
            targets: HashMap::new(),
            aliases: HashMap::new(),
            scopes: vec![Vec::new()],
            evaluation_matters: false,
            metaschemas: false,
            level: 0,
            depth: 0,
            depth_limit,
            opaque: 0,
        }
    }

    /// Builds a whole schema. `alike` maps subschemas of this one to those of the first document that say the same.
    pub(crate) fn document(
        &mut self,
        root: &'a Value,
        draft: Draft,
        side: Side,
        scan: &Scan,
        alike: &[(&'a Value, &'a Value)],
    ) -> Result<Id, BuildError> {
        let index = refs::Index::new(root, draft, scan);
        self.documents.push(Document { root, side, index });
        let document = self.documents.len() - 1;
        let place = Place {
            document,
            resource: 0,
            scope: self.scope(0, document, 0),
            draft,
        };
        for (here, there) in alike {
            self.aliases.insert(
                address(here),
                (
                    there,
                    Place {
                        document: 0,
                        resource: 0,
                        scope: 0,
                        draft,
                    },
                ),
            );
        }
        self.target(root, place)
    }

    /// Builds what a reference points at, once.
    fn target(&mut self, value: &'a Value, place: Place) -> Result<Id, BuildError> {
        let (value, place) = self
            .aliases
            .get(&address(value))
            .copied()
            .unwrap_or((value, place));
        let key = (address(value), place);
        match self.targets.get(&key).copied() {
            Some(Target::Done(id)) => return Ok(id),
            Some(Target::Open { level, .. }) if level == self.level => {
                // The reference leads back here without a step into the document.
                return Ok(self.opaque("a reference that loops without consuming input")?);
            }
            Some(Target::Open { level, definition }) => {
                let definition = definition.unwrap_or_else(|| self.arena.definition());
                self.targets.insert(
                    key,
                    Target::Open {
                        level,
                        definition: Some(definition),
                    },
                );
                return Ok(self.node(Node::Ref(definition))?);
            }
            None => {}
        }
        self.targets.insert(
            key,
            Target::Open {
                level: self.level,
                definition: None,
            },
        );
        let id = self.schema(value, place)?;
        if let Some(Target::Open {
            definition: Some(definition),
            ..
        }) = self.targets.get(&key)
        {
            self.arena.define(*definition, id);
        }
        self.targets.insert(key, Target::Done(id));
        Ok(id)
    }

    /// A subschema that applies to a part of the document.
    pub(crate) fn inner(&mut self, value: &'a Value, place: Place) -> Result<Id, BuildError> {
        self.level += 1;
        let built = self.schema(value, place);
        self.level -= 1;
        built
    }

    /// A subschema for all other members or items. Only `true` and `{}` say nothing there.
    pub(crate) fn rest(&mut self, value: &'a Value, place: Place) -> Result<Id, BuildError> {
        let id = self.inner(value, place)?;
        let intended = value.as_object().is_some_and(|members| !members.is_empty());
        Ok(if id == Arena::TRUE && intended {
            Arena::ANYTHING
        } else {
            id
        })
    }

    /// A subschema that applies to the same document.
    pub(crate) fn schema(&mut self, value: &'a Value, place: Place) -> Result<Id, BuildError> {
        self.budget.step()?;
        match value {
            Value::Bool(true) => Ok(Arena::TRUE),
            Value::Bool(false) => Ok(Arena::FALSE),
            Value::Object(members) => {
                if self.depth >= self.depth_limit {
                    return Err(BuildError::Depth);
                }
                self.depth += 1;
                let built = self.object(value, members, place);
                self.depth -= 1;
                built
            }
            _ => Err(self.invalid(place, value, "a schema is an object or a boolean")),
        }
    }

    fn object(
        &mut self,
        value: &'a Value,
        members: &'a Map<String, Value>,
        place: Place,
    ) -> Result<Id, BuildError> {
        let place = self.enter(value, place)?;
        if place.draft <= Draft::V7
            && let Some(reference) = members.get("$ref")
        {
            return self.reference(reference, place);
        }
        keywords::schema(self, members, place)
    }

    /// The place inside `value`, which may start a resource of its own.
    fn enter(&mut self, value: &'a Value, place: Place) -> Result<Place, BuildError> {
        let document = &self.documents[place.document];
        let resource = document.index.resource_at(value).unwrap_or(place.resource);
        let mut draft = place.draft;
        if address(value) != address(document.root)
            && let Some(uri) = value.get("$schema").and_then(Value::as_str)
        {
            match Draft::from_uri(uri) {
                Some(own) if own == draft => {}
                Some(own) if resource != place.resource => draft = own,
                _ => return Err(self.invalid(place, value, "a subschema of another dialect")),
            }
        }
        let scope = self.scope(place.scope, place.document, resource);
        Ok(Place {
            document: place.document,
            resource,
            scope,
            draft,
        })
    }

    /// The dynamic scope after entering a resource. Always 0 while no dynamic reference depends on it.
    fn scope(&mut self, scope: usize, document: usize, resource: usize) -> usize {
        if !self.metaschemas && !self.documents.iter().any(|document| document.index.is_dynamic()) {
            return scope;
        }
        let entry = if self.scopes[scope].contains(&(document, resource)) {
            // Coming back matters to recursive references only, and only if it interrupts them.
            let last = self.scopes[scope].last().copied();
            if !self.interrupts(document, resource)
                || last == Some((document, resource))
                || self.scopes[scope].contains(&INTERRUPTED)
            {
                return scope;
            }
            INTERRUPTED
        } else {
            (document, resource)
        };
        let mut entered = self.scopes[scope].clone();
        entered.push(entry);
        self.scopes
            .iter()
            .position(|known| *known == entered)
            .unwrap_or_else(|| {
                self.scopes.push(entered);
                self.scopes.len() - 1
            })
    }

    pub(crate) fn node(&mut self, node: Node) -> Result<Id, Exhausted> {
        self.arena.node(node, self.budget)
    }

    /// A node about which nothing is known, not even that it equals another one of the same description.
    pub(crate) fn opaque(&mut self, what: &str) -> Result<Id, Exhausted> {
        self.opaque += 1;
        let sym = self.arena.symbol(&format!("{what} (#{})", self.opaque));
        self.node(Node::Opaque(sym))
    }

    pub(crate) fn formats(&self) -> Formats {
        self.formats
    }

    pub(crate) fn invalid(&self, place: Place, value: &Value, message: impl Into<String>) -> BuildError {
        let document = &self.documents[place.document];
        let pointer = scan::pointer_to(document.root, value).unwrap_or_default();
        BuildError::Invalid(document.side, pointer, message.into())
    }
}

/// The draft, in the words of the crate that walks subschemas.
pub(crate) fn dialect(draft: Draft) -> Dialect {
    match draft {
        Draft::V4 => Dialect::Draft4,
        Draft::V6 => Dialect::Draft6,
        Draft::V7 => Dialect::Draft7,
        Draft::V201909 => Dialect::Draft201909,
        Draft::V202012 => Dialect::Draft202012,
    }
}
