//! `property-removed-from-closed-object`.

use diagnostics::{Rule, Scope, Severity};

pub(crate) const RULE: Rule = Rule {
    id: "property-removed-from-closed-object",
    severity: Severity::Error,
    scope: Scope::Any,
    summary: "the reader no longer allows a member that the writer declares",
    docs: r#"## What it does
Reports a member that the writer declares and a closed reader does not list.

## Why
Removing a member is safe for an open reader only: a closed one rejects documents that still carry it, and in the other direction every added member breaks.

## Example
The writer:
```json
{ "properties": { "id": {}, "note": {} }, "additionalProperties": false }
```
The reader:
```json
{ "properties": { "id": {} }, "additionalProperties": false }
```

## How to fix
Open the reader first; or keep the member listed until no writer sends it.
"#,
};
