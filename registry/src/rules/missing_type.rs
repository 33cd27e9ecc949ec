//! Schemas that do not say what they accept.

use diagnostics::{Rule, Scope, Severity};
use serde_json::{Map, Value};

use super::support::keywords::{self, Role};
use super::support::{object, only_refines};
use super::{Check, FileContext, Findings, LintRule};
use crate::walk::{Place, Subschema};

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: "missing-type",
        severity: Severity::Error,
        scope: Scope::House,
        summary: "a schema says nothing about the type of what it accepts",
        docs: r#"## What it does
Reports the root of a file, definitions, properties and items that have neither `type` nor `const`, `enum`, a reference, nor an applicator (`allOf`, `anyOf`, `oneOf`, `not`, `if`). Branches that only refine what is typed elsewhere are left alone.

## Why
`"properties"`, `"minimum"` and all other constraints accept whatever is not of their type: `{ "minimum": 1 }` accepts `"none"`. Nothing but a raw JSON value can be generated for it.

## Example
```json
"quantity": { "minimum": 1 }
```

## How to fix
```json
"quantity": { "type": "integer", "minimum": 1 }
```
Where any value is meant, say so by listing all types.

## Configuration
`exceptions` lists names of properties and definitions.
"#,
    },
    check: Check::File(check),
};

fn check(ctx: &FileContext<'_>, findings: &mut Findings<'_>) {
    let schemas = ctx.subschemas();
    for schema in schemas {
        if !is_judged(schema) || schema.name.is_some_and(|name| findings.is_exception(name)) {
            continue;
        }
        let says = match object(schema) {
            Some(object) => says_type(object),
            // `false` allows nothing: that is clear.
            None => schema.value == &Value::Bool(false),
        };
        // Any value of a map, or any member beside the declared ones: said by leaving it open.
        let open = matches!(
            schema.keyword,
            Some("additionalProperties" | "unevaluatedProperties")
        ) && object(schema).is_none_or(Map::is_empty);
        if says || open || only_refines(schemas, schema) {
            continue;
        }
        let what = match (schema.keyword, schema.name) {
            (None, _) => "the schema".to_owned(),
            (Some("properties"), Some(name)) => format!("the property `{name}`"),
            (Some("$defs" | "definitions"), Some(name)) => format!("the definition `{name}`"),
            (Some(keyword), _) => format!("`{keyword}`"),
        };
        let location = if schema.name.is_some() {
            ctx.key(schema.pointer.clone())
        } else {
            ctx.value(schema.pointer.clone())
        };
        findings
            .report(
                location,
                format!(
                    "{what} has no `type`, so it accepts any value of another type than its keywords concern"
                ),
            )
            .label("no `type`")
            .help("add a `type`");
    }
}

/// Whether a schema stands where it alone says what is accepted.
fn is_judged(schema: &Subschema<'_>) -> bool {
    match schema.place {
        Place::Same => schema.keyword.is_none(),
        Place::Definition => true,
        Place::Child => !matches!(
            schema.keyword,
            Some("contains" | "propertyNames" | "contentSchema" | "unevaluatedItems")
        ),
    }
}

fn says_type(schema: &Map<String, Value>) -> bool {
    const SAYING: [&str; 11] = [
        "type",
        "const",
        "enum",
        "$ref",
        "$dynamicRef",
        "$recursiveRef",
        "allOf",
        "anyOf",
        "oneOf",
        "not",
        "if",
    ];
    SAYING.iter().any(|keyword| schema.contains_key(*keyword)) || only_holds_definitions(schema)
}

/// A file that is there for what others refer to in it.
fn only_holds_definitions(schema: &Map<String, Value>) -> bool {
    let asserts = |name: &String| keywords::find(name).is_some_and(|keyword| keyword.role == Role::Assertion);
    (schema.contains_key("$defs") || schema.contains_key("definitions")) && !schema.keys().any(asserts)
}
