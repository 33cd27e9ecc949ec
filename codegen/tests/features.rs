//! One schema a feature: what decodes, what is refused, what survives. The corpus is third-party and may be absent.

mod support;

use codegen::Formats;
use support::{feature_corpus, report, run};

#[test]
fn every_feature_schema_is_exact() {
    let Some(cases) = feature_corpus() else {
        return;
    };
    let (outcomes, generated) = run("features", &cases, Formats::Assert);
    let (right, asked) = report(&cases, &outcomes, &generated);
    assert_eq!(right, asked);
    let refused: Vec<&str> = generated
        .problems
        .iter()
        .filter(|problem| problem.rule.id == "unsupported-schema")
        .map(|problem| cases[problem.contract].id.as_str())
        .collect();
    // Their references lead to files that are not part of the corpus.
    assert_eq!(refused, ["ref_external_file", "ref_external_ptr"]);
}
