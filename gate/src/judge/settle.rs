//! The end of a run: findings with their standing, versions that follow from it, and everything in order.

use std::collections::BTreeMap;
use std::sync::Arc;

use diagnostics::{Location, Target, source};
use jiff::civil::Date;
use registry::Registry;
use semver::Version;

use super::accept::Accepted;
use super::contract::{Changed, version_pointer};
use super::raw::{self, Raw, change_of};
use crate::bump::Bump;
use crate::finding::{ContractChange, ContractSummary, Finding, Fingerprint, Judgement};
use crate::fingerprint::below_root;
use crate::history::{Histories, History};
use crate::release::{SharedChange, shared_cause};
use crate::rules::{compares, version_bump};

pub(super) struct Settle<'s> {
    pub(super) registry: &'s Registry,
    pub(super) accepted: &'s Accepted,
    pub(super) today: Date,
    pub(super) histories: &'s Histories,
    pub(super) has_base: bool,
}

impl Settle<'_> {
    pub(super) fn settle(
        &self,
        mut judgement: Judgement,
        state: Vec<Finding>,
        changed: &[Changed],
        mut raws: Vec<Raw>,
    ) -> Judgement {
        for one in changed {
            raws.extend(one.raws.iter().cloned());
        }
        let mut findings = raw::findings(self.registry, raws);
        self.accepted.apply(&mut findings, self.today);
        let open: BTreeMap<Fingerprint, bool> = findings
            .iter()
            .map(|found| (found.fingerprint.clone(), found.is_open()))
            .collect();
        let mut versions = Vec::new();
        for one in changed {
            let is_breaking = one
                .breaking
                .iter()
                .any(|fingerprint| open.get(fingerprint).copied().unwrap_or(false));
            let bump = match (is_breaking, one.breaking.is_empty()) {
                (true, _) => Bump::Major,
                // Released already, in this very change.
                (false, false) if one.soft == Bump::None => Bump::None,
                // What was accepted stays within the major, and is no less than a compatible change.
                (false, false) => one.soft.max(Bump::Minor),
                (false, true) => one.soft,
            };
            let required = required(one, bump);
            if bump != Bump::Major
                && let Some(raw) = self.version(one, bump, required.as_ref())
            {
                versions.push(raw);
            }
            judgement.summaries.push(self.summary(one, bump, required));
        }
        let mut versions = raw::findings(self.registry, versions);
        self.accepted.apply(&mut versions, self.today);
        findings.append(&mut versions);
        findings.extend(state);
        self.accepted.apply(&mut findings, self.today);
        let histories: Vec<&History> = std::iter::once(&self.histories.tree)
            .chain(&self.histories.base)
            .collect();
        let mut about_waivers = self
            .accepted
            .findings(self.registry, &findings, &histories, self.has_base);
        findings.append(&mut about_waivers);
        self.sort(&mut findings, &judgement);
        judgement.findings = findings;
        judgement.summaries.sort_by(|left, right| {
            (&left.event_type, left.major, &left.file).cmp(&(&right.event_type, right.major, &right.file))
        });
        judgement
    }

    /// The finding about a version that is too low.
    fn version(&self, one: &Changed, bump: Bump, required: Option<&Version>) -> Option<Raw> {
        let contract = &self.registry.contracts[one.contract];
        let (current, required, base) = (one.current.as_ref()?, required?, one.base.as_ref()?);
        if current >= required {
            return None;
        }
        let shared = shared_cause(self.registry, &self.histories.tree, &contract.path);
        if let Some(shared) = shared.filter(|shared| bump != Bump::None && !shared.is_empty()) {
            return Some(self.shared_version(one, bump, &shared));
        }
        let what = match bump {
            Bump::None => "nothing changed, and a version does not go back".to_owned(),
            Bump::Patch | Bump::Minor | Bump::Major => told(one),
        };
        let parts = vec![contract.id(), one.contents.0.clone(), one.contents.1.clone()];
        let mut raw = Raw::plain(
            &version_bump::RULE,
            Location::value(contract.path.clone(), version_pointer()),
            if current == base {
                format!("the version is still {current}, and what changed needs {required}: {what}")
            } else {
                format!("the version is {current}, and what changed since {base} needs {required}: {what}")
            },
            parts,
        )
        .help("run `contracts bump`, which writes it");
        raw.contract = Some(self.change(one));
        raw.base.clone_from(&one.base_version_at);
        raw.bump = bump;
        Some(raw)
    }

    /// The same where shared schemas are the only cause: one finding, however many contracts reach them.
    fn shared_version(&self, one: &Changed, bump: Bump, shared: &[SharedChange]) -> Raw {
        let mut parts = Vec::new();
        for (file, before, now) in shared {
            parts.extend([
                below_root(self.registry, file).to_owned(),
                before.clone(),
                now.clone(),
            ]);
        }
        let mut raw = Raw::plain(
            &version_bump::RULE,
            Location::file(Arc::clone(&shared[0].0)),
            "a shared schema changed, and versions do not tell of it yet",
            parts,
        )
        .help("run `contracts bump --affected`, which writes them");
        raw.contract = Some(self.change(one));
        raw.bump = bump;
        raw
    }

    fn change(&self, one: &Changed) -> ContractChange {
        let contract = &self.registry.contracts[one.contract];
        change_of(
            &contract.event_type,
            contract.major,
            one.base_name.as_deref().unwrap_or_default(),
        )
    }

    fn summary(&self, one: &Changed, bump: Bump, required: Option<Version>) -> ContractSummary {
        let contract = &self.registry.contracts[one.contract];
        ContractSummary {
            event_type: contract.event_type.clone(),
            major: contract.major,
            file: Arc::clone(&contract.path),
            base: one.base.clone(),
            current: one.current.clone(),
            required: required.or_else(|| one.current.clone()),
            bump,
            breaking: one.breaking.len(),
            compatible: one.compatible,
            undecided: one.undecided,
        }
    }

    /// By file and position. Findings about the work tree alone come sorted: only files that the gate adds to are read.
    fn sort(&self, findings: &mut Vec<Finding>, judgement: &Judgement) {
        let is_ours = |found: &Finding| {
            let rule = found.diagnostic.rule;
            crate::rules::rules().any(|known| known.id == rule) || compares(rule)
        };
        findings.sort_by(|left, right| left.diagnostic.location.file.cmp(&right.diagnostic.location.file));
        let mut sorted = Vec::with_capacity(findings.len());
        let mut rest = std::mem::take(findings).into_iter().peekable();
        while let Some(first) = rest.next() {
            let file = Arc::clone(&first.diagnostic.location.file);
            let mut group = vec![first];
            while let Some(next) = rest.next_if(|next| next.diagnostic.location.file == file) {
                group.push(next);
            }
            if group.iter().any(is_ours) {
                let text = judgement.base_texts.get(&file).map_or_else(
                    || self.registry.source(&file).unwrap_or_default(),
                    ToString::to_string,
                );
                by_position(&mut group, &text);
            }
            sorted.append(&mut group);
        }
        *findings = sorted;
    }
}

