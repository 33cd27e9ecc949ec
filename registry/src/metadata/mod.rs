//! The model of `x-contract` and of field classification.

mod parse;

pub(crate) use parse::parse;

use std::fmt;

use schemars::JsonSchema;
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::config::CompatibilityMode;

/// The keyword that carries a contract's metadata.
pub const KEYWORD: &str = "x-contract";

/// The keyword that classifies a field.
pub const CLASSIFICATION_KEYWORD: &str = "x-classification";

/// `x-contract`: what a contract says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(title = "x-contract")]
pub struct Metadata {
    /// The version of the contract; its major is the `v<N>` of the file name.
    #[schemars(
        with = "String",
        regex(
            pattern = r"^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$"
        )
    )]
    pub version: Version,
    /// The team that answers for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1))]
    pub owner: Option<String>,
    /// Where it is in its life.
    #[serde(default)]
    pub status: Status,
    /// From when on it may no longer be emitted; for deprecated contracts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "date"))]
    pub sunset: Option<jiff::civil::Date>,
    /// The event type and major that replaces it, such as `ecommerce.order.created.v2`; for deprecated contracts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1))]
    pub superseded_by: Option<String>,
    /// Where its events are published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Topic")]
    pub topic: Option<Topic>,
    /// JSON Pointer into the payload (`data`) to the field whose value is the partition key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", regex(pattern = r"^(/([^~/]|~[01])*)+$"))]
    pub key: Option<String>,
    /// The services that emit it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub producers: Vec<String>,
    /// Overrides the registry's compatibility mode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "CompatibilityMode")]
    pub compatibility: Option<CompatibilityMode>,
}

/// Where a contract is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Not released; may change freely.
    #[default]
    Draft,
    /// In use.
    Active,
    /// Being replaced.
    Deprecated,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Draft => "draft",
            Self::Active => "active",
            Self::Deprecated => "deprecated",
        })
    }
}

/// The topic of a contract's events and its settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Topic {
    /// The name of the topic.
    #[schemars(length(min = 1, max = 249), regex(pattern = r"^[a-zA-Z0-9._-]+$"))]
    pub name: String,
    /// How many partitions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(min = 1))]
    pub partitions: Option<u32>,
    /// How long records are kept, as an ISO 8601 duration; absent means the cluster's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "duration"))]
    pub retention: Option<String>,
    /// Whether old records are deleted or compacted by key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Cleanup")]
    pub cleanup: Option<Cleanup>,
    /// The largest record, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64", range(min = 1))]
    pub max_bytes: Option<u64>,
}

/// What happens to old records of a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Cleanup {
    /// Deleted after the retention.
    Delete,
    /// The last record of each key is kept.
    Compact,
    /// Both.
    CompactDelete,
}

/// How sensitive a field is. Ordered: later is stricter; over a `$ref` the stricter one wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Classification {
    /// May be shown to anyone.
    Public,
    /// For the company.
    Internal,
    /// For those who need it; never printed.
    Confidential,
    /// Personal data; never printed.
    Pii,
}

impl Classification {
    /// All, least strict first.
    pub const ALL: [Self; 4] = [Self::Public, Self::Internal, Self::Confidential, Self::Pii];

    /// Reads the word that `x-classification` holds.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == text)
    }

    /// The word that `x-classification` holds.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Internal => "internal",
            Self::Confidential => "confidential",
            Self::Pii => "pii",
        }
    }
}

impl fmt::Display for Classification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
