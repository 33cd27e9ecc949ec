//! Each file under `fixtures/features` is a schema with valid and invalid documents: its module is compared with a
//! snapshot, compiled with all others, and asked about each document.

mod support;

use codegen::{DomainInput, Formats, generate};
use serde_json::Value;
use support::{contract, fixtures, lowered, options, report, run};

#[test]
fn features_compile_and_are_exact() {
    let cases = fixtures();
    let (outcomes, generated) = run("golden", &cases, Formats::Assert);
    let (right, asked) = report(&cases, &outcomes, &generated);
    assert_eq!(right, asked);
    assert!(
        generated
            .problems
            .iter()
            .all(|problem| problem.rule.id != "unsupported-schema")
    );
}

#[test]
fn features_look_as_before() {
    for case in fixtures() {
        let domain = DomainInput {
            domain: "golden".to_owned(),
            history: codegen::History::default(),
            contracts: vec![contract(&case.id, &case.schema)],
        };
        let generated = generate(&domain, &options(Formats::Assert));
        let (_, module) = generated
            .files
            .iter()
            .find(|(path, _)| path.ends_with("_v1.rs"))
            .unwrap_or_else(|| panic!("{} is generated", case.id));
        let (_, body) = module.split_once('\n').unwrap();
        insta::assert_snapshot!(case.id.as_str(), body);
    }
}

#[test]
fn the_order_of_contracts_changes_nothing() {
    let contracts: Vec<_> = fixtures()
        .iter()
        .map(|case| contract(&case.id, &case.schema))
        .collect();
    let files = |contracts: Vec<_>| {
        let domain = DomainInput {
            domain: "golden".to_owned(),
            contracts,
            ..DomainInput::default()
        };
        generate(&domain, &options(Formats::Assert)).files
    };
    let one = files(contracts.clone());
    let mut shuffled = contracts;
    let mut state = 1_u64;
    for _ in 0..5 {
        for at in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            shuffled.swap(at, usize::try_from(state >> 33).unwrap() % (at + 1));
        }
        assert_eq!(one, files(shuffled.clone()));
    }
}

/// Documents about which the validator is of another mind.
const EXCEPTIONS: &[&str] = &[
    // `int32` is no format of JSON Schema; here it means what it means in OpenAPI.
    "integers {\"i32\":2147483648}",
];

/// The fixtures say what the validator says.
#[test]
fn fixtures_are_right() {
    let mut wrong = Vec::new();
    for case in fixtures() {
        let validator = jsonschema::options()
            .should_validate_formats(true)
            .offline()
            .without_content_encoding_support("base64")
            .without_content_media_type_support("application/json")
            .build(&lowered(&case.schema))
            .unwrap_or_else(|error| panic!("{}: {error}", case.id));
        for (text, valid) in &case.instances {
            let document: Value = serde_json::from_str(text).unwrap();
            if validator.is_valid(&document) != *valid {
                wrong.push(format!("{} {text}", case.id));
            }
        }
    }
    assert_eq!(wrong, EXCEPTIONS);
}
