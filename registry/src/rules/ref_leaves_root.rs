//! References that climb out of the registry.

use diagnostics::{Rule, Scope, Severity};

use super::support::refs;
use super::{Check, FileContext, Findings, LintRule};
use crate::reference::RefErrorKind;

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: RefErrorKind::LeavesRoot.rule_id(),
        severity: Severity::Error,
        scope: Scope::Any,
        summary: "a reference leads out of the root",
        docs: r#"## What it does
Reports a reference whose path climbs above the schema root with `..`, or which names a file of the machine (`file:…`).

## Why
What is outside of the root is not part of the registry: it is on one machine and not on another, it is not reviewed, and reading it would let a contract disclose any file of the machine that checks it.

## Example
```json
{ "$ref": "../../../../shared/money.json" }
```

## How to fix
Copy the schema below the root, and refer to the copy.
"#,
    },
    check: Check::File(check),
};

fn check(ctx: &FileContext<'_>, findings: &mut Findings<'_>) {
    refs::report(ctx, findings, RefErrorKind::LeavesRoot);
}
