//! The lint rules: one file each with documentation, metadata, message and check, listed once below.
//!
//! A rule reads the model and reports; it reads no files and renders nothing.

mod context;
mod findings;
mod support;

mod closed_object;
mod consumer_unknown_contract;
mod consumer_unknown_field;
mod dead_enum_value;
mod dead_ref;
mod duplicate_contract;
mod duplicate_id;
pub(crate) mod duplicate_key;
mod enum_naming;
mod event_name_past_tense;
mod event_naming;
mod example_accepted;
mod example_rejected;
mod identity_mismatch;
mod ignored_ref_sibling;
mod ineffective_keyword;
mod invalid_classification;
pub(crate) mod invalid_consumer;
mod invalid_default;
mod invalid_discriminator;
pub(crate) mod invalid_json;
mod invalid_key;
pub(crate) mod invalid_metadata;
mod invalid_open;
mod invalid_pattern;
mod invalid_schema;
mod invalid_schema_example;
pub(crate) mod link_not_followed;
mod long_ref_chain;
mod malformed_ref;
mod misplaced_metadata;
mod missing_description;
mod missing_dialect;
mod missing_example;
mod missing_metadata;
mod missing_owner;
mod missing_topic;
mod missing_type;
pub(crate) mod mixed_drafts;
mod network_ref;
mod optional_nullable;
mod payload_not_object;
mod property_naming;
mod ref_leaves_root;
mod ref_loop;
mod required_undeclared;
pub(crate) mod stray_example;
mod unbounded_array;
mod unbounded_string;
mod unclassified_personal_data;
mod uncompilable_schema;
pub(crate) mod unknown_dialect;
mod unknown_format;
mod unknown_keyword;
mod unknown_successor;
pub(crate) mod unreadable_file;
mod unsatisfiable_schema;

pub use context::{ConsumerContext, ContractContext, FileContext, RegistryContext};
pub use findings::{Findings, Report};
pub use support::words::NamingStyle;

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
    &closed_object::RULE,
    &consumer_unknown_contract::RULE,
    &consumer_unknown_field::RULE,
    &dead_enum_value::RULE,
    &dead_ref::RULE,
    &duplicate_contract::RULE,
    &duplicate_id::RULE,
    &duplicate_key::RULE,
    &enum_naming::RULE,
    &event_name_past_tense::RULE,
    &event_naming::RULE,
    &example_accepted::RULE,
    &example_rejected::RULE,
    &identity_mismatch::RULE,
    &ignored_ref_sibling::RULE,
    &ineffective_keyword::RULE,
    &invalid_classification::RULE,
    &invalid_consumer::RULE,
    &invalid_default::RULE,
    &invalid_discriminator::RULE,
    &invalid_json::RULE,
    &invalid_key::RULE,
    &invalid_metadata::RULE,
    &invalid_open::RULE,
    &invalid_pattern::RULE,
    &invalid_schema::RULE,
    &invalid_schema_example::RULE,
    &link_not_followed::RULE,
    &long_ref_chain::RULE,
    &malformed_ref::RULE,
    &misplaced_metadata::RULE,
    &missing_description::RULE,
    &missing_dialect::RULE,
    &missing_example::RULE,
    &missing_metadata::RULE,
    &missing_owner::RULE,
    &missing_topic::RULE,
    &missing_type::RULE,
    &mixed_drafts::RULE,
    &network_ref::RULE,
    &optional_nullable::RULE,
    &payload_not_object::RULE,
    &property_naming::RULE,
    &ref_leaves_root::RULE,
    &ref_loop::RULE,
    &required_undeclared::RULE,
    &stray_example::RULE,
    &unbounded_array::RULE,
    &unbounded_string::RULE,
    &unclassified_personal_data::RULE,
    &uncompilable_schema::RULE,
    &unknown_dialect::RULE,
    &unknown_format::RULE,
    &unknown_keyword::RULE,
    &unknown_successor::RULE,
    &unreadable_file::RULE,
    &unsatisfiable_schema::RULE,
];

/// The rules of this crate, sorted by id.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    LINTS.iter().map(|lint| &lint.rule)
}
