//! The model of `contracts.toml`: types, defaults, and parsing with positions. It reads no files.

mod events;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use diagnostics::Severity;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

pub use self::events::{EventsSource, GitReference};
use crate::rules::NamingStyle;
use crate::{Draft, conflict};

/// `contracts.toml`. Unknown keys are errors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[schemars(title = "contracts.toml")]
pub struct Config {
    /// The folder that holds the schemas, relative to this file.
    pub root: String,
    /// How the path of a contract, relative to `root`, says its domain, aggregate, event and major version.
    pub layout: String,
    /// The domain of every contract where the layout has no `{domain}`. Default: the name of the root folder, which
    /// another clone may call otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1))]
    pub domain: Option<String>,
    /// Whether house conventions judge every file, or only registries whose contracts carry `x-contract`.
    pub house_rules: HouseRules,
    /// The draft of files without `$schema`.
    pub default_draft: Draft,
    /// The policy for evolving contracts; `x-contract` can override its mode.
    pub compatibility: Compatibility,
    /// Severity and exceptions by rule id.
    pub rules: BTreeMap<String, RuleSettings>,
    /// What `contracts gen` writes.
    pub generate: Generate,
    /// What `contracts release` writes beside the snapshots.
    pub release: Release,
    /// Folders of services, relative to this file; `*` is any name, as in `services/*`. Each with a `Cargo.toml` is asked
    /// which generated crates it imports.
    pub services: Vec<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            root: "event-contracts".to_owned(),
            layout: crate::layout::DEFAULT.to_owned(),
            domain: None,
            house_rules: HouseRules::Always,
            default_draft: Draft::Draft202012,
            compatibility: Compatibility::default(),
            rules: BTreeMap::new(),
            generate: Generate::default(),
            release: Release::default(),
            services: Vec::new(),
        }
    }
}

/// What `contracts release` writes beside the snapshots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Release {
    /// The file that gets a dated section for each release, relative to this file.
    pub changelog: String,
}

impl Default for Release {
    fn default() -> Self {
        Self {
            changelog: "CHANGELOG.md".to_owned(),
        }
    }
}

/// When rules of scope [`House`](diagnostics::Scope::House) apply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HouseRules {
    /// To every file.
    #[default]
    Always,
    /// To contracts that carry `x-contract`, and to the files around them once one does. The default of runs on a
    /// foreign tree.
    WithMetadata,
}

/// How contracts may evolve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Compatibility {
    /// Which direction must hold.
    pub mode: CompatibilityMode,
    /// Against which released versions of the same major.
    pub history: History,
    /// What a writer is taken to emit.
    pub writer: Writer,
    /// Whether `format` rejects documents or only describes them.
    pub formats: Formats,
    /// JSON Pointers into payloads to fields that pin the contract's own version by a single value.
    pub discriminators: Vec<String>,
}

impl Default for Compatibility {
    fn default() -> Self {
        Self {
            mode: CompatibilityMode::Full,
            history: History::All,
            writer: Writer::Declared,
            formats: Formats::Assert,
            discriminators: Vec::new(),
        }
    }
}

/// Which direction of compatibility a change must keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CompatibilityMode {
    /// New readers accept what old writers emit.
    Backward,
    /// Old readers accept what new writers emit.
    Forward,
    /// Both.
    Full,
    /// Neither is asked for.
    None,
}

/// Which released versions a change is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum History {
    /// The last one.
    Latest,
    /// All of the major version.
    All,
}

/// What a writer is taken to emit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Writer {
    /// Members that its schema declares, and no others (generated writers keep to that).
    Declared,
    /// Anything that its schema accepts.
    Open,
}

/// What `format` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Formats {
    /// Documents that violate it are rejected.
    Assert,
    /// Documentation only.
    Annotate,
}

/// What `contracts gen` writes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Generate {
    /// One Rust crate per domain; nothing is generated when absent.
    #[schemars(with = "GenerateRust")]
    pub rust: Option<GenerateRust>,
}

/// Where generated Rust goes and what it imports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GenerateRust {
    /// The folder of the generated crates, relative to this file.
    pub out: String,
    /// How generated crates depend on `contract-events`.
    pub events: EventsSource,
}

