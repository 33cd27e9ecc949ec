//! `bound-tightened`.

use diagnostics::{Rule, Scope, Severity};

pub(crate) const RULE: Rule = Rule {
    id: "bound-tightened",
    severity: Severity::Error,
    scope: Scope::Any,
    summary: "the reader's bound excludes values that the writer emits",
    docs: r#"## What it does
Reports `minimum`, `maximum`, `multipleOf`, and the bounds on the length of strings, arrays and objects, where the reader's is tighter.

## Why
Values between the two bounds are valid today and rejected tomorrow.

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
Keep the wider bound in this major version, or enforce the new one in the writer's code only.
"#,
};
