//! `contract-removed`: a contract was removed before its sunset, or while a consumer still names it.

use diagnostics::{Rule, Scope, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "contract-removed",
    severity: Severity::Error,
    scope: Scope::Any,
    summary: "a contract was removed before its sunset, or while a consumer still names it",
    docs: r#"## What it does

Reports a contract that was released (or is active in the base) and is gone: before the `sunset` that it announced, without having been deprecated, or while a file under `consumers/` still names its type and major version. A contract that was only moved to another folder with the same event type is not reported.

## Why

Writers and readers still build against it, and topics still hold its events. The sunset is the promise when that ends.

## Example

`ecommerce.order.created.v1.json` was deleted on 2026-11-25; its sunset is 2027-04-02: 128 days left.

## How to fix

Restore the file. Deprecate it first: `"status": "deprecated"` with a `sunset` and `supersededBy`, release, wait, have consumers move, then delete it. A line that nobody can still hold may be taken out of the comparison version by version: `contracts retire TYPE@x.y.z`.
"#,
};
