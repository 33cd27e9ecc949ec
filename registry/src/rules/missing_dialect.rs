//! Files that do not say which draft they are written in.

use diagnostics::{JsonPointer, Rule, Scope, Severity};

use super::{Check, FileContext, Findings, LintRule};

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: "missing-dialect",
        severity: Severity::Warning,
        scope: Scope::House,
        summary: "a schema file has no `$schema`",
        docs: r#"## What it does
Reports schema files without `$schema`. They are read as the configured `default-draft`.

## Why
The draft decides what keywords mean: whether `items` may be an array, whether keywords beside `$ref` hold, whether `exclusiveMinimum` is a number. Editors and other validators guess, and guess differently.

## Example
```json
{ "title": "Money", "type": "object" }
```

## How to fix
```json
{ "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Money", "type": "object" }
```
"#,
    },
    check: Check::File(check),
};

fn check(ctx: &FileContext<'_>, findings: &mut Findings<'_>) {
    if ctx.file.value.is_object() && ctx.file.value.get("$schema").is_none() {
        let draft = ctx.file.draft;
        findings
            .report(
                ctx.value(JsonPointer::root()),
                format!("the file does not say its draft; it is read as {draft}"),
            )
            .help(format!("add `\"$schema\": {:?}`", draft.uri()));
    }
}
