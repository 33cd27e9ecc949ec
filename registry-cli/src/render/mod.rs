//! From findings to bytes. A format is one file here, one variant of [`Format`] and one line in [`write()`].
//!
//! Nothing here judges, and nothing here knows which command runs.

pub(crate) mod github;
pub(crate) mod human;
pub(crate) mod json;
mod junit;
mod markdown;
#[cfg(test)]
mod sample;
mod sarif;
mod source;
pub(crate) mod table;
pub(crate) mod text;

use std::io::{self, Write};
use std::path::PathBuf;
use std::str::FromStr;

use clap::ValueEnum;
use clap::builder::PossibleValue;
use diagnostics::Severity;
use gate::finding::{Finding, Judgement};

pub(crate) use source::Sources;

use crate::terminal::Style;

/// What was looked at, for the summary.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) contracts: usize,
    pub(crate) shared: usize,
    pub(crate) examples: usize,
    pub(crate) consumers: usize,
}

/// A finished run.
pub(crate) struct Report<'r> {
    /// Findings (sorted by file and position), what became of each changed contract, and what a reader should know.
    pub(crate) judgement: &'r Judgement,
    pub(crate) counts: Counts,
    /// The contracts that were looked at: id and file, sorted by file.
    pub(crate) contracts: Vec<(String, &'r str)>,
    /// The way from the top of the repository to the workspace, empty or with a final `/`: hosts know files by their
    /// path from the top.
    pub(crate) top: &'r str,
    /// The severity from which a finding fails the run.
    pub(crate) fails_from: Severity,
}

impl Report<'_> {
    /// Findings of a severity that nobody has accepted.
    pub(crate) fn count(&self, severity: Severity) -> usize {
        self.judgement
            .findings
            .iter()
            .filter(|found| found.is_open() && found.diagnostic.severity == severity)
            .count()
    }

    /// Findings that somebody has accepted: shown, but they fail nothing.
    pub(crate) fn waived(&self) -> impl Iterator<Item = &Finding> {
        self.judgement.findings.iter().filter(|found| !found.is_open())
    }
}

/// How findings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Code frames and a summary line
    Human,
    /// One JSON document, described by docs/schemas/check-output.schema.json
    Json,
    /// Workflow commands of GitHub Actions, which become annotations
    Github,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// JUnit XML, for test reports
    Junit,
    /// The text of a comment on a pull request
    Markdown,
}

/// A format and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) format: Format,
    /// `None`: standard output.
    pub(crate) file: Option<PathBuf>,
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, file) = match text.split_once('=') {
            Some((_, "")) => return Err("there is no file name after `=`".to_owned()),
            Some((name, file)) => (name, Some(PathBuf::from(file))),
            None => (text, None),
        };
        let format = Format::from_str(name, false).map_err(|_| {
            let known: Vec<_> = Format::value_variants()
                .iter()
                .filter_map(ValueEnum::to_possible_value)
                .map(|value: PossibleValue| value.get_name().to_owned())
                .collect();
            format!(
                "expected one of {}, optionally followed by =FILE",
                known.join(", ")
            )
        })?;
        Ok(Self { format, file })
    }
}

/// Writes `report` in `format`.
pub(crate) fn write(
    format: Format,
    report: &Report<'_>,
    sources: &mut Sources,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Human => human::write(report, sources, style, out),
        Format::Json => json::write(report, sources, out),
        Format::Github => github::write(report, sources, style, out),
        Format::Sarif => sarif::write(report, sources, out),
        Format::Junit => junit::write(report, sources, out),
        Format::Markdown => markdown::write(report, sources, out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_format_and_maybe_a_file() {
        assert_eq!(
            "json".parse(),
            Ok(Target {
                format: Format::Json,
                file: None
            })
        );
        assert_eq!(
            "human=a=b.txt".parse(),
            Ok(Target {
                format: Format::Human,
                file: Some(PathBuf::from("a=b.txt"))
            })
        );
        assert!("json=".parse::<Target>().is_err());
        assert!("xml".parse::<Target>().is_err());
    }
}
