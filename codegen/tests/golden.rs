//! Each file under `fixtures/features` is a schema with valid and invalid documents: its module is compared with a
//! snapshot, compiled with all others, and asked about each document.

mod support;

use std::path::Path;

use codegen::{DomainInput, Formats, generate};
use serde_json::Value;
use support::{Case, contract, options, report, run};

fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/features");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(files.len() > 30, "the fixtures were found");
    files
        .iter()
        .map(|file| {
            let case: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
            let list = |name: &str| case[name].as_array().unwrap().clone();
            let judged = |valid: bool| move |document: Value| (document.to_string(), valid);
            Case {
                id: file.file_stem().unwrap().to_str().unwrap().to_owned(),
                schema: case["schema"].clone(),
                instances: list("valid")
                    .into_iter()
                    .map(judged(true))
                    .chain(list("invalid").into_iter().map(judged(false)))
                    .collect(),
            }
        })
        .collect()
}

#[test]
fn features_compile_and_are_exact() {
    let cases = cases();
    let (outcomes, generated) = run("golden", &cases, Formats::Assert);
    let (right, asked) = report(&cases, &outcomes, &generated);
    assert_eq!(right, asked);
    assert!(
        generated
            .problems
            .iter()
            .all(|problem| problem.rule.id != "unsupported-schema")
    );
}

#[test]
fn features_look_as_before() {
    for case in cases() {
        let domain = DomainInput {
            domain: "golden".to_owned(),
            contracts: vec![contract(&case.id, &case.schema)],
        };
        let generated = generate(&domain, &options(Formats::Assert));
        let (_, module) = generated
            .files
            .iter()
            .find(|(path, _)| path.ends_with("_v1.rs"))
            .unwrap_or_else(|| panic!("{} is generated", case.id));
        let (_, body) = module.split_once('\n').unwrap();
        insta::assert_snapshot!(case.id.as_str(), body);
    }
}

#[test]
fn the_order_of_contracts_changes_nothing() {
    let mut contracts: Vec<_> = cases()
        .iter()
        .map(|case| contract(&case.id, &case.schema))
        .collect();
    let one = generate(
        &DomainInput {
            domain: "golden".to_owned(),
            contracts: contracts.clone(),
        },
        &options(Formats::Assert),
    );
    contracts.reverse();
    let other = generate(
        &DomainInput {
            domain: "golden".to_owned(),
            contracts,
        },
        &options(Formats::Assert),
    );
    assert_eq!(one.files, other.files);
}
