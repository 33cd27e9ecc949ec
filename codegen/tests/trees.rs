//! Published schema trees that nobody here wrote, with the documents that ship beside them.

mod support;

use std::path::{Path, PathBuf};

use codegen::Formats;
use registry::{LoadOptions, Registry, Workspace};
use serde_json::Value;
use support::{Case, corpora, report, run};

/// All contracts of a tree, each with the documents that belong to its file.
fn cases(root: &Path, layout: &str, documents: impl Fn(&str) -> Vec<PathBuf>) -> Vec<Case> {
    let workspace = Workspace::open(root, Some(layout)).unwrap();
    let registry = Registry::load(workspace, &LoadOptions::default()).unwrap();
    registry
        .contracts
        .iter()
        .map(|contract| {
            let path = &registry.files[contract.file].path;
            let bundle = registry.bundle(contract.file).unwrap();
            // What is valid is what the validator says of the tree's own schema.
            let validator = jsonschema::options()
                .should_validate_formats(true)
                .offline()
                .build(&bundle.schema)
                .unwrap();
            let instances = documents(path)
                .iter()
                .map(|file| {
                    let text = std::fs::read_to_string(file).unwrap();
                    let document: Value = serde_json::from_str(&text).unwrap();
                    let valid = validator.is_valid(&document);
                    if !valid {
                        println!("its own schema rejects {}", file.display());
                    }
                    (text, valid)
                })
                .collect();
            Case {
                id: path.trim_end_matches(".json").to_owned(),
                schema: bundle.schema,
                instances,
            }
        })
        .collect()
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "json") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn judge(name: &str, cases: &[Case], at_least: usize) {
    let (outcomes, generated) = run(name, cases, Formats::Assert);
    let (right, asked) = report(cases, &outcomes, &generated);
    assert!(
        generated
            .problems
            .iter()
            .all(|problem| problem.rule.id != "unsupported-schema")
    );
    assert!(asked >= at_least, "{asked} documents were found");
    assert_eq!(right, asked);
}

#[test]
fn cdevents() {
    let Some(folder) = corpora() else {
        return;
    };
    let tree = folder.join("trees/cdevents");
    let documents = files_below(&tree.join("conformance"));
    let cases = cases(&tree.join("schemas"), "{event}.json", |path| {
        let stem = path.trim_end_matches(".json");
        let belongs = |file: &&PathBuf| file.file_stem().unwrap().to_str().unwrap().replace('_', "") == stem;
        documents.iter().filter(belongs).cloned().collect()
    });
    judge("cdevents", &cases, 40);
}

#[test]
fn google_cloudevents() {
    let Some(folder) = corpora() else {
        return;
    };
    let tree = folder.join("trees/google-cloudevents");
    let documents = files_below(&tree.join("testdata"));
    let cases = cases(
        &tree.join("jsonschema"),
        "google/events/**/{domain}/v{major}/{event}.json",
        |path| {
            let prefix = tree.join("testdata").join(path.trim_end_matches(".json"));
            let prefix = format!("{}-", prefix.display());
            documents
                .iter()
                .filter(|file| file.display().to_string().starts_with(&prefix))
                .cloned()
                .collect()
        },
    );
    judge("google", &cases, 15);
}
