//! `contracts list --pii`: every classified field, how long it is kept, and who reads it.

use std::fmt::Write as _;
use std::io::{self, Write};

use anyhow::Result;
use diagnostics::JsonPointer;
use rayon::prelude::*;
use registry::metadata::Cleanup;
use registry::{Classification, Consumer, Contract, Field, Registry, Topic, fields};
use schemars::JsonSchema;
use serde::Serialize;

use super::matches;
use crate::args::{AnswerFormat, ListArgs};
use crate::render::human::count;
use crate::render::text::escape;
use crate::render::{json, table};
use crate::terminal::Style;

/// The output of `contracts list --pii --format json`.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "pii-output")]
pub(crate) struct PiiOutput<'r> {
    /// The version of this format.
    version: u32,
    /// Sorted by contract and pointer.
    fields: Vec<ClassifiedField<'r>>,
    /// Contracts whose references do not resolve: what is in them is not known.
    incomplete: Vec<String>,
}

/// A field with a classification.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ClassifiedField<'r> {
    /// The event type, for example `ecommerce.order.created`.
    #[serde(rename = "type")]
    event_type: &'r str,
    major: u64,
    /// JSON Pointer into the payload; `*` stands for any item, or any member of a map.
    pointer: String,
    /// `public`, `internal`, `confidential` or `pii`: the field's own, or that of what holds it when that is stricter.
    classification: &'static str,
    /// The pointer of what holds the field, where the classification is of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    inherited_from: Option<String>,
    /// The team that owns the contract.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<&'r str>,
    /// Where the field is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<&'r Topic>,
    producers: Vec<&'r str>,
    /// The services that read the field, by their consumer files; sorted.
    readers: Vec<FieldReader<'r>>,
}

/// A service that reads a field.
#[derive(Serialize, JsonSchema)]
struct FieldReader<'r> {
    service: &'r str,
    owner: &'r str,
    /// Whether its consumer file names fields; if not, it may read any.
    named: bool,
}

/// A class and, where it comes from something that holds the field, from where.
pub(in crate::commands) struct Effective {
    pub(in crate::commands) class: Classification,
    pub(in crate::commands) from: Option<JsonPointer>,
}

/// The class of each field of `fields` (sorted by pointer): its own, or that of what holds it when that is stricter.
pub(in crate::commands) fn effective(fields: &[Field]) -> Vec<Option<Effective>> {
    // Pointers are sorted as text, so that what holds a field need not stand right before it: keep all that still may.
    let mut holders: Vec<(&JsonPointer, Classification)> = Vec::new();
    fields
        .iter()
        .map(|field| {
            let held = holders
                .iter()
                .filter(|(holder, _)| field.pointer.starts_with(holder))
                .max_by_key(|(_, class)| *class);
            let own = field.classification;
            let found = match (own, held) {
                (own, Some((holder, class))) if own.is_none_or(|own| own < *class) => Some(Effective {
                    class: *class,
                    from: Some((*holder).clone()),
                }),
                (Some(class), _) => Some(Effective { class, from: None }),
                // Any holder is stricter than no class at all: the first arm has taken it.
                (None, _) => None,
            };
            if let Some(class) = own {
                holders.push((&field.pointer, class));
            }
            found
        })
        .collect()
}

pub(super) fn run(args: &ListArgs, registry: &Registry, style: Style, out: &mut dyn Write) -> Result<()> {
    let listed = gather(registry, args.filter.as_deref());
    match args.format {
        AnswerFormat::Json => json::write_document(&listed, out)?,
        AnswerFormat::Human if listed.fields.is_empty() => writeln!(out, "no classified fields")?,
        AnswerFormat::Human => writeln!(out, "{}", rows(&listed, style))?,
    }
    if !listed.incomplete.is_empty() {
        let _ = writeln!(
            io::stderr(),
            "note: {} left out, because references do not resolve: {}\n  help: `contracts check` says which",
            count(listed.incomplete.len(), "contract is", "contracts are"),
            escape(&listed.incomplete.join(", "))
        );
    }
    Ok(())
}

fn gather<'r>(registry: &'r Registry, filter: Option<&str>) -> PiiOutput<'r> {
    let mut contracts: Vec<&Contract> = registry
        .contracts
        .iter()
        .filter(|contract| matches(contract, filter))
        .collect();
    contracts.sort_by(|left, right| (&left.event_type, left.major).cmp(&(&right.event_type, right.major)));
    let of_contracts: Vec<Result<Vec<ClassifiedField<'r>>, String>> = contracts
        .par_iter()
        .map(|contract| match registry.bundle(contract.file) {
            Ok(bundle) => Ok(classified(registry, contract, &fields::of(&bundle))),
            Err(_) => Err(contract.id()),
        })
        .collect();
    let mut output = PiiOutput {
        version: json::VERSION,
        fields: Vec::new(),
        incomplete: Vec::new(),
    };
    for fields in of_contracts {
        match fields {
            Ok(mut fields) => output.fields.append(&mut fields),
            Err(contract) => output.incomplete.push(contract),
        }
    }
    output
}

