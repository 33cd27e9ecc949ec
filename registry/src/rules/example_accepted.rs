//! Invalid examples that the contract accepts.

use std::sync::Arc;

use diagnostics::{JsonPointer, Location, Rule, Scope, Severity};

use super::{Check, ContractContext, Findings, LintRule};
use crate::Expectation;

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: "example-accepted",
        severity: Severity::Error,
        scope: Scope::Any,
        summary: "an example that should be invalid is accepted by its contract",
        docs: r#"## What it does
Validates each document under `examples/<event>.v<major>/invalid/` against its contract, and reports those that pass.

## Why
The file name says what the contract forbids (`negative-quantity.json`). If the document passes, the contract does not forbid it: a constraint is missing, misspelt or in the wrong place.

## Example
`invalid/negative-quantity.json` holds `{ "quantity": -1 }`, and the contract says `"quantity": { "type": "integer" }`.

## How to fix
Add the constraint that the example asks for, here `"minimum": 1`; or move the document to `valid/`.
"#,
    },
    check: Check::Contract(check),
};

fn check(ctx: &ContractContext<'_>, findings: &mut Findings<'_>) {
    for example in ctx
        .examples()
        .iter()
        .filter(|example| example.expectation == Expectation::Invalid)
    {
        let Some(validator) = ctx.validator() else { return };
        if validator.is_valid(&example.value()) {
            let message = format!(
                "{} accepts the document, which should fail because of {:?}",
                ctx.contract.id(),
                example.name()
            );
            findings
                .report(
                    Location::value(Arc::clone(&example.path), JsonPointer::root()),
                    message,
                )
                .related(ctx.whole(), "the contract")
                .help("add the constraint that the file name tells of, or move the document to `valid/`");
        }
    }
}
