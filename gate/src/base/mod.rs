//! What the work tree is compared with: a commit, or a folder. Lists and reads; judges nothing.

mod choose;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use registry::{CONFIG_FILE, Config, Workspace};

pub use choose::{choose, of_spec};

use crate::GateError;
use crate::git::{BlobId, Commit, Item, Repository, TreeId};

/// The state that a change starts from.
#[derive(Debug)]
pub struct Base {
    /// For people: `merge base of HEAD and origin/main (1a2b3c4)`.
    pub name: String,
    /// How it is asked for: a revision or a folder, as `--against` takes it.
    pub spec: String,
    /// Stands in front of the paths of its files, so that they are told from those of the work tree: `main:`.
    label: String,
    /// Its own configuration: the root may have been another folder.
    config: Config,
    store: Store,
}

#[derive(Debug)]
enum Store {
    Git {
        repository: Box<Repository>,
        commit: Commit,
        /// The schema root; `None` where the base has none.
        root: Option<TreeId>,
    },
    Disk {
        root: PathBuf,
    },
}

/// A file of the base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Handle {
    /// Git's name of its content.
    Blob(BlobId),
    /// On disk.
    File(PathBuf),
}

/// A folder of the base.
#[derive(Clone, Debug)]
pub(crate) enum Folder {
    Tree(TreeId),
    Disk(PathBuf),
}

/// The files and folders of a folder, sorted by name.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    pub(crate) files: BTreeMap<String, Handle>,
    pub(crate) folders: BTreeMap<String, Folder>,
}

impl Base {
    /// The state at `commit`; `spec` is how it was asked for, `name` how people are told.
    pub fn at_commit(
        repository: Repository,
        commit: Commit,
        spec: &str,
        name: String,
        workspace: &Workspace,
    ) -> Result<Self, GateError> {
        let prefix = repository.prefix().to_owned();
        let mut folder = repository.folder_at_top(commit, &prefix)?;
        let mut inside = prefix;
        let mut config = match folder {
            Some(folder) => configured(&repository, folder)?,
            None => None,
        };
        if config.is_none()
            && workspace.has_config_file
            && let Some(top) = repository.folder_at_top(commit, "")?
            && let Some((moved, path, found)) = elsewhere(&repository, top)?
        {
            // The workspace was moved inside the repository.
            (folder, inside, config) = (Some(moved), path, Some(found));
        }
        let config = config.unwrap_or_else(|| workspace.config.clone());
        let root = match folder {
            Some(folder) => descend(&repository, folder, &config.root)?,
            None => None,
        };
        let below = join(&inside, &config.root);
        Ok(Self {
            name,
            spec: spec.to_owned(),
            label: format!("{spec}:{}", with_slash(&below)),
            config,
            store: Store::Git {
                repository: Box::new(repository),
                commit,
                root,
            },
        })
    }

    /// The state in a folder: a workspace, or a schema root alone.
    pub fn in_folder(folder: &Path, workspace: &Workspace) -> Result<Self, GateError> {
        let real = fs::canonicalize(folder).map_err(|error| GateError::io("open", folder, error))?;
        let config = match fs::read_to_string(real.join(CONFIG_FILE)) {
            Ok(text) => Some(parse(&text)?),
            Err(_) => None,
        };
        let root = if let Some(config) = &config {
            real.join(&config.root)
        } else {
            // A copy of the workspace without its configuration, or of the root.
            let inside = real.join(workspace.root_prefix());
            if inside.is_dir() { inside } else { real }
        };
        let shown = folder.display().to_string().replace('\\', "/");
        Ok(Self {
            name: format!("the folder {shown}"),
            spec: shown.clone(),
            label: with_slash(shown.trim_end_matches('/')),
            config: config.unwrap_or_else(|| workspace.config.clone()),
            store: Store::Disk { root },
        })
    }

    /// How the file at `path` (relative to the root) is called in findings.
    pub fn label(&self, path: &str) -> String {
        format!("{}{path}", self.label)
    }

    /// The command that brings `file` (relative to the workspace) back as it is in the base, where it is called `label`.
    pub(crate) fn restoring(&self, file: &str, label: &str) -> String {
        match &self.store {
            Store::Git { commit, .. } => {
                let short: String = commit.to_string().chars().take(7).collect();
                format!("git checkout {short} -- {file}")
            }
            Store::Disk { .. } => format!("cp {label} {file}"),
        }
    }

    /// How the base itself was configured.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Whether `bytes` are the content of `handle`. Line ends that git was told to change are no difference.
    pub fn holds(&self, handle: &Handle, bytes: &[u8]) -> Result<bool, GateError> {
        match handle {
            Handle::Blob(blob) => {
                if BlobId::of(bytes) == Some(*blob) {
                    return Ok(true);
                }
                if !bytes.contains(&b'\r') {
                    return Ok(false);
                }
                let unix = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
                Ok(BlobId::of(unix.as_bytes()) == Some(*blob))
            }
            Handle::File(path) => {
                let other = fs::read(path).map_err(|error| GateError::io("read", path, error))?;
                Ok(other == bytes)
            }
        }
    }

    /// The content of a file.
    pub fn read(&self, handle: &Handle) -> Result<Vec<u8>, GateError> {
        match (handle, &self.store) {
            (Handle::Blob(blob), Store::Git { repository, .. }) => Ok(repository.read(*blob)?),
            (Handle::File(path), _) => fs::read(path).map_err(|error| GateError::io("read", path, error)),
            (Handle::Blob(_), Store::Disk { .. }) => Ok(Vec::new()),
        }
    }

