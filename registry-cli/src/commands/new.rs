//! `contracts new`: a contract and examples that pass, to be filled in.
//!
//! The scaffold is judged in a folder of its own before anything is written, so what it leaves behind always passes.

use std::fs;
use std::io::Write;

use anyhow::{Context as _, Result};
use diagnostics::Severity;
use registry::{Contract, Draft, PathFacts, Registry};

use super::{Outcome, load, new_service, next_major};
use crate::args::{NewArgs, NewOther, TreeArgs};
use crate::failure::failure;
use crate::files::write_whole;
use crate::render::Sources;
use crate::render::human::frame;
use crate::terminal::Style;

pub(crate) fn run(args: &NewArgs, style: Style, out: &mut dyn Write) -> Result<Outcome> {
    if let Some(NewOther::Service(args)) = &args.other {
        return new_service::run(args, style, out);
    }
    let name = Name::parse(args.path.as_deref().unwrap_or_default())?;
    let registry = load(&TreeArgs {
        root: args.root.clone(),
        layout: None,
    })?;
    let id = format!("{}@{}", name.event_type(), args.major);
    if let Some(existing) = registry.contract(&id) {
        return Err(failure(
            format!("the contract {id} exists: {}", existing.path),
            "choose another event, or publish the next major beside it with --major",
        ));
    }
    let path = place(&registry, &name, args.major)?;
    let owner = args
        .owner
        .clone()
        .unwrap_or_else(|| owner(&registry, &name.domain));
    let before = next_major::before(&registry, &name.event_type(), args.major);
    let files = match before {
        Some(before) => next_major::files(&registry, before, &name.event_type(), args.major, &path)?,
        None => scaffold(&registry, &name, args.major, &owner, &path),
    };
    for (path, _) in &files {
        if fs::symlink_metadata(registry.workspace.dir.join(path)).is_ok() {
            return Err(failure(
                format!("{path} exists; nothing is overwritten"),
                "move it away first",
            ));
        }
    }
    let rehearsal = rehearse(&registry, before, &files, style)?;
    if rehearsal.errors > 0 {
        write!(out, "{}", rehearsal.text)?;
        writeln!(
            out,
            "nothing was written: the contract would not pass `contracts check`"
        )?;
        return Ok(Outcome::Findings);
    }
    for (path, text) in &files {
        write_whole(&registry.workspace.dir.join(path), text.as_bytes())?;
        writeln!(out, "wrote {path}")?;
    }
    if !rehearsal.text.is_empty() {
        write!(out, "\n{}", rehearsal.text.trim_end())?;
        writeln!(out)?;
    }
    writeln!(out, "\n{}:", style.ansi("1", "next"))?;
    if let Some(before) = before {
        writeln!(
            out,
            "  1. change {path}, a copy of {}, as you need it",
            before.id()
        )?;
        writeln!(
            out,
            "  2. change the examples beside it, which are copies as well"
        )?;
    } else {
        writeln!(
            out,
            "  1. say in {path} what happened when this event is emitted, and declare its fields"
        )?;
        writeln!(
            out,
            "  2. make the examples beside it real; each invalid one is named after what is wrong"
        )?;
    }
    writeln!(out, "  3. contracts check {path}")?;
    if registry.config.generate.rust.is_some() {
        writeln!(out, "  4. contracts gen --domain {}", name.domain)?;
    }
    writeln!(
        out,
        "The contract is a draft: it may change freely until its status is \"active\"."
    )?;
    Ok(Outcome::Clean)
}

/// The first contract of a workspace that is being made: its path, and all its files as (path, text).
pub(super) fn first_contract(
    registry: &Registry,
    path: &str,
    owner: Option<&str>,
) -> Result<(String, Vec<(String, String)>)> {
    let name = Name::parse(path)?;
    let path = place(registry, &name, 1)?;
    let owner = owner.map_or_else(|| format!("team-{}", name.domain), str::to_owned);
    let files = scaffold(registry, &name, 1, &owner, &path);
    Ok((path, files))
}

/// `DOMAIN/AGGREGATE/EVENT`, each word in kebab-case.
struct Name {
    domain: String,
    aggregate: String,
    event: String,
}

