//! `contracts list`: one line for each contract; `--pii` and `--codeowners` are files beside this one.

pub(super) mod classified;
mod codeowners;

use std::io::Write;

use anyhow::Result;
use registry::{Contract, Registry};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Outcome, load};
pub(crate) use classified::PiiOutput;

use crate::args::{AnswerFormat, ListArgs};
use crate::render::{json, table};
use crate::terminal::Style;

/// The output of `contracts list --format json`.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ListOutput<'r> {
    /// The version of this format.
    version: u32,
    /// Sorted by event type and major.
    contracts: Vec<Listed<'r>>,
}

/// One contract.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Listed<'r> {
    /// The event type, for example `ecommerce.order.created`.
    #[serde(rename = "type")]
    event_type: &'r str,
    major: u64,
    domain: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    aggregate: Option<&'r str>,
    /// Relative to the folder of `contracts.toml` (or to `--root`).
    file: &'r str,
    /// The contract's version; absent without `x-contract`, like everything below but the consumers.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<&'r str>,
    producers: Vec<&'r str>,
    /// The services whose consumer files name this major.
    consumers: Vec<&'r str>,
}

pub(crate) fn run(args: &ListArgs, style: Style, out: &mut dyn Write) -> Result<Outcome> {
    let registry = load(&args.tree)?;
    if args.codeowners.is_some() {
        return codeowners::run(args, &registry, out);
    }
    if args.pii {
        classified::run(args, &registry, style, out)?;
        return Ok(Outcome::Clean);
    }
    let mut contracts: Vec<Listed<'_>> = registry
        .contracts
        .iter()
        .filter(|contract| matches(contract, args.filter.as_deref()))
        .map(|contract| listed(&registry, contract))
        .collect();
    contracts.sort_by(|left, right| {
        (left.event_type, left.major, left.file).cmp(&(right.event_type, right.major, right.file))
    });
    match args.format {
        AnswerFormat::Json => json::write_document(
            &ListOutput {
                version: json::VERSION,
                contracts,
            },
            out,
        )?,
        AnswerFormat::Human if contracts.is_empty() => writeln!(out, "no contracts")?,
        AnswerFormat::Human => writeln!(out, "{}", rows(&contracts, style))?,
    }
    Ok(Outcome::Clean)
}

/// Whether the filter of the command line means the contract.
pub(super) fn matches(contract: &Contract, filter: Option<&str>) -> bool {
    mentions(&contract.event_type, filter)
}

/// The same of an event type.
pub(super) fn mentions(event_type: &str, filter: Option<&str>) -> bool {
    filter.is_none_or(|filter| event_type.to_lowercase().contains(&filter.to_lowercase()))
}

pub(super) fn listed<'r>(registry: &'r Registry, contract: &'r Contract) -> Listed<'r> {
    let metadata = contract.metadata.as_ref();
    Listed {
        event_type: &contract.event_type,
        major: contract.major,
        domain: &contract.domain,
        aggregate: contract.aggregate.as_deref(),
        file: &contract.path,
        version: metadata.map(|metadata| metadata.version.to_string()),
        status: metadata.map(|metadata| metadata.status.to_string()),
        owner: metadata.and_then(|metadata| metadata.owner.as_deref()),
        topic: metadata
            .and_then(|metadata| metadata.topic.as_ref())
            .map(|topic| topic.name.as_str()),
        producers: metadata
            .map(|metadata| metadata.producers.iter().map(String::as_str).collect())
            .unwrap_or_default(),
        consumers: registry
            .consumers
            .iter()
            .filter(|consumer| {
                consumer.reads.iter().any(|read| {
                    read.event_type == contract.event_type
                        && read.majors.iter().any(|major| major.number == contract.major)
                })
            })
            .map(|consumer| consumer.service.as_str())
            .collect(),
    }
}

fn rows(contracts: &[Listed<'_>], style: Style) -> String {
    let dash = |text: Option<&str>| text.unwrap_or("-").to_owned();
    let rows: Vec<Vec<String>> = contracts
        .iter()
        .map(|contract| {
            vec![
                format!("{}@{}", contract.event_type, contract.major),
                dash(contract.version.as_deref()),
                dash(contract.status.as_deref()),
                dash(contract.owner),
                if contract.consumers.is_empty() {
                    "-".to_owned()
                } else {
                    contract.consumers.join(", ")
                },
            ]
        })
        .collect();
    table::layout(
        &["CONTRACT", "VERSION", "STATUS", "OWNER", "CONSUMERS"],
        &rows,
        style,
    )
}
