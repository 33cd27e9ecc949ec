//! ECMA-262 regular expressions (Unicode mode) in bounded time.
//!
//! A pattern without back-references costs at most `program × text` steps, whatever it says: each pair of instruction
//! and position is tried once. One with back-references backtracks until the step budget is gone. It only answers
//! *whether* some part of the text matches, which is all that JSON Schema asks (core 2020-12, section 6.4).

mod compile;
mod parse;
mod run;
mod set;

#[cfg(test)]
mod tests;

use compile::Program;

/// A compiled pattern.
#[derive(Debug)]
pub(super) struct Pattern {
    program: Program,
}

/// Why a pattern has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PatternError {
    /// Not a regular expression, or one that this engine does not know: why.
    Syntax(&'static str),
    /// Its counted repetitions unfold to more than the limit.
    TooLarge,
}

/// The step budget ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OutOfSteps;

impl Pattern {
    pub(super) fn compile(text: &str) -> Result<Self, PatternError> {
        let parsed = parse::parse(text)?;
        Ok(Self {
            program: compile::compile(&parsed)?,
        })
    }

    /// Whether some part of `text` matches; takes what it costs from `steps`.
    pub(super) fn is_match(&self, text: &str, steps: &mut u64) -> Result<bool, OutOfSteps> {
        run::is_match(&self.program, text, steps)
    }
}
