//! Two files that claim one event type at one major version.

use std::collections::BTreeMap;
use std::sync::Arc;

use diagnostics::{Location, Rule, Scope, Severity};

use super::{Check, Findings, LintRule, RegistryContext};

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: "duplicate-contract",
        severity: Severity::Error,
        scope: Scope::Any,
        summary: "two files are contracts of the same event type and major version",
        docs: r"## What it does
Reports each contract whose event type and major version another file has as well.

The event type is the domain and the event's name, both read from the path. The aggregate is not part of it.

## Why
A reader selects the contract by type and major version. With two of them, what is valid depends on which file was found first.

## Example
`ecommerce/order/order.created.v1.json` and `ecommerce/basket/order.created.v1.json`: both are `ecommerce.order.created` at 1.

## How to fix
Rename one event, or give the newer contract the next major version. Where the layout has no `{major}`, it is read from `x-contract`, and is 1 without that.
",
    },
    check: Check::Registry(check),
};

fn check(ctx: &RegistryContext<'_>, findings: &mut Findings<'_>) {
    let mut first: BTreeMap<(&str, u64), &Arc<str>> = BTreeMap::new();
    for contract in &ctx.registry.contracts {
        let key = (contract.event_type.as_str(), contract.major);
        let Some(earlier) = first.get(&key) else {
            first.insert(key, &contract.path);
            continue;
        };
        findings
            .report(
                Location::file(Arc::clone(&contract.path)),
                format!("{} is the contract of {earlier} as well", contract.id()),
            )
            .related(Location::file(Arc::clone(earlier)), "the other one")
            .help("rename one of the events, or give the newer contract the next major version");
    }
}
