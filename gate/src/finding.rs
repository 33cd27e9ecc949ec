//! What the gate reports: a diagnostic with what a reviewer needs to decide on it. Data only.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::sync::Arc;

use diagnostics::{Diagnostic, JsonPointer, Location};
use jiff::civil::Date;
use semver::Version;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::bump::{Bump, Direction};

/// Names a finding across runs: 16 hexadecimal digits of a digest over the rule, the event type or shared file, the
/// pointer and the normalised subschemas of both sides. Versions, lines and layout do not count.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The fingerprint of what `parts` say, in their order.
    pub fn of(parts: &[&str]) -> Self {
        // Lengths keep ["ab", "c"] and ["a", "bc"] apart.
        let mut text = String::new();
        for part in parts {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{}:{part}", part.len());
        }
        let mut digest = registry::sha256(text);
        digest.truncate(16);
        Self(digest)
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A finding of any rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Rule, severity, the place in the work tree, message and help.
    pub diagnostic: Diagnostic,
    /// How a waiver names it.
    pub fingerprint: Fingerprint,
    /// What changed; `None` for findings about one state alone.
    pub change: Option<Change>,
    /// Who has to know.
    pub affected: Affected,
    /// Whether somebody accepted it.
    pub standing: Standing,
}

impl Finding {
    /// Whether it makes a run fail or warn: nobody accepted it.
    pub fn is_open(&self) -> bool {
        matches!(self.standing, Standing::Open | Standing::Expired(_))
    }

    /// Whether a waiver can accept it. What is wrong with `waivers.toml` itself, with what was released, or with a merge
    /// that was not finished, can only be mended: nothing else could be trusted.
    pub fn can_be_accepted(&self) -> bool {
        let only_mended = [
            crate::rules::broken_history::RULE.id,
            crate::rules::snapshot_deleted::RULE.id,
            crate::rules::snapshot_edited::RULE.id,
            crate::rules::invalid_waivers::RULE.id,
            crate::rules::waiver_expired::RULE.id,
            crate::rules::waiver_unused::RULE.id,
        ];
        !only_mended.contains(&self.diagnostic.rule)
            && !self.diagnostic.message.contains(registry::conflict::MESSAGE)
    }
}

/// The part of a finding that compares two states.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The contracts that it reaches, sorted: several where the cause lies in a shared schema.
    pub contracts: Vec<ContractChange>,
    /// Which readers it breaks; `None` where no direction is to blame (a topic's name).
    pub directions: Vec<Direction>,
    /// The place on the old side; its text is in [`Judgement::base_texts`].
    pub base: Option<Location>,
    /// A document that the writer emits and the reader rejects.
    pub witness: Option<Witness>,
    /// What the version has to rise by because of it.
    pub bump: Bump,
}

/// One contract that a change reaches.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ContractChange {
    /// The event type, such as `ecommerce.order.created`.
    pub event_type: String,
    /// The major version of the file.
    pub major: u64,
    /// The old side: `1.2.0` where it is a snapshot, else how the base is called (`main:event-contracts/…`).
    pub against: String,
}

/// A document that proves a change to be breaking.
#[derive(Clone, Debug, PartialEq)]
pub struct Witness {
    /// The document.
    pub document: Value,
    /// The part that the reader rejects.
    pub instance: JsonPointer,
    /// Which direction it proves.
    pub direction: Direction,
}

/// Who a finding concerns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Affected {
    /// Services that emit, sorted.
    pub producers: Vec<String>,
    /// Services whose consumer files name the broken field or no fields at all, sorted.
    pub consumers: Vec<String>,
}

/// Whether a finding was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nobody accepted it.
    Open,
    /// Accepted: shown, but it fails nothing.
    Waived(Acceptance),
    /// Was accepted, and not released in time: it counts as open.
    Expired(Acceptance),
}

/// Who accepted a finding, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acceptance {
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// The last day on which it may be released; `None` where it is part of a release already.
    pub until: Option<Date>,
}

/// What became of one contract since its base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractSummary {
    /// The event type.
    pub event_type: String,
    /// The major version of the file.
    pub major: u64,
    /// The file in the work tree (of the base where it is gone).
    pub file: Arc<str>,
    /// The version of the old side; `None` for a new contract.
    pub base: Option<Version>,
    /// The version that it says now; `None` where it is gone or has no metadata.
    pub current: Option<Version>,
    /// The lowest version that the change may have.
    pub required: Option<Version>,
    /// What the change needs.
    pub bump: Bump,
    /// Breaking findings, waived ones included.
    pub breaking: usize,
    /// Declared fields and values that were added or removed compatibly, and other compatible changes.
    pub compatible: usize,
    /// Whether a direction could be neither proved nor refuted.
    pub undecided: bool,
}

impl fmt::Display for ContractSummary {
    /// `ecommerce.order.created needs 1.2.0 → 2.0.0: 1 breaking, 2 compatible changes`; where the version is high enough
    /// `ecommerce.order.created goes from 1.2.0 to 1.3.0: …`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            event_type,
            base,
            current,
            required,
            breaking,
            compatible,
            undecided,
            ..
        } = self;
        match (base, required) {
            (Some(base), Some(required)) if base != required => match current {
                Some(current) if current >= required => {
                    write!(f, "{event_type} goes from {base} to {current}: ")?;
                }
                _ => write!(f, "{event_type} needs {base} → {required}: ")?,
            },
            (Some(base), _) => write!(f, "{event_type} stays at {base}: ")?,
            (None, Some(required)) => write!(f, "{event_type} is new at {required}: ")?,
            (None, None) => write!(f, "{event_type}: ")?,
        }
        let plural = if *compatible == 1 { "change" } else { "changes" };
        write!(f, "{breaking} breaking, {compatible} compatible {plural}")?;
        if *undecided {
            f.write_str(", undecided")?;
        }
        Ok(())
    }
}

/// The outcome of a run of the gate.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judgement {
    /// Sorted by file and position.
    pub findings: Vec<Finding>,
    /// One for each contract that differs from its base, sorted by event type and major.
    pub summaries: Vec<ContractSummary>,
    /// Texts that are not in the work tree, by the file name that locations give: snapshots of the base, files at a
    /// commit.
    pub base_texts: BTreeMap<Arc<str>, Arc<str>>,
    /// What the work tree was compared with, for people: `merge base of HEAD and origin/main (1a2b3c4)`; `None` where
    /// there was nothing to compare with.
    pub base: Option<String>,
    /// The same as `--against` takes it.
    pub against: Option<String>,
    /// What a reader should know although it is no finding: a shallow clone, a base without contracts.
    pub notes: Vec<String>,
}

impl Judgement {
    /// The command that accepts `found`, to be filled in; `None` where it can only be mended.
    pub fn accepting(&self, found: &Finding) -> Option<String> {
        if !found.can_be_accepted() {
            return None;
        }
        // What was released is found without a base; the rest has to be looked for where it was found.
        let is_of_base = found.change.as_ref().is_some_and(|change| {
            change
                .contracts
                .iter()
                .any(|contract| contract.against.parse::<Version>().is_err())
        });
        let against = match &self.against {
            Some(against) if is_of_base => format!(" --against {}", quoted(against)),
            _ => String::new(),
        };
        Some(format!(
            "contracts waive {}{against} --reason \"…\" --owner … --until YYYY-MM-DD",
            found.fingerprint
        ))
    }
}

/// For a shell: names of branches may hold what would act there.
fn quoted(text: &str) -> String {
    let is_plain = text
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | '@' | ':'));
    if is_plain {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}
