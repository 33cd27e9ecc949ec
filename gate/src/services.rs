//! Services that import generated crates: each reads events, and has to say which. Reads `Cargo.toml` files only.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use diagnostics::Location;
use registry::Registry;
use toml::de::DeTable;

use crate::GateError;
use crate::judge::raw::Raw;
use crate::rules::undeclared_consumer;

/// What the services of the workspace import without saying so.
pub(crate) fn judge(registry: &Registry) -> Result<Vec<Raw>, GateError> {
    let config = &registry.config;
    let Some(rust) = config
        .generate
        .rust
        .as_ref()
        .filter(|_| !config.services.is_empty())
    else {
        return Ok(Vec::new());
    };
    let crates = generated(&registry.workspace.dir.join(&rust.out))?;
    let mut found = Vec::new();
    for folder in folders(&registry.workspace.dir, &config.services)? {
        found.append(&mut service(registry, &folder, &crates)?);
    }
    Ok(found)
}

/// The generated crates: package name to domain.
fn generated(out: &Path) -> Result<BTreeMap<String, String>, GateError> {
    let mut crates = BTreeMap::new();
    for (name, folder) in subfolders(out)? {
        if let Ok(text) = fs::read_to_string(folder.join("Cargo.toml"))
            && let Some(package) = package_name(&text)
        {
            crates.insert(package, name);
        }
    }
    Ok(crates)
}

fn package_name(text: &str) -> Option<String> {
    let table: toml::Table = toml::from_str(text).ok()?;
    table.get("package")?.get("name")?.as_str().map(str::to_owned)
}

/// The folders below `dir` that the patterns name, sorted; `*` is any name.
fn folders(dir: &Path, patterns: &[String]) -> Result<Vec<String>, GateError> {
    let mut found = BTreeSet::new();
    for pattern in patterns {
        let mut level = vec![String::new()];
        for part in pattern.split('/').filter(|part| !part.is_empty() && *part != ".") {
            if part == ".." {
                return Err(GateError::other(
                    format!("`services` names {pattern:?}, which leaves the folder of contracts.toml"),
                    "name folders below contracts.toml",
                ));
            }
            let mut next = Vec::new();
            for folder in &level {
                let join = |name: &str| {
                    if folder.is_empty() {
                        name.to_owned()
                    } else {
                        format!("{folder}/{name}")
                    }
                };
                if part == "*" {
                    let names = subfolders(&dir.join(folder))?;
                    next.extend(names.into_iter().map(|(name, _)| join(&name)));
                } else if dir.join(join(part)).is_dir() {
                    next.push(join(part));
                }
            }
            level = next;
        }
        found.extend(level);
    }
    Ok(found.into_iter().collect())
}

fn subfolders(folder: &Path) -> Result<Vec<(String, PathBuf)>, GateError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(GateError::io("read", folder, error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| GateError::io("read", folder, error))?;
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if let Ok(name) = entry.file_name().into_string()
            && is_folder
            && !name.starts_with('.')
        {
            found.push((name, entry.path()));
        }
    }
    found.sort();
    Ok(found)
}

fn service(
    registry: &Registry,
    folder: &str,
    crates: &BTreeMap<String, String>,
) -> Result<Vec<Raw>, GateError> {
    let file = format!("{folder}/Cargo.toml");
    let path = registry.workspace.dir.join(&file);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(GateError::io("read", &path, error)),
    };
    let (Some(name), Ok(document)) = (package_name(&text), DeTable::parse(&text)) else {
        // Cargo says what is wrong with it.
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for (package, span) in dependencies(document.get_ref()) {
        let Some(domain) = crates.get(&package) else {
            continue;
        };
        if produces(registry, &name, domain) || reads(registry, &name, domain) {
            continue;
        }
        let has_file = registry.consumers.iter().any(|consumer| consumer.service == name);
        let root = registry.workspace.root_prefix();
        let consumers = if root.is_empty() {
            "consumers".to_owned()
        } else {
            format!("{root}/consumers")
        };
        let message = if has_file {
            format!("{name} imports {package}, and {consumers}/{name}.toml names no event of {domain}")
        } else {
            format!("{name} imports {package}, and no consumer file says what it reads")
        };
        let raw = Raw::plain(
            &undeclared_consumer::RULE,
            Location::bytes(file.as_str(), span),
            message,
            vec![name.clone(), domain.clone()],
        );
        found.push(raw.help(format!(
            "write {consumers}/{name}.toml: `owner`, and a `[[reads]]` with `type`, `majors` and the `fields` that it reads"
        )));
    }
    Ok(found)
}

/// What a manifest depends on, without what only tests need: package and the bytes of its key.
fn dependencies(manifest: &DeTable<'_>) -> Vec<(String, std::ops::Range<usize>)> {
    let mut tables = vec![manifest];
    if let Some(targets) = manifest
        .get("target")
        .and_then(|value| value.get_ref().as_table())
    {
        tables.extend(targets.values().filter_map(|target| target.get_ref().as_table()));
    }
    let mut found = Vec::new();
    for table in tables {
        for kind in ["dependencies", "build-dependencies"] {
            let Some(listed) = table.get(kind).and_then(|value| value.get_ref().as_table()) else {
                continue;
            };
            for (key, value) in listed {
                let renamed = value
                    .get_ref()
                    .as_table()
                    .and_then(|table| table.get("package"))
                    .and_then(|name| name.get_ref().as_str());
                let package = renamed.unwrap_or(key.get_ref());
                found.push((package.to_owned(), key.span()));
            }
        }
    }
    found
}

fn produces(registry: &Registry, service: &str, domain: &str) -> bool {
    registry.contracts.iter().any(|contract| {
        contract.domain == domain
            && contract
                .metadata
                .as_ref()
                .is_some_and(|metadata| metadata.producers.iter().any(|producer| producer == service))
    })
}

fn reads(registry: &Registry, service: &str, domain: &str) -> bool {
    let prefix = format!("{domain}.");
    registry
        .consumers
        .iter()
        .filter(|consumer| consumer.service == service)
        .flat_map(|consumer| &consumer.reads)
        .any(|read| read.event_type.starts_with(&prefix))
}
