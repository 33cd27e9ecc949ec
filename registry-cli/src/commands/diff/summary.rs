//! What a change means for the contract's version, where both sides are contracts. The decision is `gate`'s.

use std::collections::BTreeSet;

use diagnostics::JsonPointer;
use gate::bump::{self, Break, Bump};
use gate::changes;
use gate::compare::any_item;
use gate::finding::ContractSummary;

use super::Policy;
use super::answer::Answer;
use super::side::Side;

/// The summary of a change.
pub(super) struct Summary {
    /// What the version must become.
    pub(super) line: ContractSummary,
    /// Breaking changes that no schema shows.
    pub(super) beside: Vec<Break>,
}

/// The summary, where both sides carry `x-contract`.
pub(super) fn of(old: &Side, new: &Side, answer: &Answer, policy: &Policy) -> Option<Summary> {
    let (before, after) = (old.contract.metadata.as_ref()?, new.contract.metadata.as_ref()?);
    let states = (old.contract.state(), new.contract.state());
    let beside = bump::breaks(states.0, states.1);
    let bump = if answer.is_breaking() || !beside.is_empty() {
        Bump::Major
    } else {
        bump::unless_breaking(states.0, states.1, &policy.options)
    };
    let causes = answer.directions.iter().flat_map(|timed| &timed.directed.causes);
    // What both directions name is one reason.
    let reasons: BTreeSet<_> = causes
        .clone()
        .map(|cause| (cause.rule.id, &cause.old, &cause.new, cause.field()))
        .collect();
    let broken: BTreeSet<JsonPointer> = causes.map(|cause| any_item(&cause.field())).collect();
    let told = changes::between(
        (&old.contract.bundle, Some(before)),
        (&new.contract.bundle, Some(after)),
    );
    let line = ContractSummary {
        event_type: new
            .event_type
            .clone()
            .or_else(|| old.event_type.clone())
            .unwrap_or_else(|| new.contract.name.clone()),
        major: after.version.major,
        file: new.contract.place(&JsonPointer::root()).0,
        base: Some(before.version.clone()),
        current: Some(after.version.clone()),
        required: Some(bump.apply(&before.version)),
        bump,
        breaking: reasons.len() + beside.len(),
        compatible: changes::compatible(&told, &broken, &beside),
        undecided: answer.is_undecided(),
    };
    Some(Summary { line, beside })
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
