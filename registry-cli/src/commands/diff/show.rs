//! The answer for people.

use std::io::Write;

use anyhow::Result;
use compat::Verdict;
use diagnostics::{Diagnostic, Severity};
use gate::bump::Direction;
use gate::compare::Cause;
use gate::side::Side;

use super::answer::{Answer, Timed};
use super::side;
use super::summary::{self, Summary};
use crate::render::text::{escape, shorten};
use crate::render::{Sources, human as frames};
use crate::terminal::Style;

/// The longest witness that is printed whole.
const WITNESS: usize = 2_000;

pub(super) fn human(
    old: &side::Side,
    new: &side::Side,
    answer: &Answer,
    summary: Option<&Summary>,
    sources: &mut Sources,
    style: Style,
    out: &mut dyn Write,
) -> Result<()> {
    for cause in answer.directions.iter().flat_map(|timed| &timed.directed.causes) {
        let diagnostic = diagnostic(&old.contract, &new.contract, cause);
        writeln!(out, "{}", frames::frame(&diagnostic, sources, style))?;
        writeln!(out, "{}\n", witness_line(cause, style))?;
    }
    for Timed { directed, .. } in &answer.directions {
        let (direction, meaning) = (directed.direction, meaning(directed.direction));
        let verdict = match &directed.verdict {
            Verdict::Compatible(_) => style.ansi("1;92", "compatible, proved"),
            Verdict::Breaking(_) => {
                let more = if directed.complete { "" } else { " at least" };
                let count = frames::count(directed.causes.len(), "reason", "reasons");
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
        writeln!(out, "{direction} ({meaning}): {verdict}")?;
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

fn meaning(direction: Direction) -> &'static str {
    match direction {
        Direction::Backward => "new readers, old events",
        Direction::Forward => "old readers, new events",
    }
}

fn diagnostic(old: &Side, new: &Side, cause: &Cause) -> Diagnostic {
    let place = old.location(&cause.old);
    Diagnostic::new(
        cause.rule.id,
        Severity::Error,
        new.location(&cause.new),
        cause.message.clone(),
    )
    .with_help(cause.help.clone())
    .with_related(place, format!("before: {}", old.name))
}

fn witness_line(cause: &Cause, style: Style) -> String {
    let who = match cause.direction {
        Direction::Backward => "an old writer may emit it, the new reader rejects it",
        Direction::Forward => "a new writer may emit it, the old reader rejects it",
    };
    format!(
        "{}: {who}:\n  {}",
        style.ansi("1;96", "witness"),
        shorten(&cause.witness.to_string(), WITNESS)
    )
}
