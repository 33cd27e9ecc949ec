//! What a question assumes: who writes, what `format` means, which drafts, how long an answer may take.

use std::time::Duration;

use serde_json::Value;

/// A JSON Schema dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Draft {
    /// draft-04.
    V4,
    /// draft-06.
    V6,
    /// draft-07.
    V7,
    /// 2019-09.
    V201909,
    /// 2020-12.
    V202012,
}

impl Draft {
    /// The draft that a `$schema` URI names; `None` for an unknown one. A trailing `#` does not matter, nor does
    /// `http` or `https`: published schemas spell it all four ways.
    pub fn from_uri(uri: &str) -> Option<Self> {
        let bare = uri.trim_end_matches('#');
        let bare = bare
            .strip_prefix("https://")
            .or_else(|| bare.strip_prefix("http://"))?;
        match bare {
            "json-schema.org/draft-04/schema" => Some(Self::V4),
            "json-schema.org/draft-06/schema" => Some(Self::V6),
            "json-schema.org/draft-07/schema" => Some(Self::V7),
            "json-schema.org/draft/2019-09/schema" => Some(Self::V201909),
            "json-schema.org/draft/2020-12/schema" => Some(Self::V202012),
            _ => None,
        }
    }

    /// The draft that a schema's own `$schema` names, if it names a known one.
    pub fn of(schema: &Value) -> Option<Self> {
        schema
            .get("$schema")
            .and_then(Value::as_str)
            .and_then(Self::from_uri)
    }
}

/// What a writer is assumed to emit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Writer {
    /// Anything its schema accepts.
    Open,
    /// What its schema accepts and declares: no member that the schema does not name.
    #[default]
    Declared,
}

/// What the `format` keyword means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Formats {
    /// A known format must hold.
    #[default]
    Assert,
    /// A format says nothing about validity.
    Annotate,
}

/// The assumptions of one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// What the writer emits.
    pub writer: Writer,
    /// What `format` means.
    pub formats: Formats,
    /// How long a thread may work on an answer, where the system tells (else the clock counts); past it the answer is
    /// [`Reason::Budget`](crate::Reason::Budget).
    pub budget: Duration,
    /// The writer's draft. `None`: what its `$schema` names, else 2020-12.
    pub writer_draft: Option<Draft>,
    /// The reader's draft. `None`: what its `$schema` names, else 2020-12.
    pub reader_draft: Option<Draft>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            writer: Writer::default(),
            formats: Formats::default(),
            budget: Duration::from_secs(1),
            writer_draft: None,
            reader_draft: None,
        }
    }
}

impl Options {
    /// The draft under which `writer` is read.
    pub fn draft_of_writer(&self, writer: &Value) -> Draft {
        self.writer_draft
            .or_else(|| Draft::of(writer))
            .unwrap_or(Draft::V202012)
    }

    /// The draft under which `reader` is read.
    pub fn draft_of_reader(&self, reader: &Value) -> Draft {
        self.reader_draft
            .or_else(|| Draft::of(reader))
            .unwrap_or(Draft::V202012)
    }
}
