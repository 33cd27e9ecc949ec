//! A schema that its own draft does not accept.

use std::borrow::Cow;
use std::collections::BTreeSet;

use diagnostics::{JsonPointer, Rule, Scope, Severity};
use jsonschema::error::ValidationErrorKind;
use jsonschema::meta::MetaValidator;
use jsonschema::{ValidationError, draft4, draft6, draft7, draft201909, draft202012};
use serde_json::Value;

use super::support::keywords::{self, Form, TYPES};
use super::support::values::{kind, list, short};
use super::{Check, FileContext, Findings, LintRule};
use crate::Draft;
use crate::config::closest;
use crate::reference::lookup;

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: "invalid-schema",
        severity: Severity::Error,
        scope: Scope::Any,
        summary: "a schema does not follow the metaschema of its draft",
        docs: r#"## What it does
Checks each schema file against the metaschema of the draft that it names, and reports the keyword whose value is not accepted, at its position, once.

Patterns have a rule of their own, `invalid-pattern`; so have references.

## Why
A keyword with a value of the wrong form means nothing. Some validators refuse the whole schema, others ignore the keyword, and then the contract promises less than it says.

## Example
```json
{ "type": "strin", "required": "name", "minLength": -1 }
```

## How to fix
```json
{ "type": "string", "minLength": 1 }
```
The forms that changed between drafts are the usual cause: `exclusiveMinimum` is `true` or `false` in draft-04 and a number since draft-06; `items` may be an array up to 2019-09, which 2020-12 calls `prefixItems`.
"#,
    },
    check: Check::File(check),
};

/// More findings of this rule in one file help no one: the file is not a schema.
const MOST: usize = 100;

fn check(ctx: &FileContext<'_>, findings: &mut Findings<'_>) {
    let document = &ctx.file.value;
    let validator = metaschema(ctx.file.draft);
    if validator.is_valid(document) {
        return;
    }
    let schemas: BTreeSet<&JsonPointer> = ctx.subschemas().iter().map(|schema| &schema.pointer).collect();
    // One root cause is one place: a value that is no schema fails once for each vocabulary of the metaschema.
    let mut seen = BTreeSet::new();
    for error in validator.iter_errors(document) {
        let pointer = JsonPointer::parse(error.instance_path().as_str()).unwrap_or_default();
        if seen.len() >= MOST || !is_ours(&error) || !seen.insert(pointer.clone()) {
            continue;
        }
        let value = lookup(document, &pointer).unwrap_or(document);
        let problem = problem(ctx.file.draft, &schemas, &pointer, value, &error);
        let report = findings.report(ctx.value(problem.pointer), problem.message);
        if let Some(help) = problem.help {
            report.help(help);
        }
    }
}

fn metaschema(draft: Draft) -> MetaValidator<'static> {
    match draft {
        Draft::Draft4 => draft4::meta::validator(),
        Draft::Draft6 => draft6::meta::validator(),
        Draft::Draft7 => draft7::meta::validator(),
        Draft::Draft201909 => draft201909::meta::validator(),
        Draft::Draft202012 => draft202012::meta::validator(),
    }
}

/// Formats in metaschemas are checked by `invalid-pattern` and by the rules about references. That an exclusive bound
/// needs its bound in draft 4 is of interest only if it has the form of draft 4.
fn is_ours(error: &ValidationError<'_>) -> bool {
    match error.kind() {
        ValidationErrorKind::Format { .. } => false,
        ValidationErrorKind::Required { .. } => ["exclusiveMinimum", "exclusiveMaximum"]
            .iter()
            .any(|keyword| error.instance().get(*keyword).is_some_and(Value::is_boolean)),
        _ => true,
    }
}

struct Problem {
    pointer: JsonPointer,
    message: String,
    help: Option<Cow<'static, str>>,
}

