//! The prover's verdict on each labelled pair.

use compat::{Options, Verdict, compare};

use super::case::all;

/// Cases that may stay undecided: the issue asks of dynamic references only that no answer is wrong.
const MAY_BE_UNDECIDED: [&str; 1] = ["dynamic-reference-extended"];

#[test]
fn the_prover_gives_the_labelled_verdict() {
    let mut wrong = Vec::new();
    let mut undecided = Vec::new();
    for case in all() {
        let options = Options {
            writer: case.mode,
            formats: case.formats,
            ..Options::default()
        };
        match (compare(&case.writer, &case.reader, &options), &case.witness) {
            (Verdict::Compatible(_), None) => {}
            (Verdict::Breaking(witness), Some(_)) => {
                let document = &witness.document;
                let emitted = case.emits(&case.evaluator(&case.writer), document);
                let accepted = case.evaluator(&case.reader).is_accepted(document);
                if !emitted || accepted != Ok(false) {
                    wrong.push(format!("{}: its witness {document} is none", case.id));
                }
            }
            (Verdict::Compatible(proof), Some(witness)) => {
                wrong.push(format!(
                    "{}: compatible by {proof:?}, but {witness} breaks it",
                    case.id
                ));
            }
            (Verdict::Breaking(witness), None) => {
                wrong.push(format!(
                    "{}: breaking by {}, but it is compatible",
                    case.id, witness.document
                ));
            }
            (Verdict::Undecided(_), _) if MAY_BE_UNDECIDED.contains(&case.id.as_str()) => {}
            (Verdict::Undecided(reason), _) => undecided.push(format!("{}: {reason}", case.id)),
        }
    }
    assert!(
        wrong.is_empty(),
        "{} verdicts are wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(
        undecided.is_empty(),
        "{} are undecided:\n{}",
        undecided.len(),
        undecided.join("\n")
    );
}
