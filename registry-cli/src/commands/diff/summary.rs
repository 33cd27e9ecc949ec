//! What a change means for the contract's version, where both sides are contracts. The decision is `gate`'s.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use compat::Verdict;
use diagnostics::JsonPointer;
use gate::bump::{self, Break, Bump, Decision, State};
use gate::finding::ContractSummary;
use registry::config::CompatibilityMode;
use registry::lower::{LowerOptions, Role, lower};
use registry::{Field, fields};
use serde_json::Value;

use super::Policy;
use super::answer::Answer;
use super::side::Side;
use crate::args::DiffMode;

/// The summary of a change.
pub(super) struct Summary {
    /// What the version must become.
    pub(super) line: ContractSummary,
    /// Breaking changes that no schema shows.
    pub(super) beside: Vec<Break>,
}

/// The summary, where both sides carry `x-contract`.
pub(super) fn of(old: &Side, new: &Side, answer: &Answer, policy: &Policy) -> Result<Option<Summary>> {
    let (Some(before), Some(after)) = (&old.metadata, &new.metadata) else {
        return Ok(None);
    };
    let (old_fields, new_fields) = (fields::of(&old.bundle), fields::of(&new.bundle));
    let (old_classes, new_classes) = (classes(&old_fields), classes(&new_fields));
    let (old_roles, new_roles) = (Roles::of(old, policy)?, Roles::of(new, policy)?);
    let decision = bump::decide(
        State {
            schema: &old.bundle.schema,
            as_writer: &old_roles.writer,
            as_reader: &old_roles.reader,
            metadata: Some(before),
            fields: &old_classes,
        },
        State {
            schema: &new.bundle.schema,
            as_writer: &new_roles.writer,
            as_reader: &new_roles.reader,
            metadata: Some(after),
            fields: &new_classes,
        },
        match policy.mode {
            DiffMode::Backward => CompatibilityMode::Backward,
            DiffMode::Forward => CompatibilityMode::Forward,
            DiffMode::Full => CompatibilityMode::Full,
            DiffMode::None => CompatibilityMode::None,
        },
        &policy.options,
    );
    let reasons = reasons(answer);
    let undecided = answer
        .directions
        .iter()
        .any(|directed| matches!(directed.explanation.verdict, Verdict::Undecided(_)));
    let line = ContractSummary {
        event_type: new
            .event_type
            .clone()
            .or_else(|| old.event_type.clone())
            .unwrap_or_else(|| new.name.clone()),
        major: after.version.major,
        file: new.place(&JsonPointer::root()).0,
        base: Some(before.version.clone()),
        current: Some(after.version.clone()),
        required: Some(decision.bump.apply(&before.version)),
        bump: decision.bump,
        breaking: reasons.len() + decision.breaks.len(),
        compatible: compatible((old, &old_fields), (new, &new_fields), &reasons, &decision),
        undecided,
    };
    Ok(Some(Summary {
        line,
        beside: decision.breaks,
    }))
}

/// A breaking change that no schema shows, in one line.
pub(super) fn beside(found: &Break) -> String {
    let or_none = |text: &String| {
        if text.is_empty() {
            "nothing".to_owned()
        } else {
            format!("{text:?}")
        }
    };
    match found {
        Break::Topic { old, new } => format!("the topic's name changed from {old:?} to {}", or_none(new)),
        Break::Key { old, new } => format!("the partition key changed from {old:?} to {}", or_none(new)),
        Break::ClassificationLowered { field, old, new } => format!(
            "the classification of {field} was lowered from {old} to {}",
            new.map_or_else(|| "nothing".to_owned(), |new| new.to_string())
        ),
    }
}

struct Roles {
    writer: Value,
    reader: Value,
}

