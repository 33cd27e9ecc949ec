//! `contracts release`: snapshots, the changelog's section and the waivers that were used up, written all or not at all.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use diagnostics::Severity;
use gate::finding::Judgement;
use gate::judge::Gate;
use gate::release::{self, Plan};
use gate::waivers;
use registry::{PathFilter, Registry};

use super::{Outcome, load};
use crate::args::ReleaseArgs;
use crate::failure::failure;
use crate::files::write_all;
use crate::judge;
use crate::progress::Progress;
use crate::render::text::escape;
use crate::render::{Sources, human};
use crate::terminal::Style;

pub(crate) fn run(args: &ReleaseArgs, style: Style, out: &mut dyn Write) -> Result<Outcome> {
    let progress = Progress::start("reading");
    let registry = load(&args.tree)?;
    let judgement = judge::everything(&registry, &PathFilter::default(), None, &progress)?;
    drop(progress);
    if let Some(outcome) = refused(&registry, &judgement, style, out)? {
        return Ok(outcome);
    }
    let today = judge::today();
    let gate = Gate::open(&registry, None, today).map_err(|error| judge::gate_failure(&error))?;
    let plan = release::plan(&registry, gate.history(), &judgement, today);
    for file in &plan.without_version {
        let _ = writeln!(
            io::stderr(),
            "note: {} has no x-contract and so no version: it is not released",
            escape(file)
        );
    }
    if plan.entries.is_empty() {
        writeln!(out, "nothing to release: every contract is as it was released")?;
        return Ok(Outcome::Clean);
    }
    let files = files(&registry, &plan)?;
    if !args.dry_run {
        write_all(&registry.workspace.dir, &files)?;
    }
    for entry in &plan.entries {
        let header = &entry.snapshot.header;
        let from = entry.before.as_ref().map_or_else(
            || "first release".to_owned(),
            |before| format!("{before} → {}", header.version),
        );
        let verb = if args.dry_run { "would release" } else { "released" };
        writeln!(
            out,
            "{verb} {} {}: {from}",
            escape(&header.event_type),
            header.version
        )?;
        for change in &entry.changes {
            writeln!(out, "  {}: {}", change.kind, escape(&change.words))?;
        }
    }
    if args.dry_run {
        for (path, _) in &files {
            writeln!(out, "would write {}", escape(&shown(&registry, path)))?;
        }
        return Ok(Outcome::Clean);
    }
    for (path, _) in &files {
        writeln!(out, "wrote {}", escape(&shown(&registry, path)))?;
    }
    Ok(Outcome::Clean)
}

/// Shows what stands against a release, if anything.
fn refused(
    registry: &Registry,
    judgement: &Judgement,
    style: Style,
    out: &mut dyn Write,
) -> Result<Option<Outcome>> {
    let mut sources = Sources::of_judgement(&registry.workspace.dir, judgement);
    let mut count = 0;
    for found in judgement
        .findings
        .iter()
        .filter(|found| found.is_open() && found.diagnostic.severity == Severity::Error)
    {
        writeln!(out, "{}\n", human::frame(&found.diagnostic, &mut sources, style))?;
        count += 1;
    }
    if count == 0 {
        return Ok(None);
    }
    writeln!(
        out,
        "nothing was released: {} against it; `contracts check` says how to mend or accept each",
        human::count(count, "error stands", "errors stand")
    )?;
    Ok(Some(if judge::is_blocked(judgement) {
        Outcome::Blocked
    } else {
        Outcome::Findings
    }))
}

/// Every file that the release writes, with its text.
fn files(registry: &Registry, plan: &Plan) -> Result<Vec<(PathBuf, Vec<u8>)>> {
    let root = &registry.workspace.root;
    let mut files = Vec::new();
    for entry in &plan.entries {
        let path = root.join("released").join(entry.snapshot.path());
        if path.exists() {
            return Err(failure(
                format!(
                    "{} exists already: a released version does not change",
                    shown(registry, &path)
                ),
                "raise the version: `contracts bump` writes the one that the change needs",
            ));
        }
        files.push((path, entry.snapshot.render().into_bytes()));
    }
    let changelog = registry.workspace.dir.join(&registry.config.release.changelog);
    let text = match fs::read_to_string(&changelog) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => release::template(),
        Err(error) => {
            return Err(error).with_context(|| format!("cannot read {}", shown(registry, &changelog)));
        }
    };
    let text = release::insert(&text, plan, judge::today()).map_err(|error| {
        failure(
            format!("cannot add a section to {}: {error}", shown(registry, &changelog)),
            error.help(),
        )
    })?;
    files.push((changelog, text.into_bytes()));
    if !plan.used.is_empty() {
        let path = root.join(waivers::FILE);
        let text =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", shown(registry, &path)))?;
        files.push((path, waivers::without(&text, &plan.used).into_bytes()));
    }
    Ok(files)
}

/// A path as it is called from the workspace.
fn shown(registry: &Registry, path: &std::path::Path) -> String {
    path.strip_prefix(&registry.workspace.dir)
        .unwrap_or(path)
        .display()
        .to_string()
        .replace('\\', "/")
}
