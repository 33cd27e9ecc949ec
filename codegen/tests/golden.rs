//! Each file under `fixtures/features` is a schema with valid and invalid documents: its module is compared with a
//! snapshot, compiled with all others, and asked about each document.

mod support;

use codegen::{DomainInput, Formats, generate};
use support::{contract, fixtures, options, report, run};

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
    let mut contracts: Vec<_> = fixtures()
        .iter()
        .map(|case| contract(&case.id, &case.schema))
        .collect();
    let one = generate(
        &DomainInput {
            domain: "golden".to_owned(),
            history: codegen::History::default(),
            contracts: contracts.clone(),
        },
        &options(Formats::Assert),
    );
    contracts.reverse();
    let other = generate(
        &DomainInput {
            domain: "golden".to_owned(),
            history: codegen::History::default(),
            contracts,
        },
        &options(Formats::Assert),
    );
    assert_eq!(one.files, other.files);
}
