//! A file that is not JSON. Reported while loading.

use diagnostics::{Rule, Scope, Severity};

use super::{Check, LintRule};

pub(crate) const ID: &str = "invalid-json";

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: ID,
        severity: Severity::Error,
        scope: Scope::Any,
        summary: "a file is not JSON: empty, binary, cut, not UTF-8, or nested deeper than 128 levels",
        docs: "\
## What it does
Reports schema files and examples that cannot be parsed, at the byte where parsing stops.

## Why
Nothing else can be said about such a file, and every reference into it is dead.

## Example
```json
{ \"type\": \"object\", }
```

## How to fix
Correct the text at the reported place. A comma after the last member, a comment and a single quote are the usual causes. Documents nested deeper than 128 levels are refused: no event needs that, and readers in many languages overflow on it.
",
    },
    check: Check::Load,
};
