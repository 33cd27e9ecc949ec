//! A pattern of a contract, compiled on first use by an engine whose time is linear in its input.

use std::sync::OnceLock;

use regex::Regex;

/// A `pattern`, already translated from ECMA-262 to the syntax of the `regex` crate.
#[derive(Debug)]
pub struct Pattern {
    source: &'static str,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// A pattern; the generator has made sure that it compiles.
    pub const fn new(source: &'static str) -> Self {
        Self {
            source,
            compiled: OnceLock::new(),
        }
    }

    /// Whether some part of `text` matches. A pattern that does not compile matches nothing.
    pub fn is_match(&self, text: &str) -> bool {
        self.compiled
            .get_or_init(|| Regex::new(self.source).ok())
            .as_ref()
            .is_some_and(|regex| regex.is_match(text))
    }
}
