//! Folders of a commit, one level at a time, so that what is equal or not asked for is never read.

use gix::objs::tree::EntryKind;

use super::error::{GitError, Kind};
use super::{BlobId, Commit, Repository};

/// A folder's content, addressed by git's hash of it: equal ids mean equal files below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeId(gix::ObjectId);

impl TreeId {
    /// The id that git gives to a folder that holds exactly these regular files: (name, content).
    pub fn of(files: &[(&str, BlobId)]) -> Option<Self> {
        let mut sorted: Vec<_> = files.to_vec();
        sorted.sort_unstable_by_key(|(name, _)| *name);
        let mut bytes = Vec::new();
        for (name, blob) in sorted {
            bytes.extend_from_slice(b"100644 ");
            bytes.extend_from_slice(name.as_bytes());
            bytes.push(0);
            bytes.extend_from_slice(blob.0.as_slice());
        }
        gix::objs::compute_hash(gix::hash::Kind::Sha1, gix::objs::Kind::Tree, &bytes)
            .ok()
            .map(Self)
    }
}

/// What a folder holds under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// A regular file.
    File(BlobId),
    /// A folder.
    Folder(TreeId),
}

impl Repository {
    /// The folder at `path` of the repository's top at `commit`; `None` where there is none.
    pub fn folder_at_top(&self, commit: Commit, path: &str) -> Result<Option<TreeId>, GitError> {
        let mut at = self.top(commit)?;
        for part in path.split('/').filter(|part| !part.is_empty()) {
            let inside = self.list(at)?.into_iter().find(|(name, _)| name == part);
            match inside {
                Some((_, Item::Folder(folder))) => at = folder,
                _ => return Ok(None),
            }
        }
        Ok(Some(at))
    }

    /// The workspace's folder in the repository, `/` between components; empty at its top.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    fn top(&self, commit: Commit) -> Result<TreeId, GitError> {
        let damaged = |source: super::BoxError| Kind::Object {
            what: format!("commit {commit}"),
            shallow: self.is_shallow(),
            source,
        };
        let object = self
            .git
            .find_object(commit.0)
            .map_err(|error| damaged(error.into()))?;
        let tree = object.peel_to_tree().map_err(|error| damaged(error.into()))?;
        Ok(TreeId(tree.id))
    }

    /// What `folder` holds. Links, submodules and names that are not UTF-8 are left out.
    pub fn list(&self, folder: TreeId) -> Result<Vec<(String, Item)>, GitError> {
        let damaged = |source: super::BoxError| Kind::Object {
            what: format!("tree {}", folder.0),
            shallow: self.is_shallow(),
            source,
        };
        let object = self
            .git
            .find_object(folder.0)
            .map_err(|error| damaged(error.into()))?;
        let tree = object.try_into_tree().map_err(|error| damaged(error.into()))?;
        let mut items = Vec::new();
        for entry in tree.iter() {
            let entry = entry.map_err(|error| damaged(error.into()))?;
            let item = match entry.mode().kind() {
                EntryKind::Blob | EntryKind::BlobExecutable => Item::File(BlobId(entry.object_id())),
                EntryKind::Tree => Item::Folder(TreeId(entry.object_id())),
                EntryKind::Link | EntryKind::Commit => continue,
            };
            if let Ok(name) = std::str::from_utf8(entry.filename()) {
                items.push((name.to_owned(), item));
            }
        }
        Ok(items)
    }

    /// The parents of a commit that are here, in order.
    pub fn parents(&self, commit: Commit) -> Vec<Commit> {
        let Ok(object) = self.git.find_object(commit.0) else {
            return Vec::new();
        };
        let Ok(object) = object.try_into_commit() else {
            return Vec::new();
        };
        object
            .parent_ids()
            .map(|id| Commit(id.detach()))
            .filter(|parent| self.git.has_object(parent.0))
            .collect()
    }
}