    /// Every JSON file below the root but examples and snapshots, by its path relative to the root.
    pub fn schemas(&self) -> Result<BTreeMap<String, Handle>, GateError> {
        let mut schemas = BTreeMap::new();
        let mut open: Vec<(String, Folder)> = self
            .root()
            .into_iter()
            .map(|root| (String::new(), root))
            .collect();
        while let Some((path, folder)) = open.pop() {
            let listing = self.list(&folder)?;
            for (name, handle) in listing.files {
                if is_json(&name) && !name.starts_with('.') {
                    schemas.insert(join(&path, &name), handle);
                }
            }
            for (name, folder) in listing.folders {
                let is_apart =
                    name == "examples" || (path.is_empty() && (name == "released" || name == "consumers"));
                if !is_apart && !name.starts_with('.') {
                    open.push((join(&path, &name), folder));
                }
            }
        }
        Ok(schemas)
    }

    /// The folder of snapshots, if there is one.
    pub(crate) fn released(&self) -> Result<Option<Folder>, GateError> {
        let Some(root) = self.root() else {
            return Ok(None);
        };
        Ok(self.list(&root)?.folders.remove("released"))
    }

    fn root(&self) -> Option<Folder> {
        match &self.store {
            Store::Git { root, .. } => root.map(Folder::Tree),
            Store::Disk { root } => root.is_dir().then(|| Folder::Disk(root.clone())),
        }
    }

    pub(crate) fn list(&self, folder: &Folder) -> Result<Listing, GateError> {
        let mut listing = Listing::default();
        match (folder, &self.store) {
            (Folder::Tree(tree), Store::Git { repository, .. }) => {
                for (name, item) in repository.list(*tree)? {
                    match item {
                        Item::File(blob) => {
                            listing.files.insert(name, Handle::Blob(blob));
                        }
                        Item::Folder(tree) => {
                            listing.folders.insert(name, Folder::Tree(tree));
                        }
                    }
                }
            }
            (Folder::Disk(path), _) => {
                let entries = fs::read_dir(path).map_err(|error| GateError::io("read", path, error))?;
                for entry in entries {
                    let entry = entry.map_err(|error| GateError::io("read", path, error))?;
                    let (Ok(kind), Ok(name)) = (entry.file_type(), entry.file_name().into_string()) else {
                        continue;
                    };
                    if kind.is_dir() {
                        listing.folders.insert(name, Folder::Disk(entry.path()));
                    } else if kind.is_file() {
                        listing.files.insert(name, Handle::File(entry.path()));
                    }
                }
            }
            (Folder::Tree(_), Store::Disk { .. }) => {}
        }
        Ok(listing)
    }
}

/// Whether a file is called as the registry expects of JSON: in lower case.
pub(crate) fn is_json(name: &str) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(_, extension)| extension == "json")
}

/// The `contracts.toml` in a folder of a commit.
fn configured(repository: &Repository, folder: TreeId) -> Result<Option<Config>, GateError> {
    for (name, item) in repository.list(folder)? {
        if let Item::File(blob) = item
            && name == CONFIG_FILE
        {
            let bytes = repository.read(blob)?;
            return parse(&String::from_utf8_lossy(&bytes)).map(Some);
        }
    }
    Ok(None)
}

/// The base's own configuration. What this version of the tool does not know in it does not matter: only where the
/// contracts were is asked.
fn parse(text: &str) -> Result<Config, GateError> {
    if let Ok(config) = toml::from_str(text) {
        return Ok(config);
    }
    let table: toml::Table = toml::from_str(text).map_err(|_| {
        GateError::other(
            format!("the base's {CONFIG_FILE} is not TOML"),
            "compare with a commit in which it can be read: `--against COMMIT`",
        )
    })?;
    let mut config = Config::default();
    let text = |name: &str| table.get(name).and_then(toml::Value::as_str).map(str::to_owned);
    if let Some(root) = text("root") {
        config.root = root;
    }
    if let Some(layout) = text("layout") {
        config.layout = layout;
    }
    Ok(config)
}

/// The only other folder of a commit with a `contracts.toml`; folders of samples and fixtures may hold more, and then
/// nobody can say which one it was.
fn elsewhere(repository: &Repository, top: TreeId) -> Result<Option<(TreeId, String, Config)>, GateError> {
    const MOST_FOLDERS: usize = 10_000;
    let mut found = Vec::new();
    let mut open = vec![(String::new(), top)];
    let mut seen = 0;
    while let Some((path, folder)) = open.pop() {
        seen += 1;
        if seen > MOST_FOLDERS {
            return Ok(None);
        }
        for (name, item) in repository.list(folder)? {
            match item {
                Item::File(_) if name == CONFIG_FILE => found.push((folder, path.clone())),
                Item::Folder(inner) => open.push((join(&path, &name), inner)),
                Item::File(_) => {}
            }
        }
    }
    let [(folder, path)] = found.as_slice() else {
        return Ok(None);
    };
    Ok(configured(repository, *folder)?.map(|config| (*folder, path.clone(), config)))
}

fn descend(repository: &Repository, folder: TreeId, path: &str) -> Result<Option<TreeId>, GateError> {
    let mut at = folder;
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        let inside = repository.list(at)?.into_iter().find(|(name, _)| name == part);
        match inside {
            Some((_, Item::Folder(folder))) => at = folder,
            _ => return Ok(None),
        }
    }
    Ok(Some(at))
}

fn join(folder: &str, name: &str) -> String {
    match (folder, name) {
        (folder, "" | ".") => folder.to_owned(),
        ("", name) => name.to_owned(),
        (folder, name) => format!("{folder}/{name}"),
    }
}

fn with_slash(folder: &str) -> String {
    if folder.is_empty() {
        String::new()
    } else {
        format!("{folder}/")
    }
}
