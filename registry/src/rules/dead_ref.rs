//! References that lead nowhere.

use diagnostics::{Rule, Scope, Severity};

use super::support::refs;
use super::{Check, FileContext, Findings, LintRule};
use crate::reference::RefErrorKind;

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: RefErrorKind::Dead.rule_id(),
        severity: Severity::Error,
        scope: Scope::Any,
        summary: "a reference leads to no schema",
        docs: r#"## What it does
Reports a `$ref`, `$dynamicRef` or `$recursiveRef` whose target does not exist below the root: no such file, no such `$id` or anchor, no such member in the file, or something there that is not a schema. A close name is suggested.

References resolve by `$id` first, then relative to the file. The five official metaschemas are always known.

## Why
Nothing can be checked or generated from a contract with a hole in it. Validators fail when they first meet the reference, or accept anything there. OpenLineage and AsyncAPI have published schemas with this defect.

## Example
```json
{ "$ref": "../../common/mony.v1.json" }
```

## How to fix
Refer to what exists:
```json
{ "$ref": "../../common/money.v1.json" }
```
"#,
    },
    check: Check::File(check),
};

fn check(ctx: &FileContext<'_>, findings: &mut Findings<'_>) {
    refs::report(ctx, findings, RefErrorKind::Dead);
}
