//! History: what was released, what the base holds, what a change therefore needs.
//!
//! Reads snapshots and git; judges through `registry` and `compat`; renders nothing.

pub mod base;
pub mod bump;
pub mod changes;
pub mod compare;
pub mod drafts;
mod error;
pub mod finding;
pub mod fingerprint;
pub mod git;
pub mod history;
mod impact;
pub mod judge;
pub mod release;
pub mod rules;
mod services;
pub mod side;
pub mod waivers;

pub use error::GateError;
