//! What makes it impossible to proceed: an absent root, a bad `contracts.toml`. Everything else is a finding.

use std::fmt;
use std::io;
use std::path::Path;

use diagnostics::Diagnostic;
use diagnostics::source::Position;

/// Why a registry cannot be loaded at all. Displays as one line: what, where, why.
#[derive(Debug)]
pub struct RegistryError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    message: String,
    help: Option<String>,
    place: Option<(Diagnostic, Position)>,
    source: Option<io::Error>,
}

/// The classes of [`RegistryError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No `contracts.toml` here or in any folder above.
    NoWorkspace,
    /// The schema root (or the folder given as one) is absent or not a folder.
    NoRoot,
    /// `contracts.toml` cannot be read, parsed or accepted.
    Config,
    /// A layout template that cannot work.
    Layout,
    /// A path filter that names nothing in the registry.
    Filter,
}

impl RegistryError {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            help: None,
            place: None,
            source: None,
        }))
    }

    pub(crate) fn io(kind: ErrorKind, what: &str, path: &Path, source: io::Error) -> Self {
        let mut error = Self::new(kind, format!("cannot {what} {}", path.display()));
        error.0.source = Some(source);
        error
    }

    #[must_use]
    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    #[must_use]
    pub(crate) fn at(mut self, diagnostic: Diagnostic, position: Position) -> Self {
        self.0.place = Some((diagnostic, position));
        self
    }

    pub(crate) fn set_kind(&mut self, kind: ErrorKind) {
        self.0.kind = kind;
    }

    /// The class.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What to do, one line.
    pub fn help(&self) -> Option<&str> {
        self.0.help.as_deref()
    }

    /// The place in `contracts.toml`, as a finding that can be shown with a code frame.
    pub fn diagnostic(&self) -> Option<&Diagnostic> {
        self.0.place.as_ref().map(|(diagnostic, _)| diagnostic)
    }
}

impl fmt::Display for RegistryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((diagnostic, at)) = &self.0.place {
            write!(f, "{}:{}:{}: ", diagnostic.location.file, at.line, at.column)?;
        }
        f.write_str(&self.0.message)?;
        match &self.0.source {
            Some(source) => write!(f, ": {source}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for RegistryError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|source| source as _)
    }
}
