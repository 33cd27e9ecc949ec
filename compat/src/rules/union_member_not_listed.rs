//! `union-member-not-listed`.

use diagnostics::{Rule, Scope, Severity};

pub(crate) const RULE: Rule = Rule {
    id: "union-member-not-listed",
    severity: Severity::Error,
    scope: Scope::Any,
    summary: "no alternative of the reader accepts a document that the writer emits",
    docs: r##"## What it does
Reports an `anyOf` or `oneOf` of the reader none of whose alternatives accepts the document, or several of which do where only one may. Either an alternative was taken out (old writers, new readers) or one was added (new writers, old readers).

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
Taken out: keep the alternative. Added: wait for the next major version, unless the union was released with `"x-open": true`.
"##,
};
