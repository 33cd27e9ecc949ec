//! Consumers of events that there are not.

use std::collections::BTreeMap;

use diagnostics::{Rule, Scope, Severity};

use super::{Check, Findings, LintRule, RegistryContext};
use crate::config::closest;

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: "consumer-unknown-contract",
        severity: Severity::Error,
        scope: Scope::Any,
        summary: "a consumer file names an event type or a major version that the registry does not have",
        docs: r#"## What it does
Reports an entry `[[reads]]` of a consumer file whose `type` no contract has, and a number under `majors` that the type does not have.

## Why
The consumer waits for events that no one emits, or its owner believes to be warned of changes and is not.

## Example
```toml
[[reads]]
type = "ecommerce.order.create"
majors = [1, 3]
```

## How to fix
```toml
[[reads]]
type = "ecommerce.order.created"
majors = [1, 2]
```
"#,
    },
    check: Check::Registry(check),
};

fn check(ctx: &RegistryContext<'_>, findings: &mut Findings<'_>) {
    let mut majors: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for contract in &ctx.registry.contracts {
        majors
            .entry(&contract.event_type)
            .or_default()
            .push(contract.major);
    }
    for consumer in &ctx.registry.consumers {
        for read in &consumer.reads {
            let Some(known) = majors.get(read.event_type.as_str()) else {
                if ctx.registry.may_be_unreadable(&read.event_type, None) {
                    continue;
                }
                let near = closest(&read.event_type, majors.keys().copied());
                let report = findings.report(
                    consumer.location(&read.event_type_span),
                    format!(
                        "{} reads {:?}, and there is no such event type",
                        consumer.service, read.event_type
                    ),
                );
                match near {
                    Some(near) => report.help(format!("did you mean {near:?}?")),
                    None => report.help("`contracts list` shows all event types"),
                };
                continue;
            };
            let is_unknown = |number: u64| {
                !known.contains(&number) && !ctx.registry.may_be_unreadable(&read.event_type, Some(number))
            };
            for major in read.majors.iter().filter(|major| is_unknown(major.number)) {
                let mut known: Vec<u64> = known.clone();
                known.sort_unstable();
                let known: Vec<String> = known.iter().map(u64::to_string).collect();
                findings
                    .report(
                        consumer.location(&major.span),
                        format!(
                            "{} reads {} at major {}, which does not exist",
                            consumer.service, read.event_type, major.number
                        ),
                    )
                    .help(format!("it exists at {}", known.join(", ")));
            }
        }
    }
}
