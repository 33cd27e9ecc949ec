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

use attack::{Random, Schemas, document, edited, shrunk};
use compat::emitted::{EmittedOptions, is_emitted};
use compat::{Draft, Formats, Options, Verdict, Writer, compare};
use serde_json::Value;

const DRAFTS: [Draft; 5] = [Draft::V4, Draft::V6, Draft::V7, Draft::V201909, Draft::V202012];

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

struct Case {
    writer: Value,
    reader: Value,
    options: Options,
}

impl Case {
    fn new(random: &mut Random) -> Self {
        let draft = *random.pick(&DRAFTS);
        let other = if random.once_in(5) {
            *random.pick(&DRAFTS)
        } else {
            draft
        };
        let writer = Schemas::root(random, draft);
        let reader = if random.once_in(3) || draft != other {
            Schemas::root(random, other)
        } else {
            edited(random, draft, &writer)
        };
        let (writer, reader) = if random.once_in(2) {
            (writer, reader)
        } else {
            (reader, writer)
        };
        let (first, second) = if draft == other {
            (draft, draft)
        } else {
            (other, draft)
        };
        // After a swap of different drafts the sides carry their own.
        let swapped = draft != other;
        let options = Options {
            writer: if random.once_in(2) {
                Writer::Open
            } else {
                Writer::Declared
            },
            formats: if random.once_in(2) {
                Formats::Annotate
            } else {
                Formats::Assert
            },
            budget: Duration::from_secs(2),
            writer_draft: Some(if swapped { first } else { draft }),
            reader_draft: Some(if swapped { second } else { draft }),
        };
        Self {
            writer,
            reader,
            options,
        }
    }

    /// A published schema and a random edit of it.
    fn real(random: &mut Random, schemas: &[Value]) -> Self {
        let writer = random.pick(schemas).clone();
        let draft = Draft::of(&writer).unwrap_or(Draft::V202012);
        let mut reader = edited(random, draft, &writer);
        while random.once_in(2) {
            reader = edited(random, draft, &reader);
        }
        let (writer, reader) = if random.once_in(2) {
            (writer, reader)
        } else {
            (reader, writer)
        };
        let options = Options {
            writer: if random.once_in(2) {
                Writer::Open
            } else {
                Writer::Declared
            },
            formats: if random.once_in(2) {
                Formats::Annotate
            } else {
                Formats::Assert
            },
            budget: Duration::from_secs(2),
            writer_draft: Some(draft),
            reader_draft: Some(draft),
        };
        Self {
            writer,
            reader,
            options,
        }
    }

    fn with(&self, writer: &Value, reader: &Value) -> Self {
        Self {
            writer: writer.clone(),
            reader: reader.clone(),
            options: self.options.clone(),
        }
    }

    fn validator(&self, schema: &Value, draft: Option<Draft>) -> Option<jsonschema::Validator> {
        jsonschema::options()
            .offline()
            .with_draft(dialect(draft?))
            .should_validate_formats(self.options.formats == Formats::Assert)
            .build(schema)
            .ok()
    }

    fn emits(&self, document: &Value) -> bool {
        let options = EmittedOptions {
            formats: self.options.formats,
            draft: self.options.writer_draft,
            ..EmittedOptions::default()
        };
        self.options.writer == Writer::Open || is_emitted(&self.writer, document, &options) == Ok(true)
    }

    fn is_witness(&self, document: &Value) -> bool {
        let (Some(writer), Some(reader)) = (
            self.validator(&self.writer, self.options.writer_draft),
            self.validator(&self.reader, self.options.reader_draft),
        ) else {
            return false;
        };
        writer.is_valid(document) && !reader.is_valid(document) && self.emits(document)
    }

