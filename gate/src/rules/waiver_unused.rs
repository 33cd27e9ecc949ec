//! `waiver-unused`: a waiver matches no finding.

use diagnostics::{Rule, Scope, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "waiver-unused",
    severity: Severity::Warning,
    scope: Scope::Any,
    summary: "a waiver matches no finding",
    docs: r"## What it does

Reports an entry of `waivers.toml` whose fingerprint no finding has, and a retired version that was never released. Waivers of findings that only show against a base (`--against`) are not judged in a run without one.

## Why

What was mended, released or changed again no longer needs the entry, and a mistyped fingerprint accepts nothing.

## Example

A waiver for `type-not-accepted` of a field that has its old type again.

## How to fix

Delete the entry. If the finding is there under another fingerprint, the schema changed since it was accepted: look at it again and run the `contracts waive` that it prints.
",
};
