//! Generated values satisfy their contracts: for each feature schema a thousand from `proptest` and some from
//! `arbitrary`, judged by the `jsonschema` validator, none of them the same all the time.

mod support;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use codegen::{DomainInput, Formats, generate};
use serde_json::Value;
use support::{Case, aliases, contract, drive, feature_corpus, fixtures, options};

/// How many values of each schema.
const VALUES: usize = 1_000;

fn program(aliases: &[&str]) -> String {
    let mut table = String::new();
    for alias in aliases {
        let _ = writeln!(table, "values::<cases_events::{alias}>(&mut out);");
    }
    format!(
        r#"use std::io::Write;

use arbitrary::Unstructured;
use cases_events::Event;
use contract_events::arbitrary::Documents;
use proptest::strategy::{{Strategy as _, ValueTree as _}};
use proptest::test_runner::TestRunner;
use serde_json::{{Value, json}};

fn values<T>(out: &mut impl Write)
where
    T: Event
        + std::fmt::Debug
        + proptest::arbitrary::Arbitrary<Parameters = Documents>
        + for<'a> arbitrary::Arbitrary<'a>,
{{
    let mut runner = TestRunner::deterministic();
    let mut values: Vec<Value> = Vec::new();
    let (mut missing, mut lost, mut smaller) = (0, 0, 0);
    let mut take = |event: &T| {{
        let written = event.encode().unwrap();
        match T::decode_strict(&written) {{
            Ok(read) if read.encode().unwrap() == written => {{}}
            _ => lost += 1,
        }}
        values.push(serde_json::from_slice(&written).unwrap());
    }};
    for documents in [Documents::Emitted, Documents::Received] {{
        let strategy = T::arbitrary_with(documents);
        for _ in 0..{VALUES} / 2 {{
            match strategy.new_tree(&mut runner) {{
                Ok(tree) => take(&tree.current()),
                Err(_) => missing += 1,
            }}
        }}
        if let Ok(mut tree) = strategy.new_tree(&mut runner) {{
            while tree.simplify() {{
                take(&tree.current());
                smaller += 1;
            }}
        }}
    }}
    let mut state = 1_u64;
    for _ in 0..{VALUES} / 10 {{
        let bytes: Vec<u8> = (0..512)
            .map(|_| {{
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (state >> 56) as u8
            }})
            .collect();
        match <T as arbitrary::Arbitrary>::arbitrary(&mut Unstructured::new(&bytes)) {{
            Ok(event) => take(&event),
            Err(_) => missing += 1,
        }}
    }}
    writeln!(out, "{{}}", json!([T::TYPE, T::SCHEMA, values, missing, lost, smaller])).unwrap();
}}

fn main() {{
    let mut out = std::io::stdout().lock();
    {table}
}}
"#
    )
}

fn judge(name: &str, cases: &[Case], constant: &[&str]) {
    let domain = DomainInput {
        domain: "cases".to_owned(),
        history: codegen::History::default(),
        contracts: cases
            .iter()
            .enumerate()
            .map(|(index, case)| contract(&format!("c{index}_{}", case.id), &case.schema))
            .collect(),
    };
    let generated = generate(&domain, &options(Formats::Assert));
    let output = drive(
        name,
        &generated,
        &program(&aliases(&generated)),
        "proptest = { version = \"1\", default-features = false, features = [\"std\"] }\narbitrary = \"1\"\n",
        "",
    );
    let output = String::from_utf8(output).unwrap();
    let mut failures = Vec::new();
    for line in output.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let id = line[0].as_str().unwrap().split_once('_').unwrap().1;
        let schema: Value = serde_json::from_str(line[1].as_str().unwrap()).unwrap();
        let validator = jsonschema::options()
            .should_validate_formats(true)
            .offline()
            .without_content_encoding_support("base64")
            .without_content_media_type_support("application/json")
            .build(&schema)
            .unwrap_or_else(|error| panic!("{id}: {error}"));
        let values = line[2].as_array().unwrap();
        let distinct: BTreeSet<String> = values.iter().map(Value::to_string).collect();
        println!(
            "{id:<40} {:>5} values, {:>5} distinct, {} shrunk",
            values.len(),
            distinct.len(),
            line[5]
        );
        if let Some(wrong) = values.iter().find(|value| !validator.is_valid(value)) {
            failures.push(format!("{id}: {wrong} is invalid"));
        }
        if line[3] != 0 {
            failures.push(format!("{id}: {} times no value was found", line[3]));
        }
        if line[4] != 0 {
            failures.push(format!("{id}: {} values changed on their way", line[4]));
        }
        if distinct.len() < 2 && !constant.contains(&id) {
            failures.push(format!("{id}: always {}", values[0]));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn values_of_every_fixture() {
    judge("arbitrary-fixtures", &fixtures(), &[]);
}

#[test]
fn values_of_the_corpus() {
    let Some(cases) = feature_corpus() else {
        return;
    };
    judge("arbitrary-corpus", &cases, &["empty_object_closed"]);
}
