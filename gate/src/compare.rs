//! What a change breaks: `compat`'s reasons in each direction that the policy names, in pointers of the bundles, and
//! which of them are new since the last release.

use std::collections::BTreeSet;

use compat::{Options, Reason, Verdict};
use diagnostics::{JsonPointer, Rule};
use registry::config::CompatibilityMode;
use serde_json::Value;

use crate::bump::Direction;
use crate::side::Side;

/// A reason for which a change breaks.
#[derive(Clone, Debug)]
pub struct Cause {
    /// Which kind of reason.
    pub rule: &'static Rule,
    /// What the reader asks that the writer does not give. Lower case, no final stop.
    pub message: String,
    /// What would be allowed instead. Lower case, no final stop.
    pub help: String,
    /// Which readers it breaks.
    pub direction: Direction,
    /// In the bundle of the old side.
    pub old: JsonPointer,
    /// In the bundle of the new side.
    pub new: JsonPointer,
    /// A document that the writer emits and the reader rejects.
    pub witness: Value,
    /// The part of the witness that the reader rejects.
    pub instance: JsonPointer,
    /// The member that the reason is about, below `instance`, where it is about one.
    pub(crate) member: Option<String>,
}

impl Cause {
    /// The field of the payload that is broken.
    pub fn field(&self) -> JsonPointer {
        match &self.member {
            Some(member) => self.instance.child(member),
            None => self.instance.clone(),
        }
    }

    /// What makes it the same reason against another snapshot.
    pub(crate) fn key(&self, new: &Side) -> (Direction, &'static str, JsonPointer, String) {
        (
            self.direction,
            self.rule.id,
            any_item(&self.field()),
            detail(&new.bundle.schema, &self.new),
        )
    }
}

/// The answer in one direction.
#[derive(Debug)]
pub struct Directed {
    /// Which readers were asked about.
    pub direction: Direction,
    /// Proved, refuted or neither.
    pub verdict: Verdict,
    /// The independent reasons of a breaking verdict; at least one.
    pub causes: Vec<Cause>,
    /// Whether these are all.
    pub complete: bool,
}

/// Asks whether going from `old` to `new` is safe in one direction.
pub fn directed(direction: Direction, old: &Side, new: &Side, options: &Options) -> Directed {
    let (writer, reader) = match direction {
        Direction::Backward => (old, new),
        Direction::Forward => (new, old),
    };
    let options = Options {
        writer_draft: Some(writer.draft()),
        reader_draft: Some(reader.draft()),
        ..options.clone()
    };
    let told = match direction {
        Direction::Backward => compat::Told::NewReader,
        Direction::Forward => compat::Told::NewWriter,
    };
    let explanation = compat::explain_as(told, &writer.writer.schema, &reader.reader.schema, &options);
    let mut causes: Vec<Cause> = explanation
        .breaks
        .into_iter()
        .map(|found| {
            let (written, read) = (
                writer.writer.origin(&found.writer),
                reader.reader.origin(&found.reader),
            );
            let member = member(&reader.bundle.schema, &read, &found, &written);
            let (old, new) = match direction {
                Direction::Backward => (written, read),
                Direction::Forward => (read, written),
            };
            Cause {
                rule: found.rule,
                message: found.message,
                help: found.help,
                direction,
                old,
                new,
                witness: found.witness,
                instance: found.instance,
                member,
            }
        })
        .collect();
    if let (Verdict::Breaking(witness), true) = (&explanation.verdict, causes.is_empty()) {
        causes.push(Cause {
            rule: rule("document-not-accepted"),
            message: "the reader rejects a document that the writer may emit".to_owned(),
            help: "publish the change as a new major version".to_owned(),
            direction,
            old: JsonPointer::root(),
            new: JsonPointer::root(),
            witness: witness.document.clone(),
            instance: JsonPointer::root(),
            member: None,
        });
    }
    Directed {
        direction,
        verdict: explanation.verdict,
        causes,
        complete: explanation.complete,
    }
}

/// The answer for one pair of states, all directions together.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) causes: Vec<Cause>,
    /// Directions that could be neither proved nor refuted, and why.
    pub(crate) undecided: Vec<(Direction, Reason)>,
}

