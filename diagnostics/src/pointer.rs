//! JSON Pointer (RFC 6901) as a growing path.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A JSON Pointer in its escaped string form: `""` is the root, `/a~1b/0` is item 0 of member `a/b`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JsonPointer(String);

impl JsonPointer {
    /// The whole document.
    pub const fn root() -> Self {
        Self(String::new())
    }

    /// Takes an escaped pointer; `None` unless it is empty or starts with `/`.
    pub fn parse(text: &str) -> Option<Self> {
        (text.is_empty() || text.starts_with('/')).then(|| Self(text.to_owned()))
    }

    /// The pointer to member `name`, escaped as needed.
    #[must_use]
    pub fn child(&self, name: &str) -> Self {
        let mut pointer = self.clone();
        pointer.push(name);
        pointer
    }

    /// The pointer to item `index`.
    #[must_use]
    pub fn item(&self, index: usize) -> Self {
        Self(format!("{}/{index}", self.0))
    }

    /// Appends an unescaped token.
    pub fn push(&mut self, name: &str) {
        self.0.reserve(name.len() + 1);
        self.0.push('/');
        for c in name.chars() {
            match c {
                '~' => self.0.push_str("~0"),
                '/' => self.0.push_str("~1"),
                other => self.0.push(other),
            }
        }
    }

    /// Removes the last token; no effect on the root.
    pub fn pop(&mut self) {
        let end = self.0.rfind('/').unwrap_or(0);
        self.0.truncate(end);
    }

    /// Appends all tokens of `tail`.
    #[must_use]
    pub fn join(&self, tail: &Self) -> Self {
        Self(format!("{}{}", self.0, tail.0))
    }

    /// The pointer without its last token; `None` for the root.
    pub fn parent(&self) -> Option<Self> {
        self.0.rfind('/').map(|end| Self(self.0[..end].to_owned()))
    }

    /// The unescaped tokens from the root down.
    pub fn tokens(&self) -> impl DoubleEndedIterator<Item = Cow<'_, str>> {
        // The text before the first `/` is always empty.
        let tail = self.0.strip_prefix('/');
        tail.into_iter().flat_map(|tail| tail.split('/')).map(unescape)
    }

    /// The last token, unescaped; `None` for the root.
    pub fn last(&self) -> Option<Cow<'_, str>> {
        self.tokens().next_back()
    }

    /// Whether this is `other` or inside it.
    pub fn starts_with(&self, other: &Self) -> bool {
        self.0
            .strip_prefix(other.0.as_str())
            .is_some_and(|tail| tail.is_empty() || tail.starts_with('/'))
    }

    /// The escaped form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the whole document.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for JsonPointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn unescape(token: &str) -> Cow<'_, str> {
    if token.contains('~') {
        Cow::Owned(token.replace("~1", "/").replace("~0", "~"))
    } else {
        Cow::Borrowed(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_survive_escaping() {
        let pointer = JsonPointer::root().child("a/b").child("~1").item(3).child("");
        assert_eq!(pointer.as_str(), "/a~1b/~01/3/");
        assert_eq!(pointer.tokens().collect::<Vec<_>>(), ["a/b", "~1", "3", ""]);
        assert_eq!(pointer.last().as_deref(), Some(""));
        assert_eq!(pointer.parent().unwrap().as_str(), "/a~1b/~01/3");
        assert_eq!(JsonPointer::root().tokens().count(), 0);
    }

    #[test]
    fn prefixes_end_at_token_borders() {
        let parent = JsonPointer::parse("/a").unwrap();
        assert!(JsonPointer::parse("/a/b").unwrap().starts_with(&parent));
        assert!(!JsonPointer::parse("/ab").unwrap().starts_with(&parent));
        assert!(JsonPointer::parse("a").is_none());
    }

    #[test]
    fn push_and_pop_are_inverse() {
        let mut pointer = JsonPointer::root();
        pointer.push("x/y");
        pointer.pop();
        pointer.pop();
        assert!(pointer.is_root());
    }
}
