//! Which files there are below the root. Level by level, so that depth costs no stack; links are never a way out.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use diagnostics::{Diagnostic, Location, Severity};
use rayon::prelude::*;

use super::{Content, Entry, Purpose};
use crate::rules::{link_not_followed, unreadable_file};
use crate::workspace::Workspace;

/// A folder to list: where it is and its path relative to the root.
type Folder = (PathBuf, String);

#[derive(Default)]
struct Listing {
    folders: Vec<Folder>,
    entries: Vec<Entry>,
    findings: Vec<Diagnostic>,
}

/// All files that are ours to read, sorted by path, and what was in the way. Hidden folders are not entered.
pub(crate) fn walk(workspace: &Workspace) -> (Vec<Entry>, Vec<Diagnostic>) {
    let prefix = workspace.root_prefix();
    let mut level = vec![(workspace.root.clone(), String::new())];
    let (mut entries, mut findings) = (Vec::new(), Vec::new());
    while !level.is_empty() {
        let listings: Vec<Listing> = level
            .par_iter()
            .map(|folder| list(&workspace.root, &prefix, folder))
            .collect();
        level.clear();
        for mut listing in listings {
            level.append(&mut listing.folders);
            entries.append(&mut listing.entries);
            findings.append(&mut listing.findings);
        }
    }
    entries.sort_by(|left, right| left.path.cmp(&right.path));
    (entries, findings)
}

fn list(root: &Path, prefix: &str, (folder, relative): &Folder) -> Listing {
    let mut listing = Listing::default();
    let shown = |relative: &str| -> Arc<str> {
        match (prefix, relative) {
            ("", "") => ".".into(),
            ("", path) => path.into(),
            (prefix, "") => prefix.into(),
            (prefix, path) => format!("{prefix}/{path}").into(),
        }
    };
    let unreadable = |relative: &str, what: &str, error: &io::Error| {
        let location = Location::file(shown(relative));
        Diagnostic::new(
            unreadable_file::ID,
            Severity::Error,
            location,
            format!("the {what} cannot be read: {error}"),
        )
        .with_help("give yourself the right to read it, or remove it")
    };
    let items = match fs::read_dir(folder) {
        Ok(items) => items,
        Err(error) => {
            listing.findings.push(unreadable(relative, "folder", &error));
            return listing;
        }
    };
    for item in items {
        let item = match item {
            Ok(item) => item,
            Err(error) => {
                listing.findings.push(unreadable(relative, "folder", &error));
                continue;
            }
        };
        let name = item.file_name();
        let name = name.to_string_lossy();
        if name.starts_with('.') {
            continue;
        }
        let path = if relative.is_empty() {
            name.to_string()
        } else {
            format!("{relative}/{name}")
        };
        let purpose = Purpose::of(&path);
        let kind = match item.file_type() {
            Ok(kind) => kind,
            Err(error) => {
                listing.findings.push(unreadable(&path, "file", &error));
                continue;
            }
        };
        if kind.is_symlink() {
            match follow(root, &item.path(), purpose.is_some()) {
                Ok(true) => {}
                Ok(false) => continue,
                Err(problem) => {
                    let (id, severity) = match problem.severity {
                        Severity::Error => (unreadable_file::ID, Severity::Error),
                        other => (link_not_followed::ID, other),
                    };
                    listing.findings.push(
                        Diagnostic::new(id, severity, Location::file(shown(&path)), problem.message)
                            .with_help(problem.help),
                    );
                    continue;
                }
            }
        } else if kind.is_dir() {
            listing.folders.push((item.path(), path));
            continue;
        }
        let Some(purpose) = purpose else { continue };
        if name.contains('\u{fffd}') {
            let error = io::Error::other("its name is not UTF-8");
            listing.findings.push(unreadable(&path, "file", &error));
        } else if kind.is_file() || kind.is_symlink() {
            listing.entries.push(Entry {
                path: shown(&path),
                purpose,
                content: Content::Disk(item.path()),
            });
        } else {
            let error = io::Error::other("it is a pipe, a socket or a device");
            listing.findings.push(unreadable(&path, "file", &error));
        }
    }
    listing
}

struct LinkProblem {
    severity: Severity,
    message: String,
    help: &'static str,
}

/// Whether the link at `path` leads to a file inside the root that may be read in its place. Links that no one asks
/// for (not ours to read, and not to a folder) are not judged.
fn follow(root: &Path, path: &Path, wanted: bool) -> Result<bool, LinkProblem> {
    let target = match fs::canonicalize(path) {
        Ok(target) => target,
        Err(_) if !wanted => return Ok(false),
        Err(error) => {
            return Err(LinkProblem {
                severity: Severity::Error,
                message: format!("the symbolic link cannot be followed: {error}"),
                help: "remove the link, or create what it points to",
            });
        }
    };
    if target.is_dir() {
        let message = if !target.starts_with(root) {
            "the symbolic link leads to a folder outside the root; what is in it is not read"
        } else if path.starts_with(&target) {
            "the symbolic link leads back to a folder that holds it; it is not followed"
        } else {
            "the symbolic link leads to a folder; files in it are read at their own place only"
        };
        return Err(LinkProblem {
            severity: Severity::Warning,
            message: message.to_owned(),
            help: "replace the link by a folder, or remove it",
        });
    }
    if !wanted {
        return Ok(false);
    }
    if !target.starts_with(root) {
        return Err(LinkProblem {
            severity: Severity::Error,
            message: "the symbolic link leaves the root; nothing outside of it is read".to_owned(),
            help: "copy the file into the registry",
        });
    }
    if !target.is_file() {
        return Err(LinkProblem {
            severity: Severity::Error,
            message: "the symbolic link does not lead to a file".to_owned(),
            help: "remove the link",
        });
    }
    Ok(true)
}
