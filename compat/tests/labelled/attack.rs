//! Breaking pairs by their witness, compatible ones by many documents.

use std::collections::BTreeSet;

use compat::emitted::Evaluator;
use jsonschema::Validator;
use serde_json::Value;

use super::case::{Case, all};
use super::generate::Generator;
use super::upstream;

/// Documents generated for each compatible pair, as many again by changing those that are emitted.
const DOCUMENTS: usize = 250;

#[test]
fn witnesses_are_emitted_and_rejected() {
    for case in all() {
        let Some(witness) = &case.witness else { continue };
        let id = &case.id;
        assert!(
            case.emits(&case.evaluator(&case.writer), witness),
            "{id}: the writer does not emit {witness}"
        );
        assert!(
            case.validator(&case.writer).is_valid(witness),
            "{id}: the writer's schema rejects {witness}"
        );
        assert!(
            !case.validator(&case.reader).is_valid(witness),
            "{id}: the reader accepts {witness}"
        );
        let reader = case.evaluator(&case.reader).is_accepted(witness);
        assert_eq!(
            reader,
            Ok(false),
            "{id}: the evaluator accepts {witness} for the reader"
        );
    }
}

/// The attack is only worth something if it finds breaks where there are some.
#[test]
fn the_attack_finds_most_known_breaks() {
    let (mut found, mut missed) = (0, Vec::new());
    for case in all().iter().filter(|case| case.witness.is_some()) {
        let (writer, reader) = (case.evaluator(&case.writer), case.evaluator(&case.reader));
        let mut generator = Generator::new(&case.writer, &case.reader);
        let mut before = Value::Null;
        let breaks = (0..2 * DOCUMENTS).any(|at| {
            let document = if at % 2 == 0 {
                generator.document()
            } else {
                generator.changed(&before)
            };
            let breaks = case.emits(&writer, &document) && reader.is_accepted(&document) == Ok(false);
            before = document;
            breaks
        });
        if breaks {
            found += 1;
        } else {
            missed.push(case.id.clone());
        }
    }
    println!("{found} breaks found, {} missed: {missed:?}", missed.len());
    assert!(
        found >= 19 * missed.len(),
        "only {found} breaks were found, not {missed:?}"
    );
}

#[test]
fn compatible_pairs_survive_an_attack() {
    let (mut pairs, mut documents) = (0, 0);
    for case in all().iter().filter(|case| case.witness.is_none()) {
        let attack = Attack::new(case);
        let mut generator = Generator::new(&case.writer, &case.reader);
        let mut emitted: BTreeSet<String> = BTreeSet::new();
        let mut kept: Vec<Value> = Vec::new();
        for _ in 0..DOCUMENTS {
            let document = generator.document();
            if attack.survives(&document) && emitted.insert(document.to_string()) {
                kept.push(document);
            }
        }
        for at in 0..DOCUMENTS {
            let Some(document) = kept.get(at % kept.len().max(1)) else {
                break;
            };
            let changed = generator.changed(document);
            if attack.survives(&changed) && emitted.insert(changed.to_string()) && kept.len() < DOCUMENTS {
                kept.push(changed);
            }
        }
        assert!(
            !emitted.is_empty(),
            "{}: not one generated document is emitted by the writer",
            case.id
        );
        pairs += 1;
        documents += emitted.len();
    }
    println!("{pairs} compatible pairs survived {documents} different documents");
}

struct Attack<'c> {
    case: &'c Case,
    evaluators: [Evaluator<'c>; 2],
    validators: [Validator; 2],
}

impl<'c> Attack<'c> {
    fn new(case: &'c Case) -> Self {
        Self {
            case,
            evaluators: [case.evaluator(&case.writer), case.evaluator(&case.reader)],
            validators: [case.validator(&case.writer), case.validator(&case.reader)],
        }
    }

    /// Whether the writer emits the document; panics when the reader then rejects it, or when the judges disagree.
    fn survives(&self, document: &Value) -> bool {
        let id = &self.case.id;
        let schemas = [&self.case.writer, &self.case.reader];
        for ((schema, evaluator), validator) in
            schemas.into_iter().zip(&self.evaluators).zip(&self.validators)
        {
            let ours = evaluator.is_accepted(document);
            if ours != Ok(validator.is_valid(document)) {
                assert!(
                    upstream::is_known(schema, document),
                    "{id}: the judges disagree on {document}: {ours:?}"
                );
                return false;
            }
        }
        let emitted = self.case.emits(&self.evaluators[0], document);
        let accepted = self.validators[1].is_valid(document);
        assert!(
            !emitted || accepted,
            "{id} is labelled compatible, but {document} breaks it"
        );
        emitted
    }
}
