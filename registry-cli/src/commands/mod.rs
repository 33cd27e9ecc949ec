//! One file per command: `run(arguments, style, out)` answers with an [`Outcome`]. What several commands share is here
//! and in `judge`, `generated` and `pick`.

pub(crate) mod bump;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod diff;
pub(crate) mod docs;
pub(crate) mod explain;
pub(crate) mod fmt;
pub(crate) mod generate;
pub(crate) mod graph;
pub(crate) mod init;
pub(crate) mod list;
pub(crate) mod new;
mod new_service;
mod next_major;
pub(crate) mod release;
pub(crate) mod show;
pub(crate) mod validate;
pub(crate) mod waive;

mod pick;

use std::path::Path;

use gate::base::{self, Base};
use registry::{LoadOptions, Registry, RegistryError, Workspace};

use crate::args::{BaseArgs, TreeArgs};
use crate::failure::misconfigured;
use crate::judge;

/// How a run ended that could be carried through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Exit code 0.
    Clean,
    /// Exit code 1.
    Findings,
    /// Exit code 2: what was found keeps the rest from being trusted.
    Blocked,
}

/// The workspace that the arguments mean.
pub(crate) fn open(tree: &TreeArgs) -> anyhow::Result<Workspace> {
    let here = Path::new(".");
    let opened = match (&tree.root, &tree.layout) {
        (None, None) => Workspace::discover(here),
        (root, layout) => Workspace::open(root.as_deref().unwrap_or(here), layout.as_deref()),
    };
    opened.map_err(|error| explained(error, tree.root.as_deref().unwrap_or(here)))
}

/// Loads the tree that the arguments mean.
pub(crate) fn load(tree: &TreeArgs) -> anyhow::Result<Registry> {
    let workspace = open(tree)?;
    let folder = workspace.dir.clone();
    let options = LoadOptions {
        other_rules: judge::other_rules().collect(),
        ..LoadOptions::default()
    };
    Registry::load(workspace, &options).map_err(|error| explained(error, &folder))
}

/// The base that the arguments mean, or that a pull request has.
pub(crate) fn base(args: &BaseArgs, workspace: &Workspace) -> anyhow::Result<Option<Base>> {
    let chosen = match &args.against {
        Some(spec) => base::of_spec(spec, Path::new("."), workspace).map(Some),
        None => base::choose(workspace, |name| std::env::var(name).ok()),
    };
    chosen.map_err(|error| judge::gate_failure(&error))
}

/// Adds the code frame, where the error has a place in `contracts.toml`.
fn explained(error: RegistryError, start: &Path) -> anyhow::Error {
    let Some(diagnostic) = error.diagnostic().cloned() else {
        return error.into();
    };
    let start = start.canonicalize().unwrap_or_else(|_| start.to_owned());
    let folder = start
        .ancestors()
        .find(|folder| folder.join(registry::CONFIG_FILE).is_file())
        .unwrap_or(&start)
        .to_owned();
    misconfigured(diagnostic, folder)
}
