//! `contracts dev docs`: `docs/rules/` and `docs/schemas/`, written from the code or compared with it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write;

use anyhow::{Context as _, Result};
use schemars::generate::SchemaSettings;

use super::{Outcome, explain};
use crate::args::DocsArgs;
use crate::commands::{diff, graph, list, show};
use crate::files::write_whole;
use crate::judge;
use crate::render::json;

/// Folders in which every file comes from here, so that what is left over goes.
const OWNED: &[&str] = &["rules"];

pub(crate) fn run(args: &DocsArgs, out: &mut dyn Write) -> Result<Outcome> {
    let files = files();
    let mut stale = Vec::new();
    for (path, text) in &files {
        let at = args.out.join(path);
        if fs::read(&at).ok().as_deref() == Some(text.as_bytes()) {
            continue;
        }
        if !args.check {
            write_whole(&at, text.as_bytes())?;
        }
        stale.push(at);
    }
    for folder in OWNED {
        let Ok(entries) = fs::read_dir(args.out.join(folder)) else {
            continue;
        };
        for entry in entries {
            let at = entry
                .with_context(|| format!("cannot read {}", args.out.join(folder).display()))?
                .path();
            let known = at
                .file_name()
                .and_then(|name| name.to_str())
                .is_some_and(|name| files.contains_key(&format!("{folder}/{name}")));
            if !known && at.is_file() {
                if !args.check {
                    fs::remove_file(&at).with_context(|| format!("cannot delete {}", at.display()))?;
                }
                stale.push(at);
            }
        }
    }
    stale.sort();
    for path in &stale {
        writeln!(
            out,
            "{} {}",
            if args.check { "stale" } else { "wrote" },
            path.display()
        )?;
    }
    if args.check && !stale.is_empty() {
        writeln!(out, "run `contracts dev docs` and commit what it writes")?;
        return Ok(Outcome::Findings);
    }
    Ok(Outcome::Clean)
}

/// Path below the documentation folder to text.
fn files() -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let rules = judge::rules();
    let mut index =
        "# Rules\n\nWritten by `contracts dev docs` from the rules themselves; `contracts explain <rule>` \
                     prints the same text.\n\n| rule | severity | reports |\n|---|---|---|\n"
            .to_owned();
    for rule in rules {
        let _ = writeln!(
            index,
            "| [{0}]({0}.md) | {1} | {2} |",
            rule.id, rule.severity, rule.summary
        );
        files.insert(format!("rules/{}.md", rule.id), explain::document(rule));
    }
    files.insert("rules/README.md".to_owned(), index);
    for (name, text) in registry::schemas::all() {
        files.insert(format!("schemas/{name}"), text);
    }
    for (name, schema) in [
        ("check-output", output_schema::<json::CheckOutput<'_>>()),
        ("diff-output", output_schema::<diff::DiffOutput>()),
        ("diff-pair", input_schema::<diff::Pair>()),
        ("diff-answer", output_schema::<diff::Line>()),
        ("graph-output", output_schema::<graph::GraphOutput<'_>>()),
        ("list-output", output_schema::<list::ListOutput<'_>>()),
        ("pii-output", output_schema::<list::PiiOutput<'_>>()),
        ("show-output", output_schema::<show::ShowOutput<'_>>()),
    ] {
        files.insert(format!("schemas/{name}.schema.json"), schema);
    }
    files
}

fn output_schema<T: schemars::JsonSchema>() -> String {
    // Output, not input: what is always written is required.
    schema::<T>(SchemaSettings::draft2020_12().for_serialize())
}

fn input_schema<T: schemars::JsonSchema>() -> String {
    schema::<T>(SchemaSettings::draft2020_12().for_deserialize())
}

fn schema<T: schemars::JsonSchema>(settings: SchemaSettings) -> String {
    let schema = settings.into_generator().into_root_schema_for::<T>();
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is plain data");
    text.push('\n');
    text
}
