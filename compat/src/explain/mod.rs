//! Why a pair is breaking: every independent reason, each with its rule, its place in both schemas and its own witness.
//!
//! Validating the witness against the reader's schema names the failing keyword. That keyword is relaxed in a copy of
//! the reader's schema and the question is asked again, until the copy accepts everything that the writer emits.

mod counterpart;
mod describe;
mod failing;
mod relax;
mod told;

use diagnostics::{JsonPointer, Rule};
use serde_json::Value;

pub use told::Told;

use crate::budget::Stopwatch;
use crate::{Options, Verdict, compare};

/// Reasons that are looked for at most.
const LIMIT: usize = 64;
/// How many times the budget of one question all of them together may take.
const BUDGETS: u32 = 3;

/// One independent reason why a pair is breaking.
#[derive(Clone, Debug, PartialEq)]
pub struct Break {
    /// Which kind of reason.
    pub rule: &'static Rule,
    /// What the reader asks that the writer does not give. Lower case, no final stop.
    pub message: String,
    /// What would be allowed instead. Lower case, no final stop.
    pub help: String,
    /// The nearest corresponding place in the writer's schema.
    pub writer: JsonPointer,
    /// The keyword in the reader's schema that fails.
    pub reader: JsonPointer,
    /// A document that the writer emits and that fails for this reason.
    pub witness: Value,
    /// The part of the witness that fails.
    pub instance: JsonPointer,
}

/// A verdict and the reasons for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// What [`compare`] says.
    pub verdict: Verdict,
    /// The reasons of a breaking one, in the order of the reader's pointers.
    pub breaks: Vec<Break>,
    /// Whether these are all: with all of them mended, the pair is compatible.
    pub complete: bool,
}

/// Whether a reader at `reader` accepts everything that a writer at `writer` emits, and if not, every reason why.
///
/// Takes at most about three times [`Options::budget`].
pub fn explain(writer: &Value, reader: &Value, options: &Options) -> Explanation {
    explain_as(Told::default(), writer, reader, options)
}

/// The same of two states of one schema: the reasons tell who is old and who is new.
pub fn explain_as(told: Told, writer: &Value, reader: &Value, options: &Options) -> Explanation {
    // The copy may lose its `$schema`'s keywords but never its draft.
    let options = Options {
        writer_draft: Some(options.draft_of_writer(writer)),
        reader_draft: Some(options.draft_of_reader(reader)),
        ..options.clone()
    };
    let start = Stopwatch::start();
    let verdict = compare(writer, reader, &options);
    let mut breaks: Vec<Break> = Vec::new();
    let mut relaxed = reader.clone();
    let mut latest = verdict.clone();
    while breaks.len() < LIMIT && start.elapsed() < options.budget * BUDGETS {
        let Verdict::Breaking(witness) = &latest else {
            break;
        };
        let Some(failure) = failing::find(&relaxed, &witness.document, &options) else {
            break;
        };
        let found = describe::describe(writer, reader, &failure, &witness.document, told, &options);
        let Some(next) = relax::relax(&relaxed, &failure, found.rule) else {
            break;
        };
        if !breaks.iter().any(|known| {
            known.rule == found.rule && known.reader == found.reader && known.message == found.message
        }) {
            breaks.push(found);
        }
        relaxed = next;
        latest = compare(writer, &relaxed, &options);
    }
    breaks.sort_by(|left, right| {
        (&left.reader, left.rule.id, &left.message).cmp(&(&right.reader, right.rule.id, &right.message))
    });
    Explanation {
        complete: matches!(latest, Verdict::Compatible(_)),
        verdict,
        breaks,
    }
}