/// What is wrong with the value at `pointer`, in the words of the keyword that holds it.
fn problem(
    draft: Draft,
    schemas: &BTreeSet<&JsonPointer>,
    pointer: &JsonPointer,
    value: &Value,
    error: &ValidationError<'_>,
) -> Problem {
    let at = |pointer: &JsonPointer, message: String, help: Option<Cow<'static, str>>| Problem {
        pointer: pointer.clone(),
        message,
        help,
    };
    if pointer.is_root() && !(value.is_object() || value.is_boolean()) {
        let message = format!(
            "a schema is an object, true or false, and this file holds {}",
            kind(value)
        );
        return at(
            pointer,
            message,
            Some("if the file is not a schema, keep it outside of the root".into()),
        );
    }
    if let ValidationErrorKind::Required { property } = error.kind() {
        // Draft 4: the exclusive bounds depend on the others.
        let needing = if property == "minimum" {
            "exclusiveMinimum"
        } else {
            "exclusiveMaximum"
        };
        let missing = property.as_str().unwrap_or_default();
        let message = format!("`{needing}` needs `{missing}` beside it in {draft}");
        return at(&pointer.child(needing), message, None);
    }
    let (keyword, inside) = holder(schemas, pointer);
    let known = keywords::find(&keyword);
    let subject = if inside.is_empty() {
        format!("`{keyword}`")
    } else {
        format!("`{}` in `{keyword}`", inside.join("/"))
    };
    if keyword == "type"
        && let Some(name) = unknown_type(value)
    {
        let message = format!("{name:?} is not a type; types are {}", list(TYPES, TYPES.len()));
        let help = closest(name, TYPES).map(|near| format!("did you mean `{near}`?").into());
        return at(pointer, message, help);
    }
    let form = match known.map(|keyword| keyword.form) {
        // A member of a map of schemas, an item of a list of them, is a schema itself.
        Some(Form::SchemaMap | Form::SchemaList | Form::SchemaOrList) if !inside.is_empty() => {
            Some(Form::Schema)
        }
        Some(Form::Strings) if !inside.is_empty() => Some(Form::Text),
        Some(Form::SchemaOrList) if draft == Draft::Draft202012 => Some(Form::Schema),
        Some(Form::NumberOrBoolean) if draft == Draft::Draft4 => Some(Form::Boolean),
        Some(Form::NumberOrBoolean) => Some(Form::Number),
        other if inside.is_empty() => other,
        _ => None,
    };
    if let Some(form) = form.filter(|form| !form.fits(value)) {
        let message = format!(
            "{subject} must be {}, and is {}",
            form.describe(),
            short_kind(value)
        );
        return at(pointer, message, advice(draft, &keyword, value));
    }
    let message = match error.kind() {
        ValidationErrorKind::MinItems { .. } | ValidationErrorKind::MinProperties { .. } => {
            format!("{subject} must not be empty in {draft}")
        }
        ValidationErrorKind::UniqueItems => format!("{subject} lists a value twice"),
        ValidationErrorKind::Minimum { limit } => {
            format!("{subject} must be at least {limit}, and is {value}")
        }
        ValidationErrorKind::ExclusiveMinimum { limit } => {
            format!("{subject} must be greater than {limit}, and is {value}")
        }
        ValidationErrorKind::Pattern { pattern } => {
            format!("{subject} must match {pattern}, and is {}", short(value))
        }
        _ if keyword == "type" && value.as_array().is_some_and(|names| names.len() > 1) => {
            "`type` lists a type twice".to_owned()
        }
        _ if keyword == "type" => "`type` must not be empty".to_owned(),
        _ if keyword == "dependencies" => {
            format!(
                "{subject} must be a schema or an array of names, and is {}",
                short_kind(value)
            )
        }
        _ => format!(
            "{subject} is not accepted by the metaschema of {draft}: {}",
            error.masked()
        ),
    };
    at(pointer, message, advice(draft, &keyword, value))
}

/// The first name under `type` that no draft knows.
fn unknown_type(value: &Value) -> Option<&str> {
    let names = match value {
        Value::Array(names) => names.as_slice(),
        name => std::slice::from_ref(name),
    };
    names
        .iter()
        .filter_map(Value::as_str)
        .find(|name| !TYPES.contains(name))
}

/// The keyword that holds the value at `pointer`, and the tokens between them.
fn holder(schemas: &BTreeSet<&JsonPointer>, pointer: &JsonPointer) -> (String, Vec<String>) {
    let mut inside = Vec::new();
    let mut at = pointer.clone();
    while let (Some(token), Some(parent)) = (at.last().map(Cow::into_owned), at.parent()) {
        if schemas.contains(&parent) {
            inside.reverse();
            return (token, inside);
        }
        inside.push(token);
        at = parent;
    }
    (String::new(), Vec::new())
}

fn short_kind(value: &Value) -> Cow<'static, str> {
    match value {
        Value::Number(_) | Value::String(_) => short(value).into(),
        other => kind(other).into(),
    }
}

/// What changed between drafts, where that explains the finding.
fn advice(draft: Draft, keyword: &str, value: &Value) -> Option<Cow<'static, str>> {
    match (keyword, value) {
        ("required", Value::Bool(_)) => {
            Some("list the name under `required` of the schema that holds this property".into())
        }
        ("exclusiveMinimum" | "exclusiveMaximum", Value::Bool(_)) => {
            Some("since draft-06 it is the bound itself, in place of `minimum` or `maximum`".into())
        }
        ("exclusiveMinimum" | "exclusiveMaximum", Value::Number(_)) => {
            Some("in draft-04 the number goes into `minimum` or `maximum`, and this is true or false".into())
        }
        ("items", Value::Array(_)) if draft == Draft::Draft202012 => {
            Some("2020-12 calls the schemas of the first items `prefixItems`".into())
        }
        ("$id", Value::String(_)) => Some("name a place inside the schema by `$anchor`".into()),
        _ => None,
    }
}