fn classified<'r>(
    registry: &'r Registry,
    contract: &'r Contract,
    fields: &[Field],
) -> Vec<ClassifiedField<'r>> {
    let metadata = contract.metadata.as_ref();
    fields
        .iter()
        .zip(effective(fields))
        .filter_map(|(field, effective)| {
            let effective = effective?;
            Some(ClassifiedField {
                event_type: &contract.event_type,
                major: contract.major,
                pointer: field.pointer.to_string(),
                classification: effective.class.as_str(),
                inherited_from: effective.from.map(|from| from.to_string()),
                owner: metadata.and_then(|metadata| metadata.owner.as_deref()),
                topic: metadata.and_then(|metadata| metadata.topic.as_ref()),
                producers: metadata
                    .map(|metadata| metadata.producers.iter().map(String::as_str).collect())
                    .unwrap_or_default(),
                readers: registry
                    .consumers
                    .iter()
                    .filter_map(|consumer| reader(consumer, contract, &field.pointer))
                    .collect(),
            })
        })
        .collect()
}

/// The consumer as a reader of the field, if it is one.
fn reader<'r>(consumer: &'r Consumer, contract: &Contract, field: &JsonPointer) -> Option<FieldReader<'r>> {
    let mut named = None;
    for read in &consumer.reads {
        let this = read.event_type == contract.event_type
            && read.majors.iter().any(|major| major.number == contract.major);
        if !this {
            continue;
        }
        match &read.fields {
            None => named = named.or(Some(false)),
            Some(fields) if fields.iter().any(|read| overlaps(&read.pointer, field)) => named = Some(true),
            Some(_) => {}
        }
    }
    named.map(|named| FieldReader {
        service: &consumer.service,
        owner: &consumer.owner,
        named,
    })
}

/// Whether reading `read` reads (part of) `field`: one holds the other; `*` stands for any item or member.
fn overlaps(read: &JsonPointer, field: &JsonPointer) -> bool {
    read.tokens()
        .zip(field.tokens())
        .all(|(read, field)| read == field || read == "*" || field == "*")
}

fn rows(listed: &PiiOutput<'_>, style: Style) -> String {
    let rows: Vec<Vec<String>> = listed
        .fields
        .iter()
        .map(|field| {
            let readers: Vec<&str> = field.readers.iter().map(|reader| reader.service).collect();
            vec![
                format!("{}@{}", field.event_type, field.major),
                field.pointer.clone(),
                field.classification.to_owned(),
                field.topic.map_or_else(|| "-".to_owned(), kept),
                if readers.is_empty() {
                    "-".to_owned()
                } else {
                    readers.join(", ")
                },
            ]
        })
        .collect();
    table::layout(&["CONTRACT", "FIELD", "CLASS", "KEPT", "READERS"], &rows, style)
}

/// How long a record stays: `P14D`, `as long as its key (compacted)`.
fn kept(topic: &Topic) -> String {
    let retention = topic.retention.as_deref().unwrap_or("cluster's default");
    let mut text = match topic.cleanup {
        Some(Cleanup::Compact) => return "until overwritten".to_owned(),
        _ => retention.to_owned(),
    };
    if topic.cleanup == Some(Cleanup::CompactDelete) {
        let _ = write!(text, ", compacted");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pointer(text: &str) -> JsonPointer {
        JsonPointer::parse(text).unwrap()
    }

    #[test]
    fn a_reader_of_a_part_or_of_the_whole_reads_the_field() {
        let is_read = |read: &str, field: &str| overlaps(&pointer(read), &pointer(field));
        assert!(is_read("/customer", "/customer/email"));
        assert!(is_read("/customer/email", "/customer"));
        assert!(is_read("/lines/*/price", "/lines/*/price"));
        assert!(is_read("/lines/0/price", "/lines/*/price"));
        assert!(is_read("", "/anything"));
        assert!(!is_read("/lines/*/sku", "/lines/*/price"));
    }

    #[test]
    fn what_holds_a_field_classifies_it() {
        let field = |at: &str, classification| Field {
            pointer: pointer(at),
            kind: "string".to_owned(),
            required: false,
            classification,
            description: None,
            format: None,
            origin: ("x.json".into(), JsonPointer::root()),
        };
        let fields = [
            field("/a", Some(Classification::Pii)),
            field("/a-b", None),
            field("/a/b", Some(Classification::Internal)),
            field("/a/c", None),
        ];
        let found: Vec<Option<(Classification, bool)>> = effective(&fields)
            .into_iter()
            .map(|found| found.map(|found| (found.class, found.from.is_some())))
            .collect();
        assert_eq!(
            found,
            [
                Some((Classification::Pii, false)),
                None,
                Some((Classification::Pii, true)),
                Some((Classification::Pii, true)),
            ]
        );
    }
}
