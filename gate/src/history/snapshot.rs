//! A snapshot: the immutable, self-contained copy of a contract as released. Text to model and back; no disk.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::civil::Date;
use registry::{Metadata, sha256};
use semver::Version;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

/// The version of the snapshot format that is written and read.
pub const FORMAT: u32 = 1;

/// What a snapshot says about itself: everything but the schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The event type, such as `ecommerce.order.created`.
    pub event_type: String,
    /// The contract's version.
    pub version: Version,
    /// The day of the release.
    pub released: Date,
    /// The release before it within the same major; `None` for the first.
    pub predecessor: Option<Predecessor>,
    /// The accepted findings under which it was released.
    pub waivers: Vec<ReleasedWaiver>,
    /// [`registry::release_digest`] of the schema, so that most questions need not parse it.
    pub content: String,
    /// SHA-256 (64 hexadecimal digits) of the file's text up to the member `digest`.
    pub digest: String,
}

impl Header {
    /// The path below the root's `released/`.
    pub fn path(&self) -> String {
        format!("{}/{}.json", self.event_type, self.version)
    }
}

/// A contract as it was released.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// All but the schema.
    pub header: Header,
    /// The bundled schema, with its `x-contract`.
    pub schema: Value,
}

/// The file, without `digest`, which comes last.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document<S> {
    snapshot: u32,
    #[serde(rename = "type")]
    event_type: String,
    version: Version,
    released: Date,
    predecessor: Option<Predecessor>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    waivers: Vec<ReleasedWaiver>,
    content: String,
    schema: S,
    /// Read from the end of the text instead; here so that no other member is let through.
    #[serde(default, rename = "digest", skip_serializing)]
    _digest: String,
}

/// The release before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Predecessor {
    /// Its version.
    pub version: Version,
    /// Its digest.
    pub digest: String,
}

/// An accepted finding that became part of a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleasedWaiver {
    /// The finding's fingerprint.
    pub fingerprint: String,
    /// Why it was accepted.
    pub reason: String,
    /// Who accepted it.
    pub owner: String,
}

/// Why a text is not a snapshot.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct SnapshotError(#[from] SnapshotErrorKind);

#[derive(Debug, thiserror::Error)]
enum SnapshotErrorKind {
    #[error("not UTF-8")]
    NotUtf8,
    #[error("merge conflict markers")]
    Conflict,
    #[error("not a snapshot: {0}")]
    Malformed(#[from] serde_json::Error),
    #[error("a snapshot of format {found}, this tool reads format {FORMAT}")]
    Format { found: u32 },
    #[error("its content has the digest {actual}, but it says {stated}: it was edited")]
    Digest { stated: String, actual: String },
    #[error("it does not end with its digest: it was edited or reformatted")]
    NoDigest,
    #[error("its schema has no usable x-contract: {0}")]
    Metadata(String),
}

impl SnapshotError {
    /// What to do, one line.
    pub fn help(&self) -> &'static str {
        match self.0 {
            SnapshotErrorKind::Conflict => {
                "two branches released the same version: keep the one that is on the target branch, delete the other, \
                 raise the version in the contract, and release again"
            }
            SnapshotErrorKind::Format { .. } => "use the version of the tool that wrote it, or a newer one",
            SnapshotErrorKind::NotUtf8
            | SnapshotErrorKind::Malformed(_)
            | SnapshotErrorKind::NoDigest
            | SnapshotErrorKind::Digest { .. }
            | SnapshotErrorKind::Metadata(_) => {
                "snapshots are written by `contracts release` only: restore the file from git history"
            }
        }
    }
}

/// How a file ends: this, the digest, and [`END`].
const DIGEST: &str = ",\n  \"digest\": \"sha256:";
const END: &str = "\"\n}\n";

/// A snapshot whose schema is still text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// All but the schema.
    pub header: Header,
    /// The whole file.
    text: Arc<str>,
}

impl Sealed {
    /// Reads the text of a file, checks its digest, and leaves the schema for later.
    pub fn parse(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let text = std::str::from_utf8(bytes).map_err(|_| SnapshotErrorKind::NotUtf8)?;
        if registry::conflict::marker(text).is_some() {
            return Err(SnapshotErrorKind::Conflict.into());
        }
        // Git may have been told to write other line ends; they are no edit.
        let text = if text.contains('\r') {
            Cow::Owned(text.replace("\r\n", "\n"))
        } else {
            Cow::Borrowed(text)
        };
        let document: Document<&RawValue> =
            serde_json::from_str(&text).map_err(SnapshotErrorKind::Malformed)?;
        if document.snapshot != FORMAT {
            return Err(SnapshotErrorKind::Format {
                found: document.snapshot,
            }
            .into());
        }
        let (body, digest) = text
            .strip_suffix(END)
            .and_then(|text| text.rsplit_once(DIGEST))
            .ok_or(SnapshotErrorKind::NoDigest)?;
        let actual = sha256(body);
        if actual != digest {
            return Err(SnapshotErrorKind::Digest {
                stated: short(digest),
                actual: short(&actual),
            }
            .into());
        }
        Ok(Self {
            header: Header {
                event_type: document.event_type,
                version: document.version,
                released: document.released,
                predecessor: document.predecessor,
                waivers: document.waivers,
                content: document.content,
                digest: actual,
            },
            text: text.into(),
        })
    }

