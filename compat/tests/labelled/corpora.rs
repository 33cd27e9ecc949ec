//! The two judges against each other on schemas that others wrote.
//!
//! The corpora are not part of the repository. They are looked for beside it, or where `CONTRACTS_CORPORA` says.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use compat::emitted::{EmittedError, EmittedOptions, Evaluator};
use compat::{Draft, Formats};
use serde_json::Value;

use super::generate::Generator;
use super::upstream;

const DOCUMENTS: usize = 12;

#[test]
fn the_judges_agree_on_the_corpora() {
    let corpora = std::env::var_os("CONTRACTS_CORPORA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpora"),
        PathBuf::from,
    );
    let (mut tried, mut refused) = (0, 0);
    let mut failures: BTreeMap<String, String> = BTreeMap::new();
    for name in ["compat-pairs.jsonl", "real-pairs.jsonl"] {
        let Ok(text) = fs::read_to_string(corpora.join(name)) else {
            writeln!(
                std::io::stderr(),
                "SKIPPED: no {name} in {}; set CONTRACTS_CORPORA",
                corpora.display()
            )
            .expect("there is an error output");
            continue;
        };
        for line in text.lines() {
            let pair: Value = serde_json::from_str(line).expect("a corpus line is JSON");
            for side in ["old", "new"] {
                let schema = &pair[side];
                let Some((draft, validator)) = validator(&pair, schema) else {
                    continue;
                };
                let options = EmittedOptions {
                    formats: Formats::Annotate,
                    draft: Some(draft),
                    ..EmittedOptions::default()
                };
                let evaluator = Evaluator::new(schema, &options);
                let mut generator = Generator::new(schema, &Value::Null);
                for _ in 0..DOCUMENTS {
                    let document = generator.document();
                    let Ok(theirs) = catch_unwind(AssertUnwindSafe(|| validator.is_valid(&document))) else {
                        continue;
                    };
                    tried += 1;
                    let ours = evaluator.is_accepted(&document);
                    let is_refused = matches!(
                        ours,
                        Err(EmittedError::ReferenceLoop { .. } | EmittedError::UnresolvedReference { .. })
                    );
                    refused += usize::from(is_refused);
                    if ours != Ok(theirs) && !is_refused && !upstream::is_known(schema, &document) {
                        let key = format!("{} {side}", pair["id"]);
                        failures
                            .entry(key)
                            .or_insert_with(|| format!("{document}: {ours:?}, they say {theirs}"));
                    }
                }
            }
        }
    }
    println!(
        "{tried} documents were judged twice; {refused} were refused for a reference that loops or leads outside"
    );
    assert!(refused * 300 <= tried, "{refused} of {tried} were refused");
    let failures: Vec<String> = failures
        .into_iter()
        .map(|(key, failure)| format!("{key}: {failure}"))
        .collect();
    assert!(
        failures.is_empty(),
        "{} schemas differ:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

fn validator(pair: &Value, schema: &Value) -> Option<(Draft, jsonschema::Validator)> {
    let named = match pair.get("draft").and_then(Value::as_str) {
        Some("4" | "draft4" | "draft-04") => Some(Draft::V4),
        Some("6" | "draft6" | "draft-06") => Some(Draft::V6),
        Some("7" | "draft7" | "draft-07") => Some(Draft::V7),
        Some("2019-09") => Some(Draft::V201909),
        Some("2020-12") => Some(Draft::V202012),
        _ => None,
    };
    let draft = named.or_else(|| Draft::of(schema)).unwrap_or(Draft::V202012);
    let theirs = match draft {
        Draft::V4 => jsonschema::Draft::Draft4,
        Draft::V6 => jsonschema::Draft::Draft6,
        Draft::V7 => jsonschema::Draft::Draft7,
        Draft::V201909 => jsonschema::Draft::Draft201909,
        Draft::V202012 => jsonschema::Draft::Draft202012,
    };
    let options = jsonschema::options()
        .with_draft(theirs)
        .should_validate_formats(false)
        .without_content_media_type_support("application/json")
        .without_content_encoding_support("base64");
    // Schemas that are invalid in their draft are no question for either judge.
    catch_unwind(AssertUnwindSafe(|| options.build(schema).ok()))
        .ok()
        .flatten()
        .map(|validator| (draft, validator))
}
