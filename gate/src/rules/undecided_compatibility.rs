//! `undecided-compatibility`: compatibility could be neither proved nor refuted.

use diagnostics::{Rule, Scope, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "undecided-compatibility",
    severity: Severity::Error,
    scope: Scope::Any,
    summary: "compatibility could be neither proved nor refuted",
    docs: r"## What it does

Reports a change of which the tool can neither prove that it is compatible nor find a document that shows that it is not. The message says why: a construct that the prover does not follow, or the time that one question may take.

## Why

A guess would be worth nothing. What is not decided has to be looked at by a person once.

## Example

A pattern with a backreference was changed: whether one set of strings is inside the other cannot be computed in general.

## How to fix

Write the changed part in simpler words (two alternatives instead of a backreference, a bound instead of a conditional). If you know that the change is compatible, accept it: `contracts waive` with the reason for which you know.
",
};
