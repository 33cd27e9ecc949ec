//! What was released of a domain, in the words of `codegen`: one state for each day of releases.
//!
//! Reads the snapshots under `released/` and judges none of them: one that is damaged is the gate's finding, and is passed
//! over here.

use std::collections::BTreeMap;
use std::path::Path;

use codegen::ContractInput;
use registry::{Bundle, Contract, Draft, Registry, Status, sha256};
use semver::Version;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::assemble::lowered;

/// Whether the states are needed, or only what tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    /// The digest.
    Digest,
    /// The digest and every released schema.
    States,
}

/// A snapshot as it is read here.
struct Release {
    event_type: String,
    version: Version,
    day: String,
    /// The release digest of its schema.
    content: String,
    text: String,
}

#[derive(Deserialize)]
struct Document<'d> {
    #[serde(rename = "type")]
    event_type: String,
    version: Version,
    released: String,
    content: String,
    #[serde(borrow)]
    schema: &'d RawValue,
}

type Line = (String, u64);

/// The event types that have releases, listed once for all domains.
pub(crate) struct Released {
    /// Sorted.
    event_types: Vec<String>,
}

impl Released {
    pub(crate) fn list(registry: &Registry) -> Self {
        Self {
            event_types: names(&registry.workspace.root.join("released")),
        }
    }

    /// The event types of domain `name`: of `a` and `a.b`, what begins with `a.b.` belongs to the latter.
    fn of<'s>(
        &'s self,
        name: &str,
        domains: &BTreeMap<&str, Vec<usize>>,
    ) -> impl Iterator<Item = &'s String> {
        let prefix = format!("{name}.");
        let first = self
            .event_types
            .partition_point(|event_type| *event_type < prefix);
        let length = self.event_types[first..].partition_point(|event_type| event_type.starts_with(&prefix));
        self.event_types[first..first + length]
            .iter()
            .filter(move |event_type| {
                let inner = event_type
                    .match_indices('.')
                    .map(|(at, _)| at)
                    .filter(|at| *at >= prefix.len());
                !inner
                    .into_iter()
                    .any(|at| domains.contains_key(&event_type[..at]))
            })
    }
}

/// The history of domain `name`, one of `domains`, whose contracts are `now`.
pub(super) fn history<'r>(
    registry: &Registry,
    name: &str,
    domains: &BTreeMap<&str, Vec<usize>>,
    listed: &Released,
    now: &[(&'r Contract, &'r Bundle)],
    depth: Depth,
) -> codegen::History {
    let folder = registry.workspace.root.join("released");
    let releases = releases(&folder, listed.of(name, domains));
    if releases.is_empty() {
        return codegen::History::default();
    }
    let mut days: BTreeMap<&str, Vec<&Release>> = BTreeMap::new();
    for release in &releases {
        days.entry(&release.day).or_default().push(release);
    }
    let mut last_day: BTreeMap<Line, &str> = BTreeMap::new();
    for release in &releases {
        let day = last_day.entry(line(release)).or_insert(&release.day);
        *day = (*day).max(&release.day);
    }
    let there: BTreeMap<Line, (&Contract, &Bundle)> = now
        .iter()
        .map(|(contract, bundle)| {
            (
                (contract.event_type.clone(), contract.major),
                (*contract, *bundle),
            )
        })
        .collect();
    let mut states: Vec<BTreeMap<Line, &Release>> = Vec::new();
    let mut state: BTreeMap<Line, &Release> = BTreeMap::new();
    for (day, of_day) in days {
        // A contract that is gone counts as removed right after its last release.
        state.retain(|line, _| {
            there.contains_key(line) || last_day.get(line).is_some_and(|last| *last >= day)
        });
        for release in of_day {
            let newer = state
                .get(&line(release))
                .is_none_or(|known| known.version < release.version);
            if newer {
                state.insert(line(release), release);
            }
        }
        states.push(state.clone());
    }
    // Releasing what is there changes nothing: the last state is then the present one.
    if states.last().is_some_and(|last| is_now(last, &there)) {
        states.pop();
    }
    let listed: Vec<String> = states
        .iter()
        .flat_map(|state| state.values())
        .map(|release| {
            format!(
                "{} {} {} {}",
                release.day, release.event_type, release.version, release.content
            )
        })
        .collect();
    codegen::History {
        digest: if listed.is_empty() {
            String::new()
        } else {
            sha256(listed.join("\n"))
        },
        states: match depth {
            Depth::Digest => Vec::new(),
            Depth::States => states
                .iter()
                .map(|state| {
                    state
                        .values()
                        .filter_map(|release| contract(registry, name, release))
                        .collect()
                })
                .collect(),
        },
    }
}

