//! The answer for people.

use std::io::Write;

use anyhow::Result;
use compat::Verdict;
use diagnostics::{Diagnostic, Location, Severity};
use serde_json::Value;

use super::answer::{Answer, Directed, Reason};
use super::side::Side;
use super::summary::{self, Summary};
use crate::render::text::{escape, shorten};
use crate::render::{Sources, human as frames};
use crate::terminal::Style;

/// The longest witness that is printed whole.
const WITNESS: usize = 2_000;

pub(super) fn human(
    old: &Side,
    new: &Side,
    answer: &Answer,
    summary: Option<&Summary>,
    sources: &mut Sources,
    style: Style,
    out: &mut dyn Write,
) -> Result<()> {
    for directed in &answer.directions {
        for reason in &directed.reasons {
            let diagnostic = diagnostic(old, new, reason);
            writeln!(out, "{}", frames::frame(&diagnostic, sources, style))?;
            writeln!(out, "{}\n", witness_line(directed, &reason.found.witness, style))?;
        }
        if let (Verdict::Breaking(witness), []) = (&directed.explanation.verdict, directed.reasons.as_slice())
        {
            writeln!(out, "{}\n", witness_line(directed, &witness.document, style))?;
        }
    }
    for directed in &answer.directions {
        let name = directed.direction.name();
        let verdict = match &directed.explanation.verdict {
            Verdict::Compatible(_) => style.ansi("1;92", "compatible, proved"),
            Verdict::Breaking(_) => {
                let more = if directed.explanation.complete {
                    ""
                } else {
                    " at least"
                };
                let count = frames::count(directed.reasons.len().max(1), "reason", "reasons");
                format!("{} for{more} {count}", style.ansi("1;91", "breaking"))
            }
            Verdict::Undecided(reason) => {
                format!(
                    "{}: {}",
                    style.ansi("1;93", "undecided"),
                    escape(&reason.to_string())
                )
            }
        };
        writeln!(out, "{name} ({}): {verdict}", directed.direction.meaning())?;
    }
    if answer.directions.is_empty() {
        writeln!(out, "nothing was asked: the mode is none")?;
    }
    if let Some(summary) = summary {
        for found in &summary.beside {
            let verdict = style.ansi("1;91", "breaking");
            writeln!(out, "{verdict}: {}", escape(&summary::beside(found)))?;
        }
        writeln!(out, "{}", escape(&summary.line.to_string()))?;
    }
    Ok(())
}

fn diagnostic(old: &Side, new: &Side, reason: &Reason) -> Diagnostic {
    let (new_file, new_pointer) = new.place(&reason.new);
    let (old_file, old_pointer) = old.place(&reason.old);
    Diagnostic::new(
        reason.found.rule.id,
        Severity::Error,
        Location::key(new_file, new_pointer),
        reason.found.message.clone(),
    )
    .with_help(reason.found.help.clone())
    .with_related(
        Location::key(old_file, old_pointer),
        format!("before: {}", old.name),
    )
}

fn witness_line(directed: &Directed, document: &Value, style: Style) -> String {
    let who = match directed.direction {
        super::answer::Direction::Backward => "an old writer may emit it, the new reader rejects it",
        super::answer::Direction::Forward => "a new writer may emit it, the old reader rejects it",
    };
    format!(
        "{}: {who}:\n  {}",
        style.ansi("1;96", "witness"),
        shorten(&document.to_string(), WITNESS)
    )
}
