//! Everything that `check` asks, in one list: the registry's rules, those of code generation, and freshness.
//!
//! It joins and sorts; each crate judges for itself.

use diagnostics::{Rule, Severity};
use gate::finding::Judgement;
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
    codegen::RULES
        .iter()
        .copied()
        .chain(compat::rules())
        .chain([&generated::RULE])
}

/// All findings in the paths that `filter` accepts, sorted by file and position.
pub(crate) fn everything(
    registry: &Registry,
    filter: &PathFilter,
    progress: &Progress,
) -> anyhow::Result<Judgement> {
    progress.phase("comparing generated code");
    let mut generated = generated::check_freshness(registry)?;
    // What was generated had no such errors; to be told of them as warnings, one has to ask.
    let strict = codegen::RULES
        .iter()
        .all(|rule| registry.severity(rule) != Severity::Warning);
    progress.phase("checking");
    progress.total(registry.contracts.len());
    let mut found = registry.check_with(filter, |contract, bundle| {
        progress.advance();
        if strict && generated.fresh.contains(contract.domain.as_str()) {
            return Vec::new();
        }
        generated::check_names(registry, contract, bundle)
    });
    generated
        .findings
        .retain(|found| filter.accepts(&found.location.file));
    if !generated.findings.is_empty() {
        found.append(&mut generated.findings);
        registry.sort(&mut found);
    }
    Ok(Judgement {
        findings: gate::fingerprint::of_state(registry, found),
        ..Judgement::default()
    })
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
