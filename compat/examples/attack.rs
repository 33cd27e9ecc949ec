//! Attacks the verdicts: random pairs of schemas, thousands of documents, other validators, another prover.
//!
//! `cargo run --release -p compat --example attack -- --pairs 10000 --seed 1`. Prints every disagreement, shrunk, and
//! how much was tried.

#![allow(
    clippy::too_many_lines,
    clippy::match_like_matches_macro,
    clippy::similar_names,
    clippy::manual_assert,
    reason = "a report printed from top to bottom"
)]

#[path = "../tests/attack/mod.rs"]
mod attack;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use attack::{Case, Random, shrunk};
use compat::{Verdict, compare};
use serde_json::Value;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |flag: &str, default: u64| {
        arguments
            .iter()
            .position(|a| a == flag)
            .and_then(|at| arguments.get(at + 1))
            .and_then(|text| text.parse().ok())
            .unwrap_or(default)
    };
    let (pairs, seed, documents) = (
        number("--pairs", 2_000),
        number("--seed", 1),
        number("--documents", 500),
    );
    let real = if arguments.iter().any(|a| a == "--real") {
        published()
    } else {
        Vec::new()
    };
    let (mut slowest, mut total) = (Duration::ZERO, Duration::ZERO);
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut tried = 0_u64;
    for index in 0..pairs {
        let mut random = Random::new(seed.wrapping_mul(1_000_003).wrapping_add(index));
        let case = if real.is_empty() {
            Case::new(&mut random)
        } else {
            Case::real(&mut random, &real)
        };
        let start = Instant::now();
        let verdict = compare(&case.writer, &case.reader, &case.options);
        let took = start.elapsed();
        slowest = slowest.max(took);
        total += took;
        if took > Duration::from_millis(200) {
            println!("SLOW #{index} {took:?} {:?}", case.options);
        }
        let word = match &verdict {
            Verdict::Compatible(_) => "compatible",
            Verdict::Breaking(_) => "breaking",
            Verdict::Undecided(reason) => {
                let reason = reason.to_string();
                let kind = if reason.contains("invalid") {
                    "an invalid schema"
                } else if reason.contains("emit nothing") {
                    "a writer that emits nothing"
                } else {
                    &reason
                };
                let kind: String = kind.chars().take(80).collect();
                *counts
                    .entry(format!(
                        "undecided: {}",
                        kind.split('{').next().unwrap_or_default()
                    ))
                    .or_default() += 1;
                if reason.contains("not confirmed") {
                    report(
                        &case,
                        "unconfirmed",
                        index,
                        &verdict,
                        |verdict| matches!(verdict, Verdict::Undecided(reason) if reason.to_string().contains("not confirmed")),
                    );
                }
                "undecided"
            }
        };
        *counts.entry(word.to_owned()).or_default() += 1;
        match &verdict {
            Verdict::Compatible(_) => {
                if let Some(witness) = case.refuted(&mut random, documents, &mut tried) {
                    println!("WRONG #{index} compatible, but {witness}");
                    let refutes = |writer: &Value, reader: &Value| {
                        let smaller = case.with(writer, reader);
                        matches!(compare(writer, reader, &smaller.options), Verdict::Compatible(_))
                            && smaller.is_witness(&witness)
                    };
                    let (writer, reader) = shrunk((case.writer.clone(), case.reader.clone()), refutes);
                    println!("  {:?}\n  writer {writer}\n  reader {reader}", case.options);
                }
                if case.disagrees(&verdict) {
                    println!(
                        "DISAGREES #{index} compatible: canonical says no\n  {:?}",
                        case.options
                    );
                    println!("  writer {}\n  reader {}", case.writer, case.reader);
                }
            }
            Verdict::Breaking(witness) => {
                if !case.is_witness(&witness.document) {
                    println!("WRONG #{index} breaking, but {} is no witness", witness.document);
                }
                if case.disagrees(&verdict) {
                    println!(
                        "DISAGREES #{index} breaking {}: canonical says yes\n  {:?}",
                        witness.document, case.options
                    );
                    println!("  writer {}\n  reader {}", case.writer, case.reader);
                }
                let second = case.second_opinion(&witness.document);
                *counts.entry(format!("witness by boon: {second:?}")).or_default() += 1;
                if second == Some(false) {
                    println!("BOON #{index} {}\n  {:?}", witness.document, case.options);
                    println!("  writer {}\n  reader {}", case.writer, case.reader);
                }
            }
            Verdict::Undecided(_) => {}
        }
    }
    println!("{pairs} pairs, {tried} documents; verdicts took {total:?}, the slowest {slowest:?}");
    for (what, count) in counts {
        println!("{count:>8} {what}");
    }
}

/// The schemas of the corpus of published versions.
fn published() -> Vec<Value> {
    let folder = std::env::var_os("CONTRACTS_CORPORA").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpora"),
        std::path::PathBuf::from,
    );
    let Ok(text) = std::fs::read_to_string(folder.join("real-pairs.jsonl")) else {
        println!("skipped: no published schemas in {}", folder.display());
        return Vec::new();
    };
    let rows = text
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    rows.filter_map(|mut row| row.get_mut("old").map(Value::take))
        .collect()
}

fn report(case: &Case, what: &str, index: u64, verdict: &Verdict, still: impl Fn(&Verdict) -> bool) {
    let (writer, reader) = shrunk((case.writer.clone(), case.reader.clone()), |writer, reader| {
        still(&compare(writer, reader, &case.options))
    });
    println!("{what} #{index} {verdict:?}\n  {:?}", case.options);
    println!("  now {:?}", compare(&writer, &reader, &case.options));
    println!("  writer {writer}\n  reader {reader}");
}
