//! From documents to the contract model: which file is which contract, which example belongs to whom.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use diagnostics::{Diagnostic, Location, Severity};
use serde_json::Value;

use crate::contract::{Contract, Example, Expectation, Role, SchemaFile};
use crate::draft::{Declared, Draft, declared};
use crate::metadata::{self, KEYWORD};
use crate::rules::stray_example;
use crate::workspace::Workspace;

/// The files and contracts of a tree; findings are about metadata.
pub(crate) fn contracts(
    workspace: &Workspace,
    root_name: &str,
    schemas: Vec<(Arc<str>, Value)>,
) -> (Vec<SchemaFile>, Vec<Contract>, Vec<Diagnostic>) {
    let prefix = workspace.root_prefix();
    let (mut files, mut contracts, mut findings) =
        (Vec::with_capacity(schemas.len()), Vec::new(), Vec::new());
    for (path, value) in schemas {
        let draft = match declared(&value) {
            Declared::Known(draft) => draft,
            Declared::Absent | Declared::Unknown(_) => workspace.config.default_draft,
        };
        let mut role = Role::Shared;
        if let Some(facts) = workspace.layout.read(below(&path, &prefix)) {
            role = Role::Contract(contracts.len());
            let raw = value.get(KEYWORD);
            let metadata = match raw.map(|raw| metadata::parse(&path, raw)) {
                None => None,
                Some(Ok(metadata)) => Some(metadata),
                Some(Err(mut problems)) => {
                    findings.append(&mut problems);
                    None
                }
            };
            let domain = facts.domain.unwrap_or_else(|| root_name.to_owned());
            let major = facts
                .major
                .or_else(|| metadata.as_ref().map(|metadata| metadata.version.major));
            contracts.push(Contract {
                file: files.len(),
                path: Arc::clone(&path),
                event_type: format!("{domain}.{}", facts.event),
                domain,
                aggregate: facts.aggregate,
                event: facts.event,
                major: major.unwrap_or(1),
                layout_major: facts.major,
                metadata,
                has_metadata: raw.is_some(),
            });
        }
        files.push(SchemaFile {
            path,
            value,
            draft,
            role,
        });
    }
    (files, contracts, findings)
}

/// `path` relative to the root, whose own path in the workspace is `prefix`.
fn below<'p>(path: &'p str, prefix: &str) -> &'p str {
    if prefix.is_empty() {
        path
    } else {
        path.strip_prefix(prefix)
            .map_or(path, |tail| tail.trim_start_matches('/'))
    }
}

/// Gives each example to its contract. Sorted by contract, expectation and path.
pub(crate) fn examples(
    contracts: &[Contract],
    broken: &[Arc<str>],
    documents: Vec<(Arc<str>, Box<str>)>,
) -> (Vec<Example>, Vec<Diagnostic>) {
    let mut owners: HashMap<String, usize> = HashMap::new();
    for (at, contract) in contracts.iter().enumerate() {
        owners.entry(example_folder(contract)).or_insert(at);
    }
    for (at, contract) in contracts
        .iter()
        .enumerate()
        .filter(|(_, contract)| contract.layout_major.is_some())
    {
        // The major may be in a folder's name; then `examples/<event>` is enough.
        let folder = contract.path.rfind('/').map_or("", |end| &contract.path[..=end]);
        owners
            .entry(format!("{folder}examples/{}", contract.event))
            .or_insert(at);
    }
    // A contract that cannot be read is reported; that its examples have none would be told of the same cause.
    let unreadable: HashSet<String> = broken
        .iter()
        .filter_map(|path| {
            let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
            let stem = file.strip_suffix(".json")?;
            Some(
                format!("{folder}/examples/{stem}")
                    .trim_start_matches('/')
                    .to_owned(),
            )
        })
        .collect();
    let (mut examples, mut findings) = (Vec::new(), Vec::new());
    for (path, text) in documents {
        if unreadable.iter().any(|folder| is_below(&path, folder)) {
            continue;
        }
        match place(&path, &owners) {
            Ok((contract, expectation)) => examples.push(Example {
                path,
                contract,
                expectation,
                text,
            }),
            Err((message, help)) => findings.push(
                Diagnostic::new(stray_example::ID, Severity::Error, Location::file(path), message)
                    .with_help(help),
            ),
        }
    }
    examples.sort_by(|left, right| {
        (left.contract, left.expectation, &left.path).cmp(&(right.contract, right.expectation, &right.path))
    });
    (examples, findings)
}

fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder)
        .is_some_and(|tail| tail.starts_with('/'))
}

/// The folder of a contract's examples, relative to the workspace.
pub(crate) fn example_folder(contract: &Contract) -> String {
    let folder = contract.path.rfind('/').map_or("", |end| &contract.path[..=end]);
    match contract.layout_major {
        Some(major) => format!("{folder}examples/{}.v{major}", contract.event),
        None => format!("{folder}examples/{}", contract.event),
    }
}

fn place(path: &str, owners: &HashMap<String, usize>) -> Result<(usize, Expectation), (String, String)> {
    let wanted =
        "examples are at `examples/<event>.v<major>/{valid,invalid}/<name>.json` beside their contract";
    let (folder, _) = path.rsplit_once('/').unwrap_or(("", path));
    let (owner, last) = folder.rsplit_once('/').unwrap_or(("", folder));
    let expectation = match last {
        "valid" => Expectation::Valid,
        "invalid" => Expectation::Invalid,
        _ => {
            return Err((
                "the folder of this example does not say whether it is valid; it is never checked".to_owned(),
                wanted.to_owned(),
            ));
        }
    };
    if let Some(contract) = owners.get(owner) {
        return Ok((*contract, expectation));
    }
    let stem = owner.rsplit('/').next().unwrap_or_default();
    Err((
        format!("no contract {stem:?} is beside this example; it is never checked"),
        format!("{wanted}; if the contract was renamed, rename this folder too"),
    ))
}

/// The draft of a file whose `$schema` is not an official one: that of the metaschema it names, if the registry has it.
/// `None` if it is not known.
pub(crate) fn draft_by_metaschema(
    files: &[SchemaFile],
    file: usize,
    find: impl Fn(&str) -> Option<usize>,
) -> Option<Draft> {
    const MOST_STEPS: usize = 8;
    let mut at = file;
    for _ in 0..MOST_STEPS {
        match declared(&files.get(at)?.value) {
            Declared::Known(draft) => return Some(draft),
            Declared::Absent => return None,
            Declared::Unknown(uri) => at = find(uri)?,
        }
    }
    None
}
