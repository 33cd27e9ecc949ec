//! The sealing half: documents and whether the writer emits them, written from the definition.

use std::fs;
use std::path::Path;

use compat::Formats;
use compat::emitted::{EmittedOptions, Evaluator};
use serde_json::Value;

#[test]
fn what_is_emitted_is_what_the_definition_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/evaluator");
    let mut failures = Vec::new();
    let mut run = 0;
    for entry in fs::read_dir(&folder).expect("the fixtures are there") {
        let path = entry.expect("a readable entry").path();
        let text = fs::read_to_string(&path).expect("a readable fixture");
        let cases: Value =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for case in cases.as_array().expect("a fixture is an array") {
            let formats = if case["formats"] == "annotate" {
                Formats::Annotate
            } else {
                Formats::Assert
            };
            let options = EmittedOptions {
                formats,
                ..EmittedOptions::default()
            };
            let evaluator = Evaluator::new(&case["writer"], &options);
            for (list, emitted, accepted) in [
                ("emitted", true, true),
                ("accepted", false, true),
                ("rejected", false, false),
            ] {
                for document in case.get(list).and_then(Value::as_array).into_iter().flatten() {
                    run += 1;
                    let found = (evaluator.is_emitted(document), evaluator.is_accepted(document));
                    if found != (Ok(emitted), Ok(accepted)) {
                        failures.push(format!(
                            "{}: {document} should be {list}, is {found:?}",
                            case["id"]
                        ));
                    }
                }
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {run} differ:\n{}",
        failures.len(),
        failures.join("\n")
    );
    assert!(run > 150, "only {run} documents were found");
}
