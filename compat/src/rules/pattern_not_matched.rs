//! `pattern-not-matched`.

use diagnostics::{Rule, Scope, Severity};

pub(crate) const RULE: Rule = Rule {
    id: "pattern-not-matched",
    severity: Severity::Error,
    scope: Scope::Any,
    summary: "the reader's pattern rejects strings that the writer emits",
    docs: r#"## What it does
Reports a `pattern` of the reader that some string of the writer does not match. Patterns are compared as languages, not as texts: a wider one breaks old readers as a narrower one breaks new readers.

## Why
A pattern that looks like a small correction usually has existing values on the wrong side.

## Example
The writer:
```json
{ "pattern": "^[A-Za-z]+$" }
```
The reader:
```json
{ "pattern": "^[a-z]+$" }
```

## How to fix
Use a pattern that matches all that the old one matches: `^([A-Za-z]+|new form)$`.
"#,
};
