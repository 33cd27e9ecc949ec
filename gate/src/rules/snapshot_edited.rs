//! `snapshot-edited`: a snapshot differs from the one in the base.

use diagnostics::{Rule, Scope, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "snapshot-edited",
    severity: Severity::Error,
    scope: Scope::Any,
    summary: "a snapshot differs from the one in the base",
    docs: r"## What it does

Reports a file under `released/` whose content is not that of the same file in the base (`--against`).

## Why

Snapshots say what other services rely on. Whoever edits one changes what was promised after the fact. The comparison uses the base's copy, so the edit gains nothing.

## Example

`released/ecommerce.order.created/1.1.0.json` was reformatted by an editor or changed by a search and replace.

## How to fix

Restore it from the base: `git checkout <base> -- event-contracts/released`. Keep formatters away from the folder.
",
};
