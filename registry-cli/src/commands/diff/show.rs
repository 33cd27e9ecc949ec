//! The answer for people and for programs.

use std::io::Write;

use anyhow::Result;
use compat::Verdict;
use diagnostics::{Diagnostic, Location, Severity};
use serde_json::{Value, json};

use super::answer::{Answer, Directed, Reason};
use super::side::Side;
use crate::render::text::{escape, shorten};
use crate::render::{Sources, human as frames};
use crate::terminal::Style;

/// The version of the JSON document.
const FORMAT: u32 = 1;
/// The longest witness that is printed whole.
const WITNESS: usize = 2_000;

pub(super) fn human(
    old: &Side,
    new: &Side,
    answer: &Answer,
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

pub(super) fn json(
    old: &Side,
    new: &Side,
    answer: &Answer,
    sources: &mut Sources,
    out: &mut dyn Write,
) -> Result<()> {
    let mut document = json!({"version": FORMAT, "old": old.name, "new": new.name});
    for directed in &answer.directions {
        let (verdict, witness, reason) = match &directed.explanation.verdict {
            Verdict::Compatible(_) => ("compatible", None, None),
            Verdict::Breaking(witness) => ("breaking", Some(witness.document.clone()), None),
            Verdict::Undecided(reason) => ("undecided", None, Some(reason.to_string())),
        };
        let breaks: Vec<Value> = directed
            .reasons
            .iter()
            .map(|reason| {
                json!({
                    "rule": reason.found.rule.id,
                    "message": reason.found.message,
                    "help": reason.found.help,
                    "old": place(old, &reason.old, sources),
                    "new": place(new, &reason.new, sources),
                    "witness": reason.found.witness,
                    "instance": reason.found.instance,
                })
            })
            .collect();
        let mut value =
            json!({"verdict": verdict, "breaks": breaks, "complete": directed.explanation.complete});
        if let Some(witness) = witness {
            value["witness"] = witness;
        }
        if let Some(reason) = reason {
            value["reason"] = json!(reason);
        }
        value["micros"] = json!(u64::try_from(directed.micros).unwrap_or(u64::MAX));
        document[directed.direction.name()] = value;
    }
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)?;
    Ok(())
}

fn place(side: &Side, pointer: &diagnostics::JsonPointer, sources: &mut Sources) -> Value {
    let (file, pointer) = side.place(pointer);
    let location = Location::key(file.clone(), pointer.clone());
    let mut place = json!({"file": &*file, "pointer": pointer});
    if let Some(found) = sources.find(&location) {
        place["line"] = json!(found.start.line);
        place["column"] = json!(found.start.column);
    }
    place
}
