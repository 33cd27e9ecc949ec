//! Self-contained schemas: everything reachable in one document, every reference a local JSON Pointer.

use std::sync::Arc;

use diagnostics::JsonPointer;
use serde_json::Value;

use crate::Draft;

/// A schema with everything that it reaches.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// The self-contained document.
    pub schema: Value,
    /// The draft of the contract, and so of the bundle.
    pub draft: Draft,
    /// What was moved: (pointer in the bundle, file, pointer in the file), sorted by the first; the root comes first.
    pub(crate) origins: Vec<(JsonPointer, Arc<str>, JsonPointer)>,
}

impl Bundle {
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
}
