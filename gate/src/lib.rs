//! History: what was released, what the base holds, what a change therefore needs.
//!
//! Reads snapshots and git; judges through `registry` and `compat`; renders nothing.

pub mod bump;
pub mod finding;
pub mod fingerprint;
pub mod git;
pub mod history;
pub mod rules;
pub mod waivers;
