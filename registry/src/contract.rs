//! The contract model: files, contracts, examples. Data only; nothing here reads or judges.

use std::sync::Arc;

use serde_json::Value;

use crate::{Draft, Metadata};

/// One JSON file below the root that is not an example or a snapshot.
#[derive(Clone, Debug)]
pub struct SchemaFile {
    /// Relative to the workspace, with `/` between components.
    pub path: Arc<str>,
    /// The document. Never deeper than the parser's limit of 128, so recursion over it is bounded.
    pub value: Value,
    /// The draft: by `$schema`, else the configured default.
    pub draft: Draft,
    /// Whether the layout template takes it for a contract.
    pub role: Role,
}

/// What a schema file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// One event's payload at one major; the index into [`Registry::contracts`](crate::Registry::contracts).
    Contract(usize),
    /// Shared: checked, and usable by `$ref`.
    Shared,
}

/// One event's payload schema at one major version.
#[derive(Clone, Debug)]
pub struct Contract {
    /// The index into [`Registry::files`](crate::Registry::files).
    pub file: usize,
    /// The file's path, relative to the workspace.
    pub path: Arc<str>,
    /// `<domain>.<event stem>`, for example `ecommerce.order.created`.
    pub event_type: String,
    /// The domain, by the layout, else as configured, else the root folder's name.
    pub domain: String,
    /// The aggregate, where the layout has one.
    pub aggregate: Option<String>,
    /// The event's stem, for example `order.created`.
    pub event: String,
    /// The major version: by the layout, else by the metadata, else 1.
    pub major: u64,
    /// What the layout says about the major; `None` when the template has no `{major}`.
    pub layout_major: Option<u64>,
    /// `x-contract`, when present and well-formed.
    pub metadata: Option<Metadata>,
    /// Whether the file has an `x-contract` keyword at all, well-formed or not.
    pub has_metadata: bool,
}

impl Contract {
    /// `ecommerce.order.created@1`: unique in a registry.
    pub fn id(&self) -> String {
        format!("{}@{}", self.event_type, self.major)
    }
}

/// What an example is there to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Expectation {
    /// The contract accepts it.
    Valid,
    /// The contract rejects it; the file's name says why.
    Invalid,
}

/// A document under `examples/`.
#[derive(Clone, Debug)]
pub struct Example {
    /// Relative to the workspace.
    pub path: Arc<str>,
    /// The index into [`Registry::contracts`](crate::Registry::contracts).
    pub contract: usize,
    /// What it shows.
    pub expectation: Expectation,
    /// The JSON text, known to parse. Kept instead of the parsed value, which takes ten times the memory.
    pub(crate) text: Box<str>,
}

impl Example {
    /// The document.
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.text).expect("parsed once when it was loaded")
    }

    /// The file's stem: `negative-quantity`.
    pub fn name(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or(&self.path);
        name.strip_suffix(".json").unwrap_or(name)
    }
}
