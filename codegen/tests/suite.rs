//! The official JSON Schema test suite, required tests, through generated types.

mod support;

use std::path::Path;

use codegen::Formats;
use jsonschema::{Draft, Registry};
use serde_json::Value;
use support::{Case, corpora, report, run};

/// The suite's `remotes/`, at the address that the tests use.
fn remotes(folder: &Path, name: &str, draft: Draft) -> Registry<'static> {
    let mut builder = Registry::new().draft(draft);
    let mut open = vec![folder.to_owned()];
    while let Some(current) = open.pop() {
        for entry in std::fs::read_dir(current).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                // Each draft has a folder of its own beside what they share.
                let folder = path.file_name().unwrap().to_str().unwrap();
                if folder == name || !(folder.starts_with("draft") || folder == "v1") {
                    open.push(path);
                }
                continue;
            }
            let Ok(document) = serde_json::from_str::<Value>(&std::fs::read_to_string(&path).unwrap()) else {
                continue;
            };
            let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
            builder = builder
                .add(format!("http://localhost:1234/{name}"), document)
                .unwrap();
        }
    }
    builder.prepare().unwrap()
}

fn cases(draft: &str) -> Option<Vec<Case>> {
    let suite = corpora()?.join("json-schema-test-suite");
    let folder = suite.join("tests").join(draft);
    let version = if draft == "draft7" {
        Draft::Draft7
    } else {
        Draft::Draft202012
    };
    let remotes = remotes(&suite.join("remotes"), draft, version);
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let groups: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        for group in groups {
            let mut schema = group["schema"].clone();
            if draft != "draft2020-12"
                && let Some(members) = schema.as_object_mut()
                && !members.contains_key("$schema")
            {
                members.insert(
                    "$schema".to_owned(),
                    "http://json-schema.org/draft-07/schema#".into(),
                );
            }
            // Contracts come bundled.
            let bundler = jsonschema::options()
                .with_draft(version)
                .with_registry(&remotes)
                .offline();
            if let Ok(bundle) = bundler.bundle(&schema) {
                schema = bundle;
            }
            cases.push(Case {
                id: format!(
                    "{} {}",
                    file.file_stem().unwrap().to_str().unwrap(),
                    group["description"].as_str().unwrap()
                ),
                schema,
                instances: group["tests"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|test| (test["data"].to_string(), test["valid"] == true))
                    .collect(),
            });
        }
    }
    Some(cases)
}

fn agree(draft: &str) {
    let Some(cases) = cases(draft) else {
        return;
    };
    let (outcomes, generated) = run(draft, &cases, Formats::Annotate);
    let (right, asked) = report(&cases, &outcomes, &generated);
    let refused_groups = generated
        .problems
        .iter()
        .filter(|problem| problem.rule.id == "unsupported-schema")
        .count();
    println!(
        "{} of {} groups generated",
        cases.len() - refused_groups,
        cases.len()
    );
    assert!(right * 1000 >= asked * 995, "{right} of {asked}");
    let refused: Vec<&str> = outcomes
        .iter()
        .filter(|outcome| cases[outcome.case].instances[outcome.instance].1 && !outcome.decoded)
        .map(|outcome| cases[outcome.case].id.as_str())
        .collect();
    assert!(refused.is_empty(), "valid and refused by decode: {refused:?}");
    let generated_groups = cases.len() - refused_groups;
    assert!(generated_groups * 100 >= cases.len() * 95);
}

#[test]
fn draft7() {
    agree("draft7");
}

#[test]
fn draft2020_12() {
    agree("draft2020-12");
}

/// Formats: what the generated types say, native ones and others, is what the validator says.
#[test]
fn formats_are_what_the_validator_says() {
    let Some(folder) = corpora() else {
        return;
    };
    let mut cases = Vec::new();
    for (draft, uri, version) in [
        ("draft7", "http://json-schema.org/draft-07/schema#", Draft::Draft7),
        (
            "draft2020-12",
            "https://json-schema.org/draft/2020-12/schema",
            Draft::Draft202012,
        ),
    ] {
        let files = folder
            .join("json-schema-test-suite/tests")
            .join(draft)
            .join("optional/format");
        let mut files: Vec<_> = std::fs::read_dir(files)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        for file in files {
            let groups: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
            for (index, group) in groups.iter().enumerate() {
                let mut schema = group["schema"].clone();
                schema["$schema"] = uri.into();
                // Typed, as contracts are.
                if schema.get("format").is_some() {
                    schema["type"] = "string".into();
                }
                let validator = jsonschema::options()
                    .with_draft(version)
                    .should_validate_formats(true)
                    .offline()
                    .build(&schema)
                    .unwrap();
                cases.push(Case {
                    id: format!("{draft} {} {index}", file.file_stem().unwrap().to_str().unwrap()),
                    instances: group["tests"]
                        .as_array()
                        .unwrap()
                        .iter()
                        .map(|test| (test["data"].to_string(), validator.is_valid(&test["data"])))
                        .collect(),
                    schema,
                });
            }
        }
    }
    let (outcomes, generated) = run("formats", &cases, Formats::Assert);
    let (right, asked) = report(&cases, &outcomes, &generated);
    assert!(asked > 1_000, "{asked}");
    assert_eq!(right, asked);
}
