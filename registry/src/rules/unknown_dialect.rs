//! A `$schema` that names no known draft. Reported while loading.

use diagnostics::{Rule, Scope, Severity};

use super::{Check, LintRule};

pub(crate) const ID: &str = "unknown-dialect";

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: ID,
        severity: Severity::Warning,
        scope: Scope::Any,
        summary: "`$schema` names none of the drafts 4, 6, 7, 2019-09 and 2020-12, nor a metaschema in the registry",
        docs: "\
## What it does
Reports a `$schema` that names another dialect. The file is then checked as the configured `default-draft`.

## Why
The draft decides what keywords mean: `items`, `$ref` with siblings, `dependencies` and `exclusiveMinimum` all changed. Validators that do not know the dialect refuse the schema or guess.

## Example
```json
{ \"$schema\": \"http://json-schema.org/schema#\" }
```

## How to fix
Name a draft: `\"$schema\": \"https://json-schema.org/draft/2020-12/schema\"`.
",
    },
    check: Check::Load,
};
