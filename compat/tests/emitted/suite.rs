//! The plain half of the evaluator against the required tests of the official suite.
//!
//! The suite is not part of the repository. It is looked for beside it, or where `CONTRACTS_CORPORA` says.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use compat::emitted::{EmittedOptions, Evaluator};
use compat::{Draft, Formats};
use serde_json::{Map, Value};

/// The folder of the corpora, or `None` after saying that this test did nothing.
fn suite() -> Option<PathBuf> {
    let corpora = std::env::var_os("CONTRACTS_CORPORA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpora"),
        PathBuf::from,
    );
    let suite = corpora.join("json-schema-test-suite");
    if suite.is_dir() {
        return Some(suite);
    }
    writeln!(
        std::io::stderr(),
        "SKIPPED: no official test suite at {}; set CONTRACTS_CORPORA",
        suite.display()
    )
    .expect("there is an error output");
    None
}

const DRAFTS: [(&str, Draft); 5] = [
    ("draft4", Draft::V4),
    ("draft6", Draft::V6),
    ("draft7", Draft::V7),
    ("draft2019-09", Draft::V201909),
    ("draft2020-12", Draft::V202012),
];

/// Groups (file, description) that need what a bundle never has, in every draft that has them. All others must agree.
const ELSEWHERE: [(&str, &str); 8] = [
    // The metaschema, by reference.
    ("defs.json", "validate definition against metaschema"),
    ("definitions.json", "validate definition against metaschema"),
    ("ref.json", "remote ref, containing refs itself"),
    // A document whose identifier is not the address at which it is found: a bundler rewrites such a reference.
    ("refRemote.json", "remote HTTP ref with different $id"),
    ("refRemote.json", "remote HTTP ref with different URN $id"),
    (
        "cross-draft.json",
        "refs to historic drafts are processed as historic drafts",
    ),
    // A metaschema of one's own, which switches keywords off.
    (
        "vocabulary.json",
        "schema that uses custom metaschema with with no validation vocabulary",
    ),
    ("vocabulary.json", "ignore unrecognized optional vocabulary"),
];

/// Optional parts that the evaluator lives up to: exact numbers, ECMA-262 patterns, the old `dependencies`.
const OPTIONAL: [&str; 6] = [
    "bignum.json",
    "float-overflow.json",
    "ecmascript-regex.json",
    "non-bmp-regex.json",
    "dependencies-compatibility.json",
    "cross-draft.json",
];

#[test]
fn the_required_tests_of_the_official_suite_hold() {
    let Some(suite) = suite() else { return };
    let mut unused: BTreeSet<(&str, &str)> = ELSEWHERE.into_iter().collect();
    let mut failures = Vec::new();
    let (mut run, mut left_out) = (0, 0);
    for (folder, draft) in DRAFTS {
        let remotes = remotes(&suite.join("remotes"), draft);
        let required = json_files(&suite.join("tests").join(folder));
        let optional = OPTIONAL
            .iter()
            .map(|name| suite.join("tests").join(folder).join("optional").join(name));
        for path in required.into_iter().chain(optional.filter(|path| path.is_file())) {
            let file = path
                .file_name()
                .expect("a file")
                .to_str()
                .expect("the suite's names are ASCII")
                .to_owned();
            for group in read(&path).as_array().expect("a suite file is an array") {
                let group_name = group["description"].as_str().expect("groups are described");
                if let Some(known) = ELSEWHERE
                    .iter()
                    .find(|known| **known == (file.as_str(), group_name))
                {
                    unused.remove(known);
                    left_out += 1;
                    continue;
                }
                let options = EmittedOptions {
                    formats: Formats::Annotate,
                    draft: Some(draft),
                    ..EmittedOptions::default()
                };
                let mut schema = group["schema"].clone();
                bundle(&mut schema, draft, &remotes);
                let evaluator = Evaluator::new(&schema, &options);
                for test in group["tests"].as_array().expect("groups have tests") {
                    let expected = test["valid"].as_bool().expect("tests say what is expected");
                    let found = evaluator.is_accepted(&test["data"]);
                    run += 1;
                    if found != Ok(expected) {
                        failures.push(format!(
                            "{folder}/{file}: {group_name}: {}: {found:?}, expected {expected}",
                            test["description"]
                        ));
                    }
                }
            }
        }
    }
    println!("{run} tests of the suite were run; {left_out} groups need documents from elsewhere");
    assert!(
        failures.is_empty(),
        "{} of {run} differ:\n{}",
        failures.len(),
        failures.join("\n")
    );
    assert!(unused.is_empty(), "listed but not met: {unused:?}");
    assert!(run > 4_000, "only {run} tests were found");
}

/// The documents that the suite's `remotes/` stand for, each with its address as its identifier unless it has one.
fn remotes(root: &Path, draft: Draft) -> Map<String, Value> {
    let mut found = Map::new();
    let mut pending = vec![root.to_owned()];
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("a readable entry").path();
            let below = path
                .strip_prefix(root)
                .expect("it was found there")
                .to_str()
                .expect("ASCII")
                .to_owned();
            if path.is_dir() {
                if below != "v1" && below != "draft3" {
                    pending.push(path);
                }
            } else if let Value::Object(mut schema) = read(&path) {
                let own = schema
                    .get("$schema")
                    .and_then(Value::as_str)
                    .and_then(Draft::from_uri);
                let keyword = if own.unwrap_or(draft) == Draft::V4 {
                    "id"
                } else {
                    "$id"
                };
                let address = format!("http://localhost:1234/{below}");
                schema.entry(keyword).or_insert(Value::String(address));
                found.insert(below, Value::Object(schema));
            }
        }
    }
    found
}

/// Does by hand what a bundler does: puts the documents from elsewhere inside.
fn bundle(schema: &mut Value, draft: Draft, remotes: &Map<String, Value>) {
    if !schema.to_string().contains("ef\":") {
        return;
    }
    let Value::Object(schema) = schema else { return };
    let keyword = if draft >= Draft::V201909 {
        "$defs"
    } else {
        "definitions"
    };
    let definitions = schema.entry(keyword).or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(definitions) = definitions {
        definitions.extend(
            remotes
                .iter()
                .map(|(name, schema)| (format!("remote {name}"), schema.clone())),
        );
    }
}

fn json_files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("a readable entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    files
}

fn read(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
