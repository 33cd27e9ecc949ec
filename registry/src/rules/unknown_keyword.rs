//! Keywords that no draft knows and that look like one that a draft does.

use diagnostics::{Rule, Scope, Severity};
use serde_json::Value;

use super::support::keywords::{self, Form, KEYWORDS};
use super::{Check, FileContext, Findings, LintRule};
use crate::Draft;

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: "unknown-keyword",
        severity: Severity::Error,
        scope: Scope::Any,
        summary: "a keyword is unknown and looks like a misspelt one",
        docs: r#"## What it does
Reports a member of a schema whose name is no keyword of any draft, is close to one, and has a value of the form that this keyword takes: `requried` with an array of strings, `minumum` with a number. Keywords that are like no other are left alone, as are names that start with `x-`.

## Why
JSON Schema ignores what it does not know. A misspelt keyword is not an error to any validator: the contract just does not say what its author believes it says. Published schemas of Mozilla, Microsoft and Wikimedia have this defect.

## Example
```json
{ "type": "object", "requried": ["orderId"] }
```

## How to fix
Correct the spelling. A keyword of your own is best named `x-…`: no later draft will take that name.

## Configuration
`exceptions` lists keywords of your own that happen to look like known ones:
```toml
[rules.unknown-keyword]
exceptions = ["titel"]
```
"#,
    },
    check: Check::File(check),
};

/// Names that are near a keyword and in use for something else: keywords of `OpenAPI`, of earlier drafts and of well-known
/// tools, and plain words.
const OTHERS: &[&str] = &[
    "cost",
    "defaults",
    "descriptor",
    "disallow",
    "discriminator",
    "divisibleBy",
    "example",
    "extends",
    "externalDocs",
    "links",
    "media",
    "name",
    "note",
    "notes",
    "nullable",
    "optional",
    "options",
    "requires",
    "term",
    "types",
    "version",
    "xml",
];

fn check(ctx: &FileContext<'_>, findings: &mut Findings<'_>) {
    for schema in ctx.subschemas() {
        let Some(object) = schema.value.as_object() else {
            continue;
        };
        for (name, value) in object {
            let Some(near) = misspelt(ctx.file.draft, name, value) else {
                continue;
            };
            if findings.is_exception(name) {
                continue;
            }
            let message = format!("`{name}` is not a keyword, so it has no effect");
            findings
                .report(ctx.key(schema.pointer.child(name)), message)
                .help(format!(
                    "did you mean `{near}`? (a keyword of your own starts with `x-`)"
                ));
        }
    }
}

/// The keyword that `name` most likely misspells.
fn misspelt(draft: Draft, name: &str, value: &Value) -> Option<&'static str> {
    if keywords::find(name).is_some() || name.starts_with("x-") || OTHERS.contains(&name) {
        return None;
    }
    KEYWORDS
        .iter()
        .filter(|keyword| keyword.is_in(draft))
        .filter_map(|keyword| Some((distance(name, keyword.name)?, keyword)))
        .filter(|(_, keyword)| form(keyword.form, draft).fits(value))
        .map(|(distance, keyword)| (distance, keyword.name))
        .min()
        .map(|(_, near)| near)
}

/// What a draft takes, where drafts differ.
fn form(form: Form, draft: Draft) -> Form {
    match form {
        Form::NumberOrBoolean if draft == Draft::Draft4 => Form::Boolean,
        Form::NumberOrBoolean => Form::Number,
        other => other,
    }
}

/// How far a name is from a keyword; `None` if too far to be a slip.
fn distance(name: &str, keyword: &str) -> Option<usize> {
    // Slips change little; this keeps the costly comparison for names that can be near.
    if name.len().abs_diff(keyword.len()) > 2 {
        return None;
    }
    let plain = |name: &str| name.replace(['_', '-', '$', ' '], "").to_ascii_lowercase();
    if plain(name) == plain(keyword) {
        return Some(0);
    }
    let distance = strsim::damerau_levenshtein(name, keyword);
    let longest_slip = match keyword.trim_start_matches('$').len() {
        // A single letter makes another word of a short one: `not`, `note`.
        0..=3 => 0,
        4..=7 => 1,
        _ => 2,
    };
    let is_near = distance <= longest_slip
        // Two slips in a word are one more often in a long word, or when only the order of the letters differs.
        && (distance < 2 || (name.as_bytes()[0] == keyword.as_bytes()[0]
            && (keyword.len() >= 10 || letters(name) == letters(keyword))));
    is_near.then_some(distance)
}

fn letters(word: &str) -> Vec<u8> {
    let mut letters = word.as_bytes().to_vec();
    letters.sort_unstable();
    letters
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn slips_are_found_and_words_are_not() {
        let cases = [
            ("requried", json!(["a"]), Some("required")),
            ("minumum", json!(1), Some("minimum")),
            ("descrtipion", json!("text"), Some("description")),
            ("descripotion", json!("text"), Some("description")),
            ("descriptions", json!("text"), Some("description")),
            (
                "additional_properties",
                json!(false),
                Some("additionalProperties"),
            ),
            ("additionalproperties", json!(false), Some("additionalProperties")),
            ("Type", json!("string"), Some("type")),
            ("ref", json!("#/a"), Some("$ref")),
            ("enums", json!(["a"]), Some("enum")),
            ("itmes", json!({}), Some("items")),
            ("oneof", json!([{}]), Some("oneOf")),
            ("maxlength", json!(3), Some("maxLength")),
            ("patern", json!("a"), Some("pattern")),
            // Another form than the keyword takes: something else is meant.
            ("definition", json!("A term, and what it means"), None),
            ("requried", json!("text"), None),
            ("then_", json!("text"), None),
            // Words, and keywords of others.
            ("notes", json!(["a"]), None),
            ("note", json!({}), None),
            ("cost", json!(1), None),
            ("defaults", json!({}), None),
            ("example", json!([]), None),
            ("id", json!("a"), None),
            ("definitions", json!({}), None),
            ("x-requried", json!(["a"]), None),
            ("", json!(1), None),
            ("container", json!({}), None),
            ("samples", json!([]), None),
            ("unit", json!("m"), None),
            ("datatype", json!("string"), None),
            ("package", json!("a.b"), None),
            ("self", json!({}), None),
            ("format_", json!({}), None),
        ];
        for (name, value, expected) in cases {
            assert_eq!(
                misspelt(Draft::Draft202012, name, &value),
                expected,
                "{name}: {value}"
            );
        }
    }

    #[test]
    fn no_keyword_of_any_draft_is_taken_for_another() {
        for draft in Draft::ALL {
            for keyword in KEYWORDS {
                assert_eq!(misspelt(draft, keyword.name, &json!({})), None);
            }
        }
    }
}
