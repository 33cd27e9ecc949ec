//! Generates a crate from schemas, compiles it once, and asks it about instances.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use codegen::{
    ContractInput, DomainInput, EventsDependency, ExampleInput, Formats, Generated, Inherit, Options,
    generate,
};
use serde_json::{Value, json};

/// A schema and documents about which it has an opinion.
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) schema: Value,
    /// JSON text and whether it is valid.
    pub(crate) instances: Vec<(String, bool)>,
}

/// What the generated type did with one document.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) case: usize,
    pub(crate) instance: usize,
    pub(crate) decoded: bool,
    pub(crate) strict: bool,
    pub(crate) round_trip: bool,
    pub(crate) error: String,
}

pub(crate) fn contract(id: &str, schema: &Value) -> ContractInput {
    ContractInput {
        event_type: format!("cases.{id}"),
        aggregate: None,
        event: id.to_owned(),
        major: 1,
        version: semver::Version::new(1, 0, 0),
        draft: false,
        topic: None,
        key: None,
        owner: None,
        deprecated: None,
        schema: lowered(schema),
        digest: String::new(),
        examples: Vec::new(),
    }
}

/// The schema as readers mean it, which is what the tool hands over.
pub(crate) fn lowered(schema: &Value) -> Value {
    // Copying what is hostile would need more stack than a test has.
    if !has_mark(schema, 0) {
        return schema.clone();
    }
    let draft = schema.get("$schema").and_then(Value::as_str);
    let draft = draft
        .and_then(registry::Draft::from_uri)
        .unwrap_or(registry::Draft::Draft202012);
    let options = registry::lower::LowerOptions {
        role: registry::lower::Role::Reader,
        discriminators: &[],
    };
    let lowered = registry::lower::lower(schema, draft, &options).unwrap();
    assert!(lowered.unusable_marks.is_empty(), "{:?}", lowered.unusable_marks);
    lowered.schema
}

fn has_mark(value: &Value, depth: usize) -> bool {
    match value {
        _ if depth > 200 => false,
        Value::Object(members) => {
            members.contains_key("x-open") || members.values().any(|member| has_mark(member, depth + 1))
        }
        Value::Array(items) => items.iter().any(|item| has_mark(item, depth + 1)),
        _ => false,
    }
}

pub(crate) fn options(formats: Formats) -> Options {
    let events = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .join("events");
    let mut options = Options::new(EventsDependency::Path(events.display().to_string()), "test");
    options.inherit = Inherit::Nothing;
    options.formats = formats;
    options
}

/// Generates all cases as one crate, compiles it and asks it about every instance. Returns the outcomes and what could
/// not be generated.
pub(crate) fn run(name: &str, cases: &[Case], formats: Formats) -> (Vec<Outcome>, Generated) {
    let domain = DomainInput {
        domain: "cases".to_owned(),
        history: codegen::History::default(),
        contracts: cases
            .iter()
            .enumerate()
            .map(|(index, case)| contract(&format!("c{index}_{}", case.id), &case.schema))
            .collect(),
    };
    let generated = generate(&domain, &options(formats));
    let asked: Vec<Value> = cases
        .iter()
        .enumerate()
        .flat_map(|(index, case)| {
            let id = format!("cases.c{index}_{}", case.id);
            case.instances
                .iter()
                .enumerate()
                .map(move |(at, (text, _))| json!([id, index, at, text]))
        })
        .collect();
    let output = drive(
        name,
        &generated,
        &driver(&aliases(&generated)),
        "",
        &Value::from(asked).to_string(),
    );
    let answers: Vec<Value> = serde_json::from_slice(&output).expect("the driver answers in JSON");
    let outcomes = answers
        .iter()
        .map(|answer| Outcome {
            case: usize::try_from(answer[0].as_u64().unwrap()).unwrap(),
            instance: usize::try_from(answer[1].as_u64().unwrap()).unwrap(),
            decoded: answer[2] == true,
            strict: answer[3] == true,
            round_trip: answer[4] == true,
            error: answer[5].as_str().unwrap_or_default().to_owned(),
        })
        .collect();
    (outcomes, generated)
}

