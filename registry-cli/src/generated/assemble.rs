//! From the registry's contracts to the input of `codegen`, and from its problems back to places in files.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use codegen::{ContractInput, DomainInput, ExampleInput, Problem};
use diagnostics::{Diagnostic, JsonPointer, Location, Severity};
use registry::lower::{LowerOptions, Lowered, Role, lower};
use registry::{Bundle, Contract, Draft, Expectation, Registry, Status};
use serde_json::Value;

use super::history::{Depth, Released, history, is_draft};
use crate::judge::severity;

/// The domains, sorted, each with the indices of its contracts.
pub(crate) fn domains(registry: &Registry) -> BTreeMap<&str, Vec<usize>> {
    let mut domains: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, contract) in registry.contracts.iter().enumerate() {
        domains.entry(&contract.domain).or_default().push(index);
    }
    domains
}

/// One domain, ready for `codegen`, with what is needed to say where its problems are.
pub(crate) struct Domain<'r> {
    pub(crate) input: DomainInput,
    /// In the order of `input.contracts`.
    contracts: Vec<(&'r Contract, Bundle, Option<Lowered>)>,
    /// Why contracts of the domain are missing from `input`: references that lead nowhere.
    pub(crate) broken: Vec<Diagnostic>,
}

impl<'r> Domain<'r> {
    /// Bundles the contracts of domain `name`, one of `domains`, and reads what was released of it.
    pub(crate) fn assemble(
        registry: &'r Registry,
        name: &str,
        domains: &BTreeMap<&str, Vec<usize>>,
        released: &Released,
        depth: Depth,
    ) -> Self {
        let mut domain = Self {
            input: DomainInput {
                domain: name.to_owned(),
                ..DomainInput::default()
            },
            contracts: Vec::new(),
            broken: Vec::new(),
        };
        for index in domains.get(name).into_iter().flatten() {
            let contract = &registry.contracts[*index];
            match registry.bundle(contract.file) {
                Ok(bundle) => {
                    let examples = examples(registry, *index);
                    let lowered = lowered(registry, &bundle.schema, bundle.draft);
                    let schema = lowered.as_ref().map_or(&bundle.schema, |lowered| &lowered.schema);
                    domain
                        .input
                        .contracts
                        .push(input(contract, schema.clone(), bundle.digest(), examples));
                    domain.contracts.push((contract, bundle, lowered));
                }
                Err(mut why) => domain.broken.append(&mut why),
            }
        }
        let now: Vec<_> = domain
            .contracts
            .iter()
            .map(|(contract, bundle, _)| (*contract, bundle))
            .collect();
        domain.input.history = history(registry, name, domains, released, &now, depth);
        domain
    }

    /// A problem as a finding; `None` when its rule is off.
    pub(crate) fn finding(&self, registry: &Registry, problem: &Problem) -> Option<Diagnostic> {
        let (contract, bundle, lowered) = self.contracts.get(problem.contract)?;
        finding(registry, contract, bundle, lowered.as_ref(), problem)
    }
}

/// A problem of `contract` as a finding, at the place in the file that it came from; `None` when its rule is off.
fn finding(
    registry: &Registry,
    contract: &Contract,
    bundle: &Bundle,
    lowered: Option<&Lowered>,
    problem: &Problem,
) -> Option<Diagnostic> {
    let severity = severity(registry, problem.rule, &contract.path);
    if severity == Severity::Off {
        return None;
    }
    let pointer = lowered.map_or_else(
        || problem.pointer.clone(),
        |lowered| lowered.origin(&problem.pointer),
    );
    let (file, pointer) = bundle.origin(&pointer);
    let location = Location::value(file, pointer);
    let mut found = Diagnostic::new(problem.rule.id, severity, location, problem.message.clone());
    found.help.clone_from(&problem.help);
    Some(found)
}

/// The schema as readers mean it; `None` when that is what the bundle says. What cannot be lowered is another rule's
/// finding, and is generated as it stands.
pub(super) fn lowered(registry: &Registry, schema: &Value, draft: Draft) -> Option<Lowered> {
    let discriminators = &registry.config.compatibility.discriminators;
    if discriminators.is_empty() && !has_mark(schema) {
        return None;
    }
    let options = LowerOptions {
        role: Role::Reader,
        discriminators,
    };
    lower(schema, draft, &options).ok()
}

/// Whether something is marked open. No deeper than schemas are generated.
fn has_mark(schema: &Value) -> bool {
    let mut open = vec![schema];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(members) => {
                if members.get("x-open") == Some(&Value::Bool(true)) {
                    return true;
                }
                open.extend(members.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    false
}

fn input(contract: &Contract, schema: Value, digest: String, examples: Vec<ExampleInput>) -> ContractInput {
    let metadata = contract.metadata.as_ref();
    ContractInput {
        event_type: contract.event_type.clone(),
        aggregate: contract.aggregate.clone(),
        event: contract.event.clone(),
        major: contract.major,
        version: metadata.map_or_else(
            || semver::Version::new(contract.major, 0, 0),
            |metadata| metadata.version.clone(),
        ),
        draft: is_draft(contract),
        topic: metadata
            .and_then(|metadata| metadata.topic.as_ref())
            .map(|topic| topic.name.clone()),
        key: metadata
            .and_then(|metadata| metadata.key.as_deref())
            .and_then(JsonPointer::parse),
        owner: metadata.and_then(|metadata| metadata.owner.clone()),
        deprecated: metadata.and_then(deprecation),
        schema,
        digest,
        examples,
    }
}

/// The valid examples of the contract at `index`.
fn examples(registry: &Registry, index: usize) -> Vec<ExampleInput> {
    registry
        .examples_of(index)
        .iter()
        .filter(|example| example.expectation == Expectation::Valid)
        .map(|example| ExampleInput {
            name: example.name().to_owned(),
            value: example.value(),
        })
        .collect()
}

fn deprecation(metadata: &registry::Metadata) -> Option<String> {
    if metadata.status != Status::Deprecated {
        return None;
    }
    let mut text = "deprecated".to_owned();
    if let Some(sunset) = metadata.sunset {
        let _ = write!(text, ", no longer emitted from {sunset} on");
    }
    if let Some(successor) = &metadata.superseded_by {
        let _ = write!(text, "; superseded by {successor}");
    }
    Some(text)
}

/// Names of a contract that would collide in generated code.
pub(crate) fn check_names(registry: &Registry, contract: &Contract, bundle: &Bundle) -> Vec<Diagnostic> {
    // No examples: they have no part in names.
    let lowered = lowered(registry, &bundle.schema, bundle.draft);
    let schema = lowered.as_ref().map_or(&bundle.schema, |lowered| &lowered.schema);
    codegen::check_names(&input(contract, schema.clone(), String::new(), Vec::new()))
        .iter()
        .filter_map(|problem| finding(registry, contract, bundle, lowered.as_ref(), problem))
        .collect()
}
