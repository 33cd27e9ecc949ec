//! `contracts show`: one contract with its fields, its topic and who uses it.

use std::fmt::Write as _;
use std::io::Write;

use anyhow::Result;
use registry::metadata::Cleanup;
use registry::{Contract, Expectation, Field, Metadata, Registry, Topic};
use schemars::JsonSchema;
use serde::Serialize;

use super::list::classified::effective;
use super::list::{Listed, listed};
use super::{Outcome, load, pick};
use crate::args::{AnswerFormat, ShowArgs};
use crate::render::human::{count, grouped};
use crate::render::text::escape;
use crate::render::{json, table};
use crate::terminal::Style;

/// The output of `contracts show --format json`.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ShowOutput<'r> {
    /// The version of this format.
    version: u32,
    contract: Listed<'r>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'r str>,
    /// The `x-contract` keyword as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<&'r Metadata>,
    /// Sorted by pointer.
    fields: Vec<ShownField<'r>>,
    readers: Vec<Reader<'r>>,
    examples: Examples,
}

/// One declared field.
#[derive(Serialize, JsonSchema)]
struct ShownField<'r> {
    /// JSON Pointer into the payload; `*` stands for any item, or any member of a map.
    pointer: &'r str,
    /// The type in words, for example `array of object`.
    #[serde(rename = "type")]
    kind: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<&'r str>,
    /// Whether every document that has the enclosing object has the field.
    required: bool,
    /// `public`, `internal`, `confidential` or `pii`: the field's own, or that of what holds it when that is stricter.
    #[serde(skip_serializing_if = "Option::is_none")]
    classification: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'r str>,
}

/// A service that reads the contract.
#[derive(Serialize, JsonSchema)]
struct Reader<'r> {
    service: &'r str,
    owner: &'r str,
    /// JSON Pointers to the fields that it reads; absent: any.
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<Vec<&'r str>>,
}

/// How many examples there are.
#[derive(Serialize, JsonSchema)]
struct Examples {
    valid: usize,
    invalid: usize,
}

pub(crate) fn run(args: &ShowArgs, style: Style, out: &mut dyn Write) -> Result<Outcome> {
    let registry = load(&args.tree)?;
    let contract = pick::contract(&registry, &args.event_type)?;
    let mut fields = registry.fields(contract);
    // What lies in something classified is as sensitive as that.
    let classes = effective(&fields);
    for (field, class) in fields.iter_mut().zip(classes) {
        field.classification = class.map(|class| class.class);
    }
    let shown = gather(&registry, contract, &fields);
    match args.format {
        AnswerFormat::Json => json::write_document(&shown, out)?,
        AnswerFormat::Human => write!(out, "{}", page(&shown, contract, style))?,
    }
    Ok(Outcome::Clean)
}

fn gather<'r>(registry: &'r Registry, contract: &'r Contract, fields: &'r [Field]) -> ShowOutput<'r> {
    let schema = &registry.files[contract.file].value;
    let text = |keyword: &str| schema.get(keyword).and_then(serde_json::Value::as_str);
    let index = registry
        .contracts
        .iter()
        .position(|other| other.path == contract.path)
        .unwrap_or_default();
    let examples = registry.examples_of(index);
    let of = |kind| {
        examples
            .iter()
            .filter(|example| example.expectation == kind)
            .count()
    };
    ShowOutput {
        version: json::VERSION,
        contract: listed(registry, contract),
        title: text("title"),
        description: text("description"),
        metadata: contract.metadata.as_ref(),
        fields: fields
            .iter()
            .map(|field| ShownField {
                pointer: field.pointer.as_str(),
                kind: &field.kind,
                format: field.format.as_deref(),
                required: field.required,
                classification: field.classification.map(registry::Classification::as_str),
                description: field.description.as_deref(),
            })
            .collect(),
        readers: readers(registry, contract),
        examples: Examples {
            valid: of(Expectation::Valid),
            invalid: of(Expectation::Invalid),
        },
    }
}

fn readers<'r>(registry: &'r Registry, contract: &Contract) -> Vec<Reader<'r>> {
    let mut readers = Vec::new();
    for consumer in &registry.consumers {
        for read in &consumer.reads {
            let this = read.event_type == contract.event_type
                && read.majors.iter().any(|major| major.number == contract.major);
            if this {
                let fields = read.fields.as_ref();
                readers.push(Reader {
                    service: &consumer.service,
                    owner: &consumer.owner,
                    fields: fields.map(|fields| fields.iter().map(|field| field.pointer.as_str()).collect()),
                });
            }
        }
    }
    readers
}