    /// The whole file.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// The bundled schema.
    pub fn schema(&self) -> Result<Value, SnapshotError> {
        let document: Document<Value> =
            serde_json::from_str(&self.text).map_err(SnapshotErrorKind::Malformed)?;
        Ok(document.schema)
    }
}

/// Enough of a digest to tell two apart.
fn short(digest: &str) -> String {
    let start: String = digest.chars().take(12).collect();
    format!("{start}…")
}

impl Snapshot {
    /// Makes a snapshot and computes its digests.
    pub fn new(
        event_type: String,
        version: Version,
        released: Date,
        predecessor: Option<Predecessor>,
        waivers: Vec<ReleasedWaiver>,
        schema: Value,
    ) -> Self {
        let header = Header {
            event_type,
            version,
            released,
            predecessor,
            waivers,
            content: registry::release_digest(&schema),
            digest: String::new(),
        };
        let mut snapshot = Self { header, schema };
        snapshot.header.digest = sha256(snapshot.body());
        snapshot
    }

    /// With another [`Header::content`]: of the contract as written, where the snapshot says more.
    #[must_use]
    pub fn with_content(mut self, content: String) -> Self {
        self.header.content = content;
        self.header.digest = sha256(self.body());
        self
    }

    /// Reads a snapshot and checks its digest and its metadata.
    pub fn parse(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let sealed = Sealed::parse(bytes)?;
        let schema = sealed.schema()?;
        metadata(&schema)?;
        Ok(Self {
            header: sealed.header,
            schema,
        })
    }

    /// The text of the file, with a final newline.
    pub fn render(&self) -> String {
        format!("{}{DIGEST}{}{END}", self.body(), self.header.digest)
    }

    /// The path below the root's `released/`.
    pub fn path(&self) -> String {
        self.header.path()
    }

    /// The text up to the digest.
    fn body(&self) -> String {
        let header = self.header.clone();
        let document = Document {
            snapshot: FORMAT,
            event_type: header.event_type,
            version: header.version,
            released: header.released,
            predecessor: header.predecessor,
            waivers: header.waivers,
            content: header.content,
            schema: &self.schema,
            _digest: String::new(),
        };
        let text = serde_json::to_string_pretty(&document).expect("a snapshot has string keys only");
        text.strip_suffix("\n}").unwrap_or(&text).to_owned()
    }
}

/// The `x-contract` of a released schema.
pub fn metadata(schema: &Value) -> Result<Metadata, SnapshotError> {
    let value = schema
        .get(registry::metadata::KEYWORD)
        .cloned()
        .unwrap_or_default();
    serde_json::from_value(value).map_err(|error| SnapshotErrorKind::Metadata(error.to_string()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Snapshot {
        Snapshot::new(
            "a.b.created".to_owned(),
            Version::new(1, 2, 0),
            jiff::civil::date(2026, 11, 25),
            Some(Predecessor {
                version: Version::new(1, 1, 0),
                digest: "sha256:00".to_owned(),
            }),
            Vec::new(),
            serde_json::json!({"type": "object", "x-contract": {"version": "1.2.0"}}),
        )
    }

    #[test]
    fn text_and_model_agree() {
        let snapshot = sample();
        assert_eq!(Snapshot::parse(snapshot.render().as_bytes()).unwrap(), snapshot);
        assert_eq!(snapshot.path(), "a.b.created/1.2.0.json");
    }

    #[test]
    fn other_line_ends_are_no_edit() {
        let text = sample().render().replace('\n', "\r\n");
        assert_eq!(Snapshot::parse(text.as_bytes()).unwrap(), sample());
    }

    #[test]
    fn an_edit_is_seen() {
        let text = sample().render().replace("\"object\"", "\"string\"");
        let error = Snapshot::parse(text.as_bytes()).unwrap_err();
        assert!(
            error.to_string().contains("its content has the digest"),
            "{error}"
        );
    }

    #[test]
    fn what_is_no_snapshot_says_why() {
        for (bytes, message) in [
            (&b"\xff"[..], "not UTF-8"),
            (b"{}", "not a snapshot"),
            (b"", "not a snapshot"),
            (b"<<<<<<< HEAD\n{}", "merge conflict"),
            (sample().render().replace("  ", "    ").as_bytes(), "reformatted"),
        ] {
            let error = Snapshot::parse(bytes).unwrap_err();
            assert!(error.to_string().contains(message), "{error}");
            assert!(!error.help().is_empty());
        }
        let newer = sample().render().replace("\"snapshot\": 1", "\"snapshot\": 9");
        assert!(
            Snapshot::parse(newer.as_bytes())
                .unwrap_err()
                .help()
                .contains("version of the tool")
        );
    }
}
