//! Findings for programs: one JSON document with a version. Its JSON Schema is derived from the types here and
//! committed as `docs/schemas/check-output.schema.json`.
//!
//! Compatible additions keep the version; a renamed or removed member, or another meaning, raises it.

use std::io::{self, Write};

use diagnostics::{Diagnostic, Location, Severity, Target};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Report, Sources};

/// The version of every JSON output of this tool.
pub(crate) const VERSION: u32 = 1;

/// The output of `contracts check --format json`.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CheckOutput<'r> {
    /// The version of this format.
    version: u32,
    tool: Tool,
    /// Sorted by file and position.
    findings: Vec<Finding<'r>>,
    summary: Summary,
}

/// Who wrote the document.
#[derive(Serialize, JsonSchema)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

/// One finding.
#[derive(Serialize, JsonSchema)]
struct Finding<'r> {
    /// The rule's id; `contracts explain <rule>` prints its documentation.
    rule: &'r str,
    severity: Level,
    /// What is wrong and why.
    message: &'r str,
    /// What is wrong with the marked text, where that differs from the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'r str>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'r str>,
    location: Place<'r>,
    /// Other places that explain the finding.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related: Vec<RelatedPlace<'r>>,
}

/// How much a finding matters.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Level {
    /// Fails the run.
    Error,
    /// Fails the run only under `--fail-on warning`.
    Warning,
}

/// A place in a file.
#[derive(Serialize, JsonSchema)]
struct Place<'r> {
    /// Relative to the folder of `contracts.toml` (or to `--root`), with `/` between components.
    file: &'r str,
    /// The JSON Pointer of the node, where the finding is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<&'r str>,
    /// Where the marked text starts; absent when the finding is about the whole file or the text cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<At>,
    /// Where the marked text ends, exclusive.
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<At>,
}

/// A position in a text.
#[derive(Serialize, JsonSchema)]
struct At {
    /// From 1.
    line: usize,
    /// From 1, in Unicode scalar values.
    column: usize,
    /// In bytes, from 0.
    offset: usize,
}

/// Another place that explains a finding.
#[derive(Serialize, JsonSchema)]
struct RelatedPlace<'r> {
    message: &'r str,
    location: Place<'r>,
}

/// What was looked at and how it ended.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Summary {
    contracts: usize,
    /// JSON files that are not contracts, examples or consumers.
    shared_schemas: usize,
    examples: usize,
    consumers: usize,
    errors: usize,
    warnings: usize,
}

/// Writes the document and a line end.
pub(super) fn write(report: &Report<'_>, sources: &mut Sources, out: &mut dyn Write) -> io::Result<()> {
    let output = CheckOutput {
        version: VERSION,
        tool: Tool {
            name: "contracts",
            version: env!("CARGO_PKG_VERSION"),
        },
        findings: report
            .judgement
            .findings
            .iter()
            .map(|found| finding(&found.diagnostic, sources))
            .collect(),
        summary: Summary {
            contracts: report.counts.contracts,
            shared_schemas: report.counts.shared,
            examples: report.counts.examples,
            consumers: report.counts.consumers,
            errors: report.count(Severity::Error),
            warnings: report.count(Severity::Warning),
        },
    };
    write_document(&output, out)
}

/// Writes any output document, pretty, with a line end.
pub(crate) fn write_document(document: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, document).map_err(io::Error::from)?;
    writeln!(out)
}

fn finding<'r>(found: &'r Diagnostic, sources: &mut Sources) -> Finding<'r> {
    Finding {
        rule: found.rule,
        severity: match found.severity {
            Severity::Error => Level::Error,
            Severity::Warning | Severity::Off => Level::Warning,
        },
        message: &found.message,
        label: found.label.as_deref(),
        help: found.help.as_deref(),
        location: place(&found.location, sources),
        related: found
            .related
            .iter()
            .map(|related| RelatedPlace {
                message: &related.message,
                location: place(&related.location, sources),
            })
            .collect(),
    }
}

fn place<'r>(location: &'r Location, sources: &mut Sources) -> Place<'r> {
    let found = sources.find(location);
    Place {
        file: &location.file,
        pointer: match &location.target {
            Target::Pointer(pointer, _) => Some(pointer.as_str()),
            Target::File | Target::Bytes(..) => None,
        },
        start: found.as_ref().map(|found| At {
            line: found.start.line,
            column: found.start.column,
            offset: found.span.start,
        }),
        end: found.as_ref().map(|found| At {
            line: found.end.line,
            column: found.end.column,
            offset: found.span.end,
        }),
    }
}
