//! How domains, aggregates and events are named.

use diagnostics::{Rule, Scope, Severity};

use super::support::words::NamingStyle;
use super::{Check, ContractContext, Findings, LintRule};

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: "event-naming",
        severity: Severity::Error,
        scope: Scope::House,
        summary: "a domain, aggregate or event is not named in lower-case words",
        docs: r#"## What it does
Reports contracts whose domain, aggregate or event name, as the path says them, is not made of lower-case ASCII words joined by `-`. An event's name is two or more such parts joined by `.`: what it is about, and what happened.

## Why
These names become the event type, the topic, folders, crates and metrics. Some file systems and brokers do not tell upper from lower case, and dots and underscores collide in names of metrics.

## Example
`ecommerce/order/Order_Created.v1.json`

## How to fix
`ecommerce/order/order.created.v1.json`

## Configuration
`exceptions` lists event types, such as `"ecommerce.heartbeat"`.
"#,
    },
    check: Check::Contract(check),
};

fn check(ctx: &ContractContext<'_>, findings: &mut Findings<'_>) {
    let contract = ctx.contract;
    if findings.is_exception(&contract.event_type) || findings.is_exception(&contract.event) {
        return;
    }
    let words = |name: &str| NamingStyle::Kebab.apply(name);
    let mut judge = |what: &str, name: &str| {
        if !NamingStyle::Kebab.fits(name) {
            let report = findings.report(
                ctx.whole(),
                format!("the {what} {name:?} is not made of lower-case words joined by `-`"),
            );
            if let Some(better) = words(name) {
                report.help(format!("name it `{better}`"));
            }
        }
    };
    judge("domain", &contract.domain);
    if let Some(aggregate) = &contract.aggregate {
        judge("aggregate", aggregate);
    }
    let event = &contract.event;
    let fits = event.split('.').all(|part| NamingStyle::Kebab.fits(part));
    if fits && event.contains('.') {
        return;
    }
    let message = if fits {
        format!(
            "the event {event:?} does not say what it is about and what happened, such as `order.created`"
        )
    } else {
        format!("the event {event:?} is not made of lower-case words joined by `-`, and parts joined by `.`")
    };
    let parts: Option<Vec<String>> = event.split('.').map(words).collect();
    let report = findings.report(ctx.whole(), message);
    match parts.filter(|parts| parts.len() > 1) {
        Some(parts) => report.help(format!("name it `{}`", parts.join("."))),
        None => report.help("name it `<subject>.<what happened>`"),
    };
}
