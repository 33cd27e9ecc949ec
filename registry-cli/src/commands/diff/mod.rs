//! `contracts diff`: what one version of a contract means for the services that write and read another.
//!
//! `side` finds the two schemas, `answer` asks `compat`, `summary` asks `gate`, `show` tells people, `output` programs;
//! `pairs` serves programs with many questions.

mod answer;
mod output;
mod pairs;
mod show;
mod side;
mod summary;

pub(crate) use output::{DiffOutput, Line, Pair};

use std::io::Write;
use std::time::Duration;

use anyhow::Result;
use compat::{Formats, Options, Writer};
use registry::config::CompatibilityMode;

use super::Outcome;
use crate::args::{AnswerFormat, DiffArgs, DiffFormats, DiffMode, DiffWriter};
use crate::failure::failure;
use crate::terminal::Style;

/// What a schema that belongs to no workspace is judged by, unless flags say otherwise.
pub(super) struct Policy {
    pub(super) mode: CompatibilityMode,
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
    let mut policy = policy(
        args,
        registry.as_ref().map(|registry| &registry.config.compatibility),
    );
    let mut loader = side::Loader::new(registry.as_ref(), policy.discriminators.clone());
    let (old, new) = (loader.load(old)?, loader.load(new)?);
    // A contract's own policy goes before the registry's.
    let metadata = new.contract.metadata.as_ref();
    let own = metadata.and_then(|metadata| metadata.compatibility);
    if let (None, Some(own)) = (args.mode, own) {
        policy.mode = own;
    }
    let answer = answer::ask(&old, &new, &policy);
    let summary = summary::of(&old, &new, &answer, &policy);
    let (shown, sources) = (summary.as_ref(), loader.sources());
    match args.format {
        AnswerFormat::Human => show::human(&old, &new, &answer, shown, sources, style, out)?,
        AnswerFormat::Json => output::write(&old, &new, &answer, shown, sources, out)?,
    }
    let beside = summary.is_some_and(|summary| !summary.beside.is_empty());
    Ok(if answer.is_safe() && !beside {
        Outcome::Clean
    } else {
        Outcome::Findings
    })
}

/// Flags first, then the workspace's `contracts.toml`, then the defaults.
fn policy(args: &DiffArgs, configured: Option<&registry::config::Compatibility>) -> Policy {
    use registry::config::{Formats as ConfiguredFormats, Writer as ConfiguredWriter};
    let default = registry::config::Compatibility::default();
    let configured = configured.unwrap_or(&default);
    let mode = args.mode.map_or(configured.mode, |mode| match mode {
        DiffMode::Backward => CompatibilityMode::Backward,
        DiffMode::Forward => CompatibilityMode::Forward,
        DiffMode::Full => CompatibilityMode::Full,
        DiffMode::None => CompatibilityMode::None,
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