/// The setting of one rule: a severity, or a table with a severity and exceptions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RuleSettings {
    /// Replaces the rule's own severity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// What the rule does not judge; each rule's documentation says what is listed here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<String>,
    /// How names are written, for rules about naming.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub style: Option<NamingStyle>,
    /// Words that the rule looks for beside its own, for rules that look for words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<String>,
}

impl<'de> Deserialize<'de> for RuleSettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SettingsVisitor;

        impl<'de> Visitor<'de> for SettingsVisitor {
            type Value = RuleSettings;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "\"error\", \"warning\", \"off\", or a table with `severity`, `exceptions` and the like",
                )
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<RuleSettings, E> {
                let severity = text.parse().map_err(E::custom)?;
                Ok(RuleSettings {
                    severity: Some(severity),
                    ..RuleSettings::default()
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RuleSettings, A::Error> {
                #[derive(Deserialize)]
                #[serde(deny_unknown_fields)]
                struct Table {
                    severity: Option<Severity>,
                    #[serde(default)]
                    exceptions: Vec<String>,
                    style: Option<NamingStyle>,
                    #[serde(default)]
                    words: Vec<String>,
                }
                let table = Table::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(RuleSettings {
                    severity: table.severity,
                    exceptions: table.exceptions,
                    style: table.style,
                    words: table.words,
                })
            }
        }

        deserializer.deserialize_any(SettingsVisitor)
    }
}

impl JsonSchema for RuleSettings {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RuleSettings".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A severity, or a table with a severity and exceptions.",
            "oneOf": [
                { "enum": ["error", "warning", "off"] },
                {
                    "type": "object",
                    "properties": {
                        "severity": {
                            "description": "Replaces the rule's own severity.",
                            "enum": ["error", "warning", "off"]
                        },
                        "exceptions": {
                            "description": "What the rule does not judge; each rule's documentation says what is listed here.",
                            "type": "array",
                            "items": { "type": "string" }
                        },
                        "style": {
                            "description": "How names are written, for rules about naming.",
                            "enum": NamingStyle::ALL.map(NamingStyle::as_str)
                        },
                        "words": {
                            "description": "Words that the rule looks for beside its own, for rules that look for words.",
                            "type": "array",
                            "items": { "type": "string" }
                        }
                    },
                    "additionalProperties": false
                }
            ]
        })
    }
}

/// Why a TOML text is not accepted: what, where (bytes) and a suggestion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TomlProblem {
    pub(crate) message: String,
    pub(crate) span: Range<usize>,
    pub(crate) help: Option<String>,
}

/// Parses any TOML model, turning errors into one line, a place and a suggestion for a misspelt key.
pub(crate) fn parse_toml<'t, T: Deserialize<'t>>(text: &'t str) -> Result<T, TomlProblem> {
    toml::from_str(text).map_err(|error| {
        if let Some(span) = conflict::marker(text) {
            return TomlProblem {
                message: conflict::MESSAGE.to_owned(),
                span,
                help: Some(conflict::HELP.to_owned()),
            };
        }
        let message = error.message().trim().replace('\n', ": ");
        let help = suggestion(&message);
        TomlProblem {
            help,
            span: error.span().unwrap_or(0..0),
            message,
        }
    })
}

/// serde names the unknown and the expected words in backquotes; the closest expected one is the suggestion.
fn suggestion(message: &str) -> Option<String> {
    let mut words = message.split('`').skip(1).step_by(2);
    if !message.starts_with("unknown ") {
        return None;
    }
    let unknown = words.next()?;
    let expected: Vec<&str> = words.collect();
    match closest(unknown, expected.iter().copied()) {
        Some(word) => Some(format!("did you mean `{word}`?")),
        None if expected.is_empty() => None,
        None => Some(format!("known here: {}", expected.join(", "))),
    }
}

/// The known word that `word` most likely misspells.
pub(crate) fn closest<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let lower = word.to_lowercase().replace('_', "-");
    known
        .into_iter()
        .map(|candidate| {
            (
                strsim::damerau_levenshtein(&lower, &candidate.to_lowercase().replace('_', "-")),
                candidate,
            )
        })
        .filter(|(distance, candidate)| *distance <= 1 + candidate.chars().count() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
