//! `contracts bump`: writes the versions that changes need into contracts, and nothing else of their text.

use std::fs;
use std::io::Write;

use anyhow::{Context as _, Result};
use gate::judge::Gate;
use gate::release;
use registry::PathFilter;

use super::{Outcome, base, load};
use crate::args::BumpArgs;
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
    let gate = Gate::open(&registry, None, judge::today()).map_err(|error| judge::gate_failure(&error))?;
    let (edits, majors) = release::bumps(&judgement);
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
        writeln!(out, "every version is what its contract needs")?;
    }
    Ok(if left.is_empty() && majors.is_empty() {
        Outcome::Clean
    } else {
        Outcome::Findings
    })
}
