//! Random questions and how their verdicts are attacked: shared by the laws, the property test, the long attack
//! (`examples/attack.rs`) and the fuzz target (`fuzz/`).

#![allow(
    unreachable_pub,
    unused_imports,
    dead_code,
    reason = "shared by tests, an example and a fuzz target, none of which uses all of it"
)]
#![allow(
    clippy::too_many_lines,
    clippy::range_plus_one,
    clippy::explicit_auto_deref,
    clippy::match_like_matches_macro,
    clippy::similar_names,
    reason = "one arm for each keyword and kind of edit"
)]

mod case;
mod documents;
mod edits;
mod random;
mod schemas;
mod shrink;

pub use case::{Case, DRAFTS};
pub use documents::{document, scalar};
pub use edits::edited;
pub use random::Random;
pub use schemas::Schemas;
pub use shrink::shrunk;
