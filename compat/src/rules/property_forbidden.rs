//! `property-forbidden`.

use diagnostics::{Rule, Scope, Severity};

pub(crate) const RULE: Rule = Rule {
    id: "property-forbidden",
    severity: Severity::Error,
    scope: Scope::Any,
    summary: "the reader forbids a member or document that the writer may send",
    docs: r#"## What it does
Reports a `false` schema of the reader at a place where the writer's documents have a value.

## Why
Nothing satisfies `false`: whatever the writer sends there is rejected.

## Example
The writer:
```json
{ "properties": { "note": { "type": "string" } } }
```
The reader:
```json
{ "properties": { "note": false } }
```

## How to fix
Allow the member, and ignore it.
"#,
};
