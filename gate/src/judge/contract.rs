//! One changed contract: what it is compared with, what that breaks, and what its version has to be.

use std::collections::BTreeSet;

use diagnostics::{JsonPointer, Location};
use registry::config::{CompatibilityMode, History as HistoryPolicy};
use registry::{Contract, Registry, Status, canonical_json, sha256};
use semver::Version;
use serde_json::Value;

use super::raw::{Raw, change_of, whole};
use crate::bump::{self, Break, Bump};
use crate::changes;
use crate::compare::{self, Answer, Cause};
use crate::finding::Fingerprint;
use crate::impact;
use crate::rules;
use crate::side::{Side, options};

/// What a contract is compared with.
#[derive(Default)]
pub(crate) struct Against {
    /// Released versions that count, or the base's copy; oldest first.
    pub(crate) sides: Vec<Side>,
    /// The newest version that was released in the work tree itself, where the base does not have it yet.
    pub(crate) pending: Option<Side>,
    /// The highest version that was ever released, retired ones included.
    pub(crate) highest: Option<Version>,
}

/// What is known of a changed contract before waivers.
pub(crate) struct Changed {
    pub(crate) contract: usize,
    pub(crate) raws: Vec<Raw>,
    /// The fingerprints of what breaks.
    pub(crate) breaking: BTreeSet<Fingerprint>,
    pub(crate) compatible: usize,
    pub(crate) undecided: bool,
    /// What is different, in words.
    pub(crate) words: Vec<String>,
    /// The version that the change starts from.
    pub(crate) base: Option<Version>,
    /// How that is called.
    pub(crate) base_name: Option<String>,
    /// Where it says so.
    pub(crate) base_version_at: Option<Location>,
    /// What the change needs if nothing breaks, or what breaks is accepted.
    pub(crate) soft: Bump,
    pub(crate) current: Option<Version>,
    pub(crate) highest: Option<Version>,
    /// Both contents, for fingerprints.
    pub(crate) contents: (String, String),
}

/// Compares the contract at `index`; `None` where it cannot be bundled, which rules of its own report.
pub(crate) fn changed(registry: &Registry, index: usize, against: &Against) -> Option<Changed> {
    let contract = &registry.contracts[index];
    let bundle = registry.bundle(contract.file).ok()?;
    let new = Side::new(
        bundle,
        contract.metadata.clone(),
        crate::side::Files::Tree,
        "now".to_owned(),
        &registry.config.compatibility.discriminators,
    )
    .ok()?;
    let policy = &registry.config.compatibility;
    let mode = contract
        .metadata
        .as_ref()
        .and_then(|metadata| metadata.compatibility)
        .unwrap_or(policy.mode);
    let options = options(&registry.config);
    let judge = Judge {
        registry,
        contract,
        new: &new,
        mode,
        options: &options,
        history: policy.history,
    };
    Some(judge.run(index, against))
}

/// Something about one of the old sides.
type Of<'s, T> = (&'s Side, T);

struct Judge<'j> {
    registry: &'j Registry,
    contract: &'j Contract,
    new: &'j Side,
    mode: CompatibilityMode,
    options: &'j compat::Options,
    history: HistoryPolicy,
}

