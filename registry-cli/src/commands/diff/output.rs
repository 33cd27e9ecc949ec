//! The answer for programs. The types here are the JSON documents; their JSON Schemas are committed as
//! `docs/schemas/diff-output.schema.json`, `diff-pair.schema.json` and `diff-answer.schema.json`.

use std::io::Write;

use anyhow::Result;
use compat::Verdict;
use diagnostics::{JsonPointer, Location};
use gate::bump::Direction;
use gate::compare::Cause;
use gate::side::Side;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::answer::{Answer, Timed};
use super::side;
use super::summary::{self, Summary};
use crate::render::{Sources, json};

/// The output of `contracts diff OLD NEW --format json`.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "diff-output")]
pub(crate) struct DiffOutput {
    /// The version of this format.
    version: u32,
    /// The old side as it was asked for.
    old: String,
    /// The new side.
    new: String,
    /// What the change means for the contract's version; absent unless both sides are contracts.
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<Needed>,
    /// New readers, old events; absent when it was not asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    backward: Option<Verdicted>,
    /// Old readers, new events; absent when it was not asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    forward: Option<Verdicted>,
}

/// What the change means for the contract's version.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Needed {
    /// The event type; the name of the new side where no layout says it.
    #[serde(rename = "type")]
    event_type: String,
    /// The version of the old side.
    from: String,
    /// The version that the new side says.
    current: String,
    /// The lowest version that the change may have.
    required: String,
    /// `none`, `patch`, `minor` or `major`.
    bump: String,
    /// Breaking changes, those that no schema shows (topic, key, classification) included.
    breaking: usize,
    /// Fields that were added, removed or changed compatibly.
    compatible: usize,
    /// All of it in one line.
    text: String,
    /// The breaking changes that no schema shows, each in one line.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    beside: Vec<String>,
}

/// The answer in one direction.
#[derive(Serialize, JsonSchema)]
struct Verdicted {
    verdict: Word,
    /// The independent reasons, in the order of the reader's pointers.
    breaks: Vec<Broken>,
    /// Whether these are all the reasons.
    complete: bool,
    /// A document that the writer emits and the reader rejects.
    #[serde(skip_serializing_if = "Option::is_none")]
    witness: Option<Value>,
    /// Why it is undecided.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// How long the answer took, in microseconds.
    micros: u64,
}

/// The verdict in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Word {
    /// Proved.
    Compatible,
    /// Refuted by a document.
    Breaking,
    /// Neither.
    Undecided,
}

impl Word {
    fn of(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Compatible(_) => Self::Compatible,
            Verdict::Breaking(_) => Self::Breaking,
            Verdict::Undecided(_) => Self::Undecided,
        }
    }
}

/// One independent reason.
#[derive(Serialize, JsonSchema)]
struct Broken {
    /// The rule's id; `contracts explain <rule>` prints its documentation.
    rule: &'static str,
    /// What the reader asks that the writer does not give.
    message: String,
    /// What would be allowed instead.
    help: String,
    /// The place on the old side.
    old: Place,
    /// The place on the new side.
    new: Place,
    /// A document that fails for this reason.
    witness: Value,
    /// JSON Pointer to the part of the witness that fails.
    instance: String,
}

/// A place on one side.
#[derive(Serialize, JsonSchema)]
struct Place {
    /// The file; with `REF:` in front where it is one of a git revision.
    file: String,
    pointer: String,
    /// From 1; absent where the text is not at hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    /// From 1, in Unicode scalar values.
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
}

/// A line of the input of `contracts diff --pairs`.
#[derive(Deserialize, JsonSchema)]
#[schemars(title = "diff-pair")]
pub(crate) struct Pair {
    /// Anything; the answer repeats it.
    #[serde(default)]
    pub(super) id: Value,
    /// The draft of both sides: `4`, `6`, `7`, `2019-09`, `2020-12` or a metaschema's URI; absent: as each side's
    /// `$schema` says, else 2020-12.
    #[serde(default)]
    #[schemars(with = "String")]
    pub(super) draft: Option<String>,
    /// The old schema, self-contained.
    pub(super) old: Value,
    /// The new schema, self-contained.
    pub(super) new: Value,
}

