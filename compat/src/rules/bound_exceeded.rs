//! `bound-exceeded`.

use diagnostics::{Rule, Scope, Severity};

pub(crate) const RULE: Rule = Rule {
    id: "bound-exceeded",
    severity: Severity::Error,
    scope: Scope::Any,
    summary: "the reader's bound excludes values that the writer emits",
    docs: r#"## What it does
Reports `minimum`, `maximum`, `multipleOf`, and the bounds on the length of strings, arrays and objects, where the reader's is tighter: it was tightened (old writers, new readers) or widened (new writers, old readers).

## Why
Values between the two bounds are valid for one side and rejected by the other.

## Example
The writer:
```json
{ "maxLength": 50 }
```
The reader:
```json
{ "maxLength": 20 }
```

## How to fix
Keep the bound in this major version. A tighter one can be enforced in the writer's code alone.
"#,
};
