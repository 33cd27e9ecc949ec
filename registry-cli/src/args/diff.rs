//! Arguments of `diff`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{AnswerFormat, TreeArgs};

/// Arguments of `diff`.
#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// The old side: a file, GIT-REF:PATH, a released TYPE@1.0.0, or - for standard input
    #[arg(value_name = "OLD", conflicts_with = "pairs")]
    pub(crate) old: Option<String>,
    /// The new side
    #[arg(value_name = "NEW", conflicts_with = "pairs")]
    pub(crate) new: Option<String>,
    /// Answer many questions: JSON lines {"id", "draft"?, "old", "new"} in, JSON lines with both verdicts out
    #[arg(long, value_name = "FILE")]
    pub(crate) pairs: Option<PathBuf>,
    /// Which directions must hold [default: as configured, else full]
    #[arg(long, value_enum, value_name = "MODE")]
    pub(crate) mode: Option<DiffMode>,
    /// What a writer emits [default: as configured, else declared]
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) writer: Option<DiffWriter>,
    /// What the format keyword means [default: as configured, else assert]
    #[arg(long, value_enum, value_name = "MEANING")]
    pub(crate) formats: Option<DiffFormats>,
    /// A field that pins the contract's own version and so does not count; a JSON Pointer. Can be repeated
    #[arg(long = "discriminator", value_name = "POINTER")]
    pub(crate) discriminators: Vec<String>,
    /// How long a question may take, in milliseconds; past it the answer is undecided
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    pub(crate) budget_ms: u64,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) format: AnswerFormat,
    #[command(flatten)]
    pub(crate) tree: TreeArgs,
}

/// Which directions `diff` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiffMode {
    /// New readers accept what old writers emit
    Backward,
    /// Old readers accept what new writers emit
    Forward,
    /// Both
    Full,
    /// Neither
    None,
}

/// What a writer is taken to emit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiffWriter {
    /// Only members that its schema declares
    Declared,
    /// Anything that its schema accepts
    Open,
}

/// What `format` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiffFormats {
    /// A document that violates it is rejected
    Assert,
    /// It is documentation
    Annotate,
}