fn line(release: &Release) -> Line {
    (release.event_type.clone(), release.version.major)
}

/// Whether a released state is what is there, drafts aside.
fn is_now(state: &BTreeMap<Line, &Release>, there: &BTreeMap<Line, (&Contract, &Bundle)>) -> bool {
    let mut present = there.iter().filter(|(_, (contract, _))| !is_draft(contract));
    let count = present.clone().count();
    count == state.len()
        && present.all(|(line, (contract, bundle))| {
            state.get(line).is_some_and(|release| {
                let version = contract.metadata.as_ref().map(|metadata| &metadata.version);
                version == Some(&release.version) && bundle.release_digest() == release.content
            })
        })
}

/// Whether a contract is neither released nor gated.
pub(super) fn is_draft(contract: &Contract) -> bool {
    contract
        .metadata
        .as_ref()
        .is_some_and(|metadata| metadata.status == Status::Draft)
}

/// The snapshots of some event types, in the order of their paths.
fn releases<'t>(folder: &Path, event_types: impl Iterator<Item = &'t String>) -> Vec<Release> {
    let mut found = Vec::new();
    for event_type in event_types {
        for file in names(&folder.join(event_type)) {
            let Ok(text) = std::fs::read_to_string(folder.join(event_type).join(&file)) else {
                continue;
            };
            let Ok(document) = serde_json::from_str::<Document<'_>>(&text) else {
                continue;
            };
            if document.event_type == *event_type && file == format!("{}.json", document.version) {
                found.push(Release {
                    event_type: event_type.clone(),
                    version: document.version,
                    day: document.released,
                    content: document.content,
                    text: document.schema.get().to_owned(),
                });
            }
        }
    }
    found
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}

/// A release as a contract: where it lies in its domain is taken from the contracts that are there.
fn contract(registry: &Registry, domain: &str, release: &Release) -> Option<ContractInput> {
    let schema: Value = serde_json::from_str(&release.text).ok()?;
    let metadata: registry::Metadata =
        serde_json::from_value(schema.get(registry::metadata::KEYWORD)?.clone()).ok()?;
    let draft = schema
        .get("$schema")
        .and_then(Value::as_str)
        .and_then(Draft::from_uri);
    let schema = match lowered(registry, &schema, draft.unwrap_or(Draft::Draft202012)) {
        Some(lowered) => lowered.schema,
        None => schema,
    };
    let near = registry
        .contracts
        .iter()
        .filter(|contract| contract.event_type == release.event_type)
        .min_by_key(|contract| contract.major.abs_diff(release.version.major));
    let event = release.event_type.strip_prefix(domain)?.strip_prefix('.')?;
    Some(ContractInput {
        event_type: release.event_type.clone(),
        aggregate: near.and_then(|near| near.aggregate.clone()),
        event: near.map_or_else(|| event.to_owned(), |near| near.event.clone()),
        major: release.version.major,
        version: release.version.clone(),
        draft: false,
        topic: metadata.topic.as_ref().map(|topic| topic.name.clone()),
        key: metadata.key.as_deref().and_then(diagnostics::JsonPointer::parse),
        owner: None,
        deprecated: None,
        digest: release.content.clone(),
        schema,
        examples: Vec::new(),
    })
}
