//! Why a reference does not resolve, as a value.

use std::fmt;
use std::sync::Arc;

use diagnostics::JsonPointer;

/// Why a reference does not resolve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefError {
    /// The class, one lint rule each.
    pub kind: RefErrorKind,
    /// What is wrong and why. Lower case, no final stop.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// For loops: the references that lead back, in order, as (file, pointer of the schema that holds the reference).
    pub chain: Vec<(Arc<str>, JsonPointer)>,
}

/// The classes of [`RefError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RefErrorKind {
    /// No such file, `$id`, anchor or pointer inside the root.
    Dead,
    /// The path climbs out of the root.
    LeavesRoot,
    /// Only the network could answer.
    Network,
    /// Not a URI reference.
    Malformed,
    /// Following it leads back to the same instance location.
    Loop,
    /// Too many references in a row apply to one place.
    LongChain,
}

impl RefErrorKind {
    /// The lint rule that reports this class.
    pub const fn rule_id(self) -> &'static str {
        match self {
            Self::Dead => "dead-ref",
            Self::LeavesRoot => "ref-leaves-root",
            Self::Network => "network-ref",
            Self::Malformed => "malformed-ref",
            Self::Loop => "ref-loop",
            Self::LongChain => "long-ref-chain",
        }
    }
}

impl RefError {
    pub(crate) fn new(kind: RefErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            help: None,
            chain: Vec::new(),
        }
    }

    #[must_use]
    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for RefError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for RefError {}
