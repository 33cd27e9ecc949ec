//! `type-not-accepted`.

use diagnostics::{Rule, Scope, Severity};

pub(crate) const RULE: Rule = Rule {
    id: "type-not-accepted",
    severity: Severity::Error,
    scope: Scope::Any,
    summary: "the reader accepts fewer JSON types than the writer emits",
    docs: r#"## What it does
Reports a `type` of the reader that lacks a type which the writer emits at that place: `null` dropped, `number` become `integer`, a union cut down; or, with new writers and old readers, a type that was widened.

## Why
A reader that meets the missing type rejects the whole document.

## Example
The writer:
```json
{ "type": ["string", "null"] }
```
The reader:
```json
{ "type": "string" }
```

## How to fix
Keep the wider type in this major version; narrow it in the next one.
"#,
};
