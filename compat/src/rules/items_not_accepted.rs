//! `items-not-accepted`.

use diagnostics::{Rule, Scope, Severity};

pub(crate) const RULE: Rule = Rule {
    id: "items-not-accepted",
    severity: Severity::Error,
    scope: Scope::Any,
    summary: "the reader accepts fewer items than the writer emits",
    docs: r#"## What it does
Reports `items`, `prefixItems`, `contains` or `uniqueItems` of the reader that excludes arrays of the writer, where no single keyword of an item's schema explains it.

## Why
One item that does not fit fails the whole array.

## Example
The writer:
```json
{ "items": {} }
```
The reader:
```json
{ "items": {}, "uniqueItems": true }
```

## How to fix
Keep the wider rule in this major version.
"#,
};
