//! History: what was released, what the base holds, what a change therefore needs.
//!
//! Reads snapshots and git; judges through `registry`, `compat` and `codegen`; renders nothing.

pub mod git;
