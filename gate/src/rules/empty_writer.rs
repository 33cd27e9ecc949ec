//! `empty-writer`: a writer that keeps to the contract can emit nothing.

use diagnostics::{Rule, Scope, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "empty-writer",
    severity: Severity::Error,
    scope: Scope::Any,
    summary: "a writer that keeps to the contract can emit nothing",
    docs: r#"## What it does

Reports a changed contract for which no document exists that satisfies it and holds only declared members. Compatibility with such a contract says nothing: whatever reads it never gets anything.

## Why

Writers are taken to emit declared members only (`writer = "declared"`). A contract that requires what it does not let them declare, or whose parts contradict each other, cannot be emitted, and every change to it would count as compatible.

## Example

```json
{ "properties": { "a": { "type": "string", "enum": [1] } }, "required": ["a"] }
```

## How to fix

Mend the contradiction: `contracts validate` with a document that should be valid shows what stands in its way.
"#,
};
