//! Everything that `check` asks, in one list: the registry's rules, those of code generation, and freshness.
//!
//! It joins and sorts; each crate judges for itself.

use diagnostics::{Diagnostic, Rule, Scope, Severity};
use registry::{Contract, Registry};

use crate::generated;
use crate::render::Sources;

/// Every rule that a finding can name, sorted by id.
pub(crate) fn rules() -> Vec<&'static Rule> {
    let mut rules: Vec<_> = registry::rules().chain(other_rules()).collect();
    rules.sort_by_key(|rule| rule.id);
    rules
}

/// The rules that are not the registry's own.
pub(crate) fn other_rules() -> impl Iterator<Item = &'static Rule> {
    codegen::RULES.iter().copied().chain([&generated::RULE])
}

/// All findings, sorted by file and position.
pub(crate) fn everything(registry: &Registry, sources: &mut Sources) -> anyhow::Result<Vec<Diagnostic>> {
    let mut found = registry.check();
    let more = generated::check(registry)?;
    if !more.is_empty() {
        found.extend(more);
        diagnostics::sort(&mut found, |location| {
            sources.find(location).map_or(0, |found| found.span.start)
        });
    }
    Ok(found)
}

/// How bad a finding of `rule` is here: as configured; house rules are off for contracts without metadata in trees
/// that do not follow the house.
pub(crate) fn severity(registry: &Registry, rule: &Rule, contract: Option<&Contract>) -> Severity {
    let foreign = registry.config.house_rules == registry::config::HouseRules::WithMetadata;
    if rule.scope == Scope::House && foreign && contract.is_none_or(|contract| !contract.has_metadata) {
        return Severity::Off;
    }
    let configured = registry
        .config
        .rules
        .get(rule.id)
        .and_then(|settings| settings.severity);
    configured.unwrap_or(rule.severity)
}