impl Judge<'_> {
    fn run(&self, index: usize, against: &Against) -> Changed {
        let mut raws = Vec::new();
        let latest = against.sides.last();
        // What the version starts from: what was released last, be it in this very change.
        let start = against.pending.as_ref().or(latest);
        let mut changed = Changed {
            contract: index,
            raws: Vec::new(),
            breaking: BTreeSet::new(),
            compatible: 0,
            undecided: false,
            words: Vec::new(),
            base: start.and_then(Side::version).cloned(),
            base_name: start.map(|side| side.name.clone()),
            base_version_at: start.map(|side| side.location(&version_pointer())),
            soft: Bump::None,
            current: self.new.version().cloned(),
            highest: against.highest.clone(),
            contents: (start.map(content).unwrap_or_default(), content(self.new)),
        };
        if compare::is_empty_writer(self.new, self.options) {
            raws.push(self.empty());
        }
        let (mut fields, mut besides) = (BTreeSet::new(), Vec::new());
        if let Some(latest) = latest {
            let (answers, breaks) = self.ask(latest, against);
            for (side, answer) in answers {
                changed.undecided |= !answer.undecided.is_empty();
                if let Some((_, reason)) = answer.undecided.first() {
                    let directions: Vec<String> = answer
                        .undecided
                        .iter()
                        .map(|(direction, _)| direction.to_string())
                        .collect();
                    raws.push(self.undecided(side, &directions.join(" and "), &reason.to_string()));
                }
                for cause in answer.causes {
                    fields.insert(compare::any_item(&cause.field()));
                    let raw = self.cause(cause, side);
                    changed.breaking.insert(raw.fingerprint());
                    raws.push(raw);
                }
            }
            for (side, found) in breaks {
                let raw = self.beside(side, &found);
                changed.breaking.insert(raw.fingerprint());
                raws.push(raw);
                besides.push(found);
            }
        }
        if let Some(start) = start {
            changed.soft = bump::unless_breaking(start.state(), self.new.state(), self.options);
            let told = changes::between(
                (&start.bundle, start.metadata.as_ref()),
                (&self.new.bundle, self.new.metadata.as_ref()),
            );
            changed.compatible = changes::compatible(&told, &fields, &besides);
            changed.words = told.into_iter().map(|change| change.words).collect();
        }
        changed.raws = raws;
        changed
    }

    /// The answers, newest side first; what was told of a newer one is not told again of an older one.
    fn ask<'s>(&self, latest: &'s Side, against: &'s Against) -> (Vec<Of<'s, Answer>>, Vec<Of<'s, Break>>) {
        let mut known = BTreeSet::new();
        let mut answers = Vec::new();
        let mut keep = |side: &'s Side, mut answer: Answer| {
            answer.causes.retain(|cause| known.insert(cause.key(self.new)));
            answers.push((side, answer));
        };
        let mut breaks: Vec<(&Side, Break)> = Vec::new();
        for side in std::iter::once(latest).chain(&against.pending) {
            keep(side, compare::ask(side, self.new, self.mode, self.options));
            for found in bump::breaks(side.state(), self.new.state()) {
                if !breaks.iter().any(|(_, known)| *known == found) {
                    breaks.push((side, found));
                }
            }
        }
        let older = against.sides.iter().rev().skip(1);
        let declared: Vec<&JsonPointer> = self
            .new
            .fields
            .iter()
            .map(|field| &field.pointer)
            .filter(|pointer| !latest.fields.iter().any(|field| field.pointer == **pointer))
            .collect();
        for side in older {
            match self.history {
                HistoryPolicy::All => {
                    let answer = compare::new_since(side, latest, self.new, self.mode, self.options);
                    keep(side, answer);
                }
                // A name that is declared anew may have been declared before, with another meaning: such events are
                // still in the topic, and the last version alone does not know them.
                HistoryPolicy::Latest if !declared.is_empty() => {
                    let mut answer = compare::new_since(side, latest, self.new, self.mode, self.options);
                    answer
                        .causes
                        .retain(|cause| compare::is_within(&cause.field(), &declared));
                    answer.undecided.clear();
                    keep(side, answer);
                }
                HistoryPolicy::Latest => {}
            }
        }
        (answers, breaks)
    }

    fn change(&self, side: &Side) -> crate::finding::ContractChange {
        change_of(&self.contract.event_type, self.contract.major, &side.name)
    }

    fn affected(&self, field: Option<&JsonPointer>) -> crate::finding::Affected {
        let producers = self
            .contract
            .metadata
            .as_ref()
            .map(|metadata| metadata.producers.as_slice())
            .unwrap_or_default();
        impact::affected(
            self.registry,
            &self.contract.event_type,
            self.contract.major,
            producers,
            field,
        )
    }

    fn cause(&self, cause: Cause, side: &Side) -> Raw {
        let field = cause.field();
        let affected = self.affected(Some(&field).filter(|field| !field.is_root()));
        Raw::cause(self.registry, cause, side, self.new, self.change(side), affected)
    }

    fn empty(&self) -> Raw {
        let id = self.contract.id();
        let schema = sha256(canonical_json(&crate::fingerprint::normalised(
            &self.new.bundle.schema,
        )));
        let message = format!("{id}: a writer that keeps to the contract can emit no document at all");
        Raw {
            affected: self.affected(None),
            ..Raw::plain(
                &rules::empty_writer::RULE,
                whole(&self.contract.path),
                message,
                vec![id, schema],
            )
        }
        .help("look for what contradicts itself: a required field whose schema accepts nothing")
    }

    fn undecided(&self, side: &Side, directions: &str, reason: &str) -> Raw {
        let parts = vec![self.contract.id(), content(side), content(self.new)];
        let message = format!(
            "whether the change from {} is compatible ({directions}) is not decided: {reason}",
            side.name
        );
        Raw {
            contract: Some(self.change(side)),
            base: Some(side.location(&JsonPointer::root())),
            affected: self.affected(None),
            bump: Bump::Minor,
            ..Raw::plain(
                &rules::undecided_compatibility::RULE,
                Location::value(self.contract.path.clone(), JsonPointer::root()),
                message,
                parts,
            )
        }
        .help(
            "say it in simpler words, or accept it with the reason for which you know that it is compatible",
        )
    }

    fn beside(&self, side: &Side, found: &Break) -> Raw {
        let or_none = |text: &String| {
            if text.is_empty() {
                "nothing".to_owned()
            } else {
                format!("`{text}`")
            }
        };
        let metadata = JsonPointer::root().child("x-contract");
        let next = format!("{}.v{}", self.contract.event_type, self.contract.major + 1);
        let (rule, pointer, message, help, values) = match found {
            Break::Topic { old, new } => (
                &rules::topic_changed::RULE,
                metadata.child("topic").child("name"),
                format!(
                    "the topic is {}, was `{old}`: who subscribes to that waits for nothing",
                    or_none(new)
                ),
                format!("restore `{old}`, or publish {next} on the new topic"),
                (old.clone(), new.clone()),
            ),
            Break::Key { old, new } => (
                &rules::key_changed::RULE,
                metadata.child("key"),
                format!(
                    "the partition key is {}, was `{old}`: events that were in order no longer are",
                    or_none(new)
                ),
                format!("restore `{old}`, or publish {next} with the new key on a topic of its own"),
                (old.clone(), new.clone()),
            ),
            Break::ClassificationLowered { field, old, new } => {
                return self.classification(
                    side,
                    field,
                    old.as_str(),
                    new.map(registry::Classification::as_str),
                );
            }
        };
        let exists = self.new.bundle.schema.pointer(pointer.as_str()).is_some();
        let at = if exists { pointer.clone() } else { metadata };
        Raw {
            contract: Some(self.change(side)),
            base: Some(side.location(&pointer)),
            affected: self.affected(None),
            bump: Bump::Major,
            ..Raw::plain(
                rule,
                self.new.location(&at),
                message,
                vec![self.contract.id(), values.0, values.1],
            )
        }
        .help(help)
    }

    fn classification(&self, side: &Side, field: &JsonPointer, old: &str, new: Option<&str>) -> Raw {
        let origin = |side: &Side| {
            let found = side.fields.iter().find(|known| known.pointer == *field);
            found.map(|found| found.origin.clone())
        };
        let (file, pointer) = origin(self.new).map_or_else(
            || (self.contract.path.clone(), JsonPointer::root()),
            |(file, pointer)| deepest(self.registry, file, pointer),
        );
        let now = new.map_or_else(|| "not classified".to_owned(), |new| format!("`{new}`"));
        let next = format!("{}.v{}", self.contract.event_type, self.contract.major + 1);
        let is_shared = file != self.contract.path;
        let parts = vec![
            crate::fingerprint::subject(self.registry, &file),
            pointer.as_str().to_owned(),
            old.to_owned(),
            new.unwrap_or_default().to_owned(),
        ];
        let subject = if is_shared {
            pointer.as_str().to_owned()
        } else {
            field.as_str().to_owned()
        };
        // Where it is written, or the field that no longer says it.
        let written = |file: &str, pointer: &JsonPointer| {
            let at = pointer.child("x-classification");
            let index = self.registry.file_index(file)?;
            self.registry.files[index].value.pointer(at.as_str()).map(|_| at)
        };
        let at = written(&file, &pointer).unwrap_or(pointer);
        Raw {
            contract: Some(self.change(side)),
            base: origin(side).map(|origin| side.location_of_origin(origin)),
            affected: self.affected(Some(field)),
            bump: Bump::Major,
            ..Raw::plain(
                &rules::classification_lowered::RULE,
                Location::key(file, at),
                format!("`{subject}` is {now}, was `{old}`: what was sent as {old} would be treated as less"),
                parts,
            )
        }
        .help(format!("restore `{old}`, or publish {next}"))
    }
}

