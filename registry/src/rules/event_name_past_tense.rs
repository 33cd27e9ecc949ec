//! Events that do not say that something happened.

use diagnostics::{Rule, Scope, Severity};

use super::support::words::words;
use super::{Check, ContractContext, Findings, LintRule};

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: "event-name-past-tense",
        severity: Severity::Warning,
        scope: Scope::House,
        summary: "the name of an event does not end in a verb in the past tense",
        docs: r#"## What it does
Looks at the last part of the event's name (`created` in `order.created`) for a verb in the past tense: a word that ends in `-ed`, or an irregular one such as `sent`, `sold` or `withdrawn`. In a part of several words one of them is enough: `rolled-back`, `payment-received`.

## Why
An event tells what happened; its writer does not know who reads it, and no one can refuse it. `order.create` reads like a command, which one service gives to another, and which can fail.

## Example
`order.create.v1.json`

## How to fix
`order.created.v1.json`

## Configuration
`exceptions` lists events, with or without their domain:
```toml
[rules.event-name-past-tense]
severity = "error"
exceptions = ["telemetry.raw"]
```
"#,
    },
    check: Check::Contract(check),
};

fn check(ctx: &ContractContext<'_>, findings: &mut Findings<'_>) {
    let contract = ctx.contract;
    if findings.is_exception(&contract.event_type) || findings.is_exception(&contract.event) {
        return;
    }
    let last = contract.event.rsplit('.').next().unwrap_or(&contract.event);
    if words(last).iter().any(|word| is_past(word)) {
        return;
    }
    findings
        .report(ctx.whole(), format!("{last:?} in the event {:?} is not a verb in the past tense", contract.event))
        .help("name what happened, such as `created`; if no verb fits, list the event under `exceptions` of this rule");
}

/// Past tenses and participles that do not end in `-ed`.
const IRREGULAR: &str = "\
    arisen become began begun bent bet bid born borne bought bound broken brought built burnt burst came \
    cast caught chosen come cut dealt done drawn driven dropt dug eaten fallen fed fell felt forecast \
    forgiven forgotten fought found frozen gave given gone got gotten ground grown had heard held hidden \
    hit hung hurt kept known laid learnt led left lent let lost made meant met mistaken offset outgrown \
    overdrawn overridden overrun overwritten paid prepaid proven put ran read rebuilt redone repaid \
    reran resent reset resold rewritten ridden risen run rung said sat seen sent set shaken shed shown \
    shut sold sought spent split spoken spread stolen stood struck stuck sworn taken taught thrown told \
    torn understood undertaken undone unset upheld upset went withdrawn withheld won worn written";

/// Words that end in `-ed` and are no past tense.
const NOT_PAST: &str = "\
    bed bleed breed creed deed embed exceed feed greed heed hundred indeed kindred led need proceed red \
    reed sacred seed speed steed succeed weed wicked zed";

fn listed(words: &str, word: &str) -> bool {
    words.split_ascii_whitespace().any(|listed| listed == word)
}

fn is_past(word: &str) -> bool {
    listed(IRREGULAR, word) || (word.len() > 3 && word.ends_with("ed") && !listed(NOT_PAST, word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_are_told_from_nouns() {
        for word in [
            "created",
            "sent",
            "shipped",
            "withdrawn",
            "read",
            "led",
            "fed",
            "embedded",
            "exceeded",
        ] {
            assert!(is_past(word), "{word}");
        }
        for word in [
            "create",
            "raw",
            "feed",
            "speed",
            "proceed",
            "shipment",
            "created-at",
            "red",
            "ed",
            "",
        ] {
            assert!(!is_past(word), "{word}");
        }
    }
}
