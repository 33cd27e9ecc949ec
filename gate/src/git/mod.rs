//! Reading a git repository: revisions, merge bases, and the files below a folder at a commit. Writes nothing, runs no
//! program, reaches no network.

mod error;
mod tree;

use std::path::{Component, Path};

pub use error::GitError;
use error::{BoxError, Kind};
pub use tree::{Item, TreeId};

/// A commit of a [`Repository`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commit(gix::ObjectId);

impl std::fmt::Display for Commit {
    /// The full hexadecimal id.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// The content of a file, addressed by git's hash of it: equal ids mean equal bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobId(gix::ObjectId);

impl BlobId {
    /// The id that git gives to `bytes`; compares a work-tree file with a commit's without reading the latter.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        gix::objs::compute_hash(gix::hash::Kind::Sha1, gix::objs::Kind::Blob, bytes)
            .ok()
            .map(Self)
    }
}

/// A regular file in a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Relative to the folder that was asked for, `/` between components.
    pub path: String,
    /// Its content.
    pub blob: BlobId,
}

/// The repository around a workspace.
pub struct Repository {
    git: gix::Repository,
    /// The workspace's folder relative to the work tree, `/` between components; empty at its top.
    prefix: String,
}

impl std::fmt::Debug for Repository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Repository")
            .field("git_dir", &self.git.git_dir())
            .field("prefix", &self.prefix)
            .finish()
    }
}

impl Repository {
    /// The repository that `workspace` lies in; `None` where there is none. Linked worktrees and renamed folders work.
    ///
    /// Fails where a repository is there but cannot be read, or has no work tree around `workspace`.
    pub fn discover(workspace: &Path) -> Result<Option<Self>, GitError> {
        let open = |source: BoxError| Kind::Open {
            path: workspace.to_owned(),
            source,
        };
        let workspace = workspace.canonicalize().map_err(|error| open(error.into()))?;
        if !workspace.ancestors().any(|folder| folder.join(".git").exists()) {
            return Ok(None);
        }
        let git = gix::discover(&workspace).map_err(|error| open(error.into()))?;
        // A repository whose HEAD says nothing is none to git either.
        git.head().map_err(|error| open(error.into()))?;
        let top = git
            .workdir()
            .and_then(|folder| folder.canonicalize().ok())
            .ok_or_else(|| Kind::OutsideWorkTree {
                path: workspace.clone(),
            })?;
        let prefix = workspace
            .strip_prefix(&top)
            .ok()
            .and_then(slashed)
            .ok_or(Kind::OutsideWorkTree {
                path: workspace.clone(),
            })?;
        Ok(Some(Self { git, prefix }))
    }

    /// Whether part of the history was left out when this was cloned.
    pub fn is_shallow(&self) -> bool {
        self.git.is_shallow().unwrap_or(false)
    }

    /// The commit that `spec` means: a branch, a tag, `HEAD~1`, an id.
    pub fn commit(&self, spec: &str) -> Result<Commit, GitError> {
        // A name that is there and leads nowhere is not unknown: what it stands for is damaged.
        let unknown = |source: BoxError| {
            let is_known = self.git.find_reference(spec).is_ok();
            let shallow = self.is_shallow();
            if is_known {
                Kind::Object {
                    what: format!("the commit of {spec:?}"),
                    shallow,
                    source,
                }
            } else {
                Kind::UnknownRevision {
                    spec: spec.to_owned(),
                    shallow,
                }
            }
        };
        let id = self
            .git
            .rev_parse_single(spec)
            .map_err(|error| unknown(error.into()))?;
        let object = id.object().map_err(|error| unknown(error.into()))?;
        let commit = object
            .peel_to_kind(gix::object::Kind::Commit)
            .map_err(|error| unknown(error.into()))?;
        Ok(Commit(commit.id))
    }

    /// The best common ancestor of `HEAD` and `spec`.
    pub fn merge_base(&self, spec: &str) -> Result<Commit, GitError> {
        let (head, other) = (self.commit("HEAD")?, self.commit(spec)?);
        let shallow = self.is_shallow();
        let none = || Kind::NoMergeBase {
            one: "HEAD".to_owned(),
            two: spec.to_owned(),
            shallow,
        };
        match self.git.merge_base(head.0, other.0) {
            Ok(Some(base)) => Ok(Commit(base.detach())),
            Ok(None) => Err(none().into()),
            // A shallow history ends in commits whose parents are not there.
            Err(_) if shallow => Err(none().into()),
            Err(error) => Err(Kind::Object {
                what: format!("the history of HEAD and {spec:?}"),
                shallow,
                source: error.into(),
            }
            .into()),
        }
    }

    /// The regular files below `folder` of the workspace at `commit`, sorted by path. Empty where the folder is absent.
    /// Links and submodules are left out: what they lead to is not in the commit.
    pub fn files(&self, commit: Commit, folder: &str) -> Result<Vec<Entry>, GitError> {
        let place = match (self.prefix.as_str(), folder) {
            ("", folder) => folder.to_owned(),
            (prefix, "") => prefix.to_owned(),
            (prefix, folder) => format!("{prefix}/{folder}"),
        };
        let damaged = |source: BoxError| Kind::Object {
            what: format!(
                "{} at {commit}",
                if place.is_empty() {
                    "the files"
                } else {
                    place.as_str()
                }
            ),
            shallow: self.is_shallow(),
            source,
        };
        let object = self
            .git
            .find_object(commit.0)
            .map_err(|error| damaged(error.into()))?;
        let mut tree = object.peel_to_tree().map_err(|error| damaged(error.into()))?;
        if !place.is_empty() {
            let entry = tree
                .lookup_entry_by_path(Path::new(&place))
                .map_err(|error| damaged(error.into()))?;
            let Some(entry) = entry.filter(|entry| entry.mode().is_tree()) else {
                return Ok(Vec::new());
            };
            tree = entry
                .object()
                .map_err(|error| damaged(error.into()))?
                .peel_to_tree()
                .map_err(|error| damaged(error.into()))?;
        }
        let records = tree
            .traverse()
            .breadthfirst
            .files()
            .map_err(|error| damaged(error.into()))?;
        let mut files: Vec<Entry> = records
            .into_iter()
            .filter(|record| record.mode.is_blob())
            // A name that is not UTF-8 is no contract's: the loader refuses it in the work tree as well.
            .filter_map(|record| {
                Some(Entry {
                    path: String::from_utf8(record.filepath.into()).ok()?,
                    blob: BlobId(record.oid),
                })
            })
            .collect();
        files.sort_by(|left, right| left.path.cmp(&right.path));
        Ok(files)
    }

    /// The bytes of a file.
    pub fn read(&self, blob: BlobId) -> Result<Vec<u8>, GitError> {
        let object = self.git.find_object(blob.0).map_err(|error| Kind::Object {
            what: format!("blob {}", blob.0),
            shallow: self.is_shallow(),
            source: error.into(),
        })?;
        Ok(object.detach().data)
    }
}

/// `path` with `/` between components; `None` for what is not relative, plain and UTF-8.
fn slashed(path: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = path
        .components()
        .map(|part| match part {
            Component::Normal(name) => name.to_str(),
            _ => None,
        })
        .collect();
    parts.map(|parts| parts.join("/"))
}

/// The branch that a pull or merge request wants to go to, as CI services tell it: `GITHUB_BASE_REF` of GitHub,
/// `CI_MERGE_REQUEST_TARGET_BRANCH_NAME` of GitLab. `variable` reads the environment.
pub fn target_branch(variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    ["GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"]
        .into_iter()
        .find_map(|name| variable(name).filter(|value| !value.is_empty()))
}
