//! The drafts of JSON Schema that are read, and how a document says which one it is.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A draft of JSON Schema. Ordered by age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Draft {
    /// Draft 4.
    #[serde(rename = "draft-04")]
    Draft4,
    /// Draft 6.
    #[serde(rename = "draft-06")]
    Draft6,
    /// Draft 7.
    #[serde(rename = "draft-07")]
    Draft7,
    /// Draft 2019-09.
    #[serde(rename = "2019-09")]
    Draft201909,
    /// Draft 2020-12, the house dialect.
    #[serde(rename = "2020-12")]
    Draft202012,
}

impl Draft {
    /// All drafts, oldest first.
    pub const ALL: [Self; 5] = [
        Self::Draft4,
        Self::Draft6,
        Self::Draft7,
        Self::Draft201909,
        Self::Draft202012,
    ];

    /// The draft whose metaschema `uri` names: `http` or `https`, with or without an empty fragment.
    pub fn from_uri(uri: &str) -> Option<Self> {
        let uri = uri.strip_suffix('#').unwrap_or(uri);
        let tail = uri
            .strip_prefix("http://json-schema.org/")
            .or_else(|| uri.strip_prefix("https://json-schema.org/"))?;
        Some(match tail {
            "draft-04/schema" => Self::Draft4,
            "draft-06/schema" => Self::Draft6,
            "draft-07/schema" => Self::Draft7,
            "draft/2019-09/schema" => Self::Draft201909,
            "draft/2020-12/schema" => Self::Draft202012,
            _ => return None,
        })
    }

    /// The URI of the metaschema, as `$schema` should name it.
    pub const fn uri(self) -> &'static str {
        match self {
            Self::Draft4 => "http://json-schema.org/draft-04/schema#",
            Self::Draft6 => "http://json-schema.org/draft-06/schema#",
            Self::Draft7 => "http://json-schema.org/draft-07/schema#",
            Self::Draft201909 => "https://json-schema.org/draft/2019-09/schema",
            Self::Draft202012 => "https://json-schema.org/draft/2020-12/schema",
        }
    }

    /// The keyword that names a schema: `id` in draft 4, else `$id`.
    pub const fn id_keyword(self) -> &'static str {
        match self {
            Self::Draft4 => "id",
            _ => "$id",
        }
    }

    /// The keyword that holds reusable parts.
    pub const fn definitions_keyword(self) -> &'static str {
        match self {
            Self::Draft4 | Self::Draft6 | Self::Draft7 => "definitions",
            Self::Draft201909 | Self::Draft202012 => "$defs",
        }
    }

    /// Whether keywords beside `$ref` are ignored (up to draft 7).
    pub const fn ref_hides_siblings(self) -> bool {
        matches!(self, Self::Draft4 | Self::Draft6 | Self::Draft7)
    }

    /// The same draft in the words of the validator.
    pub const fn to_jsonschema(self) -> jsonschema::Draft {
        match self {
            Self::Draft4 => jsonschema::Draft::Draft4,
            Self::Draft6 => jsonschema::Draft::Draft6,
            Self::Draft7 => jsonschema::Draft::Draft7,
            Self::Draft201909 => jsonschema::Draft::Draft201909,
            Self::Draft202012 => jsonschema::Draft::Draft202012,
        }
    }
}

impl fmt::Display for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Draft4 => "draft-04",
            Self::Draft6 => "draft-06",
            Self::Draft7 => "draft-07",
            Self::Draft201909 => "2019-09",
            Self::Draft202012 => "2020-12",
        })
    }
}

/// What the `$schema` of a document says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Declared<'v> {
    /// Nothing.
    Absent,
    /// One of the five drafts.
    Known(Draft),
    /// Some other dialect.
    Unknown(&'v str),
}

/// Reads `$schema`. A value that is not a string counts as absent: the metaschema reports it.
pub fn declared(schema: &Value) -> Declared<'_> {
    match schema.get("$schema").and_then(Value::as_str) {
        None => Declared::Absent,
        Some(uri) => Draft::from_uri(uri).map_or(Declared::Unknown(uri), Declared::Known),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_draft_is_known_by_its_own_uri_and_its_variants() {
        for draft in Draft::ALL {
            let uri = draft.uri().trim_end_matches('#');
            for variant in [uri.to_owned(), format!("{uri}#"), uri.replace("https:", "http:")] {
                assert_eq!(Draft::from_uri(&variant), Some(draft), "{variant}");
            }
        }
        assert_eq!(Draft::from_uri("http://json-schema.org/schema#"), None);
        assert_eq!(Draft::from_uri("https://example.com/draft-07/schema"), None);
    }
}
