//! `contracts fmt`: schema files in their canonical layout, or what `--check` would change. `registry::format` decides
//! how a file looks; this finds the files and writes them, each whole or not at all.

use std::fs;
use std::io::{Read as _, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use rayon::prelude::*;
use registry::format::format;
use registry::{CONFIG_FILE, Draft, Workspace};

use super::generate::diff;
use super::{Outcome, open};
use crate::args::FmtArgs;
use crate::failure::failure;
use crate::files::write_whole;
use crate::render::human::count;
use crate::render::text::escape;
use crate::terminal::Style;

pub(crate) fn run(args: &FmtArgs, style: Style, out: &mut dyn Write) -> Result<Outcome> {
    let workspace = workspace(args)?;
    let draft = workspace
        .as_ref()
        .map_or(Draft::Draft202012, |workspace| workspace.config.default_draft);
    if args.paths.iter().any(|path| path == Path::new("-")) {
        if args.paths.len() > 1 {
            return Err(failure(
                "`-` stands beside other paths",
                "format standard input alone",
            ));
        }
        return standard_input(args, draft, style, out);
    }
    let files = files(args, workspace.as_ref())?;
    let judged: Vec<(&File, Judged)> = files
        .par_iter()
        .map(|file| judge(file, draft).map(|judged| (file, judged)))
        .collect::<Result<_>>()?;
    let (mut changed, mut unchanged, mut refused) = (0, 0, 0);
    for (file, judged) in &judged {
        match judged {
            Judged::Canonical => unchanged += 1,
            Judged::Refused(why) => {
                refused += 1;
                let error = style.ansi("1;91", "error");
                writeln!(out, "{error}: {}: {why}", escape(&file.name))?;
            }
            Judged::Differs { old, new } => {
                changed += 1;
                if args.check {
                    write!(out, "{}", diff(&file.name, Some(old), Some(new), style))?;
                } else {
                    replace(&file.path, new)?;
                    writeln!(out, "formatted {}", escape(&file.name))?;
                }
            }
        }
    }
    let mut parts = Vec::new();
    if changed > 0 {
        let what = if args.check { "would change" } else { "formatted" };
        parts.push(format!("{} {what}", count(changed, "file", "files")));
    }
    if refused > 0 {
        parts.push(format!("{} cannot be read", count(refused, "file", "files")));
    }
    parts.push(format!("{} unchanged", count(unchanged, "file", "files")));
    writeln!(out, "{}", parts.join(", "))?;
    if args.check && changed > 0 {
        let help = style.ansi("1;96", "help");
        writeln!(out, "  {help}: run `contracts fmt` and commit what it writes")?;
    }
    Ok(if refused > 0 || (args.check && changed > 0) {
        Outcome::Findings
    } else {
        Outcome::Clean
    })
}

/// The workspace around, if there is one; named files may do without.
fn workspace(args: &FmtArgs) -> Result<Option<Workspace>> {
    let tree = &args.tree;
    if !args.paths.is_empty() && tree.root.is_none() && tree.layout.is_none() {
        let here = fs::canonicalize(".").context("cannot find the current folder")?;
        if !here.ancestors().any(|folder| folder.join(CONFIG_FILE).is_file()) {
            return Ok(None);
        }
    }
    open(tree).map(Some)
}

/// A file to format.
struct File {
    path: PathBuf,
    /// As people know it: relative to the workspace, else as it was named.
    name: String,
}

enum Judged {
    Canonical,
    Differs { old: String, new: String },
    Refused(String),
}

fn judge(file: &File, draft: Draft) -> Result<Judged> {
    let bytes = fs::read(&file.path).with_context(|| format!("cannot read {}", file.path.display()))?;
    let Ok(old) = String::from_utf8(bytes) else {
        return Ok(Judged::Refused("it is not UTF-8".to_owned()));
    };
    Ok(match format(&old, draft) {
        Ok(new) if new == old => Judged::Canonical,
        Ok(new) => Judged::Differs { old, new },
        Err(error) => Judged::Refused(format!("it is not JSON: {}", escape(&error.to_string()))),
    })
}

fn standard_input(args: &FmtArgs, draft: Draft, style: Style, out: &mut dyn Write) -> Result<Outcome> {
    let mut old = String::new();
    std::io::stdin()
        .read_to_string(&mut old)
        .context("cannot read standard input")?;
    let new = match format(&old, draft) {
        Ok(new) => new,
        Err(error) => {
            // Standard output may be taken for the formatted file.
            return Err(failure(
                format!("standard input is not JSON: {error}"),
                "nothing was written; mend it first",
            ));
        }
    };
    if !args.check {
        out.write_all(new.as_bytes())?;
        return Ok(Outcome::Clean);
    }
    if new == old {
        return Ok(Outcome::Clean);
    }
    write!(out, "{}", diff("<stdin>", Some(&old), Some(&new), style))?;
    Ok(Outcome::Findings)
}

/// Writes `text` in the place of the file, with the rights that it had.
fn replace(path: &Path, text: &str) -> Result<()> {
    let rights = fs::metadata(path).map(|metadata| metadata.permissions());
    write_whole(path, text.as_bytes())?;
    if let Ok(rights) = rights {
        fs::set_permissions(path, rights).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// The schema files that the arguments mean, sorted, each once.
fn files(args: &FmtArgs, workspace: Option<&Workspace>) -> Result<Vec<File>> {
    let mut paths = Vec::new();
    if let (true, Some(workspace)) = (args.paths.is_empty(), workspace) {
        walk(&workspace.root, workspace, &mut paths)?;
    }
    for named in &args.paths {
        let full = fs::canonicalize(named).with_context(|| format!("cannot open {}", named.display()))?;
        let inside = workspace.filter(|workspace| full.starts_with(&workspace.root));
        match inside {
            _ if full.is_dir() => match workspace {
                Some(workspace) => walk(&full, workspace, &mut paths)?,
                None => {
                    return Err(failure(
                        format!("{} is a folder outside of any workspace", named.display()),
                        "name files, or the tree with --root",
                    ));
                }
            },
            Some(workspace) if !is_schema(&full, workspace) => {
                let note = "is an example, a snapshot or no JSON file: it is left as it is";
                let _ = writeln!(
                    std::io::stderr(),
                    "note: {} {note}",
                    escape(&named.display().to_string())
                );
            }
            _ => paths.push(full),
        }
    }
    paths.sort();
    paths.dedup();
    let name = |path: &Path| {
        let below = workspace.and_then(|workspace| path.strip_prefix(&workspace.dir).ok());
        below.unwrap_or(path).to_string_lossy().replace('\\', "/")
    };
    Ok(paths
        .into_iter()
        .map(|path| File {
            name: name(&path),
            path,
        })
        .collect())
}

/// All schema files below `folder`. Links are not followed: a file is formatted at its own place.
fn walk(folder: &Path, workspace: &Workspace, found: &mut Vec<PathBuf>) -> Result<()> {
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        let cannot = || format!("cannot read {}", folder.display());
        for entry in fs::read_dir(&folder).with_context(cannot)? {
            let entry = entry.with_context(cannot)?;
            let kind = entry.file_type().with_context(cannot)?;
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            if hidden {
                continue;
            }
            if kind.is_dir() {
                open.push(entry.path());
            } else if kind.is_file() && is_schema(&entry.path(), workspace) {
                found.push(entry.path());
            }
        }
    }
    Ok(())
}

/// Whether the file holds a schema, by its path: examples are data, and snapshots are not touched.
fn is_schema(path: &Path, workspace: &Workspace) -> bool {
    let json = path.extension().is_some_and(|extension| extension == "json");
    let Ok(below) = path.strip_prefix(&workspace.root) else {
        return json;
    };
    let folders: Vec<_> = below
        .parent()
        .into_iter()
        .flat_map(Path::components)
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    let top = folders.first().map(AsRef::as_ref);
    json && !matches!(top, Some("released" | "consumers"))
        && folders.iter().all(|folder| folder != "examples")
}
