//! Configured discriminators that do not pin one value.

use diagnostics::{Rule, Scope, Severity};

use super::{Check, ContractContext, Findings, LintRule};

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: "invalid-discriminator",
        severity: Severity::Error,
        scope: Scope::Any,
        summary: "a configured discriminator does not pin one value in a contract",
        docs: r#"## What it does
Reports contracts in which a field listed under `discriminators` in `contracts.toml` allows more than one value.

## Why
A discriminator is a field that pins the contract's own version, as `meta.version` in Eiffel or `context.type` in CDEvents. Its value is set aside when versions are compared, since it differs in each. A field with several values says more than the version, and setting it aside would hide real changes.

## Example
```toml
[compatibility]
discriminators = ["/context/type"]
```
with `"type": { "enum": ["dev.cdevents.build.started.0.2.0", "dev.cdevents.build.queued.0.2.0"] }`.

## How to fix
Pin one value in the contract, or remove the pointer from `discriminators`.
"#,
    },
    check: Check::Contract(check),
};

fn check(ctx: &ContractContext<'_>, findings: &mut Findings<'_>) {
    if let Some(Err(error)) = ctx.lowered() {
        findings
            .report(ctx.whole(), format!("{}: {error}", ctx.contract.id()))
            .help("pin one value in the contract, or remove the pointer from `discriminators` in contracts.toml");
    }
}
