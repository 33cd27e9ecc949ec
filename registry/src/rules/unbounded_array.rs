//! Arrays of any length.

use diagnostics::{Rule, Scope, Severity};
use serde_json::{Map, Value};

use super::support::keywords::types;
use super::support::object;
use super::unbounded_string::is_excused;
use super::{Check, FileContext, Findings, LintRule};

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: "unbounded-array",
        severity: Severity::Warning,
        scope: Scope::House,
        summary: "an array has no maximum number of items",
        docs: r##"## What it does
Reports schemas that accept arrays and have no `maxItems`, unless something else bounds them: `enum`, `const`, or a tuple that allows no further items (`"items": false` behind `prefixItems`). A `maxItems` of the `allOf` around them counts.

## Why
A topic refuses records beyond its maximum size, and a reader allocates what it is told. Setting a maximum later is a breaking change.

## Example
```json
"lines": { "type": "array", "items": { "$ref": "#/$defs/line" } }
```

## How to fix
```json
"lines": { "type": "array", "items": { "$ref": "#/$defs/line" }, "maxItems": 100 }
```

## Configuration
`exceptions` lists names of properties and definitions.
"##,
    },
    check: Check::File(check),
};

fn check(ctx: &FileContext<'_>, findings: &mut Findings<'_>) {
    let schemas = ctx.subschemas();
    for schema in schemas {
        let Some(object) = object(schema) else { continue };
        if !types(object).is_some_and(|types| types.contains(&"array"))
            || is_bounded(object)
            || schema.name.is_some_and(|name| findings.is_exception(name))
            || is_excused(schemas, schema, &["maxItems", "enum", "const"])
        {
            continue;
        }
        let what = schema
            .property()
            .map_or_else(|| "the array".to_owned(), |name| format!("the array `{name}`"));
        let location = if schema.name.is_some() {
            ctx.key(schema.pointer.clone())
        } else {
            ctx.value(schema.pointer.clone())
        };
        findings
            .report(location, format!("{what} has no maximum number of items"))
            .help("add `maxItems`: the most that a reader has to take");
    }
}

fn is_bounded(schema: &Map<String, Value>) -> bool {
    let is_false = |keyword: &str| schema.get(keyword) == Some(&Value::Bool(false));
    ["maxItems", "enum", "const"]
        .iter()
        .any(|keyword| schema.contains_key(*keyword))
        || is_false("items")
        || is_false("unevaluatedItems")
        || (is_false("additionalItems") && schema.get("items").is_some_and(Value::is_array))
}