impl Name {
    fn parse(text: &str) -> Result<Self> {
        let wrong = |why: String| {
            failure(
                format!("{text:?} does not name an event: {why}"),
                "write DOMAIN/AGGREGATE/EVENT in lower case, the event in the past tense: ecommerce/order/order.shipped",
            )
        };
        let parts: Vec<&str> = text.split('/').collect();
        let [domain, aggregate, event] = parts[..] else {
            return Err(wrong(format!("it has {} parts instead of three", parts.len())));
        };
        for (what, part) in [("domain", domain), ("aggregate", aggregate)] {
            if !is_kebab(part) {
                return Err(wrong(format!("the {what} {part:?} is not in kebab-case")));
            }
        }
        if let Some(word) = event.split('.').find(|word| !is_kebab(word)) {
            return Err(wrong(format!("{word:?} in the event is not in kebab-case")));
        }
        if !event.contains('.') {
            return Err(wrong(format!(
                "the event says what happened to what, for example {aggregate}.{event}"
            )));
        }
        if ["examples", "released", "consumers", "common"].contains(&domain) || aggregate == "examples" {
            return Err(wrong("folders of that name hold something else".to_owned()));
        }
        Ok(Self {
            domain: domain.to_owned(),
            aggregate: aggregate.to_owned(),
            event: event.to_owned(),
        })
    }

    fn event_type(&self) -> String {
        format!("{}.{}", self.domain, self.event)
    }

    /// `order-line` → `orderLine`.
    fn aggregate_in_camel_case(&self) -> String {
        let mut words = self.aggregate.split('-');
        let mut name = words.next().unwrap_or_default().to_owned();
        for word in words {
            let (first, rest) = word.split_at(1);
            name.push_str(&first.to_uppercase());
            name.push_str(rest);
        }
        name
    }

    /// `order.partly-shipped` → `Order partly shipped`.
    fn title(&self) -> String {
        let words = self.event.replace(['.', '-'], " ");
        let (first, rest) = words.split_at(1);
        format!("{}{rest}", first.to_uppercase())
    }
}

/// Lower-case ASCII words joined by `-`, the first starting with a letter.
fn is_kebab(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.split('-').all(|word| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        })
}

/// The contract's path relative to the workspace.
fn place(registry: &Registry, name: &Name, major: u64) -> Result<String> {
    let facts = PathFacts {
        domain: Some(name.domain.clone()),
        aggregate: Some(name.aggregate.clone()),
        event: name.event.clone(),
        major: Some(major),
    };
    let path = registry.workspace.layout.path(&facts).ok_or_else(|| {
        failure(
            format!(
                "the layout {:?} does not say where a new contract goes",
                registry.config.layout
            ),
            "write the file by hand; new contracts need a layout without * and **",
        )
    })?;
    if registry
        .workspace
        .layout
        .read(&path)
        .is_none_or(|read| read.event != name.event)
    {
        return Err(failure(
            format!("{path} would not be read as the event {:?}", name.event),
            "choose another name for the event",
        ));
    }
    Ok(below(&registry.workspace.root_prefix(), &path))
}

fn below(folder: &str, path: &str) -> String {
    if folder.is_empty() {
        path.to_owned()
    } else {
        format!("{folder}/{path}")
    }
}

/// The owner of the domain's other contracts when they agree.
pub(super) fn owner(registry: &Registry, domain: &str) -> String {
    let mut owners: Vec<&str> = registry
        .contracts
        .iter()
        .filter(|contract| contract.domain == domain)
        .filter_map(|contract| contract.metadata.as_ref()?.owner.as_deref())
        .collect();
    owners.sort_unstable();
    owners.dedup();
    match owners[..] {
        [one] => one.to_owned(),
        _ => format!("team-{domain}"),
    }
}

/// What other contracts' `$id`s put before their path below the root.
fn id_base(registry: &Registry) -> Option<String> {
    let prefix = registry.workspace.root_prefix();
    registry.contracts.iter().find_map(|contract| {
        let id = registry.files[contract.file].value.get("$id")?.as_str()?;
        let path = contract
            .path
            .strip_prefix(prefix.as_str())?
            .trim_start_matches('/');
        id.strip_suffix(path).map(str::to_owned)
    })
}

