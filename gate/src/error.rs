//! Why the gate cannot answer, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use crate::git::GitError;

/// The gate cannot proceed. [`help`](GateError::help) says what mends it.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct GateError(#[from] Kind);

#[derive(Debug, thiserror::Error)]
pub(crate) enum Kind {
    #[error(transparent)]
    Git(#[from] GitError),
    #[error("cannot {what} {}", path.display())]
    Io {
        what: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error("{message}")]
    Other { message: String, help: String },
}

impl GateError {
    pub(crate) fn io(what: &'static str, path: &Path, source: io::Error) -> Self {
        Kind::Io {
            what,
            path: path.to_owned(),
            source,
        }
        .into()
    }

    pub(crate) fn other(message: impl Into<String>, help: impl Into<String>) -> Self {
        Kind::Other {
            message: message.into(),
            help: help.into(),
        }
        .into()
    }

    /// What to do, one line.
    pub fn help(&self) -> String {
        match &self.0 {
            Kind::Git(error) => error.help(),
            Kind::Io { .. } => "give yourself the right to read it, or remove it".to_owned(),
            Kind::Other { help, .. } => help.clone(),
        }
    }
}

impl From<GitError> for GateError {
    fn from(error: GitError) -> Self {
        Kind::Git(error).into()
    }
}
