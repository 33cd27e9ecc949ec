//! `--pairs`: JSON lines in, JSON lines out, in the order of the input, many at a time.
//!
//! A line that cannot be read is answered as well, so that the output has a line for each line of the input.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result, anyhow};
use compat::{Draft, Options, Verdict};
use gate::drafts::to_registry;
use rayon::prelude::*;
use registry::lower::{LowerOptions, Role, lower};
use serde::Deserialize;
use serde_json::Value;

use super::Policy;
use super::output::{Line, LineVerdict, Pair, Word};
use crate::commands::Outcome;

/// Lines that are in memory at once; enough to keep all cores busy, few enough for long lines.
const CHUNK: usize = 64;
/// Deeper lines are not read: the stacks of this process hold some ten times as much. A schema that nests a thousand
/// objects has two thousand levels of JSON.
const DEEPEST: usize = 8_000;

impl LineVerdict {
    fn undecided(reason: impl Into<String>) -> Self {
        Self {
            verdict: Word::Undecided,
            witness: None,
            reason: Some(reason.into()),
            micros: 0,
        }
    }
}

pub(super) fn run(input: &Path, policy: &Policy, out: &mut dyn Write) -> Result<Outcome> {
    let name = input.display();
    let mut reader: Box<dyn BufRead> = if input == Path::new("-") {
        Box::new(io::stdin().lock())
    } else if input.is_dir() {
        return Err(anyhow!("{name} is a folder, not a file of pairs"));
    } else {
        Box::new(BufReader::new(
            File::open(input).with_context(|| format!("cannot open {name}"))?,
        ))
    };
    let mut chunk: Vec<Vec<u8>> = Vec::with_capacity(CHUNK);
    loop {
        let mut line = Vec::new();
        let more = reader
            .read_until(b'\n', &mut line)
            .with_context(|| format!("cannot read {name}"))?
            > 0;
        if !line.iter().all(u8::is_ascii_whitespace) {
            chunk.push(line);
        }
        // Whoever feeds the stream by hand waits for an answer: what has come is answered before more is read.
        if chunk.len() == CHUNK || !more {
            let answers: Vec<Line> = chunk.par_iter().map(|line| answer(line, policy)).collect();
            for answer in answers {
                serde_json::to_writer(&mut *out, &answer).context("cannot write an answer")?;
                out.write_all(b"\n")?;
            }
            out.flush()?;
            chunk.clear();
        }
        if !more {
            return Ok(Outcome::Clean);
        }
    }
}

fn answer(line: &[u8], policy: &Policy) -> Line {
    let pair: Pair = match parse(line) {
        Ok(pair) => pair,
        Err(error) => return unreadable(line, &format!("the line is not a pair: {error}")),
    };
    let draft = match pair.draft.as_deref().map(named_draft) {
        None => None,
        Some(Some(draft)) => Some(draft),
        Some(None) => {
            let reason = format!("{:?} is not a draft", pair.draft.unwrap_or_default());
            return Line {
                id: pair.id,
                backward: LineVerdict::undecided(reason.clone()),
                forward: LineVerdict::undecided(reason),
            };
        }
    };
    let options = Options {
        writer_draft: draft,
        reader_draft: draft,
        ..policy.options.clone()
    };
    Line {
        backward: question(&pair.old, &pair.new, &options, policy),
        forward: question(&pair.new, &pair.old, &options, policy),
        id: pair.id,
    }
}

/// Reads a line of any depth up to [`DEEPEST`]; `serde_json` by itself stops at 128 levels.
fn parse<'l, T: Deserialize<'l>>(line: &'l [u8]) -> Result<T, String> {
    if depth(line) > DEEPEST {
        return Err(format!("it is nested deeper than {DEEPEST} levels"));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(line);
    deserializer.disable_recursion_limit();
    T::deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value))
        .map_err(|error| error.to_string())
}

