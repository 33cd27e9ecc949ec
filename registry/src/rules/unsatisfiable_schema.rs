//! Schemas that no document satisfies.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use diagnostics::{JsonPointer, Location, Rule, Scope, Severity};
use jsonschema::canonical::{self, Cause, UnsatisfiableReason};
use serde_json::{Map, Value};

use super::support::keywords::{self, Role};
use super::support::required_names;
use super::support::values::list;
use super::{Check, FileContext, Findings, LintRule, required_undeclared};
use crate::config::Formats;
use crate::walk::subschemas;
use crate::{Bundle, Draft};

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: "unsatisfiable-schema",
        severity: Severity::Error,
        scope: Scope::Any,
        summary: "no document can satisfy a schema",
        docs: r#"## What it does
Asks, where keywords act on one another (a minimum and a maximum, `allOf`, `not`, `enum` beside other constraints, constraints beside a `$ref`), whether any value at all satisfies them, and names the keywords that exclude each other. The question is answered by set algebra, so what is reported is proved; what cannot be decided is not reported. `false`, and `{ "not": {} }`, which say that nothing is allowed on purpose, are left alone.

## Why
No event with that field can be valid. Either the field is never there, or every event is rejected.

## Example
```json
{ "allOf": [{ "type": "string", "maxLength": 5 }, { "minLength": 10 }] }
```

## How to fix
Decide which of the constraints was meant, and change the other.
"#,
    },
    check: Check::File(check),
};

/// Schemas beyond this are not asked about: the algebra multiplies alternatives.
const MOST_SCHEMAS: usize = 3_000;
const MOST_ALTERNATIVES: usize = 2_000;

fn check(ctx: &FileContext<'_>, findings: &mut Findings<'_>) {
    let draft = ctx.file.draft;
    let asserts_formats = ctx.registry.config.compatibility.formats == Formats::Assert;
    let asked = ctx.subschemas().iter().any(|schema| {
        schema
            .value
            .as_object()
            .is_some_and(|object| interact(object, draft, asserts_formats))
    });
    if !asked {
        return;
    }
    let Ok(bundle) = ctx.registry.bundle(ctx.index) else {
        return;
    };
    let Some(empty) = empty_schemas(&bundle, asserts_formats) else {
        return;
    };
    let mut reported = Vec::new();
    for (pointer, reason) in &empty {
        let (file, place) = bundle.origin(pointer);
        // What another file says is reported there.
        if file != ctx.file.path
            || !is_root_cause(pointer, reason, &empty)
            || is_reported_elsewhere(&bundle, pointer, reason)
        {
            continue;
        }
        if reported.contains(&place) {
            continue;
        }
        let (message, related) = describe(&bundle, pointer, reason);
        let mut report = findings.report(ctx.value(place.clone()), message);
        for (location, message) in related {
            report = report.related(location, message);
        }
        report.help("change one of them");
        reported.push(place);
    }
}

/// The schemas of a bundle that are proved to accept nothing, without those that say so on purpose. `None` when there is
/// no answer.
fn empty_schemas(
    bundle: &Bundle,
    asserts_formats: bool,
) -> Option<BTreeMap<JsonPointer, UnsatisfiableReason>> {
    if bundle.dynamic || !is_tractable(bundle) {
        return None;
    }
    // Experimental code on input that it was not tried on: a panic there must not end the run.
    let found = catch_unwind(AssertUnwindSafe(|| {
        canonical::options()
            .offline()
            .with_draft(bundle.draft.to_jsonschema())
            .should_validate_formats(asserts_formats)
            .prepare(&bundle.schema)
            .and_then(|prepared| prepared.unsatisfiable())
    }));
    let found = found.ok()?.ok()?;
    Some(
        found
            .into_iter()
            .filter_map(|(pointer, reason)| Some((JsonPointer::parse(&pointer)?, reason)))
            .filter(|(pointer, reason)| {
                *reason != UnsatisfiableReason::Literal && !is_on_purpose(bundle, pointer)
            })
            .collect(),
    )
}

fn is_tractable(bundle: &Bundle) -> bool {
    let schemas = subschemas(&bundle.schema, bundle.draft);
    let alternatives = |value: &Value| {
        ["anyOf", "oneOf"]
            .iter()
            .filter_map(|keyword| value.get(*keyword).and_then(Value::as_array))
            .map(|branches| branches.len().max(1))
            .product::<usize>()
    };
    schemas.len() <= MOST_SCHEMAS
        && schemas.iter().all(|schema| {
            let held = schema.value.get("allOf").and_then(Value::as_array);
            let all = held
                .into_iter()
                .flatten()
                .map(alternatives)
                .fold(1_usize, usize::saturating_mul);
            all.saturating_mul(alternatives(schema.value)) <= MOST_ALTERNATIVES
        })
}

/// `{ "not": {} }`, the `false` of draft-04.
fn is_on_purpose(bundle: &Bundle, pointer: &JsonPointer) -> bool {
    let schema = bundle.schema.pointer(pointer.as_str());
    let denied = schema.and_then(|schema| schema.get("not"));
    denied.is_some_and(|denied| denied == &Value::Bool(true) || denied.as_object().is_some_and(Map::is_empty))
}

