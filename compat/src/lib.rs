//! Decides whether everything a writer emits is accepted by a reader, with proof.
//!
//! Two bundled, lowered JSON Schemas in, a [`Verdict`] out: *compatible* is proved, *breaking* carries a document
//! that the writer emits and the reader rejects, confirmed by independent validators, and what can be neither proved
//! nor refuted is *undecided*, never guessed. No files, no network, no git.

#![expect(
    clippy::match_same_arms,
    reason = "keywords are listed one by one, so that a new one must be decided"
)]
#![expect(
    clippy::similar_names,
    reason = "`min` and `max`, `lo` and `hi` are the words of the domain"
)]
#![expect(clippy::struct_excessive_bools, reason = "a set of types is a set of flags")]
#![expect(
    clippy::too_many_lines,
    reason = "one match over all keywords reads better than its parts"
)]
#![expect(
    clippy::zero_sized_map_values,
    reason = "a map type is shared by sets and maps"
)]

mod budget;
mod build;
mod candidates;
mod decimal;
pub mod emitted;
mod empty;
mod explain;
mod fast;
mod ir;
mod metaschemas;
mod options;
mod pattern;
mod portfolio;
mod rules;
mod shrink;
mod solve;
mod unfold;
mod validators;
mod verdict;

pub use explain::{Break, Explanation, Told, explain, explain_as};
pub use options::{Draft, Formats, Options, Writer};
pub use portfolio::compare;
pub use rules::rules;
pub use verdict::{Proof, Reason, Side, Verdict, Witness};