/// (path relative to the workspace, text), the contract first.
fn scaffold(registry: &Registry, name: &Name, major: u64, owner: &str, path: &str) -> Vec<(String, String)> {
    let prefix = registry.workspace.root_prefix();
    let below_root = path
        .strip_prefix(prefix.as_str())
        .unwrap_or(path)
        .trim_start_matches('/');
    let id_field = format!("{}Id", name.aggregate_in_camel_case());
    let id = id_base(registry).map(|base| format!("\"$id\": {},", quoted(&format!("{base}{below_root}"))));
    let id = id.unwrap_or_default();
    let (title, version) = (quoted(&name.title()), quoted(&format!("{major}.0.0")));
    let (owner, topic) = (quoted(owner), quoted(&format!("{}.v{major}", name.event_type())));
    let (key, producer) = (
        quoted(&format!("/{id_field}")),
        quoted(&format!("{}-service", name.aggregate)),
    );
    let field = quoted(&id_field);
    let contract = format!(
        r#"{{
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            {id}
            "title": {title},
            "description": "Say here what happened when this event is emitted, and what a reader may conclude.",
            "x-contract": {{
                "version": {version},
                "owner": {owner},
                "status": "draft",
                "topic": {{
                    "name": {topic}, "partitions": 12, "retention": "P14D", "cleanup": "delete", "maxBytes": 65536
                }},
                "key": {key},
                "producers": [{producer}]
            }},
            "type": "object",
            "properties": {{
                {field}: {{
                    "type": "string", "description": "Which one it happened to.", "format": "uuid", "maxLength": 36
                }},
                "occurredAt": {{
                    "type": "string", "description": "When it happened.", "format": "date-time", "maxLength": 40
                }}
            }},
            "required": [{field}, "occurredAt"]
        }}"#
    );
    // As `contracts fmt` lays it out.
    let contract = registry::format::format(&contract, Draft::Draft202012).unwrap_or(contract);

    let uuid = r#""6fa459ea-ee8a-4ca4-894e-db77e160355e""#;
    let time = r#""occurredAt": "2026-01-31T12:00:00Z""#;
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let examples = below(
        folder,
        &format!("examples/{}", file.strip_suffix(".json").unwrap_or(file)),
    );
    vec![
        (path.to_owned(), contract),
        (
            format!("{examples}/valid/typical.json"),
            format!("{{\n  {field}: {uuid},\n  {time}\n}}\n"),
        ),
        (
            format!("{examples}/invalid/missing-{}-id.json", name.aggregate),
            format!("{{\n  {time}\n}}\n"),
        ),
        (
            format!("{examples}/invalid/occurred-at-as-number.json"),
            format!("{{\n  {field}: {uuid},\n  \"occurredAt\": 1769860800\n}}\n"),
        ),
    ]
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// What `check` would say of the new files.
struct Rehearsal {
    errors: usize,
    /// Errors and warnings in frames.
    text: String,
}

/// Checks the files in a workspace of their own.
fn rehearse(
    registry: &Registry,
    before: Option<&Contract>,
    files: &[(String, String)],
    style: Style,
) -> Result<Rehearsal> {
    let stage = tempfile::tempdir().context("cannot make a temporary folder")?;
    let dir = &registry.workspace.dir;
    let config = dir.join(registry::CONFIG_FILE);
    if config.is_file() {
        let to = stage.path().join(registry::CONFIG_FILE);
        fs::copy(&config, to).with_context(|| format!("cannot copy {}", config.display()))?;
    }
    // What a copy refers to.
    let reached = before.and_then(|before| registry.bundle(before.file).ok());
    for path in reached.iter().flat_map(registry::Bundle::files) {
        let text = fs::read(dir.join(&*path)).with_context(|| format!("cannot read {path}"))?;
        write_whole(&stage.path().join(&*path), &text)?;
    }
    for (path, text) in files {
        write_whole(&stage.path().join(path), text.as_bytes())?;
    }
    let tree = TreeArgs {
        root: Some(stage.path().to_owned()),
        layout: None,
    };
    let rehearsal = load(&tree)?;
    let mut sources = Sources::new(&rehearsal.workspace.dir);
    let mut found = rehearsal.check();
    found.retain(|found| files.iter().any(|(path, _)| **path == *found.location.file));
    Ok(Rehearsal {
        errors: found
            .iter()
            .filter(|found| found.severity == Severity::Error)
            .count(),
        text: found
            .iter()
            .map(|found| frame(found, &mut sources, style) + "\n\n")
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_of_a_path_and_nothing_else() {
        let name = Name::parse("ecommerce/order-line/order-line.partly-shipped").unwrap();
        assert_eq!(name.event_type(), "ecommerce.order-line.partly-shipped");
        assert_eq!(name.aggregate_in_camel_case(), "orderLine");
        assert_eq!(name.title(), "Order line partly shipped");
        for bad in [
            "",
            "a/b",
            "a/b/c",
            "a/b/c/d",
            "../b/b.made",
            "A/b/b.made",
            "a/b/b..made",
            "a/b/.made",
            "a/b/b.made ",
            "a//b.made",
            "a/b/b.m\u{202e}ade",
            "1a/b/b.made",
            "a/b-/b.made",
            "examples/b/b.made",
            "a/b/b.made/..",
        ] {
            assert!(Name::parse(bad).is_err(), "{bad:?}");
        }
    }
}
