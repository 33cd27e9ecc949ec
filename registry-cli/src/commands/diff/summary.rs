//! What a change means for the contract's version, where both sides are contracts. The decision is `gate`'s.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use compat::Verdict;
use diagnostics::JsonPointer;
use gate::bump::{self, Break, State};
use gate::finding::ContractSummary;
use registry::config::CompatibilityMode;
use registry::lower::{LowerOptions, Role, lower};
use registry::{Field, fields};
use serde_json::Value;

use super::answer::Answer;
use super::side::Side;
use super::Policy;
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
    let state = |side: &'_ Side| side.bundle.schema.clone();
    let (old_schema, new_schema) = (state(old), state(new));
    let decision = bump::decide(
        State {
            schema: &old_schema,
            as_writer: &old_roles.writer,
            as_reader: &old_roles.reader,
            metadata: Some(before),
            fields: &old_classes,
        },
        State {
            schema: &new_schema,
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
        compatible: changed(&old_fields, &new_fields, old, new, &reasons),
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

/// How many declared fields came, went or say something else, without those that are part of a breaking change.
fn changed(
    old_fields: &[Field],
    new_fields: &[Field],
    old: &Side,
    new: &Side,
    reasons: &BTreeSet<(&JsonPointer, &JsonPointer)>,
) -> usize {
    let by_pointer = |fields: &'_ [Field], side: &Side| -> BTreeMap<JsonPointer, (Field, Value)> {
        fields
            .iter()
            .map(|field| (field.pointer.clone(), (field.clone(), own(field, side))))
            .collect()
    };
    let (before, after) = (by_pointer(old_fields, old), by_pointer(new_fields, new));
    let places = |side: &Side, of: fn(&(&JsonPointer, &JsonPointer)) -> JsonPointer| -> Vec<_> {
        reasons.iter().map(|reason| side.bundle.origin(&of(reason))).collect()
    };
    let old_places = places(old, |(old, _)| (*old).clone());
    let new_places = places(new, |(_, new)| (*new).clone());
    let is_broken = |field: Option<&(Field, Value)>, places: &[(std::sync::Arc<str>, JsonPointer)]| {
        field.is_some_and(|(field, _)| {
            let (file, pointer) = &field.origin;
            let name = field.pointer.tokens().last().map(|token| token.to_string());
            places.iter().any(|(at, place)| {
                at == file
                    && (place.starts_with(pointer)
                        || place.tokens().last().map(|token| token.to_string()) == name)
            })
        })
    };
    let names: BTreeSet<&JsonPointer> = before.keys().chain(after.keys()).collect();
    names
        .into_iter()
        .filter(|name| {
            let (was, is) = (before.get(*name), after.get(*name));
            let same = match (was, is) {
                (Some((was, was_schema)), Some((is, is_schema))) => {
                    was_schema == is_schema
                        && (&was.kind, was.required, was.classification, &was.format)
                            == (&is.kind, is.required, is.classification, &is.format)
                }
                _ => false,
            };
            !same && !is_broken(was, &old_places) && !is_broken(is, &new_places)
        })
        .count()
}

/// What the field's schema asserts itself: without the schemas below it and without documentation.
fn own(field: &Field, side: &Side) -> Value {
    let (_, pointer) = &field.origin;
    let mut schema = side.bundle.schema.pointer(pointer.as_str()).cloned().unwrap_or_default();
    if let Value::Object(members) = &mut schema {
        for keyword in [
            "title",
            "description",
            "$comment",
            "examples",
            "default",
            "properties",
            "patternProperties",
            "additionalProperties",
            "items",
            "prefixItems",
        ] {
            members.remove(keyword);
        }
    }
    schema
}
