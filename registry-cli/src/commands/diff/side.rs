//! One side of a question: a file, a file at a git revision, a released version, or standard input, each bundled.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use gate::git::Repository;
use gate::history::Snapshot;
use gate::side::{Files, released_bundle};
use registry::{Bundle, LoadOptions, Metadata, Registry};

use crate::args::TreeArgs;
use crate::commands;
use crate::failure::failure;
use crate::render::{Sources, human};
use crate::terminal::Style;

/// A self-contained schema and what to call it.
pub(super) struct Side {
    /// The schema, ready for questions.
    pub(super) contract: gate::side::Side,
    /// Where the layout or a snapshot says it.
    pub(super) event_type: Option<String>,
}

/// The workspace around, if there is one; a side may do without.
pub(super) fn workspace(tree: &TreeArgs) -> Result<Option<Registry>> {
    if tree.root.is_none() && tree.layout.is_none() {
        let here = fs::canonicalize(".").context("cannot find the current folder")?;
        if !here
            .ancestors()
            .any(|folder| folder.join(registry::CONFIG_FILE).is_file())
        {
            return Ok(None);
        }
    }
    commands::load(tree).map(Some)
}

pub(super) struct Loader<'r> {
    registry: Option<&'r Registry>,
    /// Fields that pin a version and so do not count.
    discriminators: Vec<String>,
    sources: Sources,
    stdin_taken: bool,
}

impl<'r> Loader<'r> {
    pub(super) fn new(registry: Option<&'r Registry>, discriminators: Vec<String>) -> Self {
        let folder = registry.map_or_else(|| PathBuf::from("."), |registry| registry.workspace.dir.clone());
        Self {
            registry,
            discriminators,
            sources: Sources::new(&folder),
            stdin_taken: false,
        }
    }

    pub(super) fn sources(&mut self) -> &mut Sources {
        &mut self.sources
    }

    pub(super) fn load(&mut self, name: &str) -> Result<Side> {
        if name == "-" {
            if std::mem::replace(&mut self.stdin_taken, true) {
                return Err(failure(
                    "both sides are `-`",
                    "standard input can be one side only",
                ));
            }
            let mut text = String::new();
            std::io::stdin()
                .read_to_string(&mut text)
                .context("cannot read standard input")?;
            return self.alone(name, "<stdin>", text);
        }
        let path = Path::new(name);
        if path.is_file() {
            return self.file(name, path);
        }
        if let Some((revision, path)) = name.split_once(':') {
            return self.at_revision(name, revision, path);
        }
        if let Some((event_type, version)) = name.rsplit_once('@') {
            return self.released(name, event_type, version);
        }
        Err(failure(
            format!("{name:?} is no file, no `GIT-REF:PATH`, and no released `TYPE@1.0.0`"),
            "run `contracts list` for the event types that are here",
        ))
    }

    /// A file: of the workspace with all that it refers to, or alone.
    fn file(&mut self, name: &str, path: &Path) -> Result<Side> {
        let full = fs::canonicalize(path).with_context(|| format!("cannot open {name}"))?;
        if let Some(registry) = self.registry
            && let Ok(inside) = full.strip_prefix(&registry.workspace.dir)
            && let Some(inside) = inside.to_str()
            && let Some(index) = registry.file_index(&inside.replace('\\', "/"))
        {
            let bundle = self.bundle(registry, index, name)?;
            return self.side(name, bundle, Files::Tree, event_type(registry, index));
        }
        let bytes = fs::read(path).with_context(|| format!("cannot read {name}"))?;
        let text = String::from_utf8(bytes).map_err(|_| {
            failure(
                format!("{name} is not UTF-8"),
                "a schema is a JSON document in UTF-8",
            )
        })?;
        self.alone(name, name, text)
    }

    /// A document without a tree around it: its references must stay inside.
    fn alone(&mut self, name: &str, file: &str, text: String) -> Result<Side> {
        let documents = BTreeMap::from([("schema.json".to_owned(), text)]);
        self.documents(name, Files::Only(file.into()), "schema.json", documents)
    }

    /// A file of the workspace at a commit, with the tree of that commit.
    fn at_revision(&mut self, name: &str, revision: &str, path: &str) -> Result<Side> {
        let Some(registry) = self.registry else {
            return Err(failure(
                format!("{name:?} names a git revision, but there is no workspace here"),
                format!("run inside a folder with {}", registry::CONFIG_FILE),
            ));
        };
        let repository = Repository::discover(&registry.workspace.dir).map_err(|error| explained(&error))?;
        let Some(repository) = repository else {
            return Err(failure(
                format!("{name:?} names a git revision, but this is no git repository"),
                "compare files instead",
            ));
        };
        let commit = repository.commit(revision).map_err(|error| explained(&error))?;
        let root = registry.workspace.root_prefix();
        let root = root.trim_end_matches('/');
        let mut documents = BTreeMap::new();
        for entry in repository
            .files(commit, root)
            .map_err(|error| explained(&error))?
        {
            if Path::new(&entry.path)
                .extension()
                .is_some_and(|extension| extension == "json")
            {
                let bytes = repository.read(entry.blob).map_err(|error| explained(&error))?;
                // What is not UTF-8 is no schema; the one asked for is missed below.
                if let Ok(text) = String::from_utf8(bytes) {
                    documents.insert(entry.path, text);
                }
            }
        }
        let inside = path
            .strip_prefix(root)
            .map_or(path, |inside| inside.trim_start_matches('/'));
        if !documents.contains_key(inside) {
            return Err(failure(
                format!("there is no schema {path:?} at {revision}"),
                format!("`git ls-tree -r --name-only {revision}` lists the files"),
            ));
        }
        let prefix = if root.is_empty() {
            format!("{revision}:")
        } else {
            format!("{revision}:{root}/")
        };
        self.documents(name, Files::Base(prefix), inside, documents)
    }

