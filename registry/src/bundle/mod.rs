//! Self-contained schemas: everything reachable in one document.
//!
//! The usual form holds local references only: each node of another file that is referred to becomes a definition under
//! a readable name, `$id`s and anchors go. Where a `$dynamicRef` or `$recursiveRef` may be bound to several places, that
//! would change its meaning; then whole files are embedded with their `$id`s ([`Bundle::dynamic`]).

mod collect;
mod compound;
mod dialect;
mod emit;
mod name;

use std::sync::Arc;

use diagnostics::{Diagnostic, JsonPointer};
use serde_json::Value;

use crate::reference::{Links, RefKeyword, Resolver, Target};
use crate::{Draft, SchemaFile, canonical_json, release_digest, sha256};

/// A schema with everything that it reaches.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// The self-contained document.
    pub schema: Value,
    /// The draft of the contract, and so of the bundle.
    pub draft: Draft,
    /// Whether whole files are embedded with their `$id`s because dynamic references need them; else every reference is a
    /// local JSON Pointer (`#/…`) or names an official metaschema.
    pub dynamic: bool,
    /// What was moved: (pointer in the bundle, file, pointer in the file); the root comes first.
    origins: Vec<(JsonPointer, Arc<str>, JsonPointer)>,
}

impl Bundle {
    /// A schema that already is self-contained, such as a snapshot's; `file` is where it came from. Its draft is the one
    /// that its `$schema` names, else 2020-12.
    pub fn self_contained(schema: Value, file: Arc<str>) -> Self {
        let draft = schema
            .get("$schema")
            .and_then(Value::as_str)
            .and_then(Draft::from_uri);
        Self {
            schema,
            draft: draft.unwrap_or(Draft::Draft202012),
            dynamic: false,
            origins: vec![(JsonPointer::root(), file, JsonPointer::root())],
        }
    }

    /// Where the node at `pointer` of the bundle was written.
    pub fn origin(&self, pointer: &JsonPointer) -> (Arc<str>, JsonPointer) {
        let (moved, file, base) = self
            .origins
            .iter()
            .filter(|(moved, ..)| pointer.starts_with(moved))
            .max_by_key(|(moved, ..)| moved.as_str().len())
            .unwrap_or(&self.origins[0]);
        let tail = pointer.as_str().strip_prefix(moved.as_str()).unwrap_or_default();
        (
            Arc::clone(file),
            JsonPointer::parse(tail).map_or_else(|| base.clone(), |tail| base.join(&tail)),
        )
    }

    /// SHA-256 (hexadecimal) of the canonical text: sorted members, no white space. Everything counts, annotations too.
    pub fn digest(&self) -> String {
        sha256(canonical_json(&self.schema))
    }

    /// Like [`Self::digest`], without what may change without a new version: the version itself, owner, producers and
    /// retention.
    pub fn release_digest(&self) -> String {
        release_digest(&self.schema)
    }

    /// The files that it is made of, sorted, each once.
    pub fn files(&self) -> Vec<Arc<str>> {
        let mut files: Vec<_> = self.origins.iter().map(|(_, file, _)| Arc::clone(file)).collect();
        files.sort();
        files.dedup();
        files
    }
}

/// What a bundle is made from.
#[derive(Clone, Copy)]
pub(crate) struct Sources<'r> {
    pub(crate) files: &'r [SchemaFile],
    pub(crate) resolver: &'r Resolver,
    pub(crate) links: &'r Links,
}

impl<'r> Sources<'r> {
    /// The path of a file relative to the root.
    fn inside(&self, document: usize) -> &'r str {
        self.resolver.inside(&self.files[document].path)
    }

    /// Where a reference leads, if anywhere.
    fn target(
        &self,
        document: usize,
        schema: &JsonPointer,
        keyword: RefKeyword,
        text: &str,
    ) -> Option<Target> {
        self.resolver
            .resolve(self.files, document, schema, keyword, text)
            .ok()
    }
}

/// Bundles the file at `index`. Errors are references that do not resolve, each reported where it is written under the
/// rule of its class, and references between drafts that disagree.
pub(crate) fn bundle(sources: &Sources<'_>, index: usize) -> Result<Bundle, Vec<Diagnostic>> {
    let reached = collect::collect(sources, index)?;
    if reached.dynamic {
        compound::bundle(sources, index)
    } else {
        Ok(emit::bundle(sources, index, &reached))
    }
}
