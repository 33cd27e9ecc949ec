//! `property-name-not-accepted`.

use diagnostics::{Rule, Scope, Severity};

pub(crate) const RULE: Rule = Rule {
    id: "property-name-not-accepted",
    severity: Severity::Error,
    scope: Scope::Any,
    summary: "the reader allows fewer member names than the writer uses",
    docs: r#"## What it does
Reports `propertyNames` of the reader that some name of the writer's objects fails.

## Why
Maps are keyed by data: a name that was fine yesterday is rejected.

## Example
The writer:
```json
{ "type": "object" }
```
The reader:
```json
{ "type": "object", "propertyNames": { "pattern": "^[a-z]+$" } }
```

## How to fix
Keep the wider rule in this major version.
"#,
};
