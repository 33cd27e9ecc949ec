//! Valid examples that the contract rejects.

use std::sync::Arc;

use diagnostics::{Location, Rule, Scope, Severity};

use super::support::violations::violations;
use super::{Check, ContractContext, Findings, LintRule};
use crate::Expectation;

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: "example-rejected",
        severity: Severity::Error,
        scope: Scope::Any,
        summary: "an example that should be valid is rejected by its contract",
        docs: r#"## What it does
Validates each document under `examples/<event>.v<major>/valid/` against its contract, and reports the place in the document, the keyword that rejects it, and where that keyword is written. Formats are asserted unless `formats = "annotate"`.

## Why
Examples are what readers copy. One that is rejected shows that the author of the contract and the author of the example understand it differently.

## Example
```json
{ "orderId": "o-1", "lines": [] }
```
against a contract whose `lines` has `"minItems": 1`.

## How to fix
Correct the example or the contract, whichever is wrong. If the document is meant to be rejected, move it to `invalid/` and name the file after the reason.
"#,
    },
    check: Check::Contract(check),
};

/// Reasons shown for one document; the first ones explain the others.
const MOST: usize = 5;

fn check(ctx: &ContractContext<'_>, findings: &mut Findings<'_>) {
    for example in ctx
        .examples()
        .iter()
        .filter(|example| example.expectation == Expectation::Valid)
    {
        let Some(validator) = ctx.validator() else { return };
        let document = example.value();
        if validator.is_valid(&document) {
            continue;
        }
        for violation in violations(validator.iter_errors(&document), MOST) {
            let path = Arc::clone(&example.path);
            let location = match &violation.unexpected {
                Some(name) => Location::key(path, violation.instance.child(name)),
                None => Location::value(path, violation.instance.clone()),
            };
            let keyword = &violation.keyword;
            let mut report = findings.report(
                location,
                format!(
                    "{}, so {} rejects the example",
                    violation.message,
                    ctx.contract.id()
                ),
            );
            if let Some(place) = ctx.origin(&violation.schema) {
                report = report.related(place, format!("rejected by `{keyword}`"));
            }
            report.help(
                "correct the example or the contract; a document meant to fail belongs under `invalid/`",
            );
        }
    }
}
