//! Where a finding is: a file, and a place in it.

use std::ops::Range;
use std::sync::Arc;

use crate::JsonPointer;

/// Which part of the member at a pointer is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The member's name; for an array item or the root, the value.
    Key,
    /// The member's value.
    Value,
}

/// A place inside a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// The file as a whole: missing, unreadable, misplaced.
    File,
    /// A node of a JSON document.
    Pointer(JsonPointer, Part),
    /// A byte range, for text that is not (valid) JSON. `start <= end`, both within the file.
    Bytes(usize, usize),
}

/// A file and a place in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// Relative to the workspace (the folder of `contracts.toml`, or the root given on the command line), with `/`
    /// between components on every platform.
    pub file: Arc<str>,
    /// The place in the file.
    pub target: Target,
}

impl Location {
    /// The whole of `file`.
    pub fn file(file: impl Into<Arc<str>>) -> Self {
        Self {
            file: file.into(),
            target: Target::File,
        }
    }

    /// The value at `pointer` in `file`.
    pub fn value(file: impl Into<Arc<str>>, pointer: JsonPointer) -> Self {
        Self {
            file: file.into(),
            target: Target::Pointer(pointer, Part::Value),
        }
    }

    /// The member name at `pointer` in `file`.
    pub fn key(file: impl Into<Arc<str>>, pointer: JsonPointer) -> Self {
        Self {
            file: file.into(),
            target: Target::Pointer(pointer, Part::Key),
        }
    }

    /// A byte range of `file`.
    pub fn bytes(file: impl Into<Arc<str>>, range: Range<usize>) -> Self {
        Self {
            file: file.into(),
            target: Target::Bytes(range.start, range.end),
        }
    }

    /// The pointer, where the target is a node.
    pub fn pointer(&self) -> Option<&JsonPointer> {
        match &self.target {
            Target::Pointer(pointer, _) => Some(pointer),
            Target::File | Target::Bytes(..) => None,
        }
    }
}
