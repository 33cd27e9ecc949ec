//! A reference between drafts that read the target differently. Reported while bundling.

use diagnostics::{Rule, Scope, Severity};

use super::{Check, LintRule};

pub(crate) const ID: &str = "mixed-drafts";

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: ID,
        severity: Severity::Error,
        scope: Scope::Any,
        summary: "a contract refers to a schema of another draft whose keywords mean something else there",
        docs: "\
## What it does
Reports a reference from a contract into a schema of another draft, when the part referred to uses a keyword whose meaning differs between the two. Parts that mean the same in both are accepted.

## Why
The two cannot be put into one document without changing what one of them accepts, and neither can be generated from.

## Example
A 2020-12 contract that refers to a draft-07 schema with `\"items\": [{ \"type\": \"string\" }]`.

## How to fix
Bring the shared schema to the contract's draft, or repeat the part in it.
",
    },
    check: Check::Load,
};