/// A line of the output of `contracts diff --pairs`.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "diff-answer")]
pub(crate) struct Line {
    /// As in the question.
    pub(super) id: Value,
    /// New readers, old events.
    pub(super) backward: LineVerdict,
    /// Old readers, new events.
    pub(super) forward: LineVerdict,
}

/// The answer in one direction.
#[derive(Serialize, JsonSchema)]
pub(crate) struct LineVerdict {
    pub(super) verdict: Word,
    /// A document that the writer emits and the reader rejects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) witness: Option<Value>,
    /// Why it is undecided; `budget`: time ran out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
    /// How long the answer took, in microseconds.
    pub(super) micros: u64,
}

/// Writes the answer as one document.
pub(super) fn write(
    old: &side::Side,
    new: &side::Side,
    answer: &Answer,
    summary: Option<&Summary>,
    sources: &mut Sources,
    out: &mut dyn Write,
) -> Result<()> {
    let mut document = DiffOutput {
        version: json::VERSION,
        old: old.contract.name.clone(),
        new: new.contract.name.clone(),
        summary: summary.map(needed),
        backward: None,
        forward: None,
    };
    for timed in &answer.directions {
        let verdict = Some(verdicted(&old.contract, &new.contract, timed, sources));
        match timed.directed.direction {
            Direction::Backward => document.backward = verdict,
            Direction::Forward => document.forward = verdict,
        }
    }
    json::write_document(&document, out)?;
    Ok(())
}

fn needed(summary: &Summary) -> Needed {
    let line = &summary.line;
    let version = |version: &Option<semver::Version>| {
        version
            .as_ref()
            .map(semver::Version::to_string)
            .unwrap_or_default()
    };
    Needed {
        event_type: line.event_type.clone(),
        from: version(&line.base),
        current: version(&line.current),
        required: version(&line.required),
        bump: line.bump.to_string(),
        breaking: line.breaking,
        compatible: line.compatible,
        text: line.to_string(),
        beside: summary.beside.iter().map(summary::beside).collect(),
    }
}

fn verdicted(old: &Side, new: &Side, timed: &Timed, sources: &mut Sources) -> Verdicted {
    let Timed { directed, micros } = timed;
    let verdict = &directed.verdict;
    let mut broken = |cause: &Cause| Broken {
        rule: cause.rule.id,
        message: cause.message.clone(),
        help: cause.help.clone(),
        old: place(old, &cause.old, sources),
        new: place(new, &cause.new, sources),
        witness: cause.witness.clone(),
        instance: cause.instance.to_string(),
    };
    Verdicted {
        verdict: Word::of(verdict),
        breaks: directed.causes.iter().map(&mut broken).collect(),
        complete: directed.complete,
        witness: match verdict {
            Verdict::Breaking(witness) => Some(witness.document.clone()),
            Verdict::Compatible(_) | Verdict::Undecided(_) => None,
        },
        reason: match verdict {
            Verdict::Undecided(reason) => Some(reason.to_string()),
            Verdict::Compatible(_) | Verdict::Breaking(_) => None,
        },
        micros: u64::try_from(*micros).unwrap_or(u64::MAX),
    }
}

fn place(side: &Side, pointer: &JsonPointer, sources: &mut Sources) -> Place {
    let (file, pointer) = side.place(pointer);
    let location = Location::key(file.clone(), pointer.clone());
    let found = sources.find(&location).map(|found| found.start);
    Place {
        file: file.to_string(),
        pointer: pointer.to_string(),
        line: found.as_ref().map(|start| start.line),
        column: found.as_ref().map(|start| start.column),
    }
}
