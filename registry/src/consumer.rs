//! The model of `consumers/<service>.toml`: who reads what. Owned by the readers' teams.

use std::ops::Range;
use std::sync::Arc;

use diagnostics::{JsonPointer, Location};
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use crate::config::{TomlProblem, parse_toml};

/// One `consumers/<service>.toml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consumer {
    /// The file, relative to the workspace.
    pub path: Arc<str>,
    /// The service: the file's stem.
    pub service: String,
    /// The team that answers for the service.
    pub owner: String,
    /// What it reads.
    pub reads: Vec<Read>,
}

/// One `[[reads]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// The event type, such as `ecommerce.order.created`.
    pub event_type: String,
    /// The bytes of the event type in the file.
    pub event_type_span: Range<usize>,
    /// The major versions it understands.
    pub majors: Vec<Major>,
    /// The fields it reads; `None` is any.
    pub fields: Option<Vec<FieldRead>>,
}

/// A major version that a consumer names, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Major {
    /// The version.
    pub number: u64,
    /// Its bytes in the file.
    pub span: Range<usize>,
}

/// A field that a consumer names, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldRead {
    /// A JSON Pointer into the payload in which `*` is any item or member.
    pub pointer: JsonPointer,
    /// Its bytes in the file.
    pub span: Range<usize>,
}

impl Consumer {
    /// A byte range of this file as a location.
    pub fn location(&self, span: &Range<usize>) -> Location {
        Location::bytes(Arc::clone(&self.path), span.clone())
    }
}

/// A consumer file: who reads which events, which majors and which fields of them.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "consumer", rename = "Consumer")]
pub(crate) struct ConsumerFile {
    /// The team that answers for the service.
    #[schemars(length(min = 1))]
    owner: String,
    /// What the service reads.
    #[serde(default)]
    reads: Vec<ReadEntry>,
}

/// One event type that the service reads.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Read")]
struct ReadEntry {
    /// The event type, such as `ecommerce.order.created`.
    #[serde(rename = "type")]
    #[schemars(with = "String", length(min = 1))]
    event_type: Spanned<String>,
    /// The major versions that it understands.
    #[schemars(with = "Vec<u64>", length(min = 1))]
    majors: Vec<Spanned<u64>>,
    /// JSON Pointers to the fields that it reads; `*` stands for any item. Absent: any field.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    fields: Option<Vec<Spanned<String>>>,
}

/// Parses a consumer file; `path` names it in findings and gives the service's name.
pub(crate) fn parse(path: &Arc<str>, text: &str) -> Result<Consumer, TomlProblem> {
    let file: ConsumerFile = parse_toml(text)?;
    let name = path.rsplit('/').next().unwrap_or(path);
    let mut reads = Vec::with_capacity(file.reads.len());
    for entry in file.reads {
        let fields = entry
            .fields
            .map(|fields| fields.iter().map(field).collect())
            .transpose()?;
        reads.push(Read {
            event_type_span: entry.event_type.span(),
            event_type: entry.event_type.into_inner(),
            majors: entry
                .majors
                .into_iter()
                .map(|major| Major {
                    span: major.span(),
                    number: major.into_inner(),
                })
                .collect(),
            fields,
        });
    }
    Ok(Consumer {
        service: name.strip_suffix(".toml").unwrap_or(name).to_owned(),
        path: Arc::clone(path),
        owner: file.owner,
        reads,
    })
}

fn field(text: &Spanned<String>) -> Result<FieldRead, TomlProblem> {
    let span = text.span();
    match JsonPointer::parse(text.get_ref()) {
        Some(pointer) => Ok(FieldRead { pointer, span }),
        None => Err(TomlProblem {
            message: format!("{:?} is not a JSON Pointer", text.get_ref()),
            help: Some(format!("write `/{}`", text.get_ref().replace('.', "/"))),
            span,
        }),
    }
}
