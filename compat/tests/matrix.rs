//! The table of `docs/compatibility.md`: written from the labelled fixtures and the prover, so that it cannot drift.
//!
//! `CONTRACTS_WRITE_DOCS=1 cargo test -p compat --test matrix` writes it anew.

use std::fmt::Write as _;
use std::path::Path;

use compat::{Options, Verdict, Writer, compare};
use serde_json::Value;

const START: &str = "<!-- matrix: written by compat/tests/matrix.rs -->\n";
const END: &str = "<!-- end of matrix -->";

fn fixture(name: &str) -> Vec<Value> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/labelled")
        .join(name);
    let text = std::fs::read_to_string(file).expect("the fixtures are there");
    serde_json::from_str(&text).expect("a list of cases")
}

/// What the prover says of a labelled case, in a cell of the table; panics if it is not what the label says.
fn cell(case: &Value) -> String {
    let options = Options {
        writer: match case["mode"].as_str() {
            Some("open") => Writer::Open,
            _ => Writer::Declared,
        },
        ..Options::default()
    };
    let verdict = compare(&case["writer"], &case["reader"], &options);
    let why = case["why"].as_str().unwrap_or_default();
    match (&verdict, case["verdict"].as_str()) {
        (Verdict::Breaking(witness), Some("breaking")) => {
            format!("**breaking** `{}`: {why}", witness.document)
        }
        (Verdict::Compatible(_), Some("compatible")) => format!("compatible: {why}"),
        (_, label) => panic!("{}: {verdict:?}, labelled {label:?}", case["id"]),
    }
}

fn table() -> String {
    let cases = fixture("content-model-matrix.json");
    let mut table = String::from(
        "| change | `p` is | content | writer | backward: old writes, new reads | forward: new writes, old reads |\n\
         |---|---|---|---|---|---|\n",
    );
    let mut rows = 0;
    for change in ["add", "remove"] {
        for property in ["required", "required-with-default", "optional"] {
            for content in ["open", "closed"] {
                for mode in ["open", "declared"] {
                    let find = |direction: &str| {
                        cases
                            .iter()
                            .find(|case| {
                                case["change"] == change
                                    && case["property"] == property
                                    && case["content"] == content
                                    && case["mode"] == mode
                                    && case["direction"] == direction
                            })
                            .map_or_else(
                                || panic!("no case for {change} {property} {content} {mode} {direction}"),
                                cell,
                            )
                    };
                    let property = property.replace('-', " ");
                    writeln!(
                        table,
                        "| {change} | {property} | {content} | {mode} | {} | {} |",
                        find("backward"),
                        find("forward")
                    )
                    .expect("a string takes all");
                    rows += 1;
                }
            }
        }
    }
    assert_eq!(rows, 24);
    table
}

#[test]
fn the_documented_matrix_is_what_the_prover_says() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/compatibility.md");
    let text = std::fs::read_to_string(&file).expect("the document is there");
    let start = text.find(START).expect("the table has a start") + START.len();
    let end = text.find(END).expect("the table has an end");
    let table = table();
    if std::env::var_os("CONTRACTS_WRITE_DOCS").is_some() {
        let written = format!("{}{table}{}", &text[..start], &text[end..]);
        std::fs::write(&file, written).expect("writable");
        return;
    }
    assert_eq!(
        &text[start..end],
        table,
        "run `CONTRACTS_WRITE_DOCS=1 cargo test -p compat --test matrix`"
    );
}
