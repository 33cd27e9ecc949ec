//! A member written twice in one object. Reported while loading.

use diagnostics::{Rule, Scope, Severity};

use super::{Check, LintRule};

pub(crate) const ID: &str = "duplicate-key";

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: ID,
        severity: Severity::Error,
        scope: Scope::Any,
        summary: "an object in a JSON document repeats a member name",
        docs: "\
## What it does
Reports the second of two members with the same name in one object, and shows the first.

## Why
RFC 8259 leaves the meaning open: most parsers keep the last one, some the first, some refuse. Two people who read the same contract may then enforce different rules. Published schemas of Snowplow, Sentry and Adobe have this defect.

## Example
```json
{ \"properties\": { \"sku\": { \"type\": \"string\" }, \"sku\": { \"type\": \"integer\" } } }
```

## How to fix
Remove one of the two. The last one is what this tool, and most others, have used so far.
",
    },
    check: Check::Load,
};
