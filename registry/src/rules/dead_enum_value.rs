//! Values of an enum that its own `type` excludes.

use diagnostics::{Rule, Scope, Severity};
use serde_json::Value;

use super::support::keywords::{TYPES, types};
use super::support::object;
use super::support::values::{has_type, list, short, type_name};
use super::{Check, FileContext, Findings, LintRule};

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: "dead-enum-value",
        severity: Severity::Error,
        scope: Scope::Any,
        summary: "a value under `enum` or `const` is excluded by `type`",
        docs: r#"## What it does
Reports values under `enum`, or the value of `const`, that are of another type than `type` beside them allows.

## Why
Both keywords hold, so no document can have that value, though the contract lists it. Generators and readers disagree on what to do with it.

## Example
```json
{ "type": "string", "enum": ["small", "large", null] }
```

## How to fix
Allow the type, or remove the value:
```json
{ "type": ["string", "null"], "enum": ["small", "large", null] }
```
"#,
    },
    check: Check::File(check),
};

fn check(ctx: &FileContext<'_>, findings: &mut Findings<'_>) {
    for schema in ctx.subschemas() {
        let Some(object) = object(schema) else { continue };
        if ctx.file.draft.ref_hides_siblings() && object.contains_key("$ref") {
            continue;
        }
        let Some(types) = types(object).filter(|types| types.iter().all(|name| TYPES.contains(name))) else {
            continue;
        };
        let mut judge = |value: &Value, pointer| {
            if !has_type(value, &types) {
                let allowed = list(types.iter().copied(), types.len());
                findings
                    .report(
                        ctx.value(pointer),
                        format!("{} can never occur: `type` allows {allowed} only", short(value)),
                    )
                    .help(format!(
                        "add `\"{}\"` to `type`, or remove the value",
                        type_name(value)
                    ));
            }
        };
        if let Some(Value::Array(values)) = object.get("enum") {
            for (index, value) in values.iter().enumerate() {
                judge(value, schema.pointer.child("enum").item(index));
            }
        }
        if let Some(value) = object
            .get("const")
            .filter(|_| ctx.file.draft >= crate::Draft::Draft6)
        {
            judge(value, schema.pointer.child("const"));
        }
    }
}
