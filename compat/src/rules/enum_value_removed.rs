//! `enum-value-removed`.

use diagnostics::{Rule, Scope, Severity};

pub(crate) const RULE: Rule = Rule {
    id: "enum-value-removed",
    severity: Severity::Error,
    scope: Scope::Any,
    summary: "the reader no longer lists a value that the writer emits",
    docs: r#"## What it does
Reports an `enum` or `const` of the reader that misses a value which the writer's schema allows.

## Why
Writers go on sending the value; in the other direction a writer that sends a *new* value breaks readers that list the old ones.

## Example
The writer:
```json
{ "enum": ["new", "paid", "void"] }
```
The reader:
```json
{ "enum": ["new", "paid"] }
```

## How to fix
Keep the value and mark it deprecated. To be able to add values later, mark the list `"x-open": true` from the start.
"#,
};