/// The names of the events at the root of a generated crate.
pub(crate) fn aliases(generated: &Generated) -> Vec<&str> {
    generated.files["src/lib.rs"]
        .lines()
        .filter_map(|line| {
            line.trim()
                .strip_prefix("pub use self::")?
                .strip_suffix(';')?
                .rsplit_once(" as ")
        })
        .map(|(_, alias)| alias)
        .collect()
}

/// Writes a generated crate and a program beside it, compiles both with warnings as errors, and returns what the program
/// prints when it is run with the path of a file that holds `input`. `dependencies` is TOML below `[dependencies]`.
pub(crate) fn drive(
    name: &str,
    generated: &Generated,
    program: &str,
    dependencies: &str,
    input: &str,
) -> Vec<u8> {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(dir.join("src"));
    for (path, text) in &generated.files {
        write(&dir.join(path), text);
    }
    write(&dir.join("src/bin/drive.rs"), program);
    write(&dir.join("asked.json"), input);
    let manifest = &generated.files["Cargo.toml"];
    write(
        &dir.join("Cargo.toml"),
        &format!(
            "{manifest}serde_json = {{ version = \"1\", features = [\"arbitrary_precision\"] }}\n{dependencies}\n[workspace]\n"
        ),
    );
    lock_file(&dir);
    let features = if dependencies.contains("proptest") {
        "proptest,arbitrary"
    } else {
        ""
    };
    let output = Command::new(env!("CARGO"))
        .args([
            "run",
            "--quiet",
            "--offline",
            "--bin",
            "drive",
            "--features",
            features,
        ])
        .args(["--", "asked.json"])
        .current_dir(&dir)
        .env(
            "CARGO_TARGET_DIR",
            PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("compiled"),
        )
        .env("RUSTFLAGS", "-D warnings")
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_INCREMENTAL", "0")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "the generated crate does not run:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

/// Prints what is wrong and returns how many documents were judged rightly, of how many.
pub(crate) fn report(cases: &[Case], outcomes: &[Outcome], generated: &Generated) -> (usize, usize) {
    let mut table = String::new();
    for problem in &generated.problems {
        let case = &cases[problem.contract];
        let _ = writeln!(
            table,
            "{:<40} {} at {:?}: {}",
            case.id,
            problem.rule.id,
            problem.pointer.as_str(),
            problem.message
        );
    }
    let mut right = 0;
    let mut by_case: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for outcome in outcomes {
        let (text, valid) = &cases[outcome.case].instances[outcome.instance];
        let mut wrong = Vec::new();
        if outcome.strict != *valid {
            wrong.push(if *valid {
                "valid refused by decode_strict"
            } else {
                "invalid accepted by decode_strict"
            });
        }
        if *valid && !outcome.decoded {
            wrong.push("valid refused by decode");
        }
        if *valid && outcome.strict && !outcome.round_trip {
            wrong.push("changed on its way");
        }
        if wrong.is_empty() {
            right += 1;
        } else {
            by_case.entry(outcome.case).or_default().push(format!(
                "{}: {} {}",
                wrong.join(", "),
                text.chars().take(120).collect::<String>(),
                outcome.error
            ));
        }
    }
    for (case, lines) in &by_case {
        for line in lines {
            let _ = writeln!(table, "{:<40} {line}", cases[*case].id);
        }
    }
    println!("{table}{right} of {} documents judged rightly", outcomes.len());
    (right, outcomes.len())
}

/// The fixtures of `fixtures/features`, each a schema with valid and invalid documents.
pub(crate) fn fixtures() -> Vec<Case> {
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
            // A string beginning so is the document's text: duplicate members, and numbers as they are written.
            let text = |document: &Value| match document.as_str().and_then(|text| text.strip_prefix("RAW:")) {
                Some(raw) => raw.to_owned(),
                None => document.to_string(),
            };
            let list = |name: &str, valid: bool| -> Vec<(String, bool)> {
                let documents = case[name].as_array().unwrap();
                documents.iter().map(|document| (text(document), valid)).collect()
            };
            Case {
                id: file.file_stem().unwrap().to_str().unwrap().to_owned(),
                schema: case["schema"].clone(),
                instances: [list("valid", true), list("invalid", false)].concat(),
            }
        })
        .collect()
}

