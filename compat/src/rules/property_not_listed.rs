//! `property-not-listed`.

use diagnostics::{Rule, Scope, Severity};

pub(crate) const RULE: Rule = Rule {
    id: "property-not-listed",
    severity: Severity::Error,
    scope: Scope::Any,
    summary: "a closed reader does not list a member that the writer declares",
    docs: r#"## What it does
Reports a member that the writer declares and a closed reader does not list: one that was taken out (old writers, new readers) or added (new writers, old readers).

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
Taken out: keep the member listed, or open the object. Added: an object that was released closed stays closed for its readers, so the member has to wait for the next major version.
"#,
};
