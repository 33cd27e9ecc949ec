//! `contracts completions`: a completion script for a shell.

use std::io::Write;

use anyhow::Result;
use clap::CommandFactory as _;

use super::Outcome;
use crate::args::{Cli, CompletionsArgs};

pub(crate) fn run(args: &CompletionsArgs, out: &mut dyn Write) -> Result<Outcome> {
    // Into memory first: the generator panics when its writer fails.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "contracts", &mut script);
    out.write_all(&script)?;
    Ok(Outcome::Clean)
}
