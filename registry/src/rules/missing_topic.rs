//! Contracts in use whose events go nowhere.

use diagnostics::{JsonPointer, Rule, Scope, Severity};

use super::{Check, ContractContext, Findings, LintRule};
use crate::Status;
use crate::metadata::KEYWORD;

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: "missing-topic",
        severity: Severity::Error,
        scope: Scope::House,
        summary: "an active or deprecated contract names no topic",
        docs: r#"## What it does
Reports an `x-contract` without `topic`, unless the status is `draft`.

## Why
The generated publisher and subscriber take the topic from the contract, and `contracts topics` creates it. Without it each service has to be told, and one is told wrong.

## Example
```json
"x-contract": { "version": "1.0.0", "owner": "team-orders", "status": "active" }
```

## How to fix
```json
"topic": { "name": "ecommerce.order.created.v1", "partitions": 12, "retention": "P14D", "cleanup": "delete" }
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
    if metadata.topic.is_none()
        && metadata.status != Status::Draft
        && !findings.is_exception(&ctx.contract.event_type)
    {
        let message = format!("{} is {} and names no topic", ctx.contract.id(), metadata.status);
        findings
            .report(ctx.key(JsonPointer::root().child(KEYWORD)), message)
            .help(format!(
                "add `\"topic\": {{ \"name\": \"{}.v{}\" }}`",
                ctx.contract.event_type, ctx.contract.major
            ));
    }
}
