//! The official test suite, asked of the prover: an instance is valid under a schema exactly when a writer that emits
//! only this instance is compatible with a reader of that schema.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use compat::{Draft, Formats, Options, Verdict, Writer, compare};
use serde_json::{Value, json};

const DRAFTS: [(&str, Draft); 5] = [
    ("draft4", Draft::V4),
    ("draft6", Draft::V6),
    ("draft7", Draft::V7),
    ("draft2019-09", Draft::V201909),
    ("draft2020-12", Draft::V202012),
];

fn suite() -> Option<PathBuf> {
    let corpora = std::env::var_os("CONTRACTS_CORPORA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpora"),
        PathBuf::from,
    );
    let folder = corpora.join("json-schema-test-suite/tests");
    folder.is_dir().then_some(folder)
}

/// Draft-04 has no `const`.
fn only(instance: &Value) -> Value {
    json!({ "enum": [instance] })
}

#[test]
fn the_prover_agrees_with_the_official_suite() {
    let Some(folder) = suite() else {
        writeln!(std::io::stderr(), "skipped: the official suite is not there")
            .expect("there is an error output");
        return;
    };
    let (mut asked, mut undecided) = (0, Vec::new());
    let mut wrong = Vec::new();
    for (name, draft) in DRAFTS {
        let mut files: Vec<PathBuf> = std::fs::read_dir(folder.join(name))
            .expect("a folder per draft")
            .flatten()
            .map(|file| file.path())
            .collect();
        files.sort();
        for file in files
            .iter()
            .filter(|file| file.extension().is_some_and(|end| end == "json"))
        {
            let stem = file
                .file_stem()
                .and_then(|stem| stem.to_str())
                .unwrap_or_default();
            // Meta-schemas of other vocabularies are not followed: the draft is what the options say.
            if stem == "vocabulary" {
                continue;
            }
            let text = std::fs::read_to_string(file).expect("readable");
            let groups: Vec<Value> = serde_json::from_str(&text).expect("a list of groups");
            for group in &groups {
                for test in group["tests"].as_array().into_iter().flatten() {
                    let options = Options {
                        writer: Writer::Open,
                        formats: Formats::Annotate,
                        writer_draft: Some(draft),
                        reader_draft: Some(draft),
                        ..Options::default()
                    };
                    let title = format!("{name}/{stem}: {}: {}", group["description"], test["description"]);
                    let valid = test["valid"].as_bool().unwrap_or_default();
                    asked += 1;
                    match compare(&only(&test["data"]), &group["schema"], &options) {
                        Verdict::Compatible(_) if valid => {}
                        Verdict::Breaking(_) if !valid => {}
                        // Of equal numbers draft-04 tells apart 1 and 1.0: the list lets both through.
                        Verdict::Breaking(witness)
                            if draft == Draft::V4 && witness.document != test["data"] => {}
                        Verdict::Undecided(reason) => undecided.push(format!("{title}: {reason}")),
                        other => wrong.push(format!("{title}: {other:?}")),
                    }
                }
            }
        }
    }
    for line in &undecided {
        println!("undecided {line}");
    }
    println!("{asked} asked, {} undecided", undecided.len());
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    // What is undecided leads to other documents, or to dynamic scopes.
    assert!(
        undecided.len() * 20 < asked,
        "{} of {asked} undecided",
        undecided.len()
    );
}
