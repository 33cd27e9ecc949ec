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
pub(crate) struct Cause {
    pub(crate) rule: &'static Rule,
    pub(crate) message: String,
    pub(crate) help: String,
    pub(crate) direction: Direction,
    /// In the bundle of the old side.
    pub(crate) old: JsonPointer,
    /// In the bundle of the new side.
    pub(crate) new: JsonPointer,
    pub(crate) witness: Value,
    /// The part of the witness that the reader rejects.
    pub(crate) instance: JsonPointer,
    /// The member that the reason is about, below `instance`, where it is about one.
    pub(crate) member: Option<String>,
}

impl Cause {
    /// The field of the payload that is broken.
    pub(crate) fn field(&self) -> JsonPointer {
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

/// The answer for one pair of states.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) causes: Vec<Cause>,
    /// Directions that could be neither proved nor refuted, and why.
    pub(crate) undecided: Vec<(Direction, Reason)>,
}

/// Asks whether going from `old` to `new` is safe in every direction of `mode`.
pub(crate) fn ask(old: &Side, new: &Side, mode: CompatibilityMode, options: &Options) -> Answer {
    let mut answer = Answer::default();
    for direction in Direction::of(mode) {
        let (writer, reader) = match direction {
            Direction::Backward => (old, new),
            Direction::Forward => (new, old),
        };
        let options = Options {
            writer_draft: Some(writer.compat_draft()),
            reader_draft: Some(reader.compat_draft()),
            ..options.clone()
        };
        let explanation = compat::explain(&writer.writer.schema, &reader.reader.schema, &options);
        match explanation.verdict {
            // A side that can emit nothing is told of once, for itself.
            Verdict::Compatible(_) | Verdict::Undecided(Reason::EmptyWriter { .. }) => continue,
            Verdict::Undecided(reason) => {
                answer.undecided.push((*direction, reason));
                continue;
            }
            Verdict::Breaking(witness) if explanation.breaks.is_empty() => {
                answer.causes.push(Cause {
                    rule: rule("document-not-accepted"),
                    message: "the reader rejects a document that the writer may emit".to_owned(),
                    help: "publish the change as a new major version".to_owned(),
                    direction: *direction,
                    old: JsonPointer::root(),
                    new: JsonPointer::root(),
                    witness: witness.document,
                    instance: JsonPointer::root(),
                    member: None,
                });
                continue;
            }
            Verdict::Breaking(_) => {}
        }
        for found in explanation.breaks {
            let (written, read) = (
                writer.writer.origin(&found.writer),
                reader.reader.origin(&found.reader),
            );
            let member = member(&reader.bundle.schema, &read, &found, &written);
            let (old, new) = match direction {
                Direction::Backward => (written, read),
                Direction::Forward => (read, written),
            };
            answer.causes.push(Cause {
                rule: found.rule,
                message: found.message,
                help: found.help,
                direction: *direction,
                old,
                new,
                witness: found.witness,
                instance: found.instance,
                member,
            });
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
        "required-property-added" => reader.pointer(read.as_str())?.as_str().map(str::to_owned),
        "property-removed-from-closed-object" => {
            let parent = written.parent()?;
            (parent.last()? == "properties").then(|| written.last().map(std::borrow::Cow::into_owned))?
        }
        _ => None,
    }
}

/// Whether a side that writes can emit nothing at all.
pub(crate) fn is_empty_writer(side: &Side, options: &Options) -> bool {
    let options = Options {
        writer_draft: Some(side.compat_draft()),
        reader_draft: Some(side.compat_draft()),
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
pub(crate) fn any_item(pointer: &JsonPointer) -> JsonPointer {
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
