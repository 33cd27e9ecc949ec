//! Findings for programs: one JSON document with a version. Its JSON Schema is derived from the types here and
//! committed as `docs/schemas/check-output.schema.json`.
//!
//! Compatible additions keep the version; a renamed or removed member, or another meaning, raises it.

use std::io::{self, Write};

use diagnostics::{Location, Severity, Target};
use gate::bump::{Bump, Direction};
use gate::finding::{self, ContractSummary};
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
    /// What the tree was compared with; absent where there was nothing to compare with.
    #[serde(skip_serializing_if = "Option::is_none")]
    base: Option<&'r str>,
    /// Sorted by file and position. Accepted ones are among them: see `standing`.
    findings: Vec<Finding<'r>>,
    /// The contracts that differ from their base, sorted by type and major.
    changes: Vec<ContractChanged<'r>>,
    summary: Summary,
    /// What a reader should know although it is no finding.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<&'r str>,
}

/// What became of one contract since its base.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ContractChanged<'r> {
    /// The event type, for example `ecommerce.order.created`.
    #[serde(rename = "type")]
    event_type: &'r str,
    major: u64,
    file: &'r str,
    /// The version of the old side; absent for a new contract.
    #[serde(skip_serializing_if = "Option::is_none")]
    base: Option<String>,
    /// The version that it says now; absent where it is gone or has no metadata.
    #[serde(skip_serializing_if = "Option::is_none")]
    current: Option<String>,
    /// The lowest version that the change may have.
    #[serde(skip_serializing_if = "Option::is_none")]
    required: Option<String>,
    bump: Needed,
    /// Breaking findings, accepted ones included.
    breaking: usize,
    /// Compatible changes.
    compatible: usize,
    /// Whether a direction could be neither proved nor refuted.
    undecided: bool,
    /// All of it in one line.
    text: String,
}

/// What a version has to rise by.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Needed {
    /// Nothing that the version stands for has changed.
    None,
    /// Documentation and operational settings.
    Patch,
    /// Compatible.
    Minor,
    /// Breaking: a new contract file of the next major.
    Major,
}

/// Who writes and who reads.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Way {
    /// The old one writes, the new one reads.
    Backward,
    /// The new one writes, the old one reads.
    Forward,
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
    /// Names the finding across runs and edits; what a waiver names.
    fingerprint: &'r str,
    /// The comparison of two states behind it; absent for findings about one state alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<Change<'r>>,
    affected: Affected<'r>,
    standing: Standing<'r>,
}

/// The part of a finding that compares two states.
#[derive(Serialize, JsonSchema)]
struct Change<'r> {
    /// The contracts that it reaches: several where the cause lies in a shared schema.
    contracts: Vec<Reached<'r>>,
    /// Which readers it breaks; empty where no direction is to blame, such as for the name of a topic.
    directions: Vec<Way>,
    /// The place on the old side.
    #[serde(skip_serializing_if = "Option::is_none")]
    base: Option<Place<'r>>,
    /// A document that proves it.
    #[serde(skip_serializing_if = "Option::is_none")]
    witness: Option<Witness<'r>>,
    bump: Needed,
}

/// A contract that a change reaches.
#[derive(Serialize, JsonSchema)]
struct Reached<'r> {
    /// The event type, for example `ecommerce.order.created`.
    #[serde(rename = "type")]
    event_type: &'r str,
    major: u64,
    /// The old side: a released version, or how the base is called.
    against: &'r str,
}

/// A document that the writer emits and the reader rejects.
#[derive(Serialize, JsonSchema)]
struct Witness<'r> {
    document: &'r serde_json::Value,
    /// JSON Pointer to the part that the reader rejects.
    instance: &'r str,
    direction: Way,
}

/// Who a finding concerns.
#[derive(Serialize, JsonSchema)]
struct Affected<'r> {
    /// Services that emit.
    producers: &'r [String],
    /// Services whose consumer files name the field in question, or no fields at all.
    consumers: &'r [String],
}

/// Whether somebody accepted the finding.
#[derive(Serialize, JsonSchema)]
struct Standing<'r> {
    state: State,
    /// Why it is accepted; absent when nobody did.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'r str>,
    /// Who answers for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<&'r str>,
    /// The last day on which it may be released; absent where it is part of a release.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
}