    /// A document that the writer emits and the reader rejects, if one of many is.
    fn refuted(&self, random: &mut Random, documents: u64, tried: &mut u64) -> Option<Value> {
        let writer = self.validator(&self.writer, self.options.writer_draft)?;
        let reader = self.validator(&self.reader, self.options.reader_draft)?;
        let mut pool = Vec::new();
        values(&self.writer, &mut pool);
        values(&self.reader, &mut pool);
        for index in 0..documents {
            *tried += 1;
            let candidate = match pool.get(usize::try_from(index).unwrap_or(usize::MAX)) {
                Some(value) => value.clone(),
                None => document(random, 3),
            };
            if writer.is_valid(&candidate) && !reader.is_valid(&candidate) && self.emits(&candidate) {
                return Some(candidate);
            }
        }
        None
    }

    /// Whether the `canonical` algebra of the `jsonschema` crate says the opposite.
    fn disagrees(&self, verdict: &Verdict) -> bool {
        if self.options.writer != Writer::Open || self.options.writer_draft != self.options.reader_draft {
            return false;
        }
        let Some(draft) = self.options.writer_draft else {
            return false;
        };
        let canonical = |schema: &Value| {
            jsonschema::canonical::options()
                .offline()
                .with_draft(dialect(draft))
                .should_validate_formats(self.options.formats == Formats::Assert)
                .canonicalize(schema)
        };
        let covers = std::panic::catch_unwind(|| {
            let (writer, reader) = (canonical(&self.writer).ok()?, canonical(&self.reader).ok()?);
            reader.covers(&writer).ok()
        });
        match (covers.ok().flatten(), verdict) {
            (Some(jsonschema::canonical::Containment::No), Verdict::Compatible(_)) => true,
            (Some(jsonschema::canonical::Containment::Yes), Verdict::Breaking(_)) => true,
            _ => false,
        }
    }

    /// Whether the `boon` crate confirms the witness, where it can read both schemas.
    fn second_opinion(&self, document: &Value) -> Option<bool> {
        let valid = |schema: &Value, draft: Option<Draft>| {
            let mut compiler = boon::Compiler::new();
            compiler.set_default_draft(match draft? {
                Draft::V4 => boon::Draft::V4,
                Draft::V6 => boon::Draft::V6,
                Draft::V7 => boon::Draft::V7,
                Draft::V201909 => boon::Draft::V2019_09,
                Draft::V202012 => boon::Draft::V2020_12,
            });
            if self.options.formats == Formats::Assert {
                compiler.enable_format_assertions();
            }
            compiler.add_resource("mem:///schema.json", schema.clone()).ok()?;
            let mut schemas = boon::Schemas::new();
            let compiled = compiler.compile("mem:///schema.json", &mut schemas).ok()?;
            Some(schemas.validate(document, compiled).is_ok())
        };
        // Before 2019-09 `boon` asserts formats whatever it is told, also those that came later.
        let old = |draft: Option<Draft>| draft.is_some_and(|draft| draft < Draft::V201909);
        if (old(self.options.writer_draft) || old(self.options.reader_draft))
            && (self.writer.to_string().contains("\"format\"")
                || self.reader.to_string().contains("\"format\""))
        {
            return None;
        }
        let writer = valid(&self.writer, self.options.writer_draft)?;
        let reader = valid(&self.reader, self.options.reader_draft)?;
        Some(writer && !reader)
    }
}

fn dialect(draft: Draft) -> jsonschema::Draft {
    match draft {
        Draft::V4 => jsonschema::Draft::Draft4,
        Draft::V6 => jsonschema::Draft::Draft6,
        Draft::V7 => jsonschema::Draft::Draft7,
        Draft::V201909 => jsonschema::Draft::Draft201909,
        Draft::V202012 => jsonschema::Draft::Draft202012,
    }
}

/// Every value of every `enum`, `const`, `default` and `examples`, and whatever else stands in a schema.
fn values(schema: &Value, into: &mut Vec<Value>) {
    into.push(schema.clone());
    match schema {
        Value::Array(items) => items.iter().for_each(|item| values(item, into)),
        Value::Object(members) => members.values().for_each(|member| values(member, into)),
        _ => {}
    }
}
