//! `document-not-accepted`.

use diagnostics::{Rule, Scope, Severity};

pub(crate) const RULE: Rule = Rule {
    id: "document-not-accepted",
    severity: Severity::Error,
    scope: Scope::Any,
    summary: "the reader rejects a document for a reason that no other rule names",
    docs: r#"## What it does
Reports a break whose failing keyword is none of those that have a rule of their own.

## Why
The verdict rests on the witness, not on the name of the reason.

## Example
The writer:
```json
{}
```
The reader:
```json
{ "dependentSchemas": { "a": { "minProperties": 2 } } }
```

## How to fix
Look at the witness and at the keyword in the reader's schema.
"#,
};
