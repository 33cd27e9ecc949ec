//! The independent validators that confirm a witness. Compiled on first use: most questions never need them.

use std::cell::OnceCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

use crate::budget::Budget;
use crate::unfold::is_too_costly;
use crate::{Draft, Formats, Options, Reason, Side, Writer, emitted};

/// Backtracking steps that one match of a non-regular pattern may take before the validator gives up on it.
pub(crate) const BACKTRACK_LIMIT: usize = 100_000;

/// How fast the evaluator of what is emitted is at worst.
const STEPS_PER_MILLISECOND: u64 = 2_000;
/// Enough for any witness of an ordinary schema.
const LEAST_STEPS: u64 = 50_000;
const MOST_STEPS: u64 = 5_000_000;

/// The validators of one question.
pub(crate) struct Validators<'a> {
    writer: &'a Value,
    reader: &'a Value,
    options: &'a Options,
    budget: &'a Budget,
    compiled_writer: OnceCell<Result<Validator, Reason>>,
    compiled_reader: OnceCell<Result<Validator, Reason>>,
    evaluator: OnceCell<emitted::Evaluator<'a>>,
}

impl<'a> Validators<'a> {
    pub(crate) fn new(
        writer: &'a Value,
        reader: &'a Value,
        options: &'a Options,
        budget: &'a Budget,
    ) -> Self {
        Self {
            writer,
            reader,
            options,
            budget,
            compiled_writer: OnceCell::new(),
            compiled_reader: OnceCell::new(),
            evaluator: OnceCell::new(),
        }
    }

    pub(crate) fn writer(&self) -> Result<&Validator, Reason> {
        self.compiled_writer
            .get_or_init(|| {
                compile(
                    self.writer,
                    self.options.draft_of_writer(self.writer),
                    self.options.formats,
                    Side::Writer,
                )
            })
            .as_ref()
            .map_err(Clone::clone)
    }

    pub(crate) fn reader(&self) -> Result<&Validator, Reason> {
        self.compiled_reader
            .get_or_init(|| {
                compile(
                    self.reader,
                    self.options.draft_of_reader(self.reader),
                    self.options.formats,
                    Side::Reader,
                )
            })
            .as_ref()
            .map_err(Clone::clone)
    }

    /// Whether the writer emits `document` and the reader rejects it.
    pub(crate) fn confirm(&self, document: &Value) -> Result<bool, Reason> {
        let (writer, reader) = (self.writer()?, self.reader()?);
        // A validator that panics has confirmed nothing.
        let refuted = catch_unwind(AssertUnwindSafe(|| {
            writer.is_valid(document) && !reader.is_valid(document)
        }));
        Ok(refuted.unwrap_or(false)
            && match self.options.writer {
                Writer::Open => true,
                // What the evaluator cannot judge is not confirmed.
                Writer::Declared => self
                    .evaluator()
                    .is_emitted_within(document, self.steps())
                    .unwrap_or(false),
            })
    }

    fn evaluator(&self) -> &emitted::Evaluator<'a> {
        self.evaluator.get_or_init(|| {
            emitted::Evaluator::new(
                self.writer,
                &emitted::EmittedOptions {
                    formats: self.options.formats,
                    draft: Some(self.options.draft_of_writer(self.writer)),
                    ..emitted::EmittedOptions::default()
                },
            )
        })
    }

    /// Steps of the evaluator that fit into what is left of the budget.
    fn steps(&self) -> u64 {
        let left = u64::try_from(self.budget.left().as_millis()).unwrap_or(u64::MAX);
        left.saturating_mul(STEPS_PER_MILLISECOND)
            .clamp(LEAST_STEPS, MOST_STEPS)
    }
}

pub(crate) fn compile(
    schema: &Value,
    draft: Draft,
    formats: Formats,
    side: Side,
) -> Result<Validator, Reason> {
    if is_too_costly(schema) {
        return Err(Reason::Unsupported(format!(
            "references of the {side}'s schema multiply: no validator is trusted with it"
        )));
    }
    let draft = match draft {
        Draft::V4 => jsonschema::Draft::Draft4,
        Draft::V6 => jsonschema::Draft::Draft6,
        Draft::V7 => jsonschema::Draft::Draft7,
        Draft::V201909 => jsonschema::Draft::Draft201909,
        Draft::V202012 => jsonschema::Draft::Draft202012,
    };
    // Content keywords are annotations here, in every draft; this crate asserts them up to draft-07.
    let options = jsonschema::options()
        .offline()
        .with_draft(draft)
        .should_validate_formats(formats == Formats::Assert)
        .without_content_media_type_support("application/json")
        .without_content_encoding_support("base64")
        .with_pattern_options(PatternOptions::fancy_regex().backtrack_limit(BACKTRACK_LIMIT));
    match catch_unwind(AssertUnwindSafe(|| options.build(schema))) {
        Ok(Ok(validator)) => Ok(validator),
        Ok(Err(error)) => Err(Reason::InvalidSchema {
            side,
            pointer: error.instance_path().to_string(),
            message: error.to_string(),
        }),
        Err(_) => Err(Reason::Unsupported(format!(
            "the validator of the {side}'s schema panicked"
        ))),
    }
}
