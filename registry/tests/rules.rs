//! Every rule: documented, listed, in a file of its own, with fixtures that are found here.
//!
//! `fixtures/rules/<rule id>/{good,bad}-<case>/` is a small tree; `expected.txt` in it lists what all rules together find.
//! In a good case that is nothing, in a bad one the rule is among them. `UPDATE_FIXTURES=1 cargo test -p registry --test
//! rules` writes the expectations anew; the diff is what to review.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use diagnostics::{Diagnostic, Location, Rule, source};
use registry::{LoadOptions, Registry, Workspace};

fn folder(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(below)
}

/// The names in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<String> = entries
        .map(|entry| {
            entry
                .expect("readable")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

fn ids() -> Vec<&'static str> {
    registry::rules().map(|rule| rule.id).collect()
}

#[test]
fn rules_are_sorted_and_told_apart_by_id() {
    let ids = ids();
    let sorted: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids, sorted.into_iter().collect::<Vec<_>>());
    for id in ids {
        let kebab = id
            .split('-')
            .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()));
        assert!(kebab, "{id} is not lower-case words joined by `-`");
    }
}

#[test]
fn each_rule_is_documented() {
    for Rule {
        id, summary, docs, ..
    } in registry::rules()
    {
        assert!(!summary.ends_with('.'), "{id}: the summary ends in a stop");
        assert!(summary.len() <= 120, "{id}: the summary is too long for a line");
        let mut rest = *docs;
        for heading in ["## What it does\n", "## Why\n", "## Example\n", "## How to fix\n"] {
            let at = rest
                .find(heading)
                .unwrap_or_else(|| panic!("{id}: {heading:?} is missing or out of order"));
            rest = &rest[at + heading.len()..];
        }
        assert_eq!(
            docs.matches("```").count() % 2,
            0,
            "{id}: a code block is not closed"
        );
    }
}

#[test]
fn each_rule_is_one_file_and_each_file_one_rule() {
    let files: Vec<String> = names(&folder("src/rules"))
        .into_iter()
        .filter_map(|name| name.strip_suffix(".rs").map(|stem| stem.replace('_', "-")))
        .filter(|stem| !["mod", "context", "findings"].contains(&stem.as_str()))
        .collect();
    assert_eq!(files, ids());
}

#[test]
fn each_rule_has_fixtures_and_each_fixture_a_rule() {
    let fixtures = folder("tests/fixtures/rules");
    assert_eq!(names(&fixtures), ids());
    for id in ids() {
        let cases = names(&fixtures.join(id));
        for kind in ["good-", "bad-"] {
            assert!(
                cases.iter().any(|case| case.starts_with(kind)),
                "{id} has no {kind}… case"
            );
        }
        for case in cases {
            assert!(
                case.starts_with("good-") || case.starts_with("bad-"),
                "{id}/{case} is neither good nor bad"
            );
        }
    }
}

#[test]
fn rules_find_what_the_fixtures_say() {
    let update = std::env::var_os("UPDATE_FIXTURES").is_some();
    let fixtures = folder("tests/fixtures/rules");
    let mut wrong = Vec::new();
    for id in ids() {
        for case in names(&fixtures.join(id)) {
            let tree = fixtures.join(id).join(&case);
            let found = check(&tree);
            let ours = found.lines().any(|line| line.split(' ').nth(2) == Some(id));
            if case.starts_with("good-") && !found.is_empty() {
                wrong.push(format!("{id}/{case} should be clean:\n{found}"));
            }
            if case.starts_with("bad-") && !ours {
                wrong.push(format!("{id}/{case} should be found by {id}:\n{found}"));
            }
            let expectation = tree.join("expected.txt");
            if update {
                fs::write(&expectation, &found).expect("writable");
            }
            let expected = fs::read_to_string(&expectation).unwrap_or_default();
            if expected != found {
                wrong.push(format!("{id}/{case} expects\n{expected}and finds\n{found}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// All findings in a tree: `file:line:column severity rule message`, below it help and related places.
fn check(tree: &Path) -> String {
    let workspace = Workspace::open(tree, None).unwrap_or_else(|error| panic!("{}: {error}", tree.display()));
    let registry = Registry::load(workspace, &LoadOptions::default())
        .unwrap_or_else(|error| panic!("{}: {error}", tree.display()));
    let mut text = String::new();
    for Diagnostic {
        rule,
        severity,
        location,
        message,
        label,
        help,
        related,
    } in registry.check()
    {
        let _ = writeln!(
            text,
            "{} {severity} {rule} {message}",
            place(&registry, &location)
        );
        for (what, line) in [("label", label), ("help", help)] {
            if let Some(line) = line {
                let _ = writeln!(text, "  {what}: {line}");
            }
        }
        for related in related {
            let _ = writeln!(
                text,
                "  see {} {}",
                place(&registry, &related.location),
                related.message
            );
        }
    }
    text
}

fn place(registry: &Registry, location: &Location) -> String {
    let text = registry.source(&location.file).unwrap_or_default();
    let at = source::position(&text, source::span(&text, location).start);
    format!("{}:{}:{}", location.file, at.line, at.column)
}
