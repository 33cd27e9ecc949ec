//! The docs of generated crates: their examples compile and hold, for every shape, and nothing that a contract's author
//! writes becomes code in them.

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use codegen::{ContractInput, DomainInput, ExampleInput, Formats, generate};
use serde_json::json;
use support::{Case, contract, feature_corpus, fixtures, lock_file, options, write};

/// Every valid document as an example of its contract.
fn with_examples(index: usize, case: &Case) -> ContractInput {
    let mut contract = contract(&format!("c{index}_{}", case.id), &case.schema);
    contract.examples = case
        .instances
        .iter()
        .enumerate()
        .filter(|(_, (_, valid))| *valid)
        .filter_map(|(at, (text, _))| {
            Some(ExampleInput {
                name: format!("valid-{at}"),
                value: serde_json::from_str(text).ok()?,
            })
        })
        .collect();
    contract
}

/// What stands in names, titles and values here would write a file if it ever ran.
fn hostile(target: &Path) -> ContractInput {
    let code = format!("std::fs::write({:?}, \"ran\").unwrap();", target.display());
    let text = format!(
        "```\n{code}\n```\n# {code}\n    {code}\n*/ {code} //\n\"#; {code} r#\"\n~~~\n\u{202e}\\u{{7d}}"
    );
    let schema = json!({
        "type": "object",
        "title": text,
        "description": text,
        "properties": {
            text.as_str(): { "type": "string", "description": text, "default": text },
            "listed": { "enum": [text, "b"], "title": text },
            "kept": { "const": text },
            "deep": { "type": "array", "items": { "type": ["string", "integer"] } }
        },
        "required": [text]
    });
    let mut contract = contract("hostile", &schema);
    contract.owner = Some(text.clone());
    contract.topic = Some(text.clone());
    contract.deprecated = Some(text.clone());
    contract.examples = vec![ExampleInput {
        name: text.clone(),
        value: json!({ text.as_str(): text, "listed": text, "kept": text, "deep": [text, 1] }),
    }];
    contract
}

/// Runs all tests of the crate of `contracts`, doctests too; what the doctests said.
fn test(name: &str, contracts: Vec<ContractInput>) -> String {
    // Both crates have one name and share a folder of dependencies: one at a time.
    static ONE: Mutex<()> = Mutex::new(());
    let domain = DomainInput {
        domain: "cases".to_owned(),
        contracts,
        ..DomainInput::default()
    };
    let generated = generate(&domain, &options(Formats::Assert));
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(dir.join("src"));
    for (path, text) in &generated.files {
        write(&dir.join(path), text);
    }
    write(
        &dir.join("Cargo.toml"),
        &format!("{}\n[workspace]\n", generated.files["Cargo.toml"]),
    );
    lock_file(&dir);
    let one = ONE.lock();
    let output = Command::new(env!("CARGO"))
        .args(["test", "--offline"])
        .current_dir(&dir)
        .env(
            "CARGO_TARGET_DIR",
            PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("compiled"),
        )
        .env("RUSTFLAGS", "-D warnings")
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_PROFILE_TEST_DEBUG", "0")
        .env("CARGO_INCREMENTAL", "0")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .output()
        .expect("cargo runs");
    drop(one);
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{stdout}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let (_, doctests) = stdout.split_once("(line ").expect("there are doctests");
    doctests.to_owned()
}

fn count(doctests: &str) -> usize {
    1 + doctests.matches("(line ").count()
}

#[test]
fn examples_of_every_fixture_hold_and_nothing_hostile_runs() {
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("it-ran");
    let _ = std::fs::remove_file(&target);
    let cases = fixtures();
    let contracts: Vec<ContractInput> = cases
        .iter()
        .enumerate()
        .map(|(index, case)| with_examples(index, case))
        .chain([hostile(&target)])
        .collect();
    let asked = contracts
        .iter()
        .filter(|contract| !contract.examples.is_empty())
        .count();
    let doctests = test("docs-fixtures", contracts);
    assert!(!target.exists(), "a contract's text was run");
    assert!(
        count(&doctests) * 10 >= asked * 9,
        "{} of {asked} have an example",
        count(&doctests)
    );
}

#[test]
fn examples_of_the_corpus_hold() {
    let Some(cases) = feature_corpus() else {
        return;
    };
    let contracts: Vec<ContractInput> = cases
        .iter()
        .enumerate()
        .map(|(index, case)| with_examples(index, case))
        .collect();
    let asked = contracts
        .iter()
        .filter(|contract| !contract.examples.is_empty())
        .count();
    let doctests = test("docs-corpus", contracts);
    println!("{} examples of {asked} contracts", count(&doctests));
    assert!(
        count(&doctests) * 10 >= asked * 9,
        "{} of {asked} have an example",
        count(&doctests)
    );
}
