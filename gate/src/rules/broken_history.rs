//! `broken-history`: the chain of snapshots does not hold.

use diagnostics::{Rule, Scope, Severity};

/// The rule behind every finding about the history itself.
pub const RULE: Rule = Rule {
    id: "broken-history",
    severity: Severity::Error,
    scope: Scope::Any,
    summary: "a snapshot that was edited, is missing, or does not follow the one before it",
    docs: "## What it does

Reports a file under `released/` that is not a snapshot, whose digest does not match its content, whose name is not its \
type and version, or whose predecessor is missing or has another digest.

## Why

Snapshots say what other services rely on. One that can be edited, deleted or reordered unnoticed protects nothing.

## Example

`released/ecommerce.order.created/1.1.0.json` names 1.0.0 with one digest as its predecessor, but the file 1.0.0 has \
another: it was edited after its release, or two branches released on top of different files.

## How to fix

Restore the file from git history. After a merge of two branches that both released: keep the snapshots of the target \
branch, delete those of the other, and run `contracts release` again.
",
};