fn by_position(group: &mut Vec<Finding>, text: &str) {
    let places: Vec<&Location> = group
        .iter()
        .map(|found| &found.diagnostic.location)
        .filter(|place| place.target != Target::File)
        .collect();
    let mut spans = source::spans(text, &places).into_iter();
    let starts: Vec<usize> = group
        .iter()
        .map(|found| match found.diagnostic.location.target {
            Target::File => 0,
            _ => spans.next().map_or(0, |span| span.start),
        })
        .collect();
    let mut keyed: Vec<(usize, Finding)> = starts.into_iter().zip(std::mem::take(group)).collect();
    keyed.sort_by(|(left_start, left), (right_start, right)| {
        (
            left_start,
            left.diagnostic.rule,
            &left.diagnostic.message,
            &left.fingerprint,
        )
            .cmp(&(
                right_start,
                right.diagnostic.rule,
                &right.diagnostic.message,
                &right.fingerprint,
            ))
    });
    group.extend(keyed.into_iter().map(|(_, found)| found));
}

/// What a version has to tell of, three things at most.
fn told(one: &Changed) -> String {
    const SHOWN: usize = 3;
    let mut what: Vec<String> = one.words.iter().take(SHOWN).cloned().collect();
    match one.words.len().saturating_sub(SHOWN) {
        0 => {}
        more => what.push(format!("{more} more")),
    }
    if what.is_empty() {
        what.push("keywords that say nothing to people".to_owned());
    }
    let what = what.join("; ");
    match one.breaking.len() {
        0 => what,
        1 => format!("{what} (a breaking change that was accepted)"),
        many => format!("{what} ({many} breaking changes that were accepted)"),
    }
}

/// The lowest version that a change may have: what it needs after what it starts from, and above all that was released.
fn required(one: &Changed, bump: Bump) -> Option<Version> {
    let base = one.base.as_ref()?;
    let required = bump.apply(base);
    match &one.highest {
        // Retired versions do not count in comparisons; their numbers are taken all the same.
        Some(highest) if bump != Bump::None && required <= *highest => {
            Some(Bump::Patch.apply(highest).max(bump.apply(highest)))
        }
        Some(highest) if required < *highest => Some(highest.clone()),
        _ => Some(required),
    }
}
