//! One random question, and everything that can be held against its verdict: documents, a second validator, another
//! prover.

use std::time::Duration;

use compat::emitted::{EmittedOptions, is_emitted};
use compat::{Draft, Formats, Options, Verdict, Writer};
use serde_json::Value;

use super::documents::document;
use super::edits::edited;
use super::random::Random;
use super::schemas::Schemas;

pub const DRAFTS: [Draft; 5] = [Draft::V4, Draft::V6, Draft::V7, Draft::V201909, Draft::V202012];

/// One question.
#[derive(Clone, Debug)]
pub struct Case {
    pub writer: Value,
    pub reader: Value,
    pub options: Options,
}

impl Case {
    pub fn new(random: &mut Random) -> Self {
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
        Self::either_way(random, (writer, draft), (reader, other))
    }

    /// A published schema and a random edit of it.
    pub fn real(random: &mut Random, schemas: &[Value]) -> Self {
        let writer = random.pick(schemas).clone();
        let draft = Draft::of(&writer).unwrap_or(Draft::V202012);
        let mut reader = edited(random, draft, &writer);
        while random.once_in(2) {
            reader = edited(random, draft, &reader);
        }
        Self::either_way(random, (writer, draft), (reader, draft))
    }

    /// A question about the two schemas in either direction, under any assumptions.
    fn either_way(random: &mut Random, one: (Value, Draft), other: (Value, Draft)) -> Self {
        let (writer, reader) = if random.once_in(2) {
            (one, other)
        } else {
            (other, one)
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
            writer_draft: Some(writer.1),
            reader_draft: Some(reader.1),
        };
        Self {
            writer: writer.0,
            reader: reader.0,
            options,
        }
    }

    pub fn with(&self, writer: &Value, reader: &Value) -> Self {
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

    pub fn is_witness(&self, document: &Value) -> bool {
        let (Some(writer), Some(reader)) = (
            self.validator(&self.writer, self.options.writer_draft),
            self.validator(&self.reader, self.options.reader_draft),
        ) else {
            return false;
        };
        writer.is_valid(document) && !reader.is_valid(document) && self.emits(document)
    }

    /// A document that the writer emits and the reader rejects, if one of many is.
    pub fn refuted(&self, random: &mut Random, documents: u64, tried: &mut u64) -> Option<Value> {
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
    pub fn disagrees(&self, verdict: &Verdict) -> bool {
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
    pub fn second_opinion(&self, document: &Value) -> Option<bool> {
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
        // Draft-04 has no integer with a fraction; `boon` takes 1.0 for one.
        let fraction = document.to_string().contains(['.', 'e']);
        if fraction && [self.options.writer_draft, self.options.reader_draft].contains(&Some(Draft::V4)) {
            return None;
        }
        // It divides in binary: 0.6 is no multiple of 0.1 there, and 2^53 + 1 is one of 4.
        let rounded = fraction || has_long_number(document);
        if rounded
            && [&self.writer, &self.reader]
                .iter()
                .any(|schema| schema.to_string().contains("multipleOf"))
        {
            return None;
        }
        let writer = valid(&self.writer, self.options.writer_draft)?;
        let reader = valid(&self.reader, self.options.reader_draft)?;
        Some(writer && !reader)
    }
}

/// Whether the document holds an integer beyond 2^53, which a double rounds.
fn has_long_number(document: &Value) -> bool {
    match document {
        Value::Number(number) => number.to_string().trim_start_matches('-').len() > 15,
        Value::Array(items) => items.iter().any(has_long_number),
        Value::Object(members) => members.values().any(has_long_number),
        Value::Null | Value::Bool(_) | Value::String(_) => false,
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