/// Whether the reason is in the schema itself, and not in one below it or one that it refers to.
fn is_root_cause(
    pointer: &JsonPointer,
    reason: &UnsatisfiableReason,
    empty: &BTreeMap<JsonPointer, UnsatisfiableReason>,
) -> bool {
    let below = empty
        .keys()
        .any(|other| other != pointer && other.starts_with(pointer));
    let elsewhere = causes(reason).iter().any(|cause| {
        JsonPointer::parse(&cause.pointer)
            .is_some_and(|cause| cause != *pointer && empty.contains_key(&cause))
    });
    !below && !elsewhere
}

fn causes(reason: &UnsatisfiableReason) -> &[Cause] {
    match reason {
        UnsatisfiableReason::Literal => &[],
        UnsatisfiableReason::Empty(cause) => std::slice::from_ref(cause),
        UnsatisfiableReason::Conflict(causes) => causes,
    }
}

/// What `required-undeclared` and `dead-enum-value` say better.
fn is_reported_elsewhere(bundle: &Bundle, pointer: &JsonPointer, reason: &UnsatisfiableReason) -> bool {
    let causes = causes(reason);
    let here = causes.iter().all(|cause| cause.pointer == pointer.as_str());
    let keywords = || {
        causes
            .iter()
            .flat_map(|cause| cause.keywords.iter().map(String::as_str))
    };
    let schema = bundle.schema.pointer(pointer.as_str()).and_then(Value::as_object);
    let undeclared = schema.is_some_and(|schema| {
        required_undeclared::is_closed(schema, bundle.draft)
            && required_undeclared::undeclared(schema).next().is_some()
    });
    here && (undeclared || keywords().all(|keyword| matches!(keyword, "type" | "enum" | "const")))
}

fn describe(
    bundle: &Bundle,
    pointer: &JsonPointer,
    reason: &UnsatisfiableReason,
) -> (String, Vec<(Location, String)>) {
    let causes = causes(reason);
    let mut own: Vec<&str> = Vec::new();
    let mut related = Vec::new();
    for cause in causes {
        let keywords = || cause.keywords.iter().map(String::as_str);
        if cause.pointer == pointer.as_str() {
            own.extend(keywords());
            continue;
        }
        let Some(place) = JsonPointer::parse(&cause.pointer) else {
            continue;
        };
        let (file, place) = bundle.origin(&place);
        let what = if cause.keywords.is_empty() {
            "this".to_owned()
        } else {
            list(keywords(), 4)
        };
        related.push((
            Location::value(Arc::clone(&file), place),
            format!("{what} takes part"),
        ));
    }
    // The type only says that the others cannot be evaded.
    if own.len() > 2 && related.is_empty() {
        own.retain(|keyword| *keyword != "type");
    }
    let message = match (own.len(), related.len()) {
        (0, _) => "no value satisfies this schema: its parts exclude each other".to_owned(),
        (1, 0) => format!(
            "no value satisfies this schema: its `{}` excludes everything",
            own[0]
        ),
        (_, 0) => format!(
            "no value satisfies this schema: {} exclude each other",
            list(own, 6)
        ),
        _ => format!(
            "no value satisfies this schema: its {} and what applies beside it exclude each other",
            list(own, 6)
        ),
    };
    (message, related)
}

/// Whether the keywords of a schema could exclude each other: a cheap question, asked of every schema, so that the costly
/// one is asked of few.
fn interact(schema: &Map<String, Value>, draft: Draft, asserts_formats: bool) -> bool {
    if draft.ref_hides_siblings() && schema.contains_key("$ref") {
        return false;
    }
    let asserting = |name: &str| {
        keywords::find(name).is_some_and(|keyword| keyword.role == Role::Assertion && keyword.is_in(draft))
    };
    let beside = |names: &[&str]| {
        schema
            .keys()
            .any(|name| asserting(name) && !names.contains(&name.as_str()))
    };
    let branches = |keyword: &str| schema.get(keyword).and_then(Value::as_array);
    if schema.contains_key("if") && (schema.contains_key("then") || schema.contains_key("else")) {
        return true;
    }
    if let Some(denied) = schema.get("not")
        && !denied.as_object().is_some_and(Map::is_empty)
        && !denied.is_boolean()
    {
        return true;
    }
    if branches("allOf").is_some_and(|all| all.len() > 1)
        || (schema.contains_key("allOf") && beside(&["allOf"]))
    {
        return true;
    }
    if schema.contains_key("$ref") && beside(&["$ref"]) {
        return true;
    }
    let union = ["anyOf", "oneOf"];
    if union.iter().any(|keyword| schema.contains_key(*keyword)) && beside(&union) {
        return true;
    }
    if let Some(branches) = branches("oneOf") {
        let repeats = branches
            .iter()
            .enumerate()
            .any(|(index, branch)| branches[..index].contains(branch));
        if repeats && branches.len() < 200 {
            return true;
        }
    }
    if (schema.contains_key("enum") || schema.contains_key("const")) && beside(&["enum", "const", "type"]) {
        return true;
    }
    if schema.contains_key("enum") && schema.contains_key("const") {
        return true;
    }
    bounds_cross(schema) || members_clash(schema) || (asserts_formats && format_exceeds(schema))
}

