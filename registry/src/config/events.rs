//! `events` of `[generate.rust]`: where generated crates find `contract-events`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How generated crates depend on `contract-events`: `{ path = … }`, `{ version = … }` or `{ git = …, rev = … }`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "EventsTable", into = "EventsTable")]
pub enum EventsSource {
    /// A folder, relative to this file.
    Path(String),
    /// A version requirement.
    Version(String),
    /// A git repository.
    Git {
        /// Its URL.
        url: String,
        /// What of it; its default branch when nothing is named.
        reference: Option<GitReference>,
    },
}

/// What of a git repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GitReference {
    /// A commit.
    Rev(String),
    /// A tag.
    Tag(String),
    /// A branch.
    Branch(String),
}

/// How generated crates depend on `contract-events`: exactly one of `path`, `version` and `git`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct EventsTable {
    /// A folder, relative to this file.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// A version requirement.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    /// The URL of a git repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    git: Option<String>,
    /// A commit of the git repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    rev: Option<String>,
    /// A tag of the git repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<String>,
    /// A branch of the git repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    branch: Option<String>,
}

impl TryFrom<EventsTable> for EventsSource {
    type Error = &'static str;

    fn try_from(table: EventsTable) -> Result<Self, Self::Error> {
        let EventsTable {
            path,
            version,
            git,
            rev,
            tag,
            branch,
        } = table;
        let reference = match (rev, tag, branch) {
            (None, None, None) => None,
            (Some(rev), None, None) => Some(GitReference::Rev(rev)),
            (None, Some(tag), None) => Some(GitReference::Tag(tag)),
            (None, None, Some(branch)) => Some(GitReference::Branch(branch)),
            _ => return Err("`events` names one of `rev`, `tag` and `branch` at most"),
        };
        match (path, version, git, reference) {
            (Some(path), None, None, None) => Ok(Self::Path(path)),
            (None, Some(version), None, None) => Ok(Self::Version(version)),
            (None, None, Some(url), reference) => Ok(Self::Git { url, reference }),
            (_, _, None, Some(_)) => Err("`rev`, `tag` and `branch` of `events` go with `git`"),
            _ => Err("`events` names exactly one of `path`, `version` and `git`"),
        }
    }
}

impl From<EventsSource> for EventsTable {
    fn from(source: EventsSource) -> Self {
        let mut table = Self::default();
        match source {
            EventsSource::Path(path) => table.path = Some(path),
            EventsSource::Version(version) => table.version = Some(version),
            EventsSource::Git { url, reference } => {
                table.git = Some(url);
                match reference {
                    None => {}
                    Some(GitReference::Rev(rev)) => table.rev = Some(rev),
                    Some(GitReference::Tag(tag)) => table.tag = Some(tag),
                    Some(GitReference::Branch(branch)) => table.branch = Some(branch),
                }
            }
        }
        table
    }
}
