//! `classification-lowered`: a field is classified less strictly than in the released version.

use diagnostics::{Rule, Scope, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "classification-lowered",
    severity: Severity::Error,
    scope: Scope::Any,
    summary: "a field is classified less strictly than in the released version",
    docs: r#"## What it does

Reports a field whose `x-classification` is less strict than in the last snapshot, or is gone: `pii` that became `internal`, for example. Over a `$ref` the strictest one counts.

## Why

Readers print, keep and pass on what is not classified. Values that were already sent under the stricter class are in topics and stores, and would now be treated by the weaker one.

## Example

```json
"email": { "type": "string", "x-classification": "internal" }
```

where 1.0.0 said `pii`.

## How to fix

Restore the class, or publish the next major version. If the class was wrong from the start, accept the change with `contracts waive` and the reason that the owner of the data gives.
"#,
};
