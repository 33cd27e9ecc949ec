//! Reading `released/` of the work tree, and comparing it with the base's: equal folders are told by one hash.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use diagnostics::{Diagnostic, Location};
use rayon::prelude::*;
use registry::Workspace;

use super::{History, Released, Sealed, SnapshotError};
use crate::GateError;
use crate::base::{Base, Folder, Handle, is_json};
use crate::git::{BlobId, TreeId};
use crate::rules::{snapshot_deleted, snapshot_edited};

/// The folder of snapshots below the root.
pub(crate) const FOLDER: &str = "released";

/// What was released, as the work tree and the base tell it.
#[derive(Clone, Debug, Default)]
pub struct Histories {
    /// As in the work tree.
    pub tree: History,
    /// As in the base, where there is one.
    pub base: Option<History>,
    /// What is wrong with the snapshots of the work tree.
    pub findings: Vec<Diagnostic>,
    /// Texts of the base that differ from the work tree's, by the file name in [`Released::file`].
    pub texts: Vec<(Arc<str>, Arc<str>)>,
}

/// A file below `released/`.
struct OnDisk {
    /// `<folder>/<name>`.
    below: String,
    /// Relative to the workspace.
    file: Arc<str>,
    bytes: Vec<u8>,
    parsed: Result<Sealed, SnapshotError>,
}

/// Reads the snapshots of the work tree, and those of `base` where they differ.
pub fn load(workspace: &Workspace, base: Option<&Base>) -> Result<Histories, GateError> {
    let files = read(workspace)?;
    let mut histories = match base {
        Some(base) => compare(workspace, base, &files)?,
        None => Histories::default(),
    };
    let parsed = files.into_iter().map(|file| (file.file, file.below, file.parsed));
    let (tree, mut findings) = History::assemble(parsed);
    histories.tree = tree;
    // What was edited is told once: by comparison with the base, which says more than the digest.
    let edited: BTreeSet<&Arc<str>> = histories
        .findings
        .iter()
        .map(|found| &found.location.file)
        .collect();
    findings.retain(|found| !edited.contains(&found.location.file));
    histories.findings.append(&mut findings);
    Ok(histories)
}

fn read(workspace: &Workspace) -> Result<Vec<OnDisk>, GateError> {
    let prefix = workspace.root_prefix();
    let shown = |below: &str| -> Arc<str> {
        if prefix.is_empty() {
            format!("{FOLDER}/{below}").into()
        } else {
            format!("{prefix}/{FOLDER}/{below}").into()
        }
    };
    let root = workspace.root.join(FOLDER);
    let mut names: Vec<String> = Vec::new();
    for (name, is_folder) in entries(&root)? {
        if is_folder {
            for (file, is_folder) in entries(&root.join(&name))? {
                if !is_folder {
                    names.push(format!("{name}/{file}"));
                }
            }
        } else {
            names.push(name);
        }
    }
    names.retain(|name| is_json(name));
    names.sort();
    names
        .into_par_iter()
        .map(|below| {
            let path = root.join(&below);
            let bytes = fs::read(&path).map_err(|error| GateError::io("read", &path, error))?;
            Ok(OnDisk {
                file: shown(&below),
                parsed: Sealed::parse(&bytes),
                below,
                bytes,
            })
        })
        .collect()
}

/// Names in a folder and whether each is a folder; none where the folder is absent.
fn entries(folder: &Path) -> Result<Vec<(String, bool)>, GateError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(GateError::io("read", folder, error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| GateError::io("read", folder, error))?;
        let (Ok(kind), Ok(name)) = (entry.file_type(), entry.file_name().into_string()) else {
            continue;
        };
        if !name.starts_with('.') && (kind.is_dir() || kind.is_file()) {
            found.push((name, kind.is_dir()));
        }
    }
    Ok(found)
}

