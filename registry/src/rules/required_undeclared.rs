//! Required members that a closed object does not allow.

use diagnostics::{Rule, Scope, Severity};
use jsonschema_regex::to_rust_regex;
use serde_json::{Map, Value};

use super::support::{object, required_names};
use super::{Check, FileContext, Findings, LintRule};
use crate::Draft;
use crate::config::closest;
use crate::walk::{Place, Subschema};

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: "required-undeclared",
        severity: Severity::Error,
        scope: Scope::Any,
        summary: "`required` names a member that a closed object does not allow, or misspells one",
        docs: r#"## What it does
Reports names under `required` that no property has:
- in a schema that allows no others (`"additionalProperties": false`, or `"unevaluatedProperties": false` where nothing else could declare them): names that are neither under `properties` nor matched by `patternProperties`;
- in an open schema: names that differ by a slip from a property that is declared and not required.

## Why
No object satisfies the closed schema: the member has to be there and must not be. In the open one every document has to carry a member that nothing describes, and the one that was meant may be absent. It usually is a property that was renamed, or a misspelt one. 374 schemas of one public corpus have this defect.

## Example
```json
{
  "type": "object",
  "properties": { "orderId": { "type": "string" } },
  "required": ["orderID"],
  "additionalProperties": false
}
```

## How to fix
Correct the name, declare the property, or remove it from `required`.
"#,
    },
    check: Check::File(check),
};

fn check(ctx: &FileContext<'_>, findings: &mut Findings<'_>) {
    for schema in ctx.subschemas() {
        let Some(object) = object(schema) else { continue };
        if !is_closed(object, ctx.file.draft) {
            report_misspelt(ctx, schema, object, findings);
            continue;
        }
        for (index, name) in undeclared(object) {
            let properties = object.get("properties").and_then(Value::as_object);
            let near = closest(
                name,
                properties.into_iter().flat_map(Map::keys).map(String::as_str),
            );
            let message = format!(
                "`{name}` is required, and this object allows only what it declares: no document can satisfy it"
            );
            let report = findings.report(ctx.value(schema.pointer.child("required").item(index)), message);
            match near {
                Some(near) => report.help(format!("did you mean `{near}`?")),
                None => report.help(format!(
                    "declare `{name}` under `properties`, or remove it from `required`"
                )),
            };
        }
    }
}

/// In an open object a name may be required that nothing declares. Where it differs from a declared one, which is not
/// required, by a slip only, that one was meant.
fn report_misspelt(
    ctx: &FileContext<'_>,
    schema: &Subschema<'_>,
    object: &Map<String, Value>,
    findings: &mut Findings<'_>,
) {
    let is_branch = schema.place == Place::Same && schema.keyword.is_some();
    let hidden = ctx.file.draft.ref_hides_siblings() && object.contains_key("$ref");
    if is_branch || hidden || OTHERS.iter().any(|keyword| object.contains_key(*keyword)) {
        return;
    }
    let Some(properties) = object.get("properties").and_then(Value::as_object) else {
        return;
    };
    for (index, name) in undeclared(object) {
        let meant = properties
            .keys()
            .filter(|declared| !required_names(object).any(|required| required == *declared))
            .find(|declared| is_slip(name, declared));
        if let Some(meant) = meant {
            let message = format!("`{name}` is required and not declared; what is declared is `{meant}`");
            findings
                .report(ctx.value(schema.pointer.child("required").item(index)), message)
                .help(format!("did you mean `{meant}`?"));
        }
    }
}

fn is_slip(name: &str, declared: &str) -> bool {
    let plain = |name: &str| name.replace(['_', '-'], "").to_lowercase();
    plain(name) == plain(declared)
        || (name.chars().count() >= 6
            && declared.chars().count() >= 6
            && strsim::damerau_levenshtein(name, declared) == 1)
}

/// What these hold may declare more.
const OTHERS: [&str; 9] = [
    "$ref",
    "$dynamicRef",
    "$recursiveRef",
    "allOf",
    "anyOf",
    "oneOf",
    "if",
    "dependentSchemas",
    "dependencies",
];

/// Whether `schema` itself says that no names are allowed but those it declares.
pub(super) fn is_closed(schema: &Map<String, Value>, draft: Draft) -> bool {
    if draft.ref_hides_siblings() && schema.contains_key("$ref") {
        return false;
    }
    if schema.get("additionalProperties") == Some(&Value::Bool(false)) {
        return true;
    }
    draft >= Draft::Draft201909
        && schema.get("unevaluatedProperties") == Some(&Value::Bool(false))
        && !schema.contains_key("additionalProperties")
        && !OTHERS.iter().any(|keyword| schema.contains_key(*keyword))
}

/// The required names of a closed object that it does not declare, with their place in `required`.
pub(super) fn undeclared(schema: &Map<String, Value>) -> impl Iterator<Item = (usize, &str)> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let patterns = schema.get("patternProperties").and_then(Value::as_object);
    required_names(schema).enumerate().filter(move |(_, name)| {
        !properties.is_some_and(|properties| properties.contains_key(*name))
            && !patterns.is_some_and(|patterns| patterns.keys().any(|pattern| may_match(pattern, name)))
    })
}

/// Whether a name matches a pattern; yes, where that cannot be told.
fn may_match(pattern: &str, name: &str) -> bool {
    match to_rust_regex(pattern).map(|pattern| regex::Regex::new(&pattern)) {
        Ok(Ok(pattern)) => pattern.is_match(name),
        _ => true,
    }
}
