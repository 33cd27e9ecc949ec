//! Values under `examples` in a schema that the schema rejects.

use diagnostics::{Rule, Scope, Severity};

use super::support::instances::rejected;
use super::{Check, FileContext, Findings, LintRule};
use crate::Draft;

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: "invalid-schema-example",
        severity: Severity::Warning,
        scope: Scope::Any,
        summary: "a value under `examples` of a schema is rejected by that schema",
        docs: r#"## What it does
Validates each value under the keyword `examples` against the schema around it. Documents in files of their own have the rules `example-rejected` and `example-accepted`. In draft-04 `examples` is no keyword, and in a schema without constraints everything passes.

## Why
Documentation shows it, test generators use it. An example that is not valid is the first thing that a reader copies.

## Example
```json
{ "type": "string", "pattern": "^[A-Z]{3}$", "examples": ["EUR", "usd"] }
```

## How to fix
```json
{ "type": "string", "pattern": "^[A-Z]{3}$", "examples": ["EUR", "USD"] }
```
"#,
    },
    check: Check::File(check),
};

fn check(ctx: &FileContext<'_>, findings: &mut Findings<'_>) {
    if ctx.file.draft == Draft::Draft4 {
        return;
    }
    for (at, index, violation) in rejected(ctx, "examples", |value| {
        value.as_array().into_iter().flatten().collect()
    }) {
        let schema = &ctx.subschemas()[at].pointer;
        let inside = schema.child("examples").item(index).join(&violation.instance);
        let message = violation.message.replace("the document", "the value");
        findings
            .report(
                ctx.value(inside),
                format!("the example is rejected by `{}`: {message}", violation.keyword),
            )
            .help("correct the example, or the schema");
    }
}
