//! Is this document one that a writer emits, that is: is it in D(W)?
//!
//! A plain evaluator of JSON Schema (drafts 04, 06, 07, 2019-09, 2020-12) that also collects which member names the
//! schema declares. It confirms the witnesses of the prover and refutes its proofs, so it shares no code with it and
//! none with the `jsonschema` crate, whose verdicts it is compared with; only `format` is delegated to that crate, one
//! keyword at a time.
//!
//! # What is emitted
//!
//! A document is emitted when it is valid and sealed. The evaluation leaves a log of the schema objects that *hold* at
//! each place of the document: those applied there by any applicator (in place, by property, by item, by `contains`),
//! through parents that hold as well. What is under `not`, in a branch that fails or in an `if` that fails is not in
//! it. The document is sealed when the following holds at each of its objects and arrays, over all schemas of the log
//! for that place together (so `allOf` and two uses that meet at one place are sealed as one):
//!
//! - A schema declares the names in `properties`, those that match `patternProperties`, those in `required`, those in a
//!   `dependentRequired` (or `dependencies`) whose trigger is present, and all others when its `additionalProperties`
//!   or `unevaluatedProperties` is neither `true`, `{}` nor `false`. The trigger itself is not declared by that.
//! - If no schema of the log declares a name, whether or not the document has it, the object is a map and free. That
//!   goes by the schemas that hold: `oneOf: [Struct, {"type": "object"}]` is a map in its second branch.
//! - Otherwise each member must be declared by one of them.
//! - If some schema of the log has a tuple (`prefixItems`, or `items` as an array), each item must lie in one of the
//!   tuples, fall under `items`, `additionalItems` or `unevaluatedItems` that is neither `true`, `{}` nor `false`, or
//!   match a `contains`. Without a tuple the array is free.
//!
//! `false` declares nothing (it only forbids), and `{}` is literal: a schema that carries only a description is taken
//! at its word, as a deliberate "anything".

mod arrays;
mod decimal;
mod equality;
mod evaluate;
mod format;
mod index;
mod objects;
mod pattern;
mod scalars;
mod seal;
mod uri;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use thiserror::Error;

use crate::{Draft, Formats};
use evaluate::Run;
use format::FormatCache;
use index::Index;
use pattern::{Pattern, PatternError};

/// How to judge a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EmittedOptions {
    /// Whether `format` is checked.
    pub formats: Formats,
    /// The dialect of the root; without it, `$schema` decides, else 2020-12.
    pub draft: Option<Draft>,
    /// Steps of work (a keyword, a comparison, an instruction of a pattern) after which the question is given up.
    /// The default of five million is a second at worst.
    pub steps: u64,
}

