//! References between schemas: finding them, and resolving them by file and by `$id`, inside the root, offline.

mod error;
mod graph;
mod index;
mod resolver;
mod uri;

pub use error::{RefError, RefErrorKind};
pub(crate) use graph::{Link, Links, link};
pub(crate) use resolver::{Resolver, document_at, lookup};
pub(crate) use uri::{local_pointer, pointer_fragment};

use diagnostics::JsonPointer;
use serde_json::Value;

use crate::Draft;
use crate::walk::Subschema;

/// A keyword that refers to another schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RefKeyword {
    /// `$ref`.
    Ref,
    /// `$dynamicRef` (2020-12).
    DynamicRef,
    /// `$recursiveRef` (2019-09).
    RecursiveRef,
}

impl RefKeyword {
    /// The keyword as written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ref => "$ref",
            Self::DynamicRef => "$dynamicRef",
            Self::RecursiveRef => "$recursiveRef",
        }
    }
}

/// One reference as written in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference<'v> {
    /// The schema that holds the keyword.
    pub schema: JsonPointer,
    /// Which keyword.
    pub keyword: RefKeyword,
    /// Its text.
    pub text: &'v str,
}

impl Reference<'_> {
    /// Where the text is.
    pub fn pointer(&self) -> JsonPointer {
        self.schema.child(self.keyword.as_str())
    }
}

/// A node of a document of the registry, or of an official metaschema.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    /// The document; [`Registry::document`](crate::Registry::document) gives it.
    pub document: usize,
    /// The node in it.
    pub pointer: JsonPointer,
}

/// The references that a schema object holds itself.
pub(crate) fn references_of<'v>(schema: &Subschema<'v>, draft: Draft) -> impl Iterator<Item = Reference<'v>> {
    let object = schema.value.as_object();
    let pointer = schema.pointer.clone();
    [RefKeyword::Ref, RefKeyword::DynamicRef, RefKeyword::RecursiveRef]
        .into_iter()
        .filter(move |keyword| match keyword {
            RefKeyword::Ref => true,
            RefKeyword::DynamicRef => draft == Draft::Draft202012,
            RefKeyword::RecursiveRef => draft == Draft::Draft201909,
        })
        .filter_map(move |keyword| {
            let text = object?.get(keyword.as_str()).and_then(Value::as_str)?;
            Some(Reference {
                schema: pointer.clone(),
                keyword,
                text,
            })
        })
}
