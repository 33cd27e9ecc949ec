//! Runs the corpora of schema pairs and prints, per source, how much is decided, what is wrong and how long it takes.
//!
//! `cargo run --release -p compat --example corpus [-- --undecided] [-- --filter TEXT]`. The corpora are third-party
//! data beside the repository (`$CONTRACTS_CORPORA`, else `../shared/corpora`); without them it says so and stops.

#![allow(clippy::too_many_lines, reason = "a report printed from top to bottom")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use compat::{Draft, Formats, Options, Verdict, Writer, compare};
use serde_json::Value;

#[derive(Default)]
struct Tally {
    questions: usize,
    compatible: usize,
    breaking: usize,
    undecided: usize,
    against: usize,
    times: Vec<Duration>,
}

struct Run {
    title: &'static str,
    file: &'static str,
    writer: Writer,
    formats: Formats,
}

const RUNS: [Run; 4] = [
    Run {
        title: "compat-pairs, open, annotate",
        file: "compat-pairs.jsonl",
        writer: Writer::Open,
        formats: Formats::Annotate,
    },
    Run {
        title: "compat-pairs, declared, assert",
        file: "compat-pairs.jsonl",
        writer: Writer::Declared,
        formats: Formats::Assert,
    },
    Run {
        title: "real-pairs, declared, assert",
        file: "real-pairs.jsonl",
        writer: Writer::Declared,
        formats: Formats::Assert,
    },
    Run {
        title: "real-pairs, open, assert",
        file: "real-pairs.jsonl",
        writer: Writer::Open,
        formats: Formats::Assert,
    },
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value_of = |flag: &str| {
        arguments
            .iter()
            .position(|a| a == flag)
            .and_then(|at| arguments.get(at + 1))
    };
    let filter = value_of("--filter").cloned().unwrap_or_default();
    let only = value_of("--run").cloned().unwrap_or_default();
    let verbose = arguments.iter().any(|a| a == "--all");
    let folder = std::env::var_os("CONTRACTS_CORPORA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpora"),
        PathBuf::from,
    );
    for run in RUNS.iter().filter(|run| run.title.contains(&only)) {
        let Ok(text) = std::fs::read_to_string(folder.join(run.file)) else {
            println!("skipped: {} is not there", folder.join(run.file).display());
            continue;
        };
        execute(run, &text, &filter, verbose);
    }
}

fn execute(run: &Run, text: &str, filter: &str, verbose: bool) {
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    let mut notes = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let row: Value = serde_json::from_str(line).expect("the corpora are JSON lines");
        let id = row["id"].as_str().unwrap_or_default();
        if !id.contains(filter) {
            continue;
        }
        let draft = row["draft"].as_str().and_then(|draft| match draft {
            "4" => Some(Draft::V4),
            "6" => Some(Draft::V6),
            "7" => Some(Draft::V7),
            "2019-09" => Some(Draft::V201909),
            "2020-12" => Some(Draft::V202012),
            _ => None,
        });
        let options = Options {
            writer: run.writer,
            formats: run.formats,
            writer_draft: draft,
            reader_draft: draft,
            ..Options::default()
        };
        for (direction, writer, reader) in [
            ("backward", &row["old"], &row["new"]),
            ("forward", &row["new"], &row["old"]),
        ] {
            let start = Instant::now();
            let verdict = compare(writer, reader, &options);
            let took = start.elapsed();
            let truth = row[direction]["included"].as_bool();
            let truth = truth.filter(|_| run.writer == Writer::Open && run.formats == Formats::Annotate);
            for key in [row["source"].as_str().unwrap_or("?"), "(all)"] {
                let tally = tallies.entry(key.to_owned()).or_default();
                tally.questions += 1;
                tally.times.push(took);
                match &verdict {
                    Verdict::Compatible(_) => tally.compatible += 1,
                    Verdict::Breaking(_) => tally.breaking += 1,
                    Verdict::Undecided(_) => tally.undecided += 1,
                }
                if matches!(
                    (&verdict, truth),
                    (Verdict::Compatible(_), Some(false)) | (Verdict::Breaking(_), Some(true))
                ) {
                    tally.against += 1;
                }
            }
            let took = took.as_secs_f64() * 1e3;
            match (&verdict, truth) {
                (Verdict::Undecided(reason), _) => {
                    notes.push(format!("undecided {id} {direction} ({took:.2} ms): {reason}"));
                }
                (Verdict::Compatible(proof), Some(false)) => notes.push(format!(
                    "AGAINST {id} {direction}: compatible ({proof:?}), truth has {}",
                    row[direction]["witness"]
                )),
                (Verdict::Breaking(witness), Some(true)) => notes.push(format!(
                    "AGAINST {id} {direction}: breaking {}, truth says included",
                    witness.document
                )),
                (other, _) if verbose => notes.push(format!("{id} {direction} ({took:.2} ms): {other:?}")),
                _ if took > 20.0 => notes.push(format!("slow {id} {direction}: {took:.2} ms")),
                _ => {}
            }
        }
    }
    println!("\n## {}\n", run.title);
    println!(
        "| source | questions | compatible | breaking | undecided | decided | against truth | median ms | p99 ms | max ms |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for (source, tally) in &mut tallies {
        tally.times.sort_unstable();
        let at = |quantile: f64| {
            #[expect(
                clippy::cast_precision_loss,
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "an index among a few thousand"
            )]
            let index = ((tally.times.len() - 1) as f64 * quantile).round() as usize;
            tally.times[index].as_secs_f64() * 1e3
        };
        #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
        let decided = 100.0 * (tally.questions - tally.undecided) as f64 / tally.questions as f64;
        println!(
            "| {source} | {} | {} | {} | {} | {decided:.2} % | {} | {:.3} | {:.2} | {:.2} |",
            tally.questions,
            tally.compatible,
            tally.breaking,
            tally.undecided,
            tally.against,
            at(0.5),
            at(0.99),
            at(1.0)
        );
    }
    for note in notes {
        println!("{note}");
    }
}
