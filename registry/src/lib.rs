//! Loads a tree of contracts, resolves references inside its root, bundles, and runs the lint rules.
//!
//! The only reader of contract files. Data flows one way:
//!
//! 1. [`workspace`] finds `contracts.toml` and the root; [`config`] is its model;
//! 2. [`tree`] reads files in parallel into [`SchemaFile`]s, examples and consumers; what cannot be read or parsed
//!    becomes a finding, never an `Err`;
//! 3. [`reference`] resolves `$ref`s by file and by `$id`, inside the root; [`bundle`] makes self-contained schemas;
//! 4. [`contract`] is the model that everything downstream uses;
//! 5. [`rules`] judge it.
//!
//! It does not render, does not know git, and never touches the network.
