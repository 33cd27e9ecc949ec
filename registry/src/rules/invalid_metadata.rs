//! An `x-contract` that cannot be accepted. Reported while loading.

use diagnostics::{Rule, Scope, Severity};

use super::{Check, LintRule};

pub(crate) const ID: &str = "invalid-metadata";

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: ID,
        severity: Severity::Error,
        scope: Scope::Any,
        summary: "the value of `x-contract` has unknown, missing or malformed members",
        docs: "\
## What it does
Checks `x-contract` against its schema (`docs/schemas/x-contract.schema.json`): members, types, the form of the version, of dates and durations. A deprecated contract needs a `sunset` date; others must not have one.

## Why
Owner, topic, key and version drive ownership, partitioning and compatibility checks. A misspelt member would silently not count.

## Example
```json
\"x-contract\": { \"version\": \"1.0\", \"ownr\": \"team-orders\" }
```

## How to fix
```json
\"x-contract\": { \"version\": \"1.0.0\", \"owner\": \"team-orders\", \"status\": \"active\" }
```
",
    },
    check: Check::Load,
};