/// The base's history: of equal files the work tree's copy, which is parsed already.
fn compare(workspace: &Workspace, base: &Base, files: &[OnDisk]) -> Result<Histories, GateError> {
    let mut histories = Histories::default();
    let mut history = History::default();
    let Some(released) = base.released()? else {
        histories.base = Some(history);
        return Ok(histories);
    };
    let mut here: BTreeMap<&str, Vec<&OnDisk>> = BTreeMap::new();
    for file in files {
        if let Some((folder, _)) = file.below.split_once('/') {
            here.entry(folder).or_default().push(file);
        }
    }
    let listing = base.list(&released)?;
    let folders: Vec<(&String, &Folder)> = listing.folders.iter().collect();
    let unchanged: Vec<bool> = folders
        .par_iter()
        .map(|(name, folder)| {
            let files = here.get(name.as_str()).map_or(&[][..], Vec::as_slice);
            is_unchanged(folder, files)
        })
        .collect();
    for ((name, folder), unchanged) in folders.into_iter().zip(unchanged) {
        let files = here.get(name.as_str()).map_or(&[][..], Vec::as_slice);
        if unchanged {
            for file in files {
                keep(&mut history, &file.file, file.parsed.as_ref().ok());
            }
            continue;
        }
        for (file_name, handle) in base.list(folder)?.files {
            if !is_json(&file_name) {
                continue;
            }
            let below = format!("{name}/{file_name}");
            let file = files.iter().find(|file| file.below == below).copied();
            one(
                workspace,
                base,
                &below,
                &handle,
                file,
                &mut history,
                &mut histories,
            )?;
        }
    }
    histories.base = Some(history);
    Ok(histories)
}

fn is_unchanged(folder: &Folder, files: &[&OnDisk]) -> bool {
    let Folder::Tree(tree) = folder else {
        return false;
    };
    let named: Option<Vec<(&str, BlobId)>> = files
        .iter()
        .map(|file| Some((file.below.split_once('/')?.1, BlobId::of(&file.bytes)?)))
        .collect();
    named.and_then(|named| TreeId::of(&named)) == Some(*tree)
}

fn keep(history: &mut History, file: &Arc<str>, parsed: Option<&Sealed>) {
    if let Some(snapshot) = parsed {
        history.insert(Released {
            file: Arc::clone(file),
            snapshot: snapshot.clone(),
        });
    }
}

/// One snapshot of the base.
fn one(
    workspace: &Workspace,
    base: &Base,
    below: &str,
    handle: &Handle,
    file: Option<&OnDisk>,
    history: &mut History,
    histories: &mut Histories,
) -> Result<(), GateError> {
    if let Some(file) = file
        && base.holds(handle, &file.bytes)?
    {
        keep(history, &file.file, file.parsed.as_ref().ok());
        return Ok(());
    }
    let path = format!("{FOLDER}/{below}");
    let label: Arc<str> = base.label(&path).into();
    let bytes = base.read(handle)?;
    // A snapshot that was broken in the base already protects nothing there; the work tree may have mended it.
    let Ok(snapshot) = Sealed::parse(&bytes) else {
        return Ok(());
    };
    histories
        .texts
        .push((Arc::clone(&label), Arc::clone(snapshot.text())));
    let restore = format!(
        "restore it: `{}`",
        base.restoring(&join(&workspace.root_prefix(), &path), &label)
    );
    let found = match file {
        Some(file) => Diagnostic::new(
            snapshot_edited::RULE.id,
            snapshot_edited::RULE.severity,
            Location::file(Arc::clone(&file.file)),
            format!(
                "this snapshot is not the one that {} has: what was released does not change",
                base.name
            ),
        ),
        None => Diagnostic::new(
            snapshot_deleted::RULE.id,
            snapshot_deleted::RULE.severity,
            Location::file(join(&workspace.root_prefix(), &path)),
            format!(
                "the snapshot of {} {} was deleted; {} has it",
                snapshot.header.event_type, snapshot.header.version, base.name
            ),
        ),
    };
    histories.findings.push(found.with_help(restore));
    keep(history, &label, Some(&snapshot));
    Ok(())
}

fn join(folder: &str, path: &str) -> String {
    if folder.is_empty() {
        path.to_owned()
    } else {
        format!("{folder}/{path}")
    }
}
