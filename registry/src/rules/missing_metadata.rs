//! Contracts that say nothing about themselves.

use diagnostics::{JsonPointer, Rule, Scope, Severity};

use super::{Check, ContractContext, Findings, LintRule};

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: "missing-metadata",
        severity: Severity::Error,
        scope: Scope::House,
        summary: "a contract has no `x-contract`",
        docs: r#"## What it does
Reports contracts without the keyword `x-contract`. With `house-rules = "with-metadata"`, the default for a tree without a `contracts.toml`, it stays quiet.

## Why
`x-contract` says the version, who answers for the contract, where its events go and by what they are partitioned. Releases, topics and generated crates come from it.

## Example
```json
{ "title": "Order created", "type": "object" }
```

## How to fix
```json
"x-contract": {
  "version": "1.0.0",
  "owner": "team-orders",
  "status": "draft",
  "topic": { "name": "ecommerce.order.created.v1" },
  "key": "/orderId",
  "producers": ["order-service"]
}
```
Its JSON Schema is `docs/schemas/x-contract.schema.json`. If the file is no contract but a shared part, move it to where the layout finds none, such as `common/`.

## Configuration
`exceptions` lists event types.
"#,
    },
    check: Check::Contract(check),
};

fn check(ctx: &ContractContext<'_>, findings: &mut Findings<'_>) {
    if !ctx.contract.has_metadata && !findings.is_exception(&ctx.contract.event_type) {
        findings
            .report(
                ctx.value(JsonPointer::root()),
                format!("{} has no `x-contract`", ctx.contract.id()),
            )
            .help(
                "add version, owner, status, topic and key; `contracts new` writes a contract that has them",
            );
    }
}
