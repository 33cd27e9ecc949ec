//! Names that a reader does not know: carried, comparable, writable again, and opaque.

use std::fmt;

/// A value of an open enum, or a tag of an open union, that this version of the contract does not list.
///
/// Opaque on purpose: code that matches on its text would break silently on the day the value becomes a variant of
/// its own. `as_str` of the enum that holds it gives the text for logs.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UnknownName(Box<str>);

impl UnknownName {
    /// For generated code: what was read.
    #[doc(hidden)]
    pub fn __new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// For generated code: what to write.
    #[doc(hidden)]
    pub fn __as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<unknown name>")
    }
}
