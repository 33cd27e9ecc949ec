//! Every rule by example: `fixtures/rules/<rule>/<case>.json` holds a pair and the breaks that must be found, in order.

use std::collections::BTreeSet;
use std::path::Path;

use compat::{Options, Verdict, Writer, explain, rules};
use serde_json::Value;

fn cases() -> Vec<(String, String, Value)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rules");
    let mut cases = Vec::new();
    for folder in std::fs::read_dir(&root).expect("fixtures of rules").flatten() {
        for file in std::fs::read_dir(folder.path())
            .expect("a folder per rule")
            .flatten()
        {
            let text = std::fs::read_to_string(file.path()).expect("readable");
            cases.push((
                folder.file_name().to_string_lossy().into_owned(),
                file.file_name().to_string_lossy().into_owned(),
                serde_json::from_str(&text).expect("JSON"),
            ));
        }
    }
    cases.sort_by(|left, right| (&left.0, &left.1).cmp(&(&right.0, &right.1)));
    cases
}

#[test]
fn every_rule_has_fixtures_and_every_fixture_a_rule() {
    let known: BTreeSet<String> = rules().map(|rule| rule.id.to_owned()).collect();
    let shown: BTreeSet<String> = cases().into_iter().map(|(rule, ..)| rule).collect();
    assert_eq!(known, shown);
}

#[test]
fn breaks_are_found_named_and_placed() {
    let mut wrong = Vec::new();
    for (rule, name, case) in cases() {
        let options = Options {
            writer: if case["assume"] == "open" {
                Writer::Open
            } else {
                Writer::Declared
            },
            ..Options::default()
        };
        let explanation = explain(&case["writer"], &case["reader"], &options);
        let found: Vec<Value> = explanation
            .breaks
            .iter()
            .map(|found| {
                serde_json::json!({
                    "rule": found.rule.id,
                    "writer": found.writer.as_str(),
                    "reader": found.reader.as_str(),
                    "instance": found.instance.as_str(),
                })
            })
            .collect();
        if !matches!(explanation.verdict, Verdict::Breaking(_))
            || !explanation.complete
            || Value::Array(found.clone()) != case["breaks"]
        {
            wrong.push(format!("{rule}/{name}: {:?}\n  {found:?}", explanation.verdict));
        }
        for found in &explanation.breaks {
            println!(
                "{rule}/{name}: {}: {} ({}); {}",
                found.rule.id, found.message, found.witness, found.help
            );
            let ends = [&found.message, &found.help];
            assert!(
                ends.iter().all(|text| !text.ends_with('.') && !text.is_empty()),
                "{rule}/{name}"
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
