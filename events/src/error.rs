//! Why a document was refused. Errors name places and keywords and never quote a value: payloads hold personal data.

use std::convert::Infallible;
use std::fmt;

use serde::de;

/// A value does not meet its contract: where, and by which keyword of the schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    pointer: String,
    keyword: &'static str,
}

impl Violation {
    /// A violation of `keyword` at `pointer` (RFC 6901, into the value that was checked).
    pub fn new(pointer: impl Into<String>, keyword: &'static str) -> Self {
        Self {
            pointer: pointer.into(),
            keyword,
        }
    }

    /// Where in the checked value, as JSON Pointer; empty for the whole value.
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// The keyword of the schema that refused it, for example `maximum`.
    pub fn keyword(&self) -> &'static str {
        self.keyword
    }

    /// The same violation seen from a value that holds the checked one under `name`.
    #[must_use]
    pub fn inside(mut self, name: &str) -> Self {
        self.pointer = format!("/{}{}", name.replace('~', "~0").replace('/', "~1"), self.pointer);
        self
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} violates {}", Place(&self.pointer), self.keyword)
    }
}

/// A pointer as errors show it: a payload's names can be of any length.
struct Place<'p>(&'p str);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 200;
        match self.0.char_indices().nth(SHOWN) {
            None if self.0.is_empty() => f.write_str("the document"),
            None => f.write_str(self.0),
            Some((end, _)) => write!(f, "{}…", &self.0[..end]),
        }
    }
}

impl std::error::Error for Violation {}

impl From<Infallible> for Violation {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl From<std::num::TryFromIntError> for Violation {
    fn from(_: std::num::TryFromIntError) -> Self {
        Self::new("", "type")
    }
}

/// What kind of refusal a [`DecodeError`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The bytes are not one JSON document.
    NotJson,
    /// The document is JSON and does not meet the contract.
    Contract,
    /// The envelope is of another type or major than the one asked for.
    WrongType,
}

/// Why bytes could not be decoded: kind, place, keyword; never a value.
#[derive(Clone, PartialEq, Eq)]
pub struct DecodeError(Box<Inner>);

#[derive(Clone, PartialEq, Eq)]
struct Inner {
    kind: DecodeErrorKind,
    pointer: String,
    keyword: &'static str,
    line: usize,
    column: usize,
}

impl DecodeError {
    /// What kind of refusal.
    pub fn kind(&self) -> DecodeErrorKind {
        self.0.kind
    }

    /// Where in the document, as JSON Pointer; empty for the whole document and for text that is not JSON.
    pub fn pointer(&self) -> &str {
        &self.0.pointer
    }

    /// The keyword of the schema that refused it, for example `required`; `json` for text that is not JSON, `reserved name`
    /// for a member whose name `serde_json` keeps for itself.
    pub fn keyword(&self) -> &'static str {
        self.0.keyword
    }

    /// Line and column in the text (both from 1), where the text could not be read on.
    pub fn position(&self) -> Option<(usize, usize)> {
        (self.0.line > 0).then_some((self.0.line, self.0.column))
    }

    pub(crate) fn wrong_type() -> Self {
        Self::new(DecodeErrorKind::WrongType, "/type".to_owned(), "const", (0, 0))
    }

    /// Text that cannot be read from byte `at` on. Columns count bytes, as those of `serde_json` do.
    #[cold]
    pub(crate) fn not_json(json: &[u8], at: usize, keyword: &'static str) -> Self {
        let (line, column) = json[..at].iter().fold((1, 1), |(line, column), byte| match byte {
            b'\n' => (line + 1, 1),
            _ => (line, column + 1),
        });
        let position = (line, column);
        Self::new(DecodeErrorKind::NotJson, String::new(), keyword, position)
    }

    /// Takes what `serde_json` says, and the place that the decoder of our types noted on its way out.
    pub(crate) fn from_json(error: &serde_json::Error) -> Self {
        let position = (error.line(), error.column());
        let trace = crate::trace::take();
        match error.classify() {
            serde_json::error::Category::Data => Self::new(
                DecodeErrorKind::Contract,
                trace.pointer,
                trace.keyword.unwrap_or("type"),
                position,
            ),
            _ => Self::new(DecodeErrorKind::NotJson, String::new(), "json", position),
        }
    }

    /// The same error seen from a document that holds the decoded one under `name`.
    #[must_use]
    pub(crate) fn inside(mut self, name: &str) -> Self {
        self.0.pointer = format!("/{name}{}", self.0.pointer);
        (self.0.line, self.0.column) = (0, 0);
        self
    }

    fn new(
        kind: DecodeErrorKind,
        pointer: String,
        keyword: &'static str,
        (line, column): (usize, usize),
    ) -> Self {
        Self(Box::new(Inner {
            kind,
            pointer,
            keyword,
            line,
            column,
        }))
    }
}

impl From<Violation> for DecodeError {
    fn from(violation: Violation) -> Self {
        Self::new(
            DecodeErrorKind::Contract,
            violation.pointer,
            violation.keyword,
            (0, 0),
        )
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            kind,
            pointer,
            keyword,
            line,
            column,
        } = &*self.0;
        match kind {
            DecodeErrorKind::NotJson => write!(f, "not a JSON document")?,
            DecodeErrorKind::Contract => write!(f, "{} violates {keyword}", Place(pointer))?,
            DecodeErrorKind::WrongType => write!(f, "the envelope is of another type or major version")?,
        }
        if *line > 0 {
            write!(f, " (line {line}, column {column})")?;
        }
        Ok(())
    }
}

impl fmt::Debug for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DecodeError({self})")
    }
}

impl std::error::Error for DecodeError {}

/// A value could not be written: a map key or value that JSON has no form for. Generated types do not cause it.
#[derive(Debug)]
pub struct EncodeError(serde_json::Error);

impl From<serde_json::Error> for EncodeError {
    fn from(error: serde_json::Error) -> Self {
        Self(error)
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the event could not be written as JSON")
    }
}

impl std::error::Error for EncodeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

/// Notes the keyword for [`DecodeError`] and makes the error that carries no value.
pub(crate) fn refuse<E: de::Error>(keyword: &'static str) -> E {
    crate::trace::note(keyword);
    E::custom(format_args!("violates {keyword}"))
}
