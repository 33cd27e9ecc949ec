//! `object-closed`.

use diagnostics::{Rule, Scope, Severity};

pub(crate) const RULE: Rule = Rule {
    id: "object-closed",
    severity: Severity::Error,
    scope: Scope::Any,
    summary: "the reader allows no members beyond those it lists, and the writer may send some",
    docs: r#"## What it does
Reports `additionalProperties: false` or `unevaluatedProperties: false` of a reader whose writer leaves the object open.

## Why
Any member that the reader does not know fails the document. It also forbids adding members for as long as this reader lives.

## Example
The writer:
```json
{ "properties": { "id": {} } }
```
The reader:
```json
{ "properties": { "id": {} }, "additionalProperties": false }
```

## How to fix
Leave objects open, and ignore what is not known.
"#,
};
