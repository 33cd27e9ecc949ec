//! What a rule is: its identity, its documentation and its default severity.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How much a finding matters. `Off` silences a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Not reported.
    Off,
    /// Reported; does not fail a run unless the caller asks for it.
    Warning,
    /// Reported; fails the run.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Off => "off",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// The text is none of `error`, `warning`, `off`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseSeverityError(String);

impl fmt::Display for ParseSeverityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "unknown severity {:?}: expected \"error\", \"warning\" or \"off\"",
            self.0
        )
    }
}

impl std::error::Error for ParseSeverityError {}

impl FromStr for Severity {
    type Err = ParseSeverityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "error" => Ok(Self::Error),
            "warning" => Ok(Self::Warning),
            "off" => Ok(Self::Off),
            other => Err(ParseSeverityError(other.to_owned())),
        }
    }
}

/// Where a rule applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// True of any JSON Schema tree: what it reports is a defect whoever wrote the file.
    Any,
    /// A convention of registries that carry `x-contract` metadata; quiet on foreign trees by default.
    House,
}

/// A rule: stable identity, one-line summary, long documentation.
///
/// Each rule is declared as a constant in a file of its own, beside its check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Kebab-case and stable, for example `dead-ref`: used in configuration, output and `docs/rules/<id>.md`.
    pub id: &'static str,
    /// The severity unless the configuration says otherwise.
    pub severity: Severity,
    /// Whether the rule is a house convention.
    pub scope: Scope,
    /// One sentence: what it reports. Lower case, no final stop.
    pub summary: &'static str,
    /// Markdown with the headings `What it does`, `Why`, `Example`, `How to fix`, and `Configuration` where it has any.
    pub docs: &'static str,
}