fn bounds_cross(schema: &Map<String, Value>) -> bool {
    let number = |name: &str| schema.get(name).and_then(Value::as_f64);
    let crosses =
        |low: &str, high: &str| matches!((number(low), number(high)), (Some(low), Some(high)) if low >= high);
    let counts = [
        ("minLength", "maxLength"),
        ("minItems", "maxItems"),
        ("minProperties", "maxProperties"),
    ];
    let counts_cross = counts
        .iter()
        .any(|(low, high)| matches!((number(low), number(high)), (Some(low), Some(high)) if low > high));
    let lows = ["minimum", "exclusiveMinimum"];
    let highs = ["maximum", "exclusiveMaximum"];
    let has = |names: &[&str]| names.iter().any(|name| schema.contains_key(*name));
    let fractional = lows
        .iter()
        .chain(&highs)
        .filter_map(|name| number(name))
        .any(|bound| bound.fract() != 0.0);
    counts_cross
        || lows.iter().any(|low| highs.iter().any(|high| crosses(low, high)))
        // Between two bounds there may be no multiple, and between two fractions no integer.
        || (has(&lows) && has(&highs) && (schema.contains_key("multipleOf") || fractional))
}

/// Required members that are forbidden, or too many; items that are forbidden and asked for.
fn members_clash(schema: &Map<String, Value>) -> bool {
    let forbids = |value: &Value| {
        value == &Value::Bool(false)
            || value
                .get("not")
                .and_then(Value::as_object)
                .is_some_and(Map::is_empty)
    };
    let properties = schema.get("properties").and_then(Value::as_object);
    let count = |name: &str| schema.get(name).and_then(Value::as_u64);
    let required = required_names(schema).count() as u64;
    let forbidden = properties.is_some_and(|properties| {
        required_names(schema)
            .filter_map(|name| properties.get(name))
            .any(forbids)
    });
    let no_items = ["items", "additionalItems", "unevaluatedItems"]
        .iter()
        .any(|keyword| schema.get(*keyword).is_some_and(forbids));
    forbidden
        || count("maxProperties").is_some_and(|most| required > most)
        || (required > 0 && schema.contains_key("propertyNames"))
        || (no_items && count("minItems").is_some_and(|least| least > 0))
        || (schema.contains_key("contains") && (schema.contains_key("items") || count("maxItems").is_some()))
        || (schema.get("uniqueItems") == Some(&Value::Bool(true))
            && count("minItems").is_some_and(|least| least > 1))
        || (schema.get("additionalProperties").is_some_and(forbids)
            && count("minProperties").is_some_and(|least| properties.map_or(0, Map::len) as u64 <= least))
}

/// A maximum length below that of every text of the format.
fn format_exceeds(schema: &Map<String, Value>) -> bool {
    let Some(most) = schema.get("maxLength").and_then(Value::as_u64) else {
        return false;
    };
    let shortest = match schema.get("format").and_then(Value::as_str) {
        Some("date") => 10,
        Some("date-time") => 20,
        Some("time") => 9,
        Some("uuid") => 36,
        Some("ipv4") => 7,
        Some("duration" | "email") => 3,
        _ => 1,
    };
    most < shortest
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn usual_schemas_are_not_asked_about() {
        for schema in [
            json!({"type": "object", "properties": {"a": {}}, "required": ["a"]}),
            json!({"type": "string", "minLength": 1, "maxLength": 10, "pattern": "^a$"}),
            json!({"type": "integer", "minimum": 1, "maximum": 9}),
            json!({"type": "string", "enum": ["a", "b"]}),
            json!({"type": "string", "const": "a", "description": "x"}),
            json!({"$ref": "#/a", "description": "x", "x-classification": "pii"}),
            json!({"oneOf": [{"$ref": "#/a"}, {"$ref": "#/b"}]}),
            json!({"type": "string", "format": "date-time", "maxLength": 35}),
            json!({"type": "array", "items": {}, "minItems": 1, "maxItems": 3, "uniqueItems": true}),
            json!({"not": {}}),
        ] {
            assert!(
                !interact(schema.as_object().unwrap(), Draft::Draft202012, true),
                "{schema}"
            );
        }
        for schema in [
            json!({"minimum": 3, "maximum": 2}),
            json!({"minLength": 3, "maxLength": 2}),
            json!({"exclusiveMinimum": 3, "maximum": 3}),
            json!({"allOf": [{}, {}]}),
            json!({"$ref": "#/a", "maxLength": 1}),
            json!({"type": "string", "format": "uuid", "maxLength": 8}),
            json!({"required": ["a"], "properties": {"a": false}}),
            json!({"oneOf": [{"type": "string"}, {"type": "string"}]}),
        ] {
            assert!(
                interact(schema.as_object().unwrap(), Draft::Draft202012, true),
                "{schema}"
            );
        }
    }
}
