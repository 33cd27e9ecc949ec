//! References to documents that are somewhere on the network.

use diagnostics::{Rule, Scope, Severity};

use super::support::refs;
use super::{Check, FileContext, Findings, LintRule};
use crate::reference::RefErrorKind;

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: RefErrorKind::Network.rule_id(),
        severity: Severity::Error,
        scope: Scope::Any,
        summary: "a reference could only be answered by the network",
        docs: r#"## What it does
Reports a reference to a URL that no file of the registry has as its `$id`. The network is never asked.

## Why
A contract that needs a download means something else when the server changes its mind, and nothing at all when the server is away. It also tells the server who builds what, and when.

## Example
```json
{ "$ref": "https://schemas.example/money.json" }
```

## How to fix
Add that schema to the registry with this `$id`; then the same reference resolves without a network. Or refer to a file by a relative path.
"#,
    },
    check: Check::File(check),
};

fn check(ctx: &FileContext<'_>, findings: &mut Findings<'_>) {
    refs::report(ctx, findings, RefErrorKind::Network);
}
