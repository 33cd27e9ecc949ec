//! Everything that `check` asks, in one list: the registry's rules, those of code generation, and freshness.
//!
//! It joins and sorts; each crate judges for itself.

use diagnostics::{Diagnostic, Rule, Severity};
use registry::{PathFilter, Registry};

use crate::generated;
use crate::progress::Progress;

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

/// All findings in the paths that `filter` accepts, sorted by file and position.
pub(crate) fn everything(
    registry: &Registry,
    filter: &PathFilter,
    progress: &Progress,
) -> anyhow::Result<Vec<Diagnostic>> {
    progress.phase("checking");
    progress.total(registry.contracts.len());
    let mut found = registry.check_with(filter, |contract, bundle| {
        progress.advance();
        generated::check_names(registry, contract, bundle)
    });
    progress.phase("comparing generated code");
    let mut more = generated::check_freshness(registry)?;
    more.retain(|found| filter.accepts(&found.location.file));
    if !more.is_empty() {
        found.append(&mut more);
        registry.sort(&mut found);
    }
    Ok(found)
}

/// How bad a finding of `rule` in `file` is here: as configured; conventions of the house are off in trees that do not
/// follow it.
pub(crate) fn severity(registry: &Registry, rule: &Rule, file: &str) -> Severity {
    if registry.judges(rule.scope, file) {
        registry.severity(rule)
    } else {
        Severity::Off
    }
}
