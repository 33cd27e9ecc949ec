//! Decides whether everything a writer emits is accepted by a reader, with proof.
//!
//! Two bundled, lowered JSON Schemas in, a [`Verdict`] out: *compatible* is proved, *breaking* carries a document
//! that the writer emits and the reader rejects, confirmed by independent validators, and what can be neither proved
//! nor refuted is *undecided*, never guessed. No files, no network, no git.

mod budget;
mod build;
mod candidates;
mod decimal;
pub mod emitted;
mod explain;
mod fast;
mod ir;
mod options;
mod pattern;
mod portfolio;
mod rules;
mod solve;
mod unfold;
mod validators;
mod verdict;

pub use explain::{Break, Explanation, explain};
pub use options::{Draft, Formats, Options, Writer};
pub use portfolio::compare;
pub use rules::rules;
pub use verdict::{Proof, Reason, Side, Verdict, Witness};
