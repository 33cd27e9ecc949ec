//! Constraints beside a `$ref` in drafts that ignore them.

use diagnostics::{Rule, Scope, Severity};
use serde_json::Value;

use super::support::keywords::{self, Role};
use super::{Check, FileContext, Findings, LintRule};

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: "ignored-ref-sibling",
        severity: Severity::Warning,
        scope: Scope::Any,
        summary: "a constraint beside `$ref` is ignored in this draft",
        docs: r##"## What it does
Reports keywords that accept or reject instances and stand beside a `$ref` in draft-04, draft-06 or draft-07. Titles, descriptions and other annotations are left alone, and so is what would accept everything anyway (`"additionalProperties": true`).

## Why
Up to draft-07 a validator replaces the whole object by what `$ref` leads to: the constraint is never looked at. Since 2019-09 both hold.

## Example
```json
{
  "$schema": "http://json-schema.org/draft-07/schema#",
  "properties": { "sku": { "$ref": "#/definitions/name", "maxLength": 32 } }
}
```

## How to fix
Put both into an `allOf`, or name a later draft in `$schema`:
```json
{ "allOf": [{ "$ref": "#/definitions/name" }, { "maxLength": 32 }] }
```
"##,
    },
    check: Check::File(check),
};

fn check(ctx: &FileContext<'_>, findings: &mut Findings<'_>) {
    let draft = ctx.file.draft;
    if !draft.ref_hides_siblings() {
        return;
    }
    for schema in ctx.subschemas() {
        let Some(object) = schema
            .value
            .as_object()
            .filter(|object| object.contains_key("$ref"))
        else {
            continue;
        };
        for (name, value) in object {
            let asserts = name != "$ref"
                && keywords::find(name)
                    .is_some_and(|keyword| keyword.role == Role::Assertion && keyword.is_in(draft));
            if asserts && !accepts_everything(value) {
                let message = format!("`{name}` is ignored: beside `$ref`, {draft} looks at nothing else");
                findings
                    .report(ctx.key(schema.pointer.child(name)), message)
                    .help("put `$ref` and the rest into an `allOf`");
            }
        }
    }
}

fn accepts_everything(value: &Value) -> bool {
    match value {
        Value::Bool(accepts) => *accepts,
        Value::Object(schema) => schema.is_empty(),
        _ => false,
    }
}
