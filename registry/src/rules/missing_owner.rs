//! Contracts that no one answers for.

use diagnostics::{JsonPointer, Rule, Scope, Severity};

use super::{Check, ContractContext, Findings, LintRule};
use crate::metadata::KEYWORD;

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: "missing-owner",
        severity: Severity::Error,
        scope: Scope::House,
        summary: "a contract names no owner",
        docs: r#"## What it does
Reports an `x-contract` without `owner`, or with a blank one.

## Why
Someone has to answer questions, approve changes, and be told when a reader breaks.

## Example
```json
"x-contract": { "version": "1.0.0" }
```

## How to fix
```json
"x-contract": { "version": "1.0.0", "owner": "team-orders" }
```

## Configuration
`exceptions` lists event types.
"#,
    },
    check: Check::Contract(check),
};

fn check(ctx: &ContractContext<'_>, findings: &mut Findings<'_>) {
    let Some(metadata) = &ctx.contract.metadata else {
        return;
    };
    let is_blank = metadata
        .owner
        .as_deref()
        .is_none_or(|owner| owner.trim().is_empty());
    if is_blank && !findings.is_exception(&ctx.contract.event_type) {
        findings
            .report(
                ctx.key(JsonPointer::root().child(KEYWORD)),
                format!("{} has no owner", ctx.contract.id()),
            )
            .help("add `\"owner\": \"<team>\"`");
    }
}
