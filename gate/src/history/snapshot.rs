//! A snapshot: the immutable, self-contained copy of a contract as released. Text to model and back; no disk.

use jiff::civil::Date;
use registry::{Metadata, canonical_json, sha256};
use semver::Version;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The version of the snapshot format that is written and read.
pub const FORMAT: u32 = 1;

/// A contract as it was released.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// The format's version, [`FORMAT`].
    pub snapshot: u32,
    /// The event type, such as `ecommerce.order.created`.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The contract's version.
    pub version: Version,
    /// The day of the release.
    pub released: Date,
    /// The release before it within the same major; `None` for the first.
    pub predecessor: Option<Predecessor>,
    /// The accepted findings under which it was released.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waivers: Vec<ReleasedWaiver>,
    /// The bundled schema, with its `x-contract`.
    pub schema: Value,
    /// `sha256:` and the SHA-256 of the canonical text of all the other members.
    pub digest: String,
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
    #[error("its content has the digest {actual}, but it says {stated}")]
    Digest { stated: String, actual: String },
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
            | SnapshotErrorKind::Digest { .. }
            | SnapshotErrorKind::Metadata(_) => {
                "snapshots are written by `contracts release` only: restore the file from git history"
            }
        }
    }
}

impl Snapshot {
    /// Makes a snapshot and computes its digest.
    pub fn new(
        event_type: String,
        version: Version,
        released: Date,
        predecessor: Option<Predecessor>,
        waivers: Vec<ReleasedWaiver>,
        schema: Value,
    ) -> Self {
        let mut snapshot = Self {
            snapshot: FORMAT,
            event_type,
            version,
            released,
            predecessor,
            waivers,
            schema,
            digest: String::new(),
        };
        snapshot.digest = snapshot.content_digest();
        snapshot
    }

    /// Reads a snapshot and checks its digest.
    pub fn parse(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let text = std::str::from_utf8(bytes).map_err(|_| SnapshotErrorKind::NotUtf8)?;
        if text
            .lines()
            .any(|line| line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> "))
        {
            return Err(SnapshotErrorKind::Conflict.into());
        }
        let snapshot: Self = serde_json::from_str(text).map_err(SnapshotErrorKind::Malformed)?;
        if snapshot.snapshot != FORMAT {
            return Err(SnapshotErrorKind::Format {
                found: snapshot.snapshot,
            }
            .into());
        }
        let actual = snapshot.content_digest();
        if actual != snapshot.digest {
            return Err(SnapshotErrorKind::Digest {
                stated: snapshot.digest,
                actual,
            }
            .into());
        }
        snapshot.metadata()?;
        Ok(snapshot)
    }

    /// The text of the file, with a final newline.
    pub fn render(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a snapshot has string keys only");
        text.push('\n');
        text
    }

    /// The `x-contract` of the schema.
    pub fn metadata(&self) -> Result<Metadata, SnapshotError> {
        let value = self
            .schema
            .get(registry::metadata::KEYWORD)
            .cloned()
            .unwrap_or_default();
        serde_json::from_value(value).map_err(|error| SnapshotErrorKind::Metadata(error.to_string()).into())
    }

    /// The path below the root's `released/`.
    pub fn path(&self) -> String {
        format!("{}/{}.json", self.event_type, self.version)
    }

    fn content_digest(&self) -> String {
        let mut value = serde_json::to_value(self).expect("a snapshot has string keys only");
        if let Value::Object(members) = &mut value {
            members.remove("digest");
        }
        format!("sha256:{}", sha256(canonical_json(&value)))
    }
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
