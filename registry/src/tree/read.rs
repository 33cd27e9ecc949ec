//! Reading and parsing the files of a tree.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Arc;

use diagnostics::{Diagnostic, Location, Severity};
use rayon::prelude::*;
use serde_json::Value;

use super::{Content, Entry, Purpose};
use crate::consumer::{self, Consumer};
use crate::json::{self, LARGEST_FILE};
use crate::rules::{duplicate_key, invalid_consumer, invalid_json, unreadable_file};

/// What a tree holds, each sorted by path.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    /// Schemas that parse.
    pub(crate) schemas: Vec<(Arc<str>, Value)>,
    /// Schemas that are there but do not parse.
    pub(crate) broken: Vec<Arc<str>>,
    /// Example documents that parse: path and text.
    pub(crate) examples: Vec<(Arc<str>, Box<str>)>,
    /// Consumer files that parse.
    pub(crate) consumers: Vec<Consumer>,
    /// What is wrong with the rest.
    pub(crate) findings: Vec<Diagnostic>,
}

enum Document {
    Schema(Arc<str>, Value),
    Example(Arc<str>, Box<str>),
    Consumer(Consumer),
    Broken(Arc<str>, Purpose),
}

/// Reads `entries` (sorted by path) in parallel.
pub(crate) fn read(entries: Vec<Entry>) -> Loaded {
    let documents: Vec<(Document, Vec<Diagnostic>)> = entries.into_par_iter().map(read_one).collect();
    let mut loaded = Loaded::default();
    for (document, mut findings) in documents {
        loaded.findings.append(&mut findings);
        match document {
            Document::Schema(path, value) => loaded.schemas.push((path, value)),
            Document::Example(path, text) => loaded.examples.push((path, text)),
            Document::Consumer(consumer) => loaded.consumers.push(consumer),
            Document::Broken(path, Purpose::Schema) => loaded.broken.push(path),
            Document::Broken(..) => {}
        }
    }
    loaded
}

fn read_one(entry: Entry) -> (Document, Vec<Diagnostic>) {
    let Entry {
        path,
        purpose,
        content,
    } = entry;
    let bytes = match content {
        Content::Text(text) => text.into_bytes(),
        Content::Disk(file) => match read_file(&file) {
            Ok(bytes) => bytes,
            Err(error) => {
                let finding = Diagnostic::new(
                    unreadable_file::ID,
                    Severity::Error,
                    Location::file(Arc::clone(&path)),
                    format!("the file cannot be read: {error}"),
                )
                .with_help("give yourself the right to read it, make it smaller, or remove it");
                return (Document::Broken(path, purpose), vec![finding]);
            }
        },
    };
    match purpose {
        Purpose::Consumer => read_consumer(path, bytes),
        Purpose::Schema | Purpose::Example => read_json(path, purpose, bytes),
    }
}

fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let size = file.metadata()?.len();
    let mut bytes = Vec::with_capacity(usize::try_from(size.min(LARGEST_FILE)).unwrap_or_default() + 1);
    // One byte more than allowed tells a file that grew, or a device that never ends.
    file.take(LARGEST_FILE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST_FILE {
        let limit = LARGEST_FILE / 1024 / 1024;
        return Err(io::Error::other(format!(
            "it is larger than {limit} MiB, the limit for one document"
        )));
    }
    Ok(bytes)
}

fn read_json(path: Arc<str>, purpose: Purpose, bytes: Vec<u8>) -> (Document, Vec<Diagnostic>) {
    let parsed = match json::parse(&bytes) {
        Ok(parsed) => parsed,
        Err(problem) => {
            let location = Location::bytes(Arc::clone(&path), problem.bytes);
            let mut finding = Diagnostic::new(invalid_json::ID, Severity::Error, location, problem.message);
            finding.help = problem.help.map(str::to_owned);
            return (Document::Broken(path, purpose), vec![finding]);
        }
    };
    let findings = parsed
        .duplicates
        .into_iter()
        .map(|duplicate| {
            let second = Location::bytes(Arc::clone(&path), duplicate.second);
            let first = Location::bytes(Arc::clone(&path), duplicate.first);
            let message = format!(
                "the member {:?} is written twice in one object; readers disagree on which one counts",
                duplicate.name
            );
            Diagnostic::new(duplicate_key::ID, Severity::Error, second, message)
                .with_related(first, "first written here")
                .with_help("remove one of the two")
        })
        .collect();
    let document = match purpose {
        Purpose::Example => {
            // Parsed as UTF-8 a moment ago; the mark goes, so that the text is plain JSON.
            let text = String::from_utf8(bytes).unwrap_or_default();
            let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
            Document::Example(path, text.into_boxed_str())
        }
        Purpose::Schema | Purpose::Consumer => Document::Schema(path, parsed.value),
    };
    (document, findings)
}

fn read_consumer(path: Arc<str>, bytes: Vec<u8>) -> (Document, Vec<Diagnostic>) {
    let problem = match String::from_utf8(bytes) {
        Ok(text) => match consumer::parse(&path, &text) {
            Ok(consumer) => return (Document::Consumer(consumer), Vec::new()),
            Err(problem) => {
                let location = Location::bytes(Arc::clone(&path), problem.span);
                let mut finding =
                    Diagnostic::new(invalid_consumer::ID, Severity::Error, location, problem.message);
                finding.help = problem.help;
                finding
            }
        },
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let location = Location::bytes(Arc::clone(&path), at..at + 1);
            Diagnostic::new(
                invalid_consumer::ID,
                Severity::Error,
                location,
                "the file is not UTF-8",
            )
            .with_help("save it as UTF-8")
        }
    };
    (Document::Broken(path, Purpose::Consumer), vec![problem])
}