impl Default for EmittedOptions {
    fn default() -> Self {
        Self {
            formats: Formats::default(),
            draft: None,
            steps: 5_000_000,
        }
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EmittedError {
    /// The document, or the path of schemas that apply to it, is nested too deeply.
    #[error("the document or the schemas that apply to it nest deeper than {limit} levels")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// A reference leads back to itself without descending into the document.
    #[error("`{reference}` leads back to itself without descending into the document")]
    ReferenceLoop {
        /// The reference as written.
        reference: String,
    },
    /// A reference names nothing inside the bundle.
    #[error("`{reference}` names nothing inside the schema")]
    UnresolvedReference {
        /// The reference as written.
        reference: String,
    },
    /// A keyword has a value that its dialect does not allow.
    #[error("`{keyword}` has a value that is not allowed there")]
    Malformed {
        /// The keyword.
        keyword: String,
    },
    /// A pattern is no regular expression of ECMA-262, or a too large one.
    #[error("the pattern `{pattern}` cannot be used: {reason}")]
    Pattern {
        /// The pattern as written.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A number has an exponent beyond 64 bits, or too many digits to divide.
    #[error("the number {number:.40} is too large to compute with")]
    Number {
        /// The number as written.
        number: String,
    },
    /// The step budget is used up.
    #[error("the answer takes more than the allowed number of steps")]
    OutOfSteps,
}

/// Whether `document` is in D(W) of `writer`.
///
/// To ask about many documents, keep an [`Evaluator`].
pub fn is_emitted(writer: &Value, document: &Value, options: &EmittedOptions) -> Result<bool, EmittedError> {
    Evaluator::new(writer, options).is_emitted(document)
}

/// Whether `document` is in L(W) of `writer`: plain validity.
pub fn is_accepted(writer: &Value, document: &Value, options: &EmittedOptions) -> Result<bool, EmittedError> {
    Evaluator::new(writer, options).is_accepted(document)
}

/// A schema made ready for many documents.
#[derive(Debug)]
pub struct Evaluator<'s> {
    schema: &'s Value,
    options: EmittedOptions,
    index: Index<'s>,
    patterns: Mutex<HashMap<String, Result<Arc<Pattern>, PatternError>>>,
    formats: FormatCache,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sealing {
    Demanded,
    Ignored,
}

/// Levels of nested schemas that a caller's stack is trusted with.
const SHALLOW: usize = 48;
/// Levels beyond which a question is refused.
const DEEP: usize = 2_000;
/// Stack for the levels between the two; the system hands out only the pages that are touched.
const DEEP_STACK: usize = DEEP * 64 * 1024;

impl<'s> Evaluator<'s> {
    /// Indexes `schema`, which must be self-contained.
    pub fn new(schema: &'s Value, options: &EmittedOptions) -> Self {
        Self {
            schema,
            options: *options,
            index: Index::new(schema, options.draft),
            patterns: Mutex::default(),
            formats: FormatCache::default(),
        }
    }

    /// Whether `document` is in D(W).
    pub fn is_emitted(&self, document: &Value) -> Result<bool, EmittedError> {
        self.is_emitted_within(document, self.options.steps)
    }

    /// The same with `steps` in place of [`EmittedOptions::steps`].
    pub fn is_emitted_within(&self, document: &Value, steps: u64) -> Result<bool, EmittedError> {
        self.judge(document, Sealing::Demanded, steps)
    }

    /// Whether `document` is in L(W).
    pub fn is_accepted(&self, document: &Value) -> Result<bool, EmittedError> {
        self.judge(document, Sealing::Ignored, self.options.steps)
    }

    fn judge(&self, document: &Value, sealing: Sealing, steps: u64) -> Result<bool, EmittedError> {
        let depth = equality::depth(document);
        if depth > DEEP {
            return Err(EmittedError::TooDeep { limit: DEEP });
        }
        if depth <= SHALLOW {
            let shallow = self.judge_within(document, sealing, SHALLOW, steps);
            if shallow != Err(EmittedError::TooDeep { limit: SHALLOW }) {
                return shallow;
            }
        }
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().stack_size(DEEP_STACK);
            match thread.spawn_scoped(scope, || self.judge_within(document, sealing, DEEP, steps)) {
                Ok(running) => running
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                Err(_) => Err(EmittedError::TooDeep { limit: SHALLOW }),
            }
        })
    }

    fn judge_within(
        &self,
        document: &Value,
        sealing: Sealing,
        levels: usize,
        steps: u64,
    ) -> Result<bool, EmittedError> {
        let mut run = Run::new(self, levels, steps);
        if !run.root(self.schema, document)? {
            return Ok(false);
        }
        if sealing == Sealing::Demanded {
            seal::is_sealed(&mut run, document)
        } else {
            Ok(true)
        }
    }

    fn pattern(&self, text: &str) -> Result<Arc<Pattern>, EmittedError> {
        let mut patterns = self.patterns.lock().unwrap_or_else(PoisonError::into_inner);
        if !patterns.contains_key(text) {
            patterns.insert(text.to_owned(), Pattern::compile(text).map(Arc::new));
        }
        let compiled = patterns[text].clone();
        compiled.map_err(|error| EmittedError::Pattern {
            pattern: text.to_owned(),
            reason: match error {
                PatternError::Syntax(reason) => format!("it has {reason}"),
                PatternError::TooLarge => "it unfolds to too many instructions".to_owned(),
            },
        })
    }
}