/// Asks in every direction of `mode`.
pub(crate) fn ask(old: &Side, new: &Side, mode: CompatibilityMode, options: &Options) -> Answer {
    let mut answer = Answer::default();
    for direction in Direction::of(mode) {
        let mut directed = directed(*direction, old, new, options);
        match directed.verdict {
            // A side that can emit nothing is told of once, for itself.
            Verdict::Compatible(_) | Verdict::Undecided(Reason::EmptyWriter { .. }) => {}
            Verdict::Undecided(reason) => answer.undecided.push((*direction, reason)),
            Verdict::Breaking(_) => answer.causes.append(&mut directed.causes),
        }
    }
    answer
}

fn rule(id: &str) -> &'static Rule {
    compat::rules()
        .find(|rule| rule.id == id)
        .expect("compat has this rule")
}

/// The member that a reason is about: the required name that is missing, or the declared one that is not expected.
fn member(
    reader: &Value,
    read: &JsonPointer,
    found: &compat::Break,
    written: &JsonPointer,
) -> Option<String> {
    match found.rule.id {
        "required-property-missing" => reader.pointer(read.as_str())?.as_str().map(str::to_owned),
        "property-not-listed" => {
            let parent = written.parent()?;
            (parent.last()? == "properties").then(|| written.last().map(std::borrow::Cow::into_owned))?
        }
        _ => None,
    }
}

/// Whether a side that writes can emit nothing at all.
pub(crate) fn is_empty_writer(side: &Side, options: &Options) -> bool {
    let options = Options {
        writer_draft: Some(side.draft()),
        reader_draft: Some(side.draft()),
        ..options.clone()
    };
    let nothing = Value::Bool(false);
    matches!(
        compat::compare(&side.writer.schema, &nothing, &options),
        Verdict::Undecided(Reason::EmptyWriter { .. })
    )
}

/// The reasons against an older snapshot that are not explained by what was released since: those that the last release
/// (`latest`) has against it as well were judged, or accepted, when it was released.
pub(crate) fn new_since(
    older: &Side,
    latest: &Side,
    new: &Side,
    mode: CompatibilityMode,
    options: &Options,
) -> Answer {
    let mut answer = ask(older, new, mode, options);
    if answer.causes.is_empty() && answer.undecided.is_empty() {
        return answer;
    }
    let before = ask(older, latest, mode, options);
    let known: BTreeSet<_> = before.causes.iter().map(|cause| cause.key(latest)).collect();
    answer.causes.retain(|cause| !known.contains(&cause.key(new)));
    let left_open: Vec<Direction> = before.undecided.iter().map(|(direction, _)| *direction).collect();
    answer
        .undecided
        .retain(|(direction, _)| !left_open.contains(direction));
    answer
}

/// Whether `field` is one of `declared`, or below one.
pub(crate) fn is_within(field: &JsonPointer, declared: &[&JsonPointer]) -> bool {
    let field: Vec<_> = field.tokens().collect();
    declared.iter().any(|declared| {
        let declared: Vec<_> = declared.tokens().collect();
        declared.len() <= field.len()
            && declared
                .iter()
                .zip(&field)
                .all(|(declared, token)| declared == "*" || declared == token)
    })
}

/// A pointer into a document with `*` for numbers.
pub fn any_item(pointer: &JsonPointer) -> JsonPointer {
    let mut out = JsonPointer::root();
    for token in pointer.tokens() {
        if token.bytes().all(|byte| byte.is_ascii_digit()) {
            out.push("*");
        } else {
            out.push(&token);
        }
    }
    out
}

/// What stands for a place in a schema: of an item of a list of names the name, else the last step.
fn detail(schema: &Value, pointer: &JsonPointer) -> String {
    match schema.pointer(pointer.as_str()) {
        Some(Value::String(name)) if pointer.parent().is_some_and(|list| is_list(schema, &list)) => {
            name.clone()
        }
        _ => pointer
            .last()
            .map(std::borrow::Cow::into_owned)
            .unwrap_or_default(),
    }
}

fn is_list(schema: &Value, pointer: &JsonPointer) -> bool {
    schema.pointer(pointer.as_str()).is_some_and(Value::is_array)
}
