//! References that are no URI references.

use diagnostics::{Rule, Scope, Severity};

use super::support::refs;
use super::{Check, FileContext, Findings, LintRule};
use crate::reference::RefErrorKind;

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: RefErrorKind::Malformed.rule_id(),
        severity: Severity::Error,
        scope: Scope::Any,
        summary: "a reference is not a URI reference",
        docs: r#"## What it does
Reports a reference that does not follow RFC 3986 (a blank, a backslash, a brace), a fragment with a broken percent-encoding, and a `$recursiveRef` other than `#`.

## Why
Tools disagree on what such a text means; most refuse it.

## Example
```json
{ "$ref": "..\\common\\money.v1.json" }
```

## How to fix
```json
{ "$ref": "../common/money.v1.json" }
```
"#,
    },
    check: Check::File(check),
};

fn check(ctx: &FileContext<'_>, findings: &mut Findings<'_>) {
    refs::report(ctx, findings, RefErrorKind::Malformed);
}
