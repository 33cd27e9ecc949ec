//! The official JSON Schema test suite, required tests, through generated types.

mod support;

use codegen::Formats;
use serde_json::Value;
use support::{Case, corpora, report, run};

fn cases(draft: &str) -> Option<Vec<Case>> {
    let folder = corpora()?.join("json-schema-test-suite/tests").join(draft);
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
        println!("SKIPPED: no corpora (set CONTRACTS_CORPORA)");
        return;
    };
    let (outcomes, generated) = run(draft, &cases, Formats::Annotate);
    let (right, asked) = report(&cases, &outcomes, &generated);
    println!(
        "{} of {} groups generated",
        cases.len()
            - generated
                .problems
                .iter()
                .filter(|problem| problem.rule.id == "unsupported-schema")
                .count(),
        cases.len()
    );
    assert!(right * 1000 >= asked * 995, "{right} of {asked}");
}

#[test]
fn draft7() {
    agree("draft7");
}

#[test]
fn draft2020_12() {
    agree("draft2020-12");
}
