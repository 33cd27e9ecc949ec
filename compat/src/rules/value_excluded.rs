//! `value-excluded`.

use diagnostics::{Rule, Scope, Severity};

pub(crate) const RULE: Rule = Rule {
    id: "value-excluded",
    severity: Severity::Error,
    scope: Scope::Any,
    summary: "the reader excludes documents with `not` that the writer emits",
    docs: r#"## What it does
Reports a `not` of the reader that some document of the writer satisfies.

## Why
What is excluded was valid before.

## Example
The writer:
```json
{ "type": "string" }
```
The reader:
```json
{ "type": "string", "not": { "const": "" } }
```

## How to fix
Keep the exclusion out of this major version, or enforce it in the writer's code only.
"#,
};
