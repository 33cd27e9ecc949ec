//! `union-member-removed`.

use diagnostics::{Rule, Scope, Severity};

pub(crate) const RULE: Rule = Rule {
    id: "union-member-removed",
    severity: Severity::Error,
    scope: Scope::Any,
    summary: "no alternative of the reader accepts a document that the writer emits",
    docs: r##"## What it does
Reports an `anyOf` or `oneOf` of the reader none of whose alternatives accepts the document, or several of which do where only one may.

## Why
A tag that readers do not know cannot be dispatched.

## Example
The writer:
```json
{ "oneOf": [{ "$ref": "#/$defs/Card" }, { "$ref": "#/$defs/Cash" }] }
```
The reader:
```json
{ "oneOf": [{ "$ref": "#/$defs/Card" }] }
```

## How to fix
Keep the alternative. To be able to add alternatives later, mark the union `"x-open": true` from the start.
"##,
};
