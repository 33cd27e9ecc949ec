//! Defaults that their own schema rejects.

use diagnostics::{Rule, Scope, Severity};

use super::support::instances::rejected;
use super::{Check, FileContext, Findings, LintRule};

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: "invalid-default",
        severity: Severity::Error,
        scope: Scope::Any,
        summary: "a `default` is rejected by the schema that it stands in",
        docs: r#"## What it does
Validates the value of each `default` against the schema around it. Formats are asserted unless `formats = "annotate"`.

## Why
Editors fill it in, generators compile it in, documentation shows it: each then produces a document that the contract rejects.

## Example
```json
{ "type": "integer", "minimum": 1, "default": 0 }
```

## How to fix
```json
{ "type": "integer", "minimum": 1, "default": 1 }
```
"#,
    },
    check: Check::File(check),
};

fn check(ctx: &FileContext<'_>, findings: &mut Findings<'_>) {
    for (at, _, violation) in rejected(ctx, "default", |value| vec![value]) {
        let schema = &ctx.subschemas()[at].pointer;
        let inside = schema.child("default").join(&violation.instance);
        let message = violation.message.replace("the document", "the default");
        findings
            .report(
                ctx.value(inside),
                format!("the default is rejected by `{}`: {message}", violation.keyword),
            )
            .help("correct the default, or the schema");
    }
}
