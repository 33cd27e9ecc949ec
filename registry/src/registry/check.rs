//! Running the rules: severities, scopes, parallelism and order.

use std::collections::{BTreeMap, HashMap};

use diagnostics::{Diagnostic, Location, Rule, Scope, Severity, Target, source};
use rayon::prelude::*;

use super::{PathFilter, Registry, pool};
use crate::config::HouseRules;
use crate::rules::{
    Check, ConsumerContext, ContractContext, FileContext, Findings, LINTS, LintRule, RegistryContext,
};
use crate::{Bundle, Contract, Role};

impl Registry {
    /// Runs every rule and gives what it finds, sorted by file and position.
    pub fn check(&self) -> Vec<Diagnostic> {
        self.check_with(&PathFilter::default(), |_, _| Vec::new())
    }

    /// Like [`Self::check`], for findings in some paths only, and with `more` asked for each contract that bundles: its
    /// findings (of other crates' rules) are filtered and sorted with the others. So a bundle is made once for all.
    pub fn check_with(
        &self,
        filter: &PathFilter,
        more: impl Fn(&Contract, &Bundle) -> Vec<Diagnostic> + Sync,
    ) -> Vec<Diagnostic> {
        let mut found = pool::install(|| {
            let active: Vec<Active> = LINTS
                .iter()
                .map(|lint| Active {
                    lint,
                    severity: self.severity(&lint.rule),
                })
                .filter(|active| active.severity != Severity::Off)
                .collect();
            let mut found = self.load_findings(&active);
            let of_files: Vec<Vec<Diagnostic>> = (0..self.files.len())
                .into_par_iter()
                .map(|file| self.check_file(file, &active, &more))
                .collect();
            found.extend(of_files.into_iter().flatten());
            found.extend(self.check_rest(&active));
            found
        });
        found.retain(|found| filter.accepts(&found.location.file));
        self.sort(&mut found);
        found
    }

    /// The severity of a rule: the configured one, else its own.
    pub fn severity(&self, rule: &Rule) -> Severity {
        self.config
            .rules
            .get(rule.id)
            .and_then(|settings| settings.severity)
            .unwrap_or(rule.severity)
    }

    /// Whether rules of `scope` judge the file at `path`: house conventions may be limited to what carries metadata.
    pub fn judges(&self, scope: Scope, path: &str) -> bool {
        if scope == Scope::Any || self.config.house_rules == HouseRules::Always {
            return true;
        }
        match self.file_index(path).map(|index| self.files[index].role) {
            Some(Role::Contract(contract)) => self.contracts[contract].has_metadata,
            Some(Role::Shared) | None => self.contracts.iter().any(|contract| contract.has_metadata),
        }
    }

    /// Sorts by file and position, reading each file that has findings once.
    pub fn sort(&self, found: &mut Vec<Diagnostic>) {
        found.sort_by(|left, right| left.location.file.cmp(&right.location.file));
        let mut offsets: HashMap<Location, usize> = HashMap::with_capacity(found.len());
        for group in found.chunk_by(|left, right| left.location.file == right.location.file) {
            let places: Vec<&Location> = group
                .iter()
                .map(|found| &found.location)
                .filter(|place| place.target != Target::File)
                .collect();
            if places.is_empty() {
                continue;
            }
            let text = self.source(&group[0].location.file).unwrap_or_default();
            let spans = source::spans(&text, &places);
            offsets.extend(
                places
                    .into_iter()
                    .cloned()
                    .zip(spans.into_iter().map(|span| span.start)),
            );
        }
        diagnostics::sort(found, |location| {
            offsets.get(location).copied().unwrap_or_default()
        });
    }

    fn load_findings(&self, active: &[Active]) -> Vec<Diagnostic> {
        let by_id: BTreeMap<&str, &Active> = active
            .iter()
            .map(|active| (active.lint.rule.id, active))
            .collect();
        self.load_findings
            .iter()
            .filter_map(|found| {
                let active = by_id.get(found.rule)?;
                self.judges(active.lint.rule.scope, &found.location.file)
                    .then(|| Diagnostic {
                        severity: active.severity,
                        ..found.clone()
                    })
            })
            .collect()
    }

    fn findings<'f>(&'f self, active: &Active, found: &'f mut Vec<Diagnostic>) -> Findings<'f> {
        let rule = &active.lint.rule;
        Findings::new(rule, active.severity, self.config.rules.get(rule.id), found)
    }

    fn check_file(
        &self,
        index: usize,
        active: &[Active],
        more: &(impl Fn(&Contract, &Bundle) -> Vec<Diagnostic> + Sync),
    ) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        let file = FileContext::new(self, index);
        let (shared, contract) = match self.files[index].role {
            Role::Contract(contract) => (None, Some(ContractContext::new(file, contract))),
            Role::Shared => (Some(file), None),
        };
        let house = self.judges(Scope::House, &self.files[index].path);
        for active in active
            .iter()
            .filter(|active| house || active.lint.rule.scope == Scope::Any)
        {
            let mut findings = self.findings(active, &mut found);
            match (&active.lint.check, &contract) {
                (Check::File(check), Some(contract)) => check(contract, &mut findings),
                (Check::File(check), None) => {
                    if let Some(file) = &shared {
                        check(file, &mut findings);
                    }
                }
                (Check::Contract(check), Some(contract)) => check(contract, &mut findings),
                _ => {}
            }
        }
        if let Some(contract) = &contract {
            let by_id = |id: &str| active.iter().find(|active| active.lint.rule.id == id);
            match contract.bundled() {
                Ok(bundle) => found.append(&mut more(contract.contract, bundle)),
                // References that do not resolve are reported where they are written, by rules of their own.
                Err(problems) => found.extend(problems.iter().filter_map(|problem| {
                    let active =
                        by_id(problem.rule).filter(|active| matches!(active.lint.check, Check::Load))?;
                    Some(Diagnostic {
                        severity: active.severity,
                        ..problem.clone()
                    })
                })),
            }
        }
        found
    }

    fn check_rest(&self, active: &[Active]) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        for active in active {
            let scope = active.lint.rule.scope;
            match &active.lint.check {
                Check::Consumer(check) => {
                    for consumer in self
                        .consumers
                        .iter()
                        .filter(|consumer| self.judges(scope, &consumer.path))
                    {
                        let ctx = ConsumerContext {
                            registry: self,
                            consumer,
                        };
                        check(&ctx, &mut self.findings(active, &mut found));
                    }
                }
                Check::Registry(check) => {
                    let mut all = Vec::new();
                    check(
                        &RegistryContext { registry: self },
                        &mut self.findings(active, &mut all),
                    );
                    found.extend(
                        all.into_iter()
                            .filter(|found| self.judges(scope, &found.location.file)),
                    );
                }
                Check::Load | Check::File(_) | Check::Contract(_) => {}
            }
        }
        found
    }
}

/// A rule that is not off.
struct Active {
    lint: &'static LintRule,
    severity: Severity,
}
