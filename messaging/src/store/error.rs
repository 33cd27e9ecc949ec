//! Why a statement failed, classed by what to do about it.

use std::fmt;

use crate::core::Failure;

/// What kind of failure a [`StoreError`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreErrorKind {
    /// The database is away, full, busy, or asks to run the transaction again.
    Unavailable,
    /// A constraint refused the statement.
    Constraint,
    /// The statement itself is wrong.
    Rejected,
    /// The database cannot be used at all: damaged, wrong credentials, no such database.
    Unusable,
}

/// A failed statement or connection.
#[derive(Debug)]
pub struct StoreError {
    kind: StoreErrorKind,
    what: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl StoreError {
    /// A failure of this kind, for engines; `what` says of what, `source` why.
    pub fn new(
        kind: StoreErrorKind,
        what: impl Into<String>,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Self {
            kind,
            what: what.into(),
            source: Some(Box::new(source)),
        }
    }

    pub(crate) fn rejected(what: impl Into<String>) -> Self {
        Self {
            kind: StoreErrorKind::Rejected,
            what: what.into(),
            source: None,
        }
    }

    pub(crate) fn unavailable(what: impl Into<String>) -> Self {
        Self {
            kind: StoreErrorKind::Unavailable,
            what: what.into(),
            source: None,
        }
    }

    /// The same failure, classed by who knows more.
    pub(super) fn of_kind(mut self, kind: StoreErrorKind) -> Self {
        self.kind = kind;
        self
    }

    /// What kind of failure.
    pub fn kind(&self) -> StoreErrorKind {
        self.kind
    }

    /// What it means for the event whose handler met it.
    pub fn failure(&self) -> Failure {
        match self.kind {
            StoreErrorKind::Unavailable => Failure::Unavailable,
            StoreErrorKind::Constraint | StoreErrorKind::Rejected => Failure::Retriable,
            StoreErrorKind::Unusable => Failure::Fatal,
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        match &self.source {
            Some(source) => write!(f, ": {source}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
