//! `property-constrained`.

use diagnostics::{Rule, Scope, Severity};

pub(crate) const RULE: Rule = Rule {
    id: "property-constrained",
    severity: Severity::Error,
    scope: Scope::Any,
    summary: "the reader constrains a member that the writer leaves open",
    docs: r#"## What it does
Reports a type, constant or list of values that the reader states for a member about which the writer's schema says nothing, or too little.

## Why
An open writer may already send anything there, under that very name.

## Example
The writer:
```json
{ "type": "object" }
```
The reader:
```json
{ "properties": { "total": { "type": "integer" } } }
```

## How to fix
Give the member a name that nobody can have used, or declare it without a type first.
"#,
};
