//! Asks one question: `ask WRITER READER [--open] [--annotate] [--explain]`, each a file or a JSON text.

use compat::{Formats, Options, Writer, compare, explain};
use serde_json::Value;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let schemas: Vec<Value> = arguments
        .iter()
        .filter(|argument| !argument.starts_with("--"))
        .map(|argument| {
            let text = std::fs::read_to_string(argument).unwrap_or_else(|_| argument.clone());
            serde_json::from_str(&text).expect("a file or a JSON text")
        })
        .collect();
    let [writer, reader] = schemas.as_slice() else {
        println!("ask WRITER READER [--open] [--annotate] [--explain]");
        return;
    };
    let options = Options {
        writer: if has("--open") {
            Writer::Open
        } else {
            Writer::Declared
        },
        formats: if has("--annotate") {
            Formats::Annotate
        } else {
            Formats::Assert
        },
        ..Options::default()
    };
    let start = std::time::Instant::now();
    if has("--explain") {
        println!("{:#?}", explain(writer, reader, &options));
    } else {
        println!("{:?}", compare(writer, reader, &options));
    }
    println!("{:?}", start.elapsed());
}
