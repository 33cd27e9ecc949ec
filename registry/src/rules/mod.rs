//! The lint rules: one file each with documentation, metadata, message and check, listed once below.
//!
//! A rule reads the model and reports; it reads no files and renders nothing.

mod context;
mod findings;

mod invalid_json;

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
pub(crate) static LINTS: &[&LintRule] = &[&invalid_json::RULE];

/// The rules of this crate, sorted by id.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    LINTS.iter().map(|lint| &lint.rule)
}
