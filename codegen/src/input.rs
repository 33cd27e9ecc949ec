//! What the caller hands over and gets back. No logic beyond construction.

use std::collections::BTreeMap;

use diagnostics::{JsonPointer, Rule};
use serde_json::Value;

/// All contracts of one domain: the content of one generated crate.
#[derive(Clone, Debug, Default)]
pub struct DomainInput {
    /// The domain's name, for example `ecommerce`; the crate becomes `ecommerce-events`.
    pub domain: String,
    /// The contracts, in any order: the output does not depend on it.
    pub contracts: Vec<ContractInput>,
    /// What was released of them before: the crate's version follows from it.
    pub history: History,
}

/// What was released of a domain, as its generated crate's version needs it.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Names everything in `states`: equal digests stand for equal states.
    pub digest: String,
    /// The contracts of the domain as they were after each release, oldest first. A state that equals the contracts as
    /// they are now is left out. [`freshness`](crate::freshness) needs the digest only.
    pub states: Vec<Vec<ContractInput>>,
}

/// One contract at one major version.
#[derive(Clone, Debug)]
pub struct ContractInput {
    /// `<domain>.<event stem>`, for example `ecommerce.order.created`.
    pub event_type: String,
    /// The aggregate's folder, where the layout has one.
    pub aggregate: Option<String>,
    /// The event stem, for example `order.created`.
    pub event: String,
    /// The major version of the contract.
    pub major: u64,
    /// The contract's version.
    pub version: semver::Version,
    /// Whether it is a draft: it may change at will, so that the crate's version takes no notice of it.
    pub draft: bool,
    /// The topic it is published on.
    pub topic: Option<String>,
    /// Where in the payload the partition key is.
    pub key: Option<JsonPointer>,
    /// The owning team, for the docs.
    pub owner: Option<String>,
    /// Present when the contract is deprecated: what to say about it, for example the sunset date and the successor.
    pub deprecated: Option<String>,
    /// The self-contained payload schema as readers mean it: lowered, so that lists and unions marked `x-open` accept
    /// what they do not list. It is what the types, `SCHEMA` and strict decoding follow.
    pub schema: Value,
    /// The digest of the contract, as the registry computes it.
    pub digest: String,
    /// Valid example payloads.
    pub examples: Vec<ExampleInput>,
}

/// A valid example payload.
#[derive(Clone, Debug)]
pub struct ExampleInput {
    /// The file's stem, for example `two-lines`.
    pub name: String,
    /// The document.
    pub value: Value,
}

/// How the generated crate depends on `contract-events`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventsDependency {
    /// A path relative to the generated crate's folder, with `/` as separator.
    Path(String),
    /// A version requirement.
    Version(String),
    /// A git repository.
    Git {
        /// The repository's URL.
        url: String,
        /// What of it, as Cargo's manifest says it: `rev`, `tag` or `branch`, and its name.
        reference: Option<(&'static str, String)>,
    },
}

/// Whether the generated manifest takes package fields and lints from the workspace around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inherit {
    /// `lints.workspace = true`, `edition.workspace = true`, …
    Workspace,
    /// A manifest that stands alone.
    Nothing,
}

/// Whether `format` asserts or only describes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Formats {
    /// Types and checks assert the formats that the draft's validator asserts.
    #[default]
    Assert,
    /// A format is documentation.
    Annotate,
}

/// Settings of a run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where `contract-events` comes from.
    pub events: EventsDependency,
    /// The version of the tool, named once in the crate.
    pub tool_version: String,
    /// Whether to inherit from a surrounding workspace.
    pub inherit: Inherit,
    /// What `format` means.
    pub formats: Formats,
}

impl Options {
    /// A manifest inside a workspace, formats asserted.
    pub fn new(events: EventsDependency, tool_version: impl Into<String>) -> Self {
        Self {
            events,
            tool_version: tool_version.into(),
            inherit: Inherit::Workspace,
            formats: Formats::Assert,
        }
    }
}

/// The result of a run.
#[derive(Clone, Debug, Default)]
pub struct Generated {
    /// Relative path (with `/`) to text.
    pub files: BTreeMap<String, String>,
    /// What could not be generated, and names that collide.
    pub problems: Vec<Problem>,
}

/// A finding about one contract, at a pointer in its bundle.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The rule.
    pub rule: &'static Rule,
    /// Index into [`DomainInput::contracts`]; 0 from [`check_names`](crate::check_names).
    pub contract: usize,
    /// Where in the bundle.
    pub pointer: JsonPointer,
    /// What is wrong and why. Lower case, no final stop.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}