    fn documents(
        &mut self,
        name: &str,
        files: Files,
        wanted: &str,
        documents: BTreeMap<String, String>,
    ) -> Result<Side> {
        let config = self
            .registry
            .map(|registry| registry.config.clone())
            .unwrap_or_default();
        let options = LoadOptions {
            other_rules: crate::judge::other_rules().collect(),
            root_name: self.registry.and_then(|registry| {
                let name = registry.workspace.root.file_name()?;
                Some(name.to_string_lossy().into_owned())
            }),
            ..LoadOptions::default()
        };
        let registry = Registry::from_documents(config, documents.clone(), &options)?;
        let Some(index) = registry.file_index(wanted) else {
            let why = registry
                .check()
                .into_iter()
                .find(|found| &*found.location.file == wanted);
            return Err(failure(
                format!(
                    "{name} cannot be used: {}",
                    why.map_or_else(|| "it is not a JSON Schema".to_owned(), |found| found.message)
                ),
                "a schema is a JSON object or a boolean",
            ));
        };
        let event_type = match files {
            // Its path says nothing: it was made up.
            Files::Only(_) => None,
            Files::Tree | Files::Base(_) | Files::Snapshot(_) => event_type(&registry, index),
        };
        for (path, text) in documents {
            self.sources.insert(files.name(&path.into()), text);
        }
        let bundle = self.bundle(&registry, index, name)?;
        self.side(name, bundle, files, event_type)
    }

    /// A snapshot.
    fn released(&mut self, name: &str, event_type: &str, version: &str) -> Result<Side> {
        let Some(registry) = self.registry else {
            return Err(failure(
                format!("{name:?} names a released version, but there is no workspace here"),
                format!("run inside a folder with {}", registry::CONFIG_FILE),
            ));
        };
        let is_safe = |text: &str| !text.is_empty() && !text.contains(['/', '\\']) && !text.starts_with('.');
        let folder = registry.workspace.root.join("released");
        let path = folder.join(event_type).join(format!("{version}.json"));
        if !is_safe(event_type) || !is_safe(version) || !path.is_file() {
            return Err(failure(
                format!("{name:?} was not released"),
                format!("snapshots are under {}", below_root(registry, "released/")),
            ));
        }
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let snapshot = Snapshot::parse(&bytes)
            .map_err(|error| failure(format!("{}: {error}", path.display()), error.help()))?;
        let file: Arc<str> = below_root(registry, &format!("released/{}", snapshot.path())).into();
        let bundle = released_bundle(snapshot.schema, Arc::clone(&file), &registry.config);
        let event_type = snapshot.header.event_type.clone();
        self.side(name, bundle, Files::Snapshot(file), Some(event_type))
    }

    fn side(&self, name: &str, bundle: Bundle, files: Files, event_type: Option<String>) -> Result<Side> {
        let metadata = metadata(&bundle);
        let contract = gate::side::Side::new(bundle, metadata, files, name.to_owned(), &self.discriminators)
            .with_context(|| format!("cannot compare {name}"))?;
        Ok(Side { contract, event_type })
    }

    fn bundle(&mut self, registry: &Registry, index: usize, name: &str) -> Result<Bundle> {
        registry.bundle(index).map_err(|findings| {
            let first = findings
                .first()
                .map(|found| human::frame(found, &mut self.sources, Style::FILE));
            failure(
                format!("{name} cannot be bundled: its references do not resolve"),
                first.unwrap_or_else(|| "`contracts check` says which".to_owned()),
            )
        })
    }
}

/// A path below the root, relative to the workspace.
fn below_root(registry: &Registry, path: &str) -> String {
    match registry.workspace.root_prefix().as_str() {
        "" => path.to_owned(),
        prefix => format!("{prefix}/{path}"),
    }
}

fn metadata(bundle: &Bundle) -> Option<Metadata> {
    let value = bundle.schema.get(registry::metadata::KEYWORD)?;
    serde_json::from_value(value.clone()).ok()
}

fn event_type(registry: &Registry, index: usize) -> Option<String> {
    registry
        .contract_of(index)
        .map(|contract| contract.event_type.clone())
}

fn explained(error: &gate::git::GitError) -> anyhow::Error {
    let cause = std::error::Error::source(error)
        .map(|cause| format!(": {cause}"))
        .unwrap_or_default();
    failure(format!("{error}{cause}"), error.help())
}
