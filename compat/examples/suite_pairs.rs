//! Pairs the schemas of the official test suite with each other, asks for every verdict and attacks it with the
//! suite's own documents.
//!
//! `cargo run --release -p compat --example suite_pairs [-- --other DRAFT] [--draft DRAFT] [--declared] [--list]`.
//! The suite is looked for in `$CONTRACTS_CORPORA`, else `../shared/corpora`; without it this says so and stops.

#![allow(clippy::too_many_lines, reason = "a report printed from top to bottom")]

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use compat::{Draft, Formats, Options, Reason, Verdict, Writer, compare};
use jsonschema::Validator;
use serde_json::Value;

const DRAFTS: [(&str, Draft, jsonschema::Draft); 5] = [
    ("draft4", Draft::V4, jsonschema::Draft::Draft4),
    ("draft6", Draft::V6, jsonschema::Draft::Draft6),
    ("draft7", Draft::V7, jsonschema::Draft::Draft7),
    ("draft2019-09", Draft::V201909, jsonschema::Draft::Draft201909),
    ("draft2020-12", Draft::V202012, jsonschema::Draft::Draft202012),
];

struct Group {
    title: String,
    draft: Draft,
    schema: Value,
    /// With what the validator says of each.
    documents: Vec<Value>,
    validator: Option<Validator>,
}

impl Group {
    fn accepts(&self, document: &Value) -> Option<bool> {
        let validator = self.validator.as_ref()?;
        catch_unwind(AssertUnwindSafe(|| validator.is_valid(document))).ok()
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value_of = |flag: &str| {
        arguments
            .iter()
            .position(|a| a == flag)
            .and_then(|at| arguments.get(at + 1))
    };
    let list = arguments.iter().any(|a| a == "--list");
    let writer = if arguments.iter().any(|a| a == "--declared") {
        Writer::Declared
    } else {
        Writer::Open
    };
    let folder = std::env::var_os("CONTRACTS_CORPORA")
        .map_or_else(
            || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpora"),
            PathBuf::from,
        )
        .join("json-schema-test-suite/tests");
    if !folder.is_dir() {
        println!("skipped: {} is not there", folder.display());
        return;
    }
    for (name, ..) in DRAFTS {
        if value_of("--draft").is_some_and(|only| only != name) {
            continue;
        }
        let groups = groups(&folder, name);
        match value_of("--other") {
            Some(other) => run(name, &groups, &self::groups(&folder, other), writer, list),
            None => run(name, &groups, &groups, writer, list),
        }
    }
}

fn run(name: &str, writers: &[Group], readers: &[Group], writer: Writer, list: bool) {
    let mut reasons: BTreeMap<String, (usize, String)> = BTreeMap::new();
    let mut sides: BTreeMap<String, usize> = BTreeMap::new();
    let mut times = Vec::new();
    let (mut counts, mut documents, mut wrong) = ([0_usize; 4], 0_usize, 0);
    for from in writers {
        for to in readers {
            let options = Options {
                writer,
                formats: Formats::Annotate,
                writer_draft: Some(from.draft),
                reader_draft: Some(to.draft),
                ..Options::default()
            };
            let start = Instant::now();
            let verdict = compare(&from.schema, &to.schema, &options);
            let took = start.elapsed();
            times.push(took);
            if took > Duration::from_millis(20) {
                println!("slow {took:?}: {} -> {}: {verdict:?}", from.title, to.title);
            }
            match &verdict {
                Verdict::Compatible(_) => {
                    counts[0] += 1;
                    // What a declared writer emits is fewer documents; the open question is attacked.
                    if writer == Writer::Open {
                        for document in from.documents.iter().chain(&to.documents) {
                            documents += 1;
                            if from.accepts(document) == Some(true) && to.accepts(document) == Some(false) {
                                wrong += 1;
                                println!(
                                    "WRONG {} -> {}: compatible, but {document}\n  {}\n  {}",
                                    from.title, to.title, from.schema, to.schema
                                );
                            }
                        }
                    }
                }
                Verdict::Breaking(_) => counts[1] += 1,
                Verdict::Undecided(Reason::EmptyWriter { .. }) => counts[2] += 1,
                Verdict::Undecided(reason) => {
                    counts[3] += 1;
                    let reason: String = reason.to_string().chars().take(110).collect();
                    let titles = format!("{} -> {}", from.title, to.title);
                    if list {
                        println!("undecided {titles}: {reason}");
                    }
                    reasons.entry(reason).or_insert((0, titles)).0 += 1;
                    *sides.entry(from.title.clone()).or_default() += 1;
                    *sides.entry(to.title.clone()).or_default() += 1;
                }
            }
        }
    }
    times.sort_unstable();
    let asked = times.len();
    println!(
        "{name}: {asked} asked, {} compatible, {} breaking, {} writers that emit nothing, {} undecided; {documents} \
         documents, {wrong} wrong; median {:?}, p99 {:?}, slowest {:?}",
        counts[0],
        counts[1],
        counts[2],
        counts[3],
        times[asked / 2],
        times[asked * 99 / 100],
        times[asked - 1]
    );
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
    for (reason, (count, example)) in reasons.iter().take(30) {
        println!("{count:>8} {reason}   e.g. {example}");
    }
    let mut sides: Vec<_> = sides.into_iter().collect();
    sides.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    for (title, count) in sides.iter().take(25) {
        println!("{count:>8} with {title}");
    }
}

fn groups(folder: &std::path::Path, name: &str) -> Vec<Group> {
    let (_, draft, dialect) = DRAFTS
        .into_iter()
        .find(|(known, ..)| *known == name)
        .expect("a folder of the suite");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder.join(name))
        .expect("a folder per draft")
        .flatten()
        .map(|file| file.path())
        .filter(|file| file.extension().is_some_and(|end| end == "json"))
        .collect();
    files.sort();
    let mut all = Vec::new();
    for file in files {
        let stem = file
            .file_stem()
            .and_then(|stem| stem.to_str())
            .unwrap_or_default();
        let text = std::fs::read_to_string(&file).expect("readable");
        let groups: Vec<Value> = serde_json::from_str(&text).expect("a list of groups");
        for (index, group) in groups.iter().enumerate() {
            let schema = group["schema"].clone();
            let options = jsonschema::options()
                .offline()
                .with_draft(dialect)
                .should_validate_formats(false)
                .without_content_media_type_support("application/json")
                .without_content_encoding_support("base64");
            // Those that lead to other documents are no question here.
            let Ok(validator) = options.build(&schema) else {
                continue;
            };
            all.push(Group {
                title: format!("{stem}.{index}"),
                draft,
                schema,
                documents: group["tests"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(|test| test["data"].clone())
                    .collect(),
                validator: Some(validator),
            });
        }
    }
    all
}