fn page(shown: &ShowOutput<'_>, contract: &Contract, style: Style) -> String {
    let mut out = style.ansi("1", &escape(&contract.id()));
    if let Some(title) = shown.title {
        let _ = write!(out, "  {}", escape(title));
    }
    out.push('\n');
    if let Some(description) = shown.description {
        let _ = writeln!(out, "{}", escape(description));
    }
    out.push('\n');
    for (name, text) in facts(shown, contract) {
        let _ = writeln!(out, "{name:<10} {}", escape(&text));
    }
    out.push('\n');
    if shown.fields.is_empty() {
        out.push_str("no declared fields\n");
        return out;
    }
    let rows: Vec<Vec<String>> = shown
        .fields
        .iter()
        .map(|field| {
            let kind = match field.format {
                Some(format) => format!("{} ({format})", field.kind),
                None => field.kind.to_owned(),
            };
            vec![
                field.pointer.to_owned(),
                kind,
                if field.required { "yes" } else { "-" }.to_owned(),
                field.classification.unwrap_or("-").to_owned(),
                field.description.unwrap_or_default().to_owned(),
            ]
        })
        .collect();
    out.push_str(&table::layout(
        &["FIELD", "TYPE", "REQUIRED", "CLASS", "DESCRIPTION"],
        &rows,
        style,
    ));
    out.push('\n');
    out
}

fn facts(shown: &ShowOutput<'_>, contract: &Contract) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    match &contract.metadata {
        Some(metadata) => {
            facts.push(("version", version(metadata)));
            facts.push(("owner", metadata.owner.clone().unwrap_or_else(|| "-".to_owned())));
            facts.push((
                "topic",
                metadata.topic.as_ref().map_or_else(|| "-".to_owned(), topic),
            ));
            facts.push(("key", metadata.key.clone().unwrap_or_else(|| "-".to_owned())));
            facts.push(("producers", or_dash(metadata.producers.join(", "))));
        }
        None => facts.push((
            "metadata",
            "none: the schema has no (valid) x-contract".to_owned(),
        )),
    }
    let readers: Vec<String> = shown
        .readers
        .iter()
        .map(|reader| {
            let fields = match &reader.fields {
                Some(fields) => format!("reads {}", fields.join(" ")),
                None => "reads any field".to_owned(),
            };
            format!("{} ({}) {fields}", reader.service, reader.owner)
        })
        .collect();
    if readers.is_empty() {
        facts.push(("consumers", "-".to_owned()));
    }
    for (at, reader) in readers.into_iter().enumerate() {
        facts.push((if at == 0 { "consumers" } else { "" }, reader));
    }
    facts.push((
        "examples",
        format!(
            "{} valid, {} invalid",
            shown.examples.valid, shown.examples.invalid
        ),
    ));
    facts.push(("file", contract.path.to_string()));
    facts
}

fn version(metadata: &Metadata) -> String {
    let mut text = format!("{} ({})", metadata.version, metadata.status);
    if let Some(sunset) = metadata.sunset {
        let _ = write!(text, ", sunset {sunset}");
    }
    if let Some(successor) = &metadata.superseded_by {
        let _ = write!(text, ", superseded by {successor}");
    }
    text
}

fn topic(topic: &Topic) -> String {
    let mut settings = Vec::new();
    if let Some(partitions) = topic.partitions {
        settings.push(count(partitions as usize, "partition", "partitions"));
    }
    if let Some(retention) = &topic.retention {
        settings.push(format!("kept {retention}"));
    }
    if let Some(cleanup) = topic.cleanup {
        settings.push(
            match cleanup {
                Cleanup::Delete => "delete",
                Cleanup::Compact => "compact",
                Cleanup::CompactDelete => "compact and delete",
            }
            .to_owned(),
        );
    }
    if let Some(bytes) = topic.max_bytes {
        settings.push(format!(
            "at most {} bytes",
            grouped(usize::try_from(bytes).unwrap_or(usize::MAX))
        ));
    }
    if settings.is_empty() {
        topic.name.clone()
    } else {
        format!("{} ({})", topic.name, settings.join(", "))
    }
}

fn or_dash(text: String) -> String {
    if text.is_empty() { "-".to_owned() } else { text }
}
