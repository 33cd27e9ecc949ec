//! Strings of any length.

use diagnostics::{Rule, Scope, Severity};
use serde_json::{Map, Value};

use super::support::keywords::types;
use super::support::{ancestors, object};
use super::{Check, FileContext, Findings, LintRule};
use crate::config::Formats;
use crate::walk::Subschema;

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: "unbounded-string",
        severity: Severity::Warning,
        scope: Scope::House,
        summary: "a string has no maximum length",
        docs: r#"## What it does
Reports schemas that accept strings and have no `maxLength`, unless something else bounds them: `enum`, `const`, a pattern that is anchored and without open repetition, or an asserted format whose values are short (`date`, `date-time`, `time`, `duration`, `uuid`, `ipv4`, `ipv6`, `hostname`, `email`). A `maxLength` of the `allOf` around them counts.

## Why
A topic refuses records beyond its maximum size, a column has a width, a screen has room for so much. Whoever meets the long value first decides, in production. Setting a maximum later is a breaking change.

## Example
```json
"altText": { "type": "string" }
```

## How to fix
```json
"altText": { "type": "string", "maxLength": 500 }
```

## Configuration
`exceptions` lists names of properties and definitions.
"#,
    },
    check: Check::File(check),
};

fn check(ctx: &FileContext<'_>, findings: &mut Findings<'_>) {
    let formats = ctx.registry.config.compatibility.formats;
    let schemas = ctx.subschemas();
    for schema in schemas {
        let Some(object) = object(schema) else { continue };
        if !types(object).is_some_and(|types| types.contains(&"string"))
            || is_bounded(object, formats)
            || schema.name.is_some_and(|name| findings.is_exception(name))
            || is_excused(schemas, schema, &["maxLength", "enum", "const"])
        {
            continue;
        }
        let what = match (schema.property(), schema.keyword) {
            (Some(name), _) => format!("the string `{name}`"),
            (None, Some("items" | "prefixItems")) => "each string of the array".to_owned(),
            _ => "the string".to_owned(),
        };
        let location = if schema.name.is_some() {
            ctx.key(schema.pointer.clone())
        } else {
            ctx.value(schema.pointer.clone())
        };
        findings
            .report(location, format!("{what} has no maximum length"))
            .help("add `maxLength`: the most that a reader has to have room for");
    }
}

/// Whether a schema is part of something that bounds it, or only tests: below `not`, `if` and the like, or in an `allOf`
/// in which one of `keywords` stands somewhere.
pub(super) fn is_excused(schemas: &[Subschema<'_>], schema: &Subschema<'_>, keywords: &[&str]) -> bool {
    const TESTS: [&str; 6] = [
        "not",
        "if",
        "propertyNames",
        "contains",
        "dependentSchemas",
        "contentSchema",
    ];
    let tests = |schema: &Subschema<'_>| schema.keyword.is_some_and(|keyword| TESTS.contains(&keyword));
    if tests(schema) || ancestors(schemas, schema).any(tests) {
        return true;
    }
    let has = |value: &Value| keywords.iter().any(|keyword| value.get(*keyword).is_some());
    let mut inner = schema;
    while let (Some("allOf" | "anyOf" | "oneOf" | "then" | "else"), Some(parent)) =
        (inner.keyword, inner.parent)
    {
        let holder = &schemas[parent];
        let branches = holder.value.get("allOf").and_then(Value::as_array);
        if has(holder.value) || branches.is_some_and(|branches| branches.iter().any(has)) {
            return true;
        }
        inner = holder;
    }
    schema
        .value
        .get("allOf")
        .and_then(Value::as_array)
        .is_some_and(|branches| branches.iter().any(has))
}

fn is_bounded(schema: &Map<String, Value>, formats: Formats) -> bool {
    const BOUNDED: [&str; 9] = [
        "date",
        "date-time",
        "duration",
        "email",
        "hostname",
        "ipv4",
        "ipv6",
        "time",
        "uuid",
    ];
    if ["maxLength", "enum", "const", "contentSchema"]
        .iter()
        .any(|keyword| schema.contains_key(*keyword))
    {
        return true;
    }
    let text = |keyword: &str| schema.get(keyword).and_then(Value::as_str);
    text("pattern").is_some_and(is_bounded_pattern)
        || (formats == Formats::Assert && text("format").is_some_and(|format| BOUNDED.contains(&format)))
}

/// Whether a pattern matches texts up to some length only, as far as is plain from its form: anchored at both ends, no
/// alternatives at the top, no `*`, `+` or `{n,}`.
fn is_bounded_pattern(pattern: &str) -> bool {
    let Some(mut rest) = pattern.strip_prefix('^') else {
        return false;
    };
    let mut depth = 0_usize;
    let mut last = '^';
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '\\' => {
                let mut chars = rest.chars();
                chars.next();
                rest = chars.as_str();
            }
            '[' => {
                // A class stands for one character.
                let mut escaped = false;
                let end = rest.char_indices().find(|(_, c)| {
                    let ends = *c == ']' && !escaped;
                    escaped = *c == '\\' && !escaped;
                    ends
                });
                let Some((end, _)) = end else { return false };
                rest = &rest[end + 1..];
            }
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            '*' | '+' => return false,
            '|' if depth == 0 => return false,
            '{' if rest.split('}').next().is_some_and(|count| count.ends_with(',')) => return false,
            _ => {}
        }
        last = c;
        if c == '$' && !rest.is_empty() && depth == 0 {
            return false;
        }
    }
    last == '$'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_bound_or_do_not() {
        for pattern in [
            "^[A-Z]{3}$",
            "^(a|bc?)$",
            "^[*+|]$",
            r"^\+[0-9]{6,14}$",
            "^$",
            r"^[\]*]\$$",
            "^(?:a{2}){3}$",
        ] {
            assert!(is_bounded_pattern(pattern), "{pattern}");
        }
        for pattern in [
            "[A-Z]{3}$",
            "^[A-Z]{3}",
            "^a+$",
            "^a{2,}$",
            "^a|b$",
            r"^a\$",
            "^(a*)$",
            "^https://",
            "",
            "^[a$",
        ] {
            assert!(!is_bounded_pattern(pattern), "{pattern}");
        }
    }
}
