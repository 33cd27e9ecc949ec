//! Turns self-contained contract schemas into the files of a typed Rust crate, in memory.
//!
//! Bundles and metadata in, a tree of texts and a list of problems out. This crate touches neither the disk nor the
//! registry; where a schema cannot be expressed it answers with a [`Problem`] at a JSON Pointer and goes on with the
//! other contracts. It never panics on a schema.

mod api;
mod build;
mod crate_files;
mod digest;
mod docs;
mod emit;
mod generate;
mod input;
mod naming;
mod normalize;
mod rules;
mod shape;
mod share;
mod version;

pub use api::Api;
pub use digest::{Freshness, freshness, input_digest};
pub use generate::{api, check_names, generate};
pub use input::{
    ContractInput, DomainInput, EventsDependency, ExampleInput, Formats, Generated, History, Inherit,
    Options, Problem,
};
pub use rules::RULES;
pub use version::GENERATION;