/// Whether a finding counts.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    /// It counts.
    Open,
    /// Accepted: it fails nothing.
    Waived,
    /// Was accepted, and not released in time: it counts.
    Expired,
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
    /// Open findings.
    errors: usize,
    /// Open findings.
    warnings: usize,
    /// Accepted findings, whatever their severity.
    waived: usize,
}

/// Writes the document and a line end.
pub(super) fn write(report: &Report<'_>, sources: &mut Sources, out: &mut dyn Write) -> io::Result<()> {
    let output = CheckOutput {
        version: VERSION,
        tool: Tool {
            name: "contracts",
            version: env!("CARGO_PKG_VERSION"),
        },
        base: report.judgement.base.as_deref(),
        findings: report
            .judgement
            .findings
            .iter()
            .map(|found| finding(found, sources))
            .collect(),
        changes: report.judgement.summaries.iter().map(changed).collect(),
        summary: Summary {
            contracts: report.counts.contracts,
            shared_schemas: report.counts.shared,
            examples: report.counts.examples,
            consumers: report.counts.consumers,
            errors: report.count(Severity::Error),
            warnings: report.count(Severity::Warning),
            waived: report.waived().count(),
        },
        notes: report.judgement.notes.iter().map(String::as_str).collect(),
    };
    write_document(&output, out)
}

/// Writes any output document, pretty, with a line end.
pub(crate) fn write_document(document: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, document).map_err(io::Error::from)?;
    writeln!(out)
}

fn changed(summary: &ContractSummary) -> ContractChanged<'_> {
    let version = |version: &Option<semver::Version>| version.as_ref().map(semver::Version::to_string);
    ContractChanged {
        event_type: &summary.event_type,
        major: summary.major,
        file: &summary.file,
        base: version(&summary.base),
        current: version(&summary.current),
        required: version(&summary.required),
        bump: needed(summary.bump),
        breaking: summary.breaking,
        compatible: summary.compatible,
        undecided: summary.undecided,
        text: summary.to_string(),
    }
}

fn needed(bump: Bump) -> Needed {
    match bump {
        Bump::None => Needed::None,
        Bump::Patch => Needed::Patch,
        Bump::Minor => Needed::Minor,
        Bump::Major => Needed::Major,
    }
}

fn way(direction: Direction) -> Way {
    match direction {
        Direction::Backward => Way::Backward,
        Direction::Forward => Way::Forward,
    }
}

fn change<'r>(change: &'r finding::Change, sources: &mut Sources) -> Change<'r> {
    Change {
        contracts: change
            .contracts
            .iter()
            .map(|contract| Reached {
                event_type: &contract.event_type,
                major: contract.major,
                against: &contract.against,
            })
            .collect(),
        directions: change
            .directions
            .iter()
            .map(|direction| way(*direction))
            .collect(),
        base: change.base.as_ref().map(|base| place(base, sources)),
        witness: change.witness.as_ref().map(|witness| Witness {
            document: &witness.document,
            instance: witness.instance.as_str(),
            direction: way(witness.direction),
        }),
        bump: needed(change.bump),
    }
}

fn standing(standing: &finding::Standing) -> Standing<'_> {
    let (state, acceptance) = match standing {
        finding::Standing::Open => (State::Open, None),
        finding::Standing::Waived(acceptance) => (State::Waived, Some(acceptance)),
        finding::Standing::Expired(acceptance) => (State::Expired, Some(acceptance)),
    };
    Standing {
        state,
        reason: acceptance.map(|acceptance| acceptance.reason.as_str()),
        owner: acceptance.map(|acceptance| acceptance.owner.as_str()),
        until: acceptance
            .and_then(|acceptance| acceptance.until)
            .map(|until| until.to_string()),
    }
}

fn finding<'r>(whole: &'r finding::Finding, sources: &mut Sources) -> Finding<'r> {
    let found = &whole.diagnostic;
    Finding {
        fingerprint: whole.fingerprint.as_str(),
        change: whole.change.as_ref().map(|of| change(of, sources)),
        affected: Affected {
            producers: &whole.affected.producers,
            consumers: &whole.affected.consumers,
        },
        standing: standing(&whole.standing),
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
