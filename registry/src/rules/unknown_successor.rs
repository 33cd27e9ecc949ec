//! Deprecated contracts that point to nothing.

use std::collections::BTreeSet;

use diagnostics::{JsonPointer, Location, Rule, Scope, Severity};

use super::{Check, Findings, LintRule, RegistryContext};
use crate::config::closest;
use crate::metadata::KEYWORD;

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: "unknown-successor",
        severity: Severity::Error,
        scope: Scope::House,
        summary: "`supersededBy` names no other contract of the registry",
        docs: r#"## What it does
Reports a `supersededBy` in `x-contract` that is not the event type and major version of another contract, written `<type>.v<major>`.

## Why
Readers of a deprecated event are told where to go. A name that leads nowhere, or back, tells them nothing.

## Example
```json
"supersededBy": "ecommerce.order.created"
```

## How to fix
```json
"supersededBy": "ecommerce.order.created.v2"
```
"#,
    },
    check: Check::Registry(check),
};

fn check(ctx: &RegistryContext<'_>, findings: &mut Findings<'_>) {
    let contracts = &ctx.registry.contracts;
    let name = |contract: &crate::Contract| format!("{}.v{}", contract.event_type, contract.major);
    let mut known: Option<BTreeSet<String>> = None;
    for contract in contracts {
        let successor = contract
            .metadata
            .as_ref()
            .and_then(|metadata| metadata.superseded_by.as_ref());
        let Some(successor) = successor else { continue };
        let known = known.get_or_insert_with(|| contracts.iter().map(name).collect());
        let own = name(contract);
        if known.contains(successor) && *successor != own {
            continue;
        }
        let (event_type, major) = successor.rsplit_once(".v").unwrap_or((successor, ""));
        if ctx.registry.may_be_unreadable(event_type, major.parse().ok()) {
            continue;
        }
        let place = JsonPointer::root().child(KEYWORD).child("supersededBy");
        let location = Location::value(contract.path.clone(), place);
        let message = if *successor == own {
            format!("{own} is superseded by itself")
        } else {
            format!("{own} is superseded by {successor:?}, which is not a contract of the registry")
        };
        let report = findings.report(location, message);
        match closest(
            successor,
            known.iter().map(String::as_str).filter(|known| *known != own),
        ) {
            Some(near) => report.help(format!("did you mean {near:?}?")),
            None => report.help("write `<type>.v<major>` of the contract that replaces it"),
        };
    }
}
