//! `snapshot-deleted`: a snapshot of the base is gone.

use diagnostics::{Rule, Scope, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "snapshot-deleted",
    severity: Severity::Error,
    scope: Scope::Any,
    summary: "a snapshot of the base is gone",
    docs: r"## What it does

Reports a file under `released/` that the base (`--against`) has and the work tree does not.

## Why

Without the snapshot, later changes are no longer compared with what was released. The comparison uses the base's copy.

## Example

`released/ecommerce.order.created/1.1.0.json` was deleted together with the contract.

## How to fix

Restore it from the base: `git checkout <base> -- event-contracts/released`. A version that no longer counts is retired with `contracts retire TYPE@x.y.z`; its snapshot stays.
",
};
