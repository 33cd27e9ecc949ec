//! Properties that can be missing in two ways.

use diagnostics::{Rule, Scope, Severity};
use serde_json::{Map, Value};

use super::support::refs::targets;
use super::support::{ancestors, object, only_refines, required_names};
use super::{Check, FileContext, Findings, LintRule};
use crate::walk::{Place, Subschema};

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: "optional-nullable",
        severity: Severity::Warning,
        scope: Scope::House,
        summary: "a property may be absent and may be null",
        docs: r#"## What it does
Reports properties that are not required and accept `null`, by `type`, `enum`, `const`, a branch of `anyOf` or `oneOf`, or the schema they refer to.

## Why
Absent and null are two different documents that mostly are meant to say the same. Each reader decides for itself whether they do, and one of them decides otherwise. Generated types need three states where two are meant.

## Example
```json
{ "properties": { "phone": { "type": ["string", "null"] } } }
```

## How to fix
Leave the member out where there is no value:
```json
{ "properties": { "phone": { "type": "string" } } }
```
Or require it, and let null say that there is none. Where the two mean different things, say in the description which means what.

## Configuration
`exceptions` lists names of properties.
"#,
    },
    check: Check::File(check),
};

fn check(ctx: &FileContext<'_>, findings: &mut Findings<'_>) {
    let schemas = ctx.subschemas();
    for schema in schemas {
        let Some(name) = schema.property() else { continue };
        if !accepts_null(ctx, schema)
            || is_required(schemas, schema, name)
            || only_refines(schemas, schema)
            || findings.is_exception(name)
        {
            continue;
        }
        findings
            .report(
                ctx.key(schema.pointer.clone()),
                format!("the property `{name}` may be absent and may be null"),
            )
            .help("remove `null`, or list the property under `required`");
    }
}

fn accepts_null(ctx: &FileContext<'_>, schema: &Subschema<'_>) -> bool {
    let Some(own) = object(schema) else { return false };
    if is_nullable(own) {
        return true;
    }
    targets(ctx, &schema.pointer)
        .into_iter()
        .filter_map(Value::as_object)
        .any(is_nullable)
}

fn is_nullable(schema: &Map<String, Value>) -> bool {
    if let Some(value) = schema.get("type") {
        return match value {
            Value::Array(names) => names.iter().any(|name| name == "null"),
            name => name == "null",
        };
    }
    if let Some(Value::Array(values)) = schema.get("enum") {
        return values.iter().any(Value::is_null);
    }
    if let Some(value) = schema.get("const") {
        return value.is_null();
    }
    ["anyOf", "oneOf"].iter().any(|keyword| {
        let branches = schema.get(*keyword).and_then(Value::as_array);
        branches.is_some_and(|branches| branches.iter().filter_map(Value::as_object).any(is_nullable))
    })
}

/// Whether the object that holds a property requires it, in place or by an `allOf` around it.
fn is_required(schemas: &[Subschema<'_>], schema: &Subschema<'_>, name: &str) -> bool {
    let requires = |value: &Value| {
        value
            .as_object()
            .is_some_and(|schema| required_names(schema).any(|other| other == name))
    };
    for holder in ancestors(schemas, schema) {
        let branches = holder.value.get("allOf").and_then(Value::as_array);
        if requires(holder.value) || branches.is_some_and(|branches| branches.iter().any(requires)) {
            return true;
        }
        if holder.place != Place::Same {
            break;
        }
    }
    false
}
