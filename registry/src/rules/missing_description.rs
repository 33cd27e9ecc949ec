//! Schemas and properties that are not described.

use diagnostics::{JsonPointer, Rule, Scope, Severity};
use serde_json::Value;

use super::support::only_refines;
use super::support::refs::targets;
use super::{Check, FileContext, Findings, LintRule};

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: "missing-description",
        severity: Severity::Warning,
        scope: Scope::House,
        summary: "a schema file or a property has no description",
        docs: r#"## What it does
Reports files and properties without a `description`, or with a blank one. A description behind the property's `$ref` counts. Branches that only refine what is described elsewhere (below `if`, `then`, `allOf` without a `type`) need none.

## Why
The contract is what a reader in another team has. A name says what a field is called; the description says in which unit, from which clock, and what its absence means. Generated code carries it.

## Example
```json
"placedAt": { "type": "string", "format": "date-time" }
```

## How to fix
```json
"placedAt": { "type": "string", "format": "date-time", "description": "When the customer pressed the button." }
```

## Configuration
`exceptions` lists names of properties.
"#,
    },
    check: Check::File(check),
};

fn check(ctx: &FileContext<'_>, findings: &mut Findings<'_>) {
    let schemas = ctx.subschemas();
    for schema in schemas {
        if is_described(schema.value) {
            continue;
        }
        match schema.property() {
            Some(name) => {
                // A forbidden property needs no words.
                if schema.value == &Value::Bool(false)
                    || only_refines(schemas, schema)
                    || findings.is_exception(name)
                    || targets(ctx, &schema.pointer)
                        .into_iter()
                        .take(1)
                        .any(is_described)
                {
                    continue;
                }
                findings
                    .report(
                        ctx.key(schema.pointer.clone()),
                        format!("the property `{name}` has no description"),
                    )
                    .help("add a `description`: what it means, in which unit, and what its absence means");
            }
            None if schema.pointer.is_root() => {
                let what = if ctx.contract().is_some() {
                    "what happened, and who may care"
                } else {
                    "what it is for"
                };
                findings
                    .report(ctx.value(JsonPointer::root()), "the schema has no description")
                    .help(format!("add a `description` at its root: {what}"));
            }
            None => {}
        }
    }
}

fn is_described(schema: &Value) -> bool {
    schema
        .get("description")
        .and_then(Value::as_str)
        .is_some_and(|text| !text.trim().is_empty())
}
