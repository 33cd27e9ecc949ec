//! Reading the labelled pairs.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use compat::emitted::{EmittedOptions, Evaluator};
use compat::{Draft, Formats, Writer};
use serde_json::Value;

/// One labelled pair.
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) writer: Value,
    pub(crate) reader: Value,
    pub(crate) formats: Formats,
    pub(crate) mode: Writer,
    /// The witness of a breaking pair; `None` for a compatible one.
    pub(crate) witness: Option<Value>,
}

impl Case {
    pub(crate) fn evaluator<'s>(&self, schema: &'s Value) -> Evaluator<'s> {
        Evaluator::new(
            schema,
            &EmittedOptions {
                formats: self.formats,
                ..EmittedOptions::default()
            },
        )
    }

    pub(crate) fn validator(&self, schema: &Value) -> jsonschema::Validator {
        let draft = match Draft::of(schema).unwrap_or(Draft::V202012) {
            Draft::V4 => jsonschema::Draft::Draft4,
            Draft::V6 => jsonschema::Draft::Draft6,
            Draft::V7 => jsonschema::Draft::Draft7,
            Draft::V201909 => jsonschema::Draft::Draft201909,
            Draft::V202012 => jsonschema::Draft::Draft202012,
        };
        jsonschema::options()
            .with_draft(draft)
            .should_validate_formats(self.formats == Formats::Assert)
            .build(schema)
            .unwrap_or_else(|error| panic!("{}: {error}", self.id))
    }

    /// Whether the writer emits the document, by our evaluator alone.
    pub(crate) fn emits(&self, writer: &Evaluator<'_>, document: &Value) -> bool {
        let emitted = match self.mode {
            Writer::Declared => writer.is_emitted(document),
            Writer::Open => writer.is_accepted(document),
        };
        emitted.unwrap_or_else(|error| panic!("{}: {error} on {document}", self.id))
    }
}

/// Every case of every file, in the order of files and cases.
pub(crate) fn all() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/labelled");
    let mut files: Vec<_> = fs::read_dir(&folder)
        .expect("the fixtures are there")
        .map(|entry| entry.expect("a readable entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("a readable fixture");
        let list: Value =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        cases.extend(
            list.as_array()
                .expect("a file of cases is an array")
                .iter()
                .map(read),
        );
    }
    cases
}

fn read(case: &Value) -> Case {
    let id = case["id"]
        .as_str()
        .unwrap_or_else(|| panic!("a case without id: {case}"))
        .to_owned();
    let known = [
        "id",
        "why",
        "writer",
        "reader",
        "formats",
        "mode",
        "verdict",
        "witness",
        "change",
        "property",
        "content",
        "direction",
    ];
    for key in case.as_object().expect("a case is an object").keys() {
        assert!(known.contains(&key.as_str()), "{id}: unknown key {key}");
    }
    assert!(
        case["why"].as_str().is_some_and(|why| !why.is_empty()),
        "{id} does not say why"
    );
    let formats = match case.get("formats").and_then(Value::as_str) {
        None | Some("assert") => Formats::Assert,
        Some("annotate") => Formats::Annotate,
        Some(other) => panic!("{id}: formats {other}"),
    };
    let mode = match case.get("mode").and_then(Value::as_str) {
        None | Some("declared") => Writer::Declared,
        Some("open") => Writer::Open,
        Some(other) => panic!("{id}: mode {other}"),
    };
    let witness = case.get("witness").cloned();
    match case["verdict"].as_str() {
        Some("compatible") => assert!(witness.is_none(), "{id} is compatible and has a witness"),
        Some("breaking") => assert!(witness.is_some(), "{id} is breaking and has no witness"),
        other => panic!("{id}: verdict {other:?}"),
    }
    Case {
        writer: case["writer"].clone(),
        reader: case["reader"].clone(),
        id,
        formats,
        mode,
        witness,
    }
}

#[test]
fn ids_are_unique_and_there_are_enough() {
    let cases = all();
    let ids: BTreeSet<&str> = cases.iter().map(|case| case.id.as_str()).collect();
    assert_eq!(ids.len(), cases.len());
    assert!(cases.len() >= 200, "{} cases", cases.len());
}

#[test]
fn the_content_model_matrix_is_complete() {
    let prefix_counts = ["add-", "remove-"].map(|change| {
        all()
            .iter()
            .filter(|case| case.id.starts_with(change) && case.id.contains("-writer-"))
            .count()
    });
    // 3 kinds of property, 2 contents, 2 writers, 2 directions each.
    assert_eq!(prefix_counts, [24, 24]);
}
