//! `contracts diff`: what one version of a contract means for the services that write and read another.
//!
//! `side` finds the two schemas, `answer` asks `compat`, `show` tells people, `pairs` serves programs with many
//! questions.

mod answer;
mod pairs;
mod show;
mod side;

use std::io::Write;
use std::time::Duration;

use anyhow::Result;
use compat::{Formats, Options, Writer};

use super::Outcome;
use crate::args::{AnswerFormat, DiffArgs, DiffFormats, DiffMode, DiffWriter};
use crate::failure::failure;
use crate::terminal::Style;

/// What a schema that belongs to no workspace is judged by, unless flags say otherwise.
pub(super) struct Policy {
    pub(super) mode: DiffMode,
    pub(super) options: Options,
    pub(super) discriminators: Vec<String>,
}

pub(crate) fn run(args: &DiffArgs, style: Style, out: &mut dyn Write) -> Result<Outcome> {
    if let Some(input) = &args.pairs {
        return pairs::run(input, &policy(args, None), out);
    }
    let (Some(old), Some(new)) = (&args.old, &args.new) else {
        return Err(failure(
            "`diff` needs two sides: OLD and NEW",
            "a side is a file, `GIT-REF:PATH`, `TYPE@1.0.0` or `-`; many questions at once: `--pairs FILE`",
        ));
    };
    let registry = side::workspace(&args.tree)?;
    let policy = policy(
        args,
        registry.as_ref().map(|registry| &registry.config.compatibility),
    );
    let mut loader = side::Loader::new(registry.as_ref());
    let (old, new) = (loader.load(old)?, loader.load(new)?);
    let answer = answer::ask(&old, &new, &policy)?;
    match args.format {
        AnswerFormat::Human => show::human(&old, &new, &answer, loader.sources(), style, out)?,
        AnswerFormat::Json => show::json(&old, &new, &answer, loader.sources(), out)?,
    }
    Ok(if answer.is_safe() {
        Outcome::Clean
    } else {
        Outcome::Findings
    })
}

/// Flags first, then the workspace's `contracts.toml`, then the defaults.
fn policy(args: &DiffArgs, configured: Option<&registry::config::Compatibility>) -> Policy {
    use registry::config::{CompatibilityMode, Formats as ConfiguredFormats, Writer as ConfiguredWriter};
    let default = registry::config::Compatibility::default();
    let configured = configured.unwrap_or(&default);
    let mode = args.mode.unwrap_or(match configured.mode {
        CompatibilityMode::Backward => DiffMode::Backward,
        CompatibilityMode::Forward => DiffMode::Forward,
        CompatibilityMode::Full => DiffMode::Full,
        CompatibilityMode::None => DiffMode::None,
    });
    let writer = match (args.writer, configured.writer) {
        (Some(DiffWriter::Open), _) | (None, ConfiguredWriter::Open) => Writer::Open,
        (Some(DiffWriter::Declared), _) | (None, ConfiguredWriter::Declared) => Writer::Declared,
    };
    let formats = match (args.formats, configured.formats) {
        (Some(DiffFormats::Annotate), _) | (None, ConfiguredFormats::Annotate) => Formats::Annotate,
        (Some(DiffFormats::Assert), _) | (None, ConfiguredFormats::Assert) => Formats::Assert,
    };
    let discriminators = if args.discriminators.is_empty() {
        configured.discriminators.clone()
    } else {
        args.discriminators.clone()
    };
    let options = Options {
        writer,
        formats,
        budget: Duration::from_millis(args.budget_ms),
        ..Options::default()
    };
    Policy {
        mode,
        options,
        discriminators,
    }
}
