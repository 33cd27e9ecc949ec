//! `enum-value-not-listed`.

use diagnostics::{Rule, Scope, Severity};

pub(crate) const RULE: Rule = Rule {
    id: "enum-value-not-listed",
    severity: Severity::Error,
    scope: Scope::Any,
    summary: "the reader does not list a value that the writer emits",
    docs: r#"## What it does
Reports an `enum` or `const` of the reader that misses a value which the writer's schema allows. Either the value was taken out (old writers, new readers) or it was added (new writers, old readers).

## Why
Events with a value that was taken out are still in the topic. A value that was added reaches readers that were built before it.

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
Taken out: keep the value and mark it deprecated. Added: wait for the next major version, unless the list was released with `"x-open": true`; then readers accept values that they do not know. Marking it now helps from the next release on.
"#,
};
