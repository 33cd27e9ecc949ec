//! The lint rules: one file each with documentation, metadata, message and check, listed once below.
//!
//! A rule reads the model and reports; it reads no files and renders nothing.

mod context;
mod findings;

pub(crate) mod duplicate_key;
pub(crate) mod invalid_consumer;
pub(crate) mod invalid_json;
pub(crate) mod invalid_metadata;
pub(crate) mod link_not_followed;
pub(crate) mod mixed_drafts;
pub(crate) mod stray_example;
pub(crate) mod unknown_dialect;
pub(crate) mod unreadable_file;

pub use context::{ConsumerContext, ContractContext, FileContext, RegistryContext};
pub use findings::{Findings, Report};

use diagnostics::Rule;

/// A rule and how it is checked.
pub struct LintRule {
    /// Identity, severity, documentation.
    pub rule: Rule,
    /// The check.
    pub check: Check,
}

/// How often a rule is asked, and with what in hand.
pub enum Check {
    /// Reported by whoever loads, resolves or bundles: there is nothing to ask later.
    Load,
    /// Once for each schema file, contract or shared.
    File(fn(&FileContext<'_>, &mut Findings<'_>)),
    /// Once for each contract.
    Contract(fn(&ContractContext<'_>, &mut Findings<'_>)),
    /// Once for each consumer file.
    Consumer(fn(&ConsumerContext<'_>, &mut Findings<'_>)),
    /// Once: for what only shows between files.
    Registry(fn(&RegistryContext<'_>, &mut Findings<'_>)),
}

/// Every lint rule, sorted by id.
pub(crate) static LINTS: &[&LintRule] = &[
    &duplicate_key::RULE,
    &invalid_consumer::RULE,
    &invalid_json::RULE,
    &invalid_metadata::RULE,
    &link_not_followed::RULE,
    &mixed_drafts::RULE,
    &stray_example::RULE,
    &unknown_dialect::RULE,
    &unreadable_file::RULE,
];

/// The rules of this crate, sorted by id.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    LINTS.iter().map(|lint| &lint.rule)
}