/// The most brackets that are open at once, outside of strings.
fn depth(line: &[u8]) -> usize {
    let (mut open, mut most) = (0_usize, 0);
    let mut bytes = line.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'{' | b'[' => {
                open += 1;
                most = most.max(open);
            }
            b'}' | b']' => open = open.saturating_sub(1),
            b'"' => {
                while let Some(byte) = bytes.next() {
                    match byte {
                        b'\\' => drop(bytes.next()),
                        b'"' => break,
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    most
}

/// The id is told even where the rest of the line cannot be used.
fn unreadable(line: &[u8], reason: &str) -> Line {
    #[derive(Deserialize)]
    struct Id {
        #[serde(default)]
        id: Value,
    }
    let id = parse::<Id>(line).map_or(Value::Null, |found| found.id);
    Line {
        id,
        backward: LineVerdict::undecided(reason),
        forward: LineVerdict::undecided(reason),
    }
}

fn question(writer: &Value, reader: &Value, options: &Options, policy: &Policy) -> LineVerdict {
    let start = Instant::now();
    let verdict = lowered(writer, Role::Writer, options.draft_of_writer(writer), policy).and_then(|writer| {
        let reader = lowered(reader, Role::Reader, options.draft_of_reader(reader), policy)?;
        Ok(compat::compare(&writer, &reader, options))
    });
    let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
    match verdict {
        Ok(Verdict::Compatible(_)) => LineVerdict {
            verdict: Word::Compatible,
            witness: None,
            reason: None,
            micros,
        },
        Ok(Verdict::Breaking(witness)) => LineVerdict {
            verdict: Word::Breaking,
            witness: Some(witness.document),
            reason: None,
            micros,
        },
        Ok(Verdict::Undecided(reason)) => LineVerdict {
            micros,
            ..LineVerdict::undecided(reason.to_string())
        },
        Err(reason) => LineVerdict {
            micros,
            ..LineVerdict::undecided(reason)
        },
    }
}

fn lowered(schema: &Value, role: Role, draft: Draft, policy: &Policy) -> Result<Value, String> {
    let options = LowerOptions {
        role,
        discriminators: &policy.discriminators,
    };
    let lowered = lower(schema, to_registry(draft), &options);
    lowered
        .map(|lowered| lowered.schema)
        .map_err(|error| error.to_string())
}

/// `4`, `7`, `2020-12`, `draft-07`, `draft2019-09`, or a metaschema's URI.
fn named_draft(name: &str) -> Option<Draft> {
    let bare = name.trim_start_matches("draft").trim_start_matches(['-', '0']);
    match bare {
        "4" => Some(Draft::V4),
        "6" => Some(Draft::V6),
        "7" => Some(Draft::V7),
        "2019-09" => Some(Draft::V201909),
        "2020-12" => Some(Draft::V202012),
        _ => Draft::from_uri(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> Policy {
        Policy {
            mode: registry::config::CompatibilityMode::Full,
            options: Options::default(),
            discriminators: Vec::new(),
        }
    }

    fn ask(line: &str) -> Value {
        serde_json::to_value(answer(line.as_bytes(), &policy())).unwrap()
    }

    #[test]
    fn both_directions_are_answered_with_proof() {
        let line = ask(r#"{"id": 7, "old": {"type": "integer"}, "new": {"type": "number"}}"#);
        assert_eq!(line["id"], 7);
        assert_eq!(line["backward"]["verdict"], "compatible");
        assert_eq!(line["forward"]["verdict"], "breaking");
        assert!(line["forward"]["witness"].is_number());
        assert!(line["backward"]["micros"].is_u64());
    }

    #[test]
    fn a_bad_line_is_answered_too() {
        assert_eq!(ask(r#"{"id": "a", "old": true}"#)["id"], "a");
        assert_eq!(ask("nonsense")["backward"]["verdict"], "undecided");
        let unknown = ask(r#"{"id": 1, "draft": "3", "old": true, "new": true}"#);
        assert_eq!(unknown["backward"]["reason"], "\"3\" is not a draft");
    }

    #[test]
    fn drafts_have_many_names() {
        for name in [
            "4",
            "draft4",
            "draft-04",
            "http://json-schema.org/draft-04/schema#",
        ] {
            assert_eq!(named_draft(name), Some(Draft::V4), "{name}");
        }
        assert_eq!(named_draft("2020-12"), Some(Draft::V202012));
        assert_eq!(named_draft("3"), None);
    }
}
