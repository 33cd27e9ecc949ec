//! Everything that `check` asks, in one list: the registry's rules, those of code generation, freshness, and the gate.
//!
//! It joins and sorts; each crate judges for itself.

use diagnostics::{Rule, Severity};
use gate::GateError;
use gate::base::Base;
use gate::finding::Judgement;
use gate::judge::Gate;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use registry::{PathFilter, Registry};

use crate::failure::failure;
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
        .chain(gate::rules::rules())
        .chain([&generated::RULE])
}

/// All findings in the paths that `filter` accepts, sorted by file and position, and what became of each contract since
/// `base` (or since its last release).
pub(crate) fn everything(
    registry: &Registry,
    filter: &PathFilter,
    base: Option<&Base>,
    progress: &Progress,
) -> anyhow::Result<Judgement> {
    let gate = Gate::open(registry, base, today()).map_err(|error| gate_failure(&error))?;
    let survey = gate.survey();
    progress.phase("comparing generated code");
    let mut generated = generated::check_freshness(registry)?;
    // What was generated had no such errors; to be told of them as warnings, one has to ask.
    let strict = codegen::RULES
        .iter()
        .all(|rule| registry.severity(rule) != Severity::Warning);
    progress.phase("checking");
    progress.total(registry.contracts.len());
    let mut found = registry.check_with(&PathFilter::default(), |contract, bundle| {
        progress.advance();
        survey.see(contract, bundle);
        if strict && generated.fresh.contains(contract.domain.as_str()) {
            return Vec::new();
        }
        generated::check_names(registry, contract, bundle)
    });
    if !generated.findings.is_empty() {
        found.append(&mut generated.findings);
        registry.sort(&mut found);
    }
    progress.phase("comparing versions");
    let state = gate::fingerprint::of_state(registry, found);
    let mut judgement = gate
        .judge(&survey.finish(), state)
        .map_err(|error| gate_failure(&error))?;
    judgement
        .findings
        .retain(|found| filter.accepts(&found.diagnostic.location.file));
    judgement
        .summaries
        .retain(|summary| filter.accepts(&summary.file));
    Ok(judgement)
}

/// The day, in UTC. `SOURCE_DATE_EPOCH` (seconds since 1970), as reproducible builds set it, replaces the clock.
pub(crate) fn today() -> Date {
    let told = std::env::var("SOURCE_DATE_EPOCH")
        .ok()
        .and_then(|seconds| Timestamp::from_second(seconds.trim().parse().ok()?).ok());
    TimeZone::UTC
        .to_datetime(told.unwrap_or_else(Timestamp::now))
        .date()
}

/// An error of the gate with its way out.
pub(crate) fn gate_failure(error: &GateError) -> anyhow::Error {
    let mut message = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let text = inner.to_string();
        if !message.ends_with(&text) {
            message = format!("{message}: {text}");
        }
        cause = inner.source();
    }
    failure(message, error.help())
}

/// Whether something was found that keeps the rest from being trusted: a history that does not hold, or files in the
/// middle of a merge.
pub(crate) fn is_blocked(judgement: &Judgement) -> bool {
    let history = [
        gate::rules::broken_history::RULE.id,
        gate::rules::snapshot_edited::RULE.id,
        gate::rules::snapshot_deleted::RULE.id,
        gate::rules::invalid_waivers::RULE.id,
    ];
    judgement.findings.iter().any(|found| {
        found.is_open()
            && (history.contains(&found.diagnostic.rule)
                || found.diagnostic.message.contains(registry::conflict::MESSAGE))
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
