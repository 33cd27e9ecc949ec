//! The `contracts` command line: arguments in, text and an exit code out.
//!
//! It judges nothing itself: `registry` and `codegen` find, this crate renders and writes files.

mod args;
mod commands;
mod failure;
mod files;
mod generated;
mod judge;
mod progress;
mod render;
mod terminal;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;

use args::{Cli, Command, DevCommand};
use commands::Outcome;
use terminal::{Out, Style};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let errors = Style::stderr(cli.color);
    match run(cli) {
        Ok(Outcome::Clean) => ExitCode::SUCCESS,
        Ok(Outcome::Findings) => ExitCode::from(1),
        Err(error) => {
            failure::report(&error, errors);
            ExitCode::from(2)
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<Outcome> {
    let style = Style::stdout(cli.color);
    let mut out = Out::new();
    let outcome = match cli.command {
        Command::Check(args) => commands::check::run(&args, style, &mut out),
        Command::Gen(args) => commands::generate::run(&args, style, &mut out),
        Command::List(args) => commands::list::run(&args, style, &mut out),
        Command::Show(args) => commands::show::run(&args, style, &mut out),
        Command::New(args) => commands::new::run(&args, style, &mut out),
        Command::Explain(args) => commands::explain::run(&args, style, &mut out),
        Command::Validate(args) => commands::validate::run(&args, style, &mut out),
        Command::Completions(args) => commands::completions::run(&args, &mut out),
        Command::Dev(DevCommand::Docs(args)) => commands::docs::run(&args, &mut out),
    }?;
    out.flush()?;
    Ok(outcome)
}
