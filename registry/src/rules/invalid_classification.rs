//! Classifications that say nothing.

use diagnostics::{Rule, Scope, Severity};

use super::support::values::{list, short};
use super::{Check, FileContext, Findings, LintRule};
use crate::Classification;
use crate::config::closest;
use crate::metadata::CLASSIFICATION_KEYWORD;

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: "invalid-classification",
        severity: Severity::Error,
        scope: Scope::House,
        summary: "the value of `x-classification` is not a class",
        docs: r#"## What it does
Reports an `x-classification` that is not one of `public`, `internal`, `confidential` and `pii`.

## Why
A class that no one knows protects nothing: the value is printed like any other.

## Example
```json
"email": { "type": "string", "x-classification": "PII" }
```

## How to fix
```json
"email": { "type": "string", "x-classification": "pii" }
```
"#,
    },
    check: Check::File(check),
};

fn check(ctx: &FileContext<'_>, findings: &mut Findings<'_>) {
    for schema in ctx.subschemas() {
        let Some(value) = schema.value.get(CLASSIFICATION_KEYWORD) else {
            continue;
        };
        let class = value.as_str();
        if class.and_then(Classification::parse).is_some() {
            continue;
        }
        let classes = Classification::ALL.map(Classification::as_str);
        let message = format!(
            "{} is not a class of data; classes are {}",
            short(value),
            list(classes, classes.len())
        );
        let report = findings.report(ctx.value(schema.pointer.child(CLASSIFICATION_KEYWORD)), message);
        if let Some(near) = class.and_then(|class| closest(class, classes)) {
            report.help(format!("did you mean `{near}`?"));
        }
    }
}
