//! Loads a tree of contracts, resolves references inside its root, bundles, and runs the lint rules.
//!
//! The only reader of contract files. Data flows one way:
//!
//! 1. [`Workspace`] finds `contracts.toml` and the root; [`config`] is its model, [`layout`] reads paths;
//! 2. `tree` reads files in parallel into [`SchemaFile`]s, [`Example`]s and [`Consumer`]s; what cannot be read or parsed
//!    becomes a finding, never an `Err`;
//! 3. [`mod@reference`] resolves `$ref`s by file and by `$id`, inside the root; [`Bundle`] is a self-contained schema;
//! 4. [`Contract`] is the model that everything downstream uses, [`fields`] what it declares;
//! 5. [`mod@rules`] judge it.
//!
//! It does not render, does not know git, and never touches the network.

mod assemble;
mod bundle;
mod canonical;
pub mod config;
pub mod conflict;
mod consumer;
mod contract;
mod draft;
mod error;
pub mod fields;
pub mod format;
mod json;
pub mod layout;
pub mod lower;
pub mod metadata;
pub mod reference;
mod registry;
pub mod rules;
pub mod schemas;
mod tree;
pub mod walk;
mod workspace;

pub use bundle::Bundle;
pub use canonical::{canonical_json, release_digest, sha256};
pub use config::Config;
pub use consumer::{Consumer, FieldRead, Major, Read};
pub use contract::{Contract, Example, Expectation, Role, SchemaFile};
pub use draft::{Declared, Draft, declared};
pub use error::{ErrorKind, RegistryError};
pub use fields::Field;
pub use layout::{Layout, PathFacts};
pub use metadata::{Classification, Cleanup, Metadata, Status, Topic};
pub use registry::{LoadOptions, PathFilter, Registry};
pub use rules::rules;
pub use workspace::{CONFIG_FILE, Workspace};
