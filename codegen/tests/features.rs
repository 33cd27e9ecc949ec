//! One schema a feature: what decodes, what is refused, what survives. The corpus is third-party and may be absent.

mod support;

use codegen::Formats;
use serde_json::Value;
use support::{Case, corpora, report, run};

#[test]
fn every_feature_schema_is_exact() {
    let Some(folder) = corpora() else {
        println!("SKIPPED: no corpora (set CONTRACTS_CORPORA)");
        return;
    };
    let text = std::fs::read_to_string(folder.join("codegen-features.json")).unwrap();
    let all: Vec<Value> = serde_json::from_str(&text).unwrap();
    let cases: Vec<Case> = all
        .iter()
        .map(|case| Case {
            id: case["id"].as_str().unwrap().to_owned(),
            schema: case["schema"].clone(),
            instances: case["tests"]
                .as_array()
                .unwrap()
                .iter()
                .map(|test| {
                    let text = match test["data"].as_str().and_then(|text| text.strip_prefix("RAW:")) {
                        Some(raw) => raw.to_owned(),
                        None => test["data"].to_string(),
                    };
                    (text, test["valid"] == true)
                })
                .collect(),
        })
        .collect();
    let (outcomes, generated) = run("features", &cases, Formats::Assert);
    let (right, asked) = report(&cases, &outcomes, &generated);
    assert_eq!(right, asked);
    let refused: Vec<&str> = generated
        .problems
        .iter()
        .filter(|problem| problem.rule.id == "unsupported-schema")
        .map(|problem| cases[problem.contract].id.as_str())
        .collect();
    // Their references lead to files that are not part of the corpus.
    assert_eq!(refused, ["ref_external_file", "ref_external_ptr"]);
}
