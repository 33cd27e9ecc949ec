//! `contracts init`: a workspace with a first contract, or, with `--adopt`, one around schemas that are there.
//!
//! Everything is judged before anything is written, and nothing is overwritten. `guess` says how an existing tree is
//! laid out, `adopt` takes its findings as they are, `text` is what the files say.

mod adopt;
mod guess;
mod text;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use registry::CONFIG_FILE;

use super::{Outcome, load, new};
use crate::args::{CiService, InitArgs, TreeArgs};
use crate::failure::failure;
use crate::files::{write_all, write_whole};
use crate::render::Sources;
use crate::render::human::frame;
use crate::render::text::escape;
use crate::terminal::Style;

pub(crate) fn run(args: &InitArgs, style: Style, out: &mut dyn Write) -> Result<Outcome> {
    let dir = args.dir.as_deref().unwrap_or(Path::new("."));
    if let Some(tree) = &args.adopt {
        return adopt::run(args, dir, tree, style, out);
    }
    let mut files = vec![(CONFIG_FILE.to_owned(), text::CONFIG.to_owned())];
    files.extend(text::ci(args.ci.unwrap_or(CiService::Github)));
    refuse_existing(dir, &files)?;

    let stage = tempfile::tempdir().context("cannot make a temporary folder")?;
    fs::create_dir_all(stage.path().join(text::ROOT)).context("cannot make a temporary folder")?;
    write_whole(&stage.path().join(CONFIG_FILE), text::CONFIG.as_bytes())?;
    let tree = TreeArgs {
        root: Some(stage.path().to_owned()),
        layout: None,
    };
    let (contract, more) = new::first_contract(&load(&tree)?, &args.event, args.owner.as_deref())?;
    refuse_existing(dir, &more)?;
    for (path, text) in &more {
        write_whole(&stage.path().join(path), text.as_bytes())?;
    }
    let rehearsal = load(&tree)?;
    let found = rehearsal.check();
    if !found.is_empty() {
        let mut sources = Sources::new(&rehearsal.workspace.dir);
        for found in &found {
            writeln!(out, "{}\n", frame(found, &mut sources, style))?;
        }
        writeln!(
            out,
            "nothing was written: the contract would not pass `contracts check`"
        )?;
        return Ok(Outcome::Findings);
    }
    files.extend(more);
    put(dir, &files, out)?;
    writeln!(out, "\n{}:", style.ansi("1", "next"))?;
    writeln!(
        out,
        "  1. say in {} what happened when this event is emitted, and declare its fields",
        escape(&contract)
    )?;
    writeln!(out, "  2. contracts check")?;
    writeln!(
        out,
        "  3. contracts new DOMAIN/AGGREGATE/EVENT for the next one, contracts gen for typed Rust (see contracts.toml)"
    )?;
    Ok(Outcome::Clean)
}

/// Nothing that somebody wrote is overwritten.
fn refuse_existing(dir: &Path, files: &[(String, String)]) -> Result<()> {
    for (path, _) in files {
        let at = dir.join(path);
        if fs::symlink_metadata(&at).is_ok() {
            return Err(failure(
                format!("{} exists; nothing is overwritten", at.display()),
                "move it away first, or choose another folder",
            ));
        }
    }
    Ok(())
}

/// Writes the files below `dir`, all or none, and says so.
fn put(dir: &Path, files: &[(String, String)], out: &mut dyn Write) -> Result<()> {
    fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    let whole: Vec<(PathBuf, Vec<u8>)> = files
        .iter()
        .map(|(path, text)| (dir.join(path), text.clone().into_bytes()))
        .collect();
    write_all(dir, &whole)?;
    for (path, _) in files {
        writeln!(out, "wrote {}", escape(path))?;
    }
    Ok(())
}
