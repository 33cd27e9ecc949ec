//! `contracts bump`: writes the versions that changes need into contracts, and nothing else of their text.

use std::fs;
use std::io::Write;

use anyhow::{Context as _, Result};
use gate::judge::Gate;
use gate::release;
use registry::PathFilter;

use super::list::mentions;
use super::{Outcome, base, load, pick};
use crate::args::BumpArgs;
use crate::failure::failure;
use crate::files::write_all;
use crate::judge;
use crate::progress::Progress;
use crate::render::text::escape;

pub(crate) fn run(args: &BumpArgs, out: &mut dyn Write) -> Result<Outcome> {
    let progress = Progress::start("reading");
    let registry = load(&args.tree)?;
    let base = base(&args.base, &registry.workspace)?;
    let judgement = judge::everything(&registry, &PathFilter::default(), base.as_ref(), &progress)?;
    drop(progress);
    if judge::is_blocked(&judgement) {
        return Err(failure(
            "what was released, or the change, cannot be read as it should: no version can be told",
            "run `contracts check` and mend what it reports",
        ));
    }
    let gate = Gate::open(&registry, None, judge::today()).map_err(|error| judge::gate_failure(&error))?;
    let (mut edits, mut majors) = release::bumps(&judgement);
    if let Some(text) = args.filter.as_deref() {
        let known = |event_type: &str| mentions(event_type, Some(text));
        if !registry.contracts.iter().any(|one| known(&one.event_type)) {
            let types = registry.contracts.iter().map(|one| one.event_type.as_str());
            let help = match pick::close(text, types).as_slice() {
                [] => "`contracts list` names all contracts".to_owned(),
                close => format!("did you mean {}?", close.join(" or ")),
            };
            return Err(failure(
                format!("no contract's event type contains {text:?}"),
                help,
            ));
        }
        edits.retain(|edit| known(&edit.event_type));
        majors.retain(|summary| known(&summary.event_type));
    }
    let (mut files, mut left) = (Vec::new(), Vec::new());
    for edit in &edits {
        if !args.affected && release::cause_is_shared(&registry, gate.history(), &edit.file) {
            left.push(edit);
            continue;
        }
        let path = registry.workspace.dir.join(&*edit.file);
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", edit.file))?;
        if let Some(text) = release::with_version(&text, &edit.to) {
            files.push((edit, path, text));
        }
    }
    let writes: Vec<_> = files
        .iter()
        .map(|(_, path, text)| (path.clone(), text.clone().into_bytes()))
        .collect();
    if !writes.is_empty() {
        write_all(&registry.workspace.dir, &writes)?;
    }
    for (edit, ..) in &files {
        writeln!(out, "{} {} → {}", escape(&edit.event_type), edit.from, edit.to)?;
    }
    for edit in &left {
        writeln!(
            out,
            "{} needs {} → {} because of a schema that it refers to: run `contracts bump --affected`",
            escape(&edit.event_type),
            edit.from,
            edit.to
        )?;
    }
    for summary in &majors {
        writeln!(
            out,
            "{} has a breaking change: no version of major {} will do; undo it, accept it with `contracts waive`, or \
             write a file of major {}",
            escape(&summary.event_type),
            summary.major,
            summary.major + 1
        )?;
    }
    if files.is_empty() && left.is_empty() && majors.is_empty() {
        match args.filter.as_deref() {
            None => writeln!(out, "every version is what its contract needs")?,
            Some(text) => writeln!(
                out,
                "every version of {} is what its contract needs",
                escape(&format!("{text:?}"))
            )?,
        }
    }
    Ok(if left.is_empty() && majors.is_empty() {
        Outcome::Clean
    } else {
        Outcome::Findings
    })
}
