//! Keywords that constrain nothing where they stand.

use diagnostics::{Rule, Scope, Severity};
use serde_json::{Map, Value};

use super::support::keywords::{self, Concern, FORMATS, Form, Keyword, Role, TYPES, types};
use super::support::values::list;
use super::{Check, FileContext, Findings, LintRule};
use crate::Draft;

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: "ineffective-keyword",
        severity: Severity::Warning,
        scope: Scope::Any,
        summary: "a keyword has no effect where it stands",
        docs: r#"## What it does
Reports keywords that accept every instance where they stand:
- keywords for another type than `type` allows, such as `minLength` beside `"type": "integer"`;
- keywords of another draft, such as `const` in draft-04, `prefixItems` in draft-07, `additionalItems` in 2020-12;
- keywords whose partner is missing: `then` and `else` without `if`, `if` without both, `minContains` and `maxContains` without `contains`, `additionalItems` without an array under `items`;
- `nullable`, which is OpenAPI's and not a keyword of JSON Schema.

## Why
The author meant to promise something. Validators ignore it without a word, and the contract accepts more than it says.

## Example
```json
{ "type": "integer", "maxLength": 5 }
```

## How to fix
Write the keyword that does what was meant, or remove it:
```json
{ "type": "integer", "maximum": 99999 }
```
"#,
    },
    check: Check::File(check),
};

fn check(ctx: &FileContext<'_>, findings: &mut Findings<'_>) {
    let draft = ctx.file.draft;
    for schema in ctx.subschemas() {
        let Some(object) = schema.value.as_object() else {
            continue;
        };
        // Beside a `$ref` everything is ignored up to draft 7: `ignored-ref-sibling` says so.
        if draft.ref_hides_siblings() && object.contains_key("$ref") {
            continue;
        }
        let types = types(object).filter(|types| types.iter().all(|name| TYPES.contains(name)));
        for (name, value) in object {
            let reason = match keywords::find(name) {
                Some(keyword) => reason(draft, keyword, object, types.as_deref()),
                None => foreign(name, value),
            };
            let Some((message, help)) = reason else { continue };
            let report = findings.report(ctx.key(schema.pointer.child(name)), message);
            if let Some(help) = help {
                report.help(help);
            }
        }
    }
}

type Reason = (String, Option<String>);

fn reason(
    draft: Draft,
    keyword: &Keyword,
    schema: &Map<String, Value>,
    types: Option<&[&str]>,
) -> Option<Reason> {
    let name = keyword.name;
    // What accepts everything is no promise that could be broken.
    let accepts_everything = match schema.get(name)? {
        Value::Bool(accepts) => *accepts && keyword.form == Form::Schema,
        Value::Object(held) => held.is_empty(),
        _ => false,
    };
    if keyword.role != Role::Assertion || accepts_everything {
        return None;
    }
    if !keyword.is_in(draft) {
        let message = format!("`{name}` has no effect: {draft} does not have it");
        return Some((message, replacement(draft, name)));
    }
    if let Some(partner) = missing_partner(name, schema) {
        return Some((format!("`{name}` has no effect without {partner}"), None));
    }
    let concern = match keyword.name {
        "format" => {
            let format = schema.get(name)?.as_str()?;
            FORMATS
                .iter()
                .any(|(known, _)| *known == format)
                .then_some(Concern::Strings)?
        }
        _ => keyword.concern,
    };
    let types = types?;
    if types.is_empty() || types.iter().any(|allowed| concerns(concern, allowed)) {
        return None;
    }
    let what = match concern {
        Concern::All => return None,
        Concern::Arrays => "arrays",
        Concern::Numbers => "numbers",
        Concern::Objects => "objects",
        Concern::Strings => "strings",
    };
    let subject = match schema
        .get("format")
        .and_then(Value::as_str)
        .filter(|_| name == "format")
    {
        Some(format) => format!("the format `{format}`"),
        None => format!("`{name}`"),
    };
    let message = format!(
        "{subject} has no effect: it concerns {what}, and `type` allows {} only",
        list(types.iter().copied(), types.len())
    );
    Some((message, None))
}

fn concerns(concern: Concern, name: &str) -> bool {
    match concern {
        Concern::All => true,
        Concern::Arrays => name == "array",
        Concern::Numbers => name == "number" || name == "integer",
        Concern::Objects => name == "object",
        Concern::Strings => name == "string",
    }
}

/// What a keyword needs beside it, where that is missing.
fn missing_partner(name: &str, schema: &Map<String, Value>) -> Option<&'static str> {
    let has = |name: &str| schema.contains_key(name);
    match name {
        "then" | "else" if !has("if") => Some("`if`"),
        "if" if !has("then") && !has("else") => Some("`then` or `else`"),
        "minContains" | "maxContains" if !has("contains") => Some("`contains`"),
        "additionalItems" if !schema.get("items").is_some_and(Value::is_array) => {
            Some("an array under `items`")
        }
        _ => None,
    }
}

fn replacement(draft: Draft, name: &str) -> Option<String> {
    let write = |other: &str| Some(format!("write `{other}`"));
    match name {
        "const" => Some("write an `enum` with this one value".to_owned()),
        "prefixItems" | "additionalItems" => write("items"),
        "dependentRequired" | "dependentSchemas" => write("dependencies"),
        "$recursiveRef" if draft == Draft::Draft202012 => write("$dynamicRef"),
        "unevaluatedProperties" => write("additionalProperties"),
        _ => Some("name a later draft in `$schema`".to_owned()),
    }
}

/// Keywords of `OpenAPI` and of draft 3 that once accepted or rejected something.
fn foreign(name: &str, value: &Value) -> Option<Reason> {
    let help = match (name, value) {
        ("nullable", Value::Bool(true)) => "add `\"null\"` to the types under `type`",
        ("divisibleBy", Value::Number(_)) => "write `multipleOf`",
        ("disallow", Value::String(_) | Value::Array(_)) => "write `not`",
        _ => return None,
    };
    let message = format!("`{name}` has no effect: it is not a keyword of JSON Schema");
    Some((message, Some(help.to_owned())))
}
