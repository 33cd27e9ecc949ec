//! `x-open` on what cannot be open.

use std::collections::BTreeSet;

use diagnostics::{JsonPointer, Rule, Scope, Severity};
use serde_json::{Map, Value};

use super::support::refs::target;
use super::support::values::kind;
use super::support::{ancestors, required_names};
use super::{Check, FileContext, Findings, LintRule};
use crate::reference::{Target, lookup};
use crate::walk::Subschema;

/// The keyword that opens an enum or a tagged union to values that readers do not know.
const KEYWORD: &str = "x-open";

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: "invalid-open",
        severity: Severity::Error,
        scope: Scope::House,
        summary: "`x-open` stands on something else than a string enum or a tagged union",
        docs: r#"## What it does
Reports an `x-open` that is not `true` or `false`, and an `"x-open": true` on a schema that is neither an `enum` of strings nor a tagged union: an `anyOf` or `oneOf` whose branches are objects that each require one property, the same in all, with a string `const` (or an `enum` of one string) of its own.

## Why
`x-open` tells readers to accept values that they do not know: any other string, or an object with any other tag. For everything else there is no such rule, so the keyword would promise something that no reader does.

## Example
```json
"quantity": { "type": "integer", "x-open": true }
```

## How to fix
Remove it. For a union, give each branch a tag:
```json
{
  "x-open": true,
  "oneOf": [
    { "type": "object", "properties": { "kind": { "const": "text" } }, "required": ["kind"] },
    { "type": "object", "properties": { "kind": { "const": "image" } }, "required": ["kind"] }
  ]
}
```
"#,
    },
    check: Check::File(check),
};

fn check(ctx: &FileContext<'_>, findings: &mut Findings<'_>) {
    let schemas = ctx.subschemas();
    for schema in schemas {
        let Some(open) = schema.value.get(KEYWORD) else {
            continue;
        };
        let place = schema.pointer.child(KEYWORD);
        match open {
            Value::Bool(false) => {}
            Value::Bool(true) => {
                let tests = |schema: &Subschema<'_>| matches!(schema.keyword, Some("not" | "if"));
                let is_tested = tests(schema) || ancestors(schemas, schema).any(tests);
                let problem = if is_tested {
                    Some("below `not` and `if`, accepting more means rejecting more".to_owned())
                } else {
                    problem(ctx, &schema.pointer, schema.value)
                };
                if let Some(problem) = problem {
                    findings
                        .report(ctx.key(place), format!("`{KEYWORD}` has no meaning here: {problem}"))
                        .help("it belongs on an `enum` of strings, or on a `oneOf` whose branches require a tag of their own");
                }
            }
            other => {
                findings
                    .report(
                        ctx.value(place),
                        format!("`{KEYWORD}` must be true or false, and is {}", kind(other)),
                    )
                    .help("write true");
            }
        }
    }
}

/// Why a schema cannot be open.
fn problem(ctx: &FileContext<'_>, pointer: &JsonPointer, schema: &Value) -> Option<String> {
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        // Null beside strings is a nullable enum.
        let other = values.iter().find(|value| !value.is_string() && !value.is_null());
        return other.map(|other| format!("the enum lists {}", kind(other)));
    }
    let union = ["oneOf", "anyOf"]
        .iter()
        .find_map(|keyword| Some((*keyword, schema.get(*keyword)?.as_array()?)));
    let Some((keyword, branches)) = union else {
        return Some("this is neither an enum nor a union".to_owned());
    };
    let mut common: Option<BTreeSet<String>> = None;
    let mut seen: BTreeSet<(String, String)> = BTreeSet::new();
    for (index, _) in branches.iter().enumerate() {
        let at = Target {
            document: ctx.index,
            pointer: pointer.child(keyword).item(index),
        };
        let tags = tags(ctx, &at, 0);
        if tags.is_empty() {
            return Some(format!(
                "`{keyword}/{index}` has no tag: a required property with a string `const`"
            ));
        }
        let names: BTreeSet<String> = tags.iter().map(|(name, _)| name.clone()).collect();
        let shared: BTreeSet<String> = match common.take() {
            None => names,
            Some(before) => before.intersection(&names).cloned().collect(),
        };
        if shared.is_empty() {
            return Some(format!("the branches of `{keyword}` have no tag in common"));
        }
        let repeated = tags
            .iter()
            .filter(|(name, _)| shared.contains(name))
            .find(|tag| seen.contains(*tag));
        if let Some((name, value)) = repeated
            && shared.len() == 1
        {
            return Some(format!(
                "two branches of `{keyword}` have the tag {value:?} under `{name}`"
            ));
        }
        seen.extend(tags);
        common = Some(shared);
    }
    None
}

/// The tags of a branch: name and value of required properties that have one string value.
fn tags(ctx: &FileContext<'_>, at: &Target, depth: usize) -> Vec<(String, String)> {
    const DEEPEST: usize = 8;
    let document = ctx.registry.document(at.document);
    let Some(schema) = lookup(&document.value, &at.pointer)
        .ok()
        .and_then(Value::as_object)
    else {
        return Vec::new();
    };
    let mut found = own_tags(schema);
    if depth >= DEEPEST {
        return found;
    }
    if let Some(target) = target(ctx, at.document, &at.pointer) {
        found.extend(tags(ctx, &target, depth + 1));
    }
    if let Some(branches) = schema.get("allOf").and_then(Value::as_array) {
        for index in 0..branches.len() {
            let inner = Target {
                document: at.document,
                pointer: at.pointer.child("allOf").item(index),
            };
            found.extend(tags(ctx, &inner, depth + 1));
        }
    }
    found
}

fn own_tags(schema: &Map<String, Value>) -> Vec<(String, String)> {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return Vec::new();
    };
    required_names(schema)
        .filter_map(|name| {
            let property = properties.get(name)?;
            let value = match (
                property.get("const"),
                property.get("enum").and_then(Value::as_array),
            ) {
                (Some(value), _) => value.as_str()?,
                (None, Some(values)) => match values.as_slice() {
                    [value] => value.as_str()?,
                    _ => return None,
                },
                (None, None) => return None,
            };
            Some((name.to_owned(), value.to_owned()))
        })
        .collect()
}