impl Roles {
    fn of(side: &Side, policy: &Policy) -> Result<Self> {
        let lowered = |role| {
            let options = LowerOptions {
                role,
                discriminators: &policy.discriminators,
            };
            lower(&side.bundle.schema, side.bundle.draft, &options)
                .map(|lowered| lowered.schema)
                .with_context(|| format!("cannot compare {}", side.name))
        };
        Ok(Self {
            writer: lowered(Role::Writer)?,
            reader: lowered(Role::Reader)?,
        })
    }
}

fn classes(fields: &[Field]) -> BTreeMap<JsonPointer, Option<registry::Classification>> {
    fields
        .iter()
        .map(|field| (field.pointer.clone(), field.classification))
        .collect()
}

/// The places of the reasons, those that both directions name once: (old pointer, new pointer).
fn reasons(answer: &Answer) -> BTreeSet<(&JsonPointer, &JsonPointer)> {
    answer
        .directions
        .iter()
        .flat_map(|directed| &directed.reasons)
        .map(|reason| (&reason.old, &reason.new))
        .collect()
}

/// How many declared fields came, went or say something else, without those that a breaking change is about; at least
/// one where anything changed at all.
fn compatible(
    old: (&Side, &[Field]),
    new: (&Side, &[Field]),
    reasons: &BTreeSet<(&JsonPointer, &JsonPointer)>,
    decision: &Decision,
) -> usize {
    let lowered: BTreeSet<&JsonPointer> = decision
        .breaks
        .iter()
        .filter_map(|found| match found {
            Break::ClassificationLowered { field, .. } => Some(field),
            Break::Topic { .. } | Break::Key { .. } => None,
        })
        .collect();
    let blamed = |side: &Side, place: &JsonPointer| side.bundle.origin(place);
    let blamed_old: Vec<_> = reasons.iter().map(|(place, _)| blamed(old.0, place)).collect();
    let blamed_new: Vec<_> = reasons.iter().map(|(_, place)| blamed(new.0, place)).collect();
    let before: BTreeMap<&JsonPointer, &Field> = by_pointer(old.1);
    let after: BTreeMap<&JsonPointer, &Field> = by_pointer(new.1);
    let names: BTreeSet<&&JsonPointer> = before.keys().chain(after.keys()).collect();
    let changed = names
        .into_iter()
        .filter(|name| {
            let (was, is) = (before.get(*name), after.get(*name));
            let same = was.zip(is).is_some_and(|(was, is)| {
                (&was.kind, was.required, was.classification, &was.format)
                    == (&is.kind, is.required, is.classification, &is.format)
            });
            let required = |field: Option<&&Field>| field.is_some_and(|field| field.required);
            let requirement = required(was) != required(is);
            !same
                && !lowered.contains(**name)
                && !was.is_some_and(|field| is_blamed(field, requirement, &blamed_old))
                && !is.is_some_and(|field| is_blamed(field, requirement, &blamed_new))
        })
        .count();
    match decision.bump {
        Bump::Patch | Bump::Minor => changed.max(1),
        Bump::None | Bump::Major => changed,
    }
}

fn by_pointer(fields: &[Field]) -> BTreeMap<&JsonPointer, &Field> {
    fields.iter().map(|field| (&field.pointer, field)).collect()
}

/// Whether a reason lies in the field's declaration, or, where the field became required or optional, in the `required`
/// beside it.
fn is_blamed(field: &Field, requirement: bool, places: &[(Arc<str>, JsonPointer)]) -> bool {
    let (file, declared) = &field.origin;
    let object = declared.parent().and_then(|properties| properties.parent());
    places.iter().any(|(at, place)| {
        let beside = || {
            // The keyword, or the name in it.
            let is_keyword = |place: &JsonPointer| place.last().is_some_and(|last| last == "required");
            let parent = place.parent();
            let keyword = match &parent {
                Some(parent) if is_keyword(parent) => Some(parent),
                _ => Some(place).filter(|place| is_keyword(place)),
            };
            requirement && keyword.is_some_and(|keyword| keyword.parent() == object)
        };
        at == file && (place.starts_with(declared) || beside())
    })
}
