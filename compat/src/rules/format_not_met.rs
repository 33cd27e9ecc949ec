//! `format-not-met`.

use diagnostics::{Rule, Scope, Severity};

pub(crate) const RULE: Rule = Rule {
    id: "format-not-met",
    severity: Severity::Error,
    scope: Scope::Any,
    summary: "the reader asserts a format that the writer's strings need not have",
    docs: r#"## What it does
Reports a `format` that the reader asserts and the writer does not guarantee. Only where formats are asserted.

## Why
Generated types parse the string; one that is not of the format fails to decode.

## Example
The writer:
```json
{ "type": "string" }
```
The reader:
```json
{ "type": "string", "format": "date-time" }
```

## How to fix
Add a second member with the format, fill both, and drop the first in the next major version.
"#,
};
