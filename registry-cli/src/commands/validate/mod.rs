//! `contracts validate`: do these events keep to the contract? `stream` finds the events, `event` judges each.

mod event;
mod stream;

use std::io::{self, Read, Write};
use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use diagnostics::JsonPointer;

use super::{Outcome, load, pick};
use crate::args::ValidateArgs;
use crate::render::human::{count, grouped};
use crate::render::text::{escape, shorten};
use crate::terminal::Style;

use event::{Judge, Violation};
use stream::Item;

/// The longest message that is shown whole; messages quote values.
const MESSAGE: usize = 300;

pub(crate) fn run(args: &ValidateArgs, style: Style, out: &mut dyn Write) -> Result<Outcome> {
    let registry = load(&args.tree)?;
    let contract = pick::contract(&registry, &args.event_type)?;
    let judge = Judge::new(&registry, contract, args.envelope)?;

    let (name, input) = open(&args.file)?;
    let (mut valid, mut invalid) = (0_usize, 0_usize);
    let mut violations = 0_usize;
    stream::each(input, args.input, &args.file, |item| {
        let found = match item {
            Item::Event(event) => judge.judge(&event),
            Item::Broken(problem) => vec![problem],
        };
        if found.is_empty() {
            valid += 1;
            return Ok(());
        }
        invalid += 1;
        violations += found.len();
        for violation in found {
            writeln!(out, "{}", line(&name, &violation, style))?;
        }
        // A stream may stay open for long; what is wrong with it should be seen now.
        out.flush()
    })
    .with_context(|| format!("cannot read {name}"))?;

    if invalid > 0 {
        writeln!(out)?;
    }
    let total = count(valid + invalid, "event", "events");
    let verdict = if invalid == 0 {
        style.ansi("1;92", "all valid")
    } else {
        let violations = count(violations, "violation", "violations");
        let bad = style.ansi("1;91", &format!("{} invalid", grouped(invalid)));
        format!("{} valid, {bad} ({violations})", grouped(valid))
    };
    writeln!(out, "{total} against {}: {verdict}", escape(&contract.id()))?;
    Ok(if invalid == 0 {
        Outcome::Clean
    } else {
        Outcome::Findings
    })
}

fn open(path: &Path) -> Result<(String, Box<dyn Read>)> {
    if path == Path::new("-") {
        return Ok(("<stdin>".to_owned(), Box::new(io::stdin().lock())));
    }
    let name = path.display().to_string();
    if path.is_dir() {
        return Err(anyhow!("{name} is a folder, not a file with events"));
    }
    let file = std::fs::File::open(path).with_context(|| format!("cannot open {name}"))?;
    Ok((name, Box::new(file)))
}

fn line(name: &str, violation: &Violation, style: Style) -> String {
    let place = format!("{}:{}:{}:", escape(name), violation.at.line, violation.at.column);
    let pointer = match violation.pointer.as_ref().map(JsonPointer::as_str) {
        Some("") => "the event: ".to_owned(),
        Some(pointer) => format!("{}: ", shorten(pointer, MESSAGE)),
        None => String::new(),
    };
    let keyword = style.ansi("2", &format!("[{}]", escape(&violation.keyword)));
    format!(
        "{} {pointer}{} {keyword}",
        style.ansi("1", &place),
        shorten(&violation.message, MESSAGE)
    )
}