/// Where a classification that came through references is, or would be, written: the last schema of the chain.
fn deepest(
    registry: &Registry,
    mut file: std::sync::Arc<str>,
    mut pointer: JsonPointer,
) -> (std::sync::Arc<str>, JsonPointer) {
    const HOPS: usize = 32;
    for _ in 0..HOPS {
        let Some(index) = registry.file_index(&file) else {
            break;
        };
        let node = registry.files[index].value.pointer(pointer.as_str());
        if node.is_none_or(|node| node.get("x-classification").is_some()) {
            break;
        }
        let target = registry
            .references(index)
            .into_iter()
            .find(|(reference, _)| reference.schema == pointer)
            .and_then(|(_, target)| target.ok())
            .filter(|target| target.document < registry.files.len());
        let Some(target) = target else { break };
        file = registry.document(target.document).path.clone();
        pointer = target.pointer;
    }
    (file, pointer)
}

pub(crate) fn version_pointer() -> JsonPointer {
    JsonPointer::root().child("x-contract").child("version")
}

fn content(side: &Side) -> String {
    registry::release_digest(&side.bundle.schema)
}

/// Whether a contract in the work tree is gated: drafts are not, unless they were released before.
pub(crate) fn is_active(contract: &Contract) -> bool {
    contract
        .metadata
        .as_ref()
        .map_or(!contract.has_metadata, |metadata| {
            metadata.status != Status::Draft
        })
}

/// The same of a schema in the base.
pub(crate) fn is_active_schema(schema: &Value) -> bool {
    schema.get("x-contract").is_none_or(|metadata| {
        !matches!(
            metadata.get("status").and_then(Value::as_str),
            None | Some("draft")
        )
    })
}