/// The domain of `fixtures/shop`.
pub(crate) fn shop() -> DomainInput {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/shop");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let contracts = files
        .iter()
        .map(|file| {
            let contract: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
            let text = |name: &str| contract[name].as_str().unwrap().to_owned();
            ContractInput {
                event_type: text("type"),
                aggregate: Some(text("aggregate")),
                event: text("event"),
                major: contract["major"].as_u64().unwrap(),
                version: text("version").parse().unwrap(),
                draft: false,
                topic: Some(text("topic")),
                key: diagnostics::JsonPointer::parse(&text("key")),
                owner: Some("team-shop".to_owned()),
                deprecated: None,
                schema: lowered(&contract["schema"]),
                digest: "0123".to_owned(),
                examples: contract["examples"]
                    .as_object()
                    .unwrap()
                    .iter()
                    .map(|(name, value)| ExampleInput {
                        name: name.clone(),
                        value: value.clone(),
                    })
                    .collect(),
            }
        })
        .collect();
    DomainInput {
        domain: "shop".to_owned(),
        history: codegen::History::default(),
        contracts,
    }
}

/// The third-party corpus of feature schemas, when it is there.
pub(crate) fn feature_corpus() -> Option<Vec<Case>> {
    let text = std::fs::read_to_string(corpora()?.join("codegen-features.json")).unwrap();
    let all: Vec<Value> = serde_json::from_str(&text).unwrap();
    let cases = all.iter().map(|case| Case {
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
    });
    Some(cases.collect())
}

/// The workspace's lock file: a child build asks no registry.
pub(crate) fn lock_file(dir: &Path) {
    let lock = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .join("Cargo.lock");
    let _ = std::fs::copy(lock, dir.join("Cargo.lock"));
}

pub(crate) fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    if std::fs::read_to_string(path).is_ok_and(|known| known == text) {
        return;
    }
    std::fs::write(path, text).unwrap();
}

fn driver(aliases: &[&str]) -> String {
    let mut table = String::new();
    for alias in aliases {
        let _ = writeln!(
            table,
            "(<cases_events::{alias} as Event>::TYPE, ask::<cases_events::{alias}>),"
        );
    }
    format!(
        r#"use cases_events::Event;
use serde_json::{{Value, json}};

fn ask<T: Event>(text: &str) -> (bool, bool, bool, String) {{
    let decoded = T::decode(text.as_bytes()).is_ok();
    match T::decode_strict(text.as_bytes()) {{
        Err(error) => (decoded, false, false, error.to_string()),
        Ok(event) => {{
            let written: Value = serde_json::from_slice(&event.encode().unwrap()).unwrap();
            let read: Value = serde_json::from_str(text).unwrap();
            (decoded, true, contract_events::json::same(&written, &read), String::new())
        }}
    }}
}}

type Ask = fn(&str) -> (bool, bool, bool, String);

fn main() {{
    let list: Vec<(&str, Ask)> = vec![{table}];
    let table: std::collections::BTreeMap<&str, Ask> = list.into_iter().collect();
    let path = std::env::args().nth(1).unwrap();
    let asked: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let answers: Vec<Value> = asked.iter().filter_map(|question| {{
        let ask = table.get(question[0].as_str()?)?;
        let (decoded, strict, same, error) = ask(question[3].as_str()?);
        Some(json!([question[1], question[2], decoded, strict, same, error]))
    }}).collect();
    println!("{{}}", Value::from(answers));
}}
"#
    )
}

/// The folder of third-party corpora, or `None` after saying, where `cargo test` shows it, that the test did nothing.
pub(crate) fn corpora() -> Option<PathBuf> {
    let folder = std::env::var_os("CONTRACTS_CORPORA").map_or_else(
        || {
            Path::new(env!("CARGO_MANIFEST_DIR"))
                .parent()
                .unwrap()
                .join("../shared/corpora")
        },
        PathBuf::from,
    );
    if folder.is_dir() {
        return Some(folder);
    }
    writeln!(
        std::io::stderr(),
        "SKIPPED: no corpora at {}; set CONTRACTS_CORPORA",
        folder.display()
    )
    .expect("there is an error output");
    None
}
