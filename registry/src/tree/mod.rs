//! From a folder to documents: walking, reading, parsing, in parallel and with the same result each time.
//!
//! Knows what each path is for; knows nothing of what schemas mean. What cannot be read or parsed becomes a finding.

mod read;
mod walk;

pub(crate) use read::{Loaded, read};
pub(crate) use walk::walk;

use std::path::PathBuf;
use std::sync::Arc;

/// What a file below the root is for, by its path alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A schema: a contract or shared, as the layout decides.
    Schema,
    /// A JSON document below a folder `examples`.
    Example,
    /// `consumers/<service>.toml`.
    Consumer,
}

impl Purpose {
    /// What the file at `path` (relative to the root) is for; `None` for files that are not ours to read.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
        let mut folders = folders.split('/');
        let top = folders.clone().next().unwrap_or_default();
        let extension = name.rsplit_once('.').map(|(_, extension)| extension);
        if top == "consumers" {
            return (extension == Some("toml")).then_some(Self::Consumer);
        }
        if top == "released" || extension != Some("json") {
            return None;
        }
        Some(if folders.any(|folder| folder == "examples") {
            Self::Example
        } else {
            Self::Schema
        })
    }
}

/// A file to read.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Relative to the workspace.
    pub(crate) path: Arc<str>,
    /// What it is for.
    pub(crate) purpose: Purpose,
    /// Where its bytes are.
    pub(crate) content: Content,
}

/// Where the bytes of a file are.
#[derive(Debug)]
pub(crate) enum Content {
    /// On disk.
    Disk(PathBuf),
    /// In memory.
    Text(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_say_what_files_are_for() {
        for (path, expected) in [
            ("envelope.v1.json", Some(Purpose::Schema)),
            ("a/b/c.v1.json", Some(Purpose::Schema)),
            ("a/b/examples/c.v1/valid/x.json", Some(Purpose::Example)),
            ("examples/c/valid/x.json", Some(Purpose::Example)),
            ("a/examples.json", Some(Purpose::Schema)),
            ("released/a.b.c/1.0.0.json", None),
            ("a/released/b.json", Some(Purpose::Schema)),
            ("consumers/x.toml", Some(Purpose::Consumer)),
            ("consumers/x.json", None),
            ("waivers.toml", None),
            ("README.md", None),
        ] {
            assert_eq!(Purpose::of(path), expected, "{path}");
        }
    }
}
