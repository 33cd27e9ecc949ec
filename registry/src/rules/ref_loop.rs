//! References that lead back to themselves.

use diagnostics::{Rule, Scope, Severity};

use super::support::refs;
use super::{Check, FileContext, Findings, LintRule};
use crate::reference::RefErrorKind;

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: RefErrorKind::Loop.rule_id(),
        severity: Severity::Error,
        scope: Scope::Any,
        summary: "references lead back to where they started without consuming input",
        docs: r##"## What it does
Reports references that form a loop on one and the same value: following them, and the applicators that stay in place (`allOf`, `anyOf`, `oneOf`, `not`, `if`, `dependentSchemas`), leads back to the first. One finding for each loop, with its chain.

A reference below `properties` or `items` goes one level down in the document with each step. That is recursion, which ends where the document ends, and is not reported.

## Why
A validator that follows such a loop never ends, or gives up and accepts everything.

## Example
```json
{ "$defs": { "a": { "$ref": "#/$defs/b" }, "b": { "allOf": [{ "$ref": "#/$defs/a" }] } } }
```

## How to fix
Say in one of the schemas what it is, in place of referring on.
"##,
    },
    check: Check::File(check),
};

fn check(ctx: &FileContext<'_>, findings: &mut Findings<'_>) {
    refs::report(ctx, findings, RefErrorKind::Loop);
}
