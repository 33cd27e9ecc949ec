//! Contracts without an example.

use diagnostics::{Rule, Scope, Severity};

use super::{Check, ContractContext, Findings, LintRule};
use crate::{Expectation, Registry};

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: "missing-example",
        severity: Severity::Error,
        scope: Scope::House,
        summary: "a contract has no valid example",
        docs: r#"## What it does
Reports contracts without a document under `examples/<event>.v<major>/valid/`. Shared schemas need none.

## Why
An example is the shortest description of an event, the proof that the contract can be satisfied, and a test of the generated types and of each later version.

## Example
`ecommerce/order/order.created.v1.json` without a file in `ecommerce/order/examples/order.created.v1/valid/`.

## How to fix
Add a document that a service would really emit. Better two: one with only what is required, one with everything. Beside them, under `invalid/`, one document for each thing that must not pass, named after it.

## Configuration
`exceptions` lists event types, such as `"ecommerce.order.created"`.
"#,
    },
    check: Check::Contract(check),
};

fn check(ctx: &ContractContext<'_>, findings: &mut Findings<'_>) {
    let has_valid = ctx
        .examples()
        .iter()
        .any(|example| example.expectation == Expectation::Valid);
    if has_valid || findings.is_exception(&ctx.contract.event_type) {
        return;
    }
    let folder = Registry::example_folder(ctx.contract);
    findings
        .report(ctx.whole(), format!("{} has no valid example", ctx.contract.id()))
        .help(format!(
            "add a document that a service would emit: {folder}/valid/<name>.json"
        ));
}
