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
use std::thread::{self, JoinHandle};

use clap::Parser as _;

use args::{Cli, Command, DevCommand};
use commands::Outcome;
use terminal::{Out, Style};

/// Checking is millions of small allocations on several threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Schemas nest and refer up to ten thousand levels deep; the memory of a stack is taken only when it is used.
const STACK_BYTES: usize = 256 * 1024 * 1024;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let errors = Style::stderr(cli.color);
    // Fails only when the pool exists already.
    let _ = rayon::ThreadPoolBuilder::new()
        .stack_size(STACK_BYTES)
        .build_global();
    let done = thread::Builder::new()
        .stack_size(STACK_BYTES)
        .spawn(move || run(cli))
        .map(JoinHandle::join);
    let outcome = match done {
        Ok(Ok(outcome)) => outcome,
        // A defect of this tool; the panic has told what it knows.
        Ok(Err(_)) => return ExitCode::from(2),
        Err(error) => Err(anyhow::Error::from(error).context("cannot start a thread")),
    };
    match outcome {
        Ok(Outcome::Clean) => ExitCode::SUCCESS,
        Ok(Outcome::Findings) => ExitCode::from(1),
        Ok(Outcome::Blocked) => ExitCode::from(2),
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
        Command::Init(args) => commands::init::run(&args, style, &mut out),
        Command::Check(args) => commands::check::run(&args, style, &mut out),
        Command::Gen(args) => commands::generate::run(&args, style, &mut out),
        Command::Diff(args) => commands::diff::run(&args, style, &mut out),
        Command::Fmt(args) => commands::fmt::run(&args, style, &mut out),
        Command::List(args) => commands::list::run(&args, style, &mut out),
        Command::Graph(args) => commands::graph::run(&args, &mut out),
        Command::Show(args) => commands::show::run(&args, style, &mut out),
        Command::New(args) => commands::new::run(&args, style, &mut out),
        Command::Explain(args) => commands::explain::run(&args, style, &mut out),
        Command::Validate(args) => commands::validate::run(&args, style, &mut out),
        Command::Bump(args) => commands::bump::run(&args, &mut out),
        Command::Release(args) => commands::release::run(&args, style, &mut out),
        Command::Retire(args) => commands::waive::retire(&args, &mut out),
        Command::Waive(args) => commands::waive::waive(&args, &mut out),
        Command::Completions(args) => commands::completions::run(&args, &mut out),
        Command::Dev(DevCommand::Docs(args)) => commands::docs::run(&args, &mut out),
    }?;
    out.flush()?;
    Ok(outcome)
}
