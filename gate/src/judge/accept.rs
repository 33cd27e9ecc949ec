//! What waivers and releases say of findings.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use diagnostics::{Diagnostic, Location, Severity};
use jiff::civil::Date;
use registry::Registry;

use crate::finding::{Acceptance, Affected, Finding, Fingerprint, Standing};
use crate::history::{History, ReleasedWaiver};
use crate::rules::{compares, invalid_waivers, waiver_expired, waiver_unused};
use crate::waivers::{self, FILE, Waivers, WaiversError};

/// Accepted findings: in `waivers.toml`, and in what was released.
#[derive(Debug, Default)]
pub(crate) struct Accepted {
    pub(crate) waivers: Waivers,
    /// Why `waivers.toml` cannot be read.
    pub(crate) problem: Option<WaiversError>,
    /// The file, relative to the workspace.
    pub(crate) file: Arc<str>,
    released: BTreeMap<String, ReleasedWaiver>,
}

impl Accepted {
    /// Reads `waivers.toml`, if there is one.
    pub(crate) fn read(registry: &Registry) -> Result<Self, crate::GateError> {
        let prefix = registry.workspace.root_prefix();
        let file: Arc<str> = if prefix.is_empty() {
            FILE.into()
        } else {
            format!("{prefix}/{FILE}").into()
        };
        let path = registry.workspace.root.join(FILE);
        let text = match std::fs::read(&path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(crate::GateError::io("read", &path, error)),
        };
        let (waivers, problem) = match Waivers::parse(&text) {
            Ok(waivers) => (waivers, None),
            Err(problem) => (Waivers::default(), Some(problem)),
        };
        Ok(Self {
            waivers,
            problem,
            file,
            released: BTreeMap::new(),
        })
    }

    /// Adds the waivers under which versions were released.
    pub(crate) fn add(&mut self, history: &History) {
        for (_, _, line) in history.lines() {
            for waiver in line.iter().flat_map(|released| &released.header().waivers) {
                self.released.insert(waiver.fingerprint.clone(), waiver.clone());
            }
        }
    }

    /// Gives findings their standing.
    pub(crate) fn apply(&self, findings: &mut [Finding], today: Date) {
        for found in findings.iter_mut().filter(|found| found.can_be_accepted()) {
            found.standing = self.standing(&found.fingerprint, today);
        }
    }

    fn standing(&self, fingerprint: &Fingerprint, today: Date) -> Standing {
        let acceptance = |waiver: &waivers::Waiver| Acceptance {
            reason: waiver.reason.clone(),
            owner: waiver.owner.clone(),
            until: Some(waiver.until.0),
        };
        match self.waivers.standing(fingerprint.as_str(), today) {
            waivers::Standing::Waived(waiver) => Standing::Waived(acceptance(waiver)),
            standing => {
                if let Some(released) = self.released.get(fingerprint.as_str()) {
                    return Standing::Waived(Acceptance {
                        reason: released.reason.clone(),
                        owner: released.owner.clone(),
                        until: None,
                    });
                }
                match standing {
                    waivers::Standing::Expired(waiver) => Standing::Expired(acceptance(waiver)),
                    waivers::Standing::Open | waivers::Standing::Waived(_) => Standing::Open,
                }
            }
        }
    }

    /// What is wrong with `waivers.toml` itself, given all findings of a run.
    pub(crate) fn findings(
        &self,
        registry: &Registry,
        findings: &[Finding],
        history: &[&History],
        has_base: bool,
    ) -> Vec<Finding> {
        let mut found = Vec::new();
        let mut push = |rule: &'static diagnostics::Rule,
                        span: std::ops::Range<usize>,
                        message: String,
                        help: String,
                        key: &str| {
            let severity = registry.severity(rule);
            if severity == Severity::Off {
                return;
            }
            let location = Location::bytes(Arc::clone(&self.file), span);
            found.push(Finding {
                diagnostic: Diagnostic::new(rule.id, severity, location, message).with_help(help),
                fingerprint: Fingerprint::of(&[rule.id, key]),
                change: None,
                affected: Affected::default(),
                standing: Standing::Open,
            });
        };
        if let Some(problem) = &self.problem {
            push(
                &invalid_waivers::RULE,
                problem.span.clone(),
                format!("{FILE} cannot be read: {}", problem.message),
                problem.help.to_owned(),
                &problem.message,
            );
        }
        let there: BTreeMap<&str, &Finding> = findings
            .iter()
            .map(|found| (found.fingerprint.as_str(), found))
            .collect();
        let mut seen = BTreeSet::new();
        for waiver in &self.waivers.waivers {
            let fingerprint = waiver.fingerprint.get_ref().as_str();
            let is_first = seen.insert(fingerprint);
            if let Some(found) = there.get(fingerprint) {
                if let Standing::Expired(acceptance) = &found.standing
                    && is_first
                    && let Some(until) = acceptance.until
                {
                    push(
                        &waiver_expired::RULE,
                        waiver.fingerprint.span(),
                        format!(
                            "the waiver of {fingerprint} ended on {until}, and what it accepted was not released: {}",
                            found.diagnostic.message
                        ),
                        format!(
                            "mend it, or let {} decide again and set another `until`",
                            acceptance.owner
                        ),
                        fingerprint,
                    );
                }
            } else {
                // Such a finding may be there, and only not be seen without a base.
                let rule = waiver
                    .finding
                    .as_deref()
                    .and_then(|text| text.split_whitespace().next());
                if !has_base && rule.is_some_and(compares) {
                    continue;
                }
                push(
                    &waiver_unused::RULE,
                    waiver.fingerprint.span(),
                    format!("no finding has the fingerprint {fingerprint}"),
                    "delete the entry; if the finding is there under another fingerprint, look at it again"
                        .to_owned(),
                    fingerprint,
                );
            }
        }
        for retired in &self.waivers.retired {
            let event_type = retired.event_type.get_ref();
            let is_known = history
                .iter()
                .any(|history| history.version(event_type, &retired.version).is_some());
            if !is_known {
                push(
                    &waiver_unused::RULE,
                    retired.event_type.span(),
                    format!("{event_type} {} was never released", retired.version),
                    "delete the entry, or name a version that has a snapshot".to_owned(),
                    &format!("{event_type}@{}", retired.version),
                );
            }
        }
        found
    }
}
