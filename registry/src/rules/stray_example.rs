//! An example that no contract owns. Reported while loading.

use diagnostics::{Rule, Scope, Severity};

use super::{Check, LintRule};

pub(crate) const ID: &str = "stray-example";

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: ID,
        severity: Severity::Error,
        scope: Scope::House,
        summary: "a document below `examples/` belongs to no contract, or does not say whether it is valid",
        docs: "\
## What it does
Reports JSON files below a folder `examples` that are not at `examples/<event>.v<major>/valid/<name>.json` or `…/invalid/<name>.json` beside the contract.

## Why
An example that is never checked looks like evidence and is none. It usually comes from a renamed contract or a misspelt folder.

## Example
`ecommerce/order/examples/order.create.v1/valid/minimal.json`, while the contract is `order.created.v1.json`

## How to fix
Move the file: the folder below `examples` is the contract's file name without `.json`, and the folder in it is `valid` or `invalid`.
",
    },
    check: Check::Load,
};
