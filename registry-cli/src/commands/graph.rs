//! `contracts graph`: who publishes to which topic and who reads it, as Mermaid or as JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write;

use anyhow::Result;
use registry::Registry;
use schemars::JsonSchema;
use serde::Serialize;

use super::list::matches;
use super::{Outcome, load};
use crate::args::{GraphArgs, GraphFormat};
use crate::render::json;
use crate::render::text::shorten;

/// The longest name that is shown whole.
const NAME: usize = 200;

/// The output of `contracts graph --format json`.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "graph-output")]
pub(crate) struct GraphOutput<'r> {
    /// The version of this format.
    version: u32,
    /// Every service that publishes or reads, sorted.
    services: BTreeSet<&'r str>,
    /// Every topic, sorted by name.
    topics: Vec<GraphTopic<'r>>,
    /// Who publishes what, sorted.
    publishes: BTreeSet<Publishes<'r>>,
    /// Who reads what, sorted.
    reads: BTreeSet<Reads<'r>>,
}

/// A topic and what is on it.
#[derive(Serialize, JsonSchema)]
struct GraphTopic<'r> {
    name: &'r str,
    /// The contracts whose events are on it, such as `ecommerce.order.created@1`, sorted.
    contracts: BTreeSet<String>,
}

/// A service publishes events of a contract.
#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
struct Publishes<'r> {
    service: &'r str,
    /// Such as `ecommerce.order.created@1`.
    contract: String,
    /// Absent where the contract names none.
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<&'r str>,
}

/// A service reads events of a contract.
#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
struct Reads<'r> {
    service: &'r str,
    /// Such as `ecommerce.order.created@1`.
    contract: String,
    /// Absent where the contract names none.
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<&'r str>,
    /// JSON Pointers to the fields that it reads; absent: any.
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<Vec<&'r str>>,
}

pub(crate) fn run(args: &GraphArgs, out: &mut dyn Write) -> Result<Outcome> {
    let registry = load(&args.tree)?;
    let graph = gather(&registry, args.filter.as_deref());
    match args.format {
        GraphFormat::Json => json::write_document(&graph, out)?,
        GraphFormat::Mermaid => write!(out, "{}", mermaid(&graph))?,
    }
    Ok(Outcome::Clean)
}

fn gather<'r>(registry: &'r Registry, filter: Option<&str>) -> GraphOutput<'r> {
    let mut graph = GraphOutput {
        version: json::VERSION,
        services: BTreeSet::new(),
        topics: Vec::new(),
        publishes: BTreeSet::new(),
        reads: BTreeSet::new(),
    };
    let mut topics: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut topic_of: BTreeMap<String, Option<&str>> = BTreeMap::new();
    for contract in &registry.contracts {
        if !matches(contract, filter) {
            continue;
        }
        let id = contract.id();
        let metadata = contract.metadata.as_ref();
        let topic = metadata
            .and_then(|metadata| metadata.topic.as_ref())
            .map(|topic| topic.name.as_str());
        if let Some(topic) = topic {
            topics.entry(topic).or_default().insert(id.clone());
        }
        for producer in metadata.iter().flat_map(|metadata| &metadata.producers) {
            graph.services.insert(producer);
            graph.publishes.insert(Publishes {
                service: producer,
                contract: id.clone(),
                topic,
            });
        }
        topic_of.insert(id, topic);
    }
    for consumer in &registry.consumers {
        for read in &consumer.reads {
            for major in &read.majors {
                let contract = format!("{}@{}", read.event_type, major.number);
                // A contract that is not there is a finding of `check`, not a node.
                let Some(topic) = topic_of.get(&contract) else {
                    continue;
                };
                graph.services.insert(&consumer.service);
                graph.reads.insert(Reads {
                    service: &consumer.service,
                    contract,
                    topic: *topic,
                    fields: read
                        .fields
                        .as_ref()
                        .map(|fields| fields.iter().map(|field| field.pointer.as_str()).collect()),
                });
            }
        }
    }
    graph.topics = topics
        .into_iter()
        .map(|(name, contracts)| GraphTopic { name, contracts })
        .collect();
    graph
}

/// Services are boxes, topics are drums; a contract without a topic stands for itself.
fn mermaid(graph: &GraphOutput<'_>) -> String {
    let mut text = "flowchart LR\n".to_owned();
    let services: BTreeMap<&str, String> = graph
        .services
        .iter()
        .enumerate()
        .map(|(number, service)| (*service, format!("s{number}")))
        .collect();
    let mut places: BTreeMap<&str, String> = BTreeMap::new();
    for (number, topic) in graph.topics.iter().enumerate() {
        places.insert(topic.name, format!("t{number}"));
    }
    // Writing to a String cannot fail.
    for (service, node) in &services {
        let _ = writeln!(text, "    {node}[\"{}\"]", label(service));
    }
    for topic in &graph.topics {
        let _ = writeln!(text, "    {}[(\"{}\")]", places[topic.name], label(topic.name));
    }
    let published = graph.publishes.iter().map(|edge| (&edge.contract, edge.topic));
    let read = graph.reads.iter().map(|edge| (&edge.contract, edge.topic));
    let homeless: BTreeSet<&str> = published
        .chain(read)
        .filter(|(_, topic)| topic.is_none())
        .map(|(contract, _)| contract.as_str())
        .collect();
    for (number, contract) in homeless.into_iter().enumerate() {
        let node = format!("c{number}");
        let _ = writeln!(text, "    {node}([\"{}\"])", label(contract));
        places.insert(contract, node);
    }
    let mut edges = BTreeSet::new();
    for edge in &graph.publishes {
        let place = &places[edge.topic.unwrap_or(&edge.contract)];
        edges.insert((0, &services[edge.service], place));
    }
    for edge in &graph.reads {
        let place = &places[edge.topic.unwrap_or(&edge.contract)];
        edges.insert((1, place, &services[edge.service]));
    }
    for (_, from, to) in edges {
        let _ = writeln!(text, "    {from} --> {to}");
    }
    text
}

/// A name as the text of a quoted label: what Mermaid or the Markdown around it could act on becomes an entity.
fn label(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in shorten(name, NAME).chars() {
        match c {
            '"' | '#' | '&' | '<' | '>' | '`' | '%' | ';' | '\\' | '[' | ']' | '{' | '}' | '(' | ')'
            | '|' => {
                let _ = write!(out, "#{};", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_cannot_end_its_quotes() {
        assert_eq!(label("order-service"), "order-service");
        assert_eq!(
            label("a\"] --> x\n```<b>%%{init}"),
            "a#34;#93; --#62; x#92;n#96;#96;#96;#60;b#62;#37;#37;#123;init#125;"
        );
    }
}
