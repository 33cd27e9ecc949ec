//! Regular expressions that are none.

use diagnostics::{Location, Rule, Scope, Severity};
use jsonschema_regex::{is_valid_ecma_regex, to_rust_regex};
use serde_json::Value;

use super::support::values::short;
use super::{Check, FileContext, Findings, LintRule};

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: "invalid-pattern",
        severity: Severity::Error,
        scope: Scope::Any,
        summary: "a regular expression does not follow ECMA-262",
        docs: r#"## What it does
Reports a `pattern`, or a name under `patternProperties`, that is not a regular expression of ECMA-262, the dialect that JSON Schema names, read with the `u` flag. Escaping punctuation that needs no escape (`\-`, `\@`) is accepted, as engines without the flag do.

## Why
An invalid pattern makes a validator fail or ignore it. A pattern that only one engine knows, such as `(?i)` of PCRE or `\A` of Ruby, makes the contract mean one thing in Rust, another in Java, and nothing in a browser.

## Example
```json
{ "type": "string", "pattern": "(?i)^[a-f0-9]{32}$" }
```

## How to fix
```json
{ "type": "string", "pattern": "^[A-Fa-f0-9]{32}$" }
```
A pattern matches anywhere in the text: anchor it with `^` and `$`.
"#,
    },
    check: Check::File(check),
};

fn check(ctx: &FileContext<'_>, findings: &mut Findings<'_>) {
    for schema in ctx.subschemas() {
        let Some(object) = schema.value.as_object() else {
            continue;
        };
        if let Some(Value::String(pattern)) = object.get("pattern") {
            judge(ctx.value(schema.pointer.child("pattern")), pattern, findings);
        }
        if let Some(Value::Object(patterns)) = object.get("patternProperties") {
            for pattern in patterns.keys() {
                judge(
                    ctx.key(schema.pointer.child("patternProperties").child(pattern)),
                    pattern,
                    findings,
                );
            }
        }
    }
}

fn judge(location: Location, pattern: &str, findings: &mut Findings<'_>) {
    let shown = || short(&Value::from(pattern));
    if !is_valid_ecma_regex(pattern) {
        let understood = to_rust_regex(pattern).is_ok_and(|pattern| regex::Regex::new(&pattern).is_ok());
        let message = if understood {
            format!(
                "{} is understood by some engines only: it is not a regular expression of ECMA-262",
                shown()
            )
        } else {
            format!("{} is not a regular expression{}", shown(), reason(pattern))
        };
        findings.report(location, message).help(advice(pattern));
    }
}

/// Why a pattern is none, in the words of an engine of the dialect.
fn reason(pattern: &str) -> String {
    match regress::Regex::with_flags(pattern, "u") {
        Ok(_) => String::new(),
        Err(error) => format!(": {}", error.to_string().to_lowercase().trim_end_matches('.')),
    }
}

/// What to write for the constructs that people bring from other dialects.
fn advice(pattern: &str) -> &'static str {
    const KNOWN: [(&str, &str); 14] = [
        ("(?i)", "ECMA-262 has no inline flags: list both cases, `[Aa]`"),
        (
            "(?s)",
            "ECMA-262 has no inline flags: write `[^]` for any character",
        ),
        ("(?m)", "ECMA-262 has no inline flags"),
        ("(?x)", "ECMA-262 has no inline flags"),
        ("(?P<", "ECMA-262 names groups by `(?<name>…)`"),
        ("(?#", "ECMA-262 has no comments in patterns"),
        ("(?>", "ECMA-262 has no atomic groups"),
        ("\\A", "ECMA-262 writes `^` for the start of the text"),
        ("\\Z", "ECMA-262 writes `$` for the end of the text"),
        ("\\z", "ECMA-262 writes `$` for the end of the text"),
        ("\\h", "ECMA-262 has no `\\h`: write `[0-9a-fA-F]`, or `[ \\t]`"),
        ("[[:", "ECMA-262 has no POSIX classes: write `[a-z]` and the like"),
        ("{,", "ECMA-262 needs a lower bound: write `{0,`"),
        ("++", "ECMA-262 has no possessive quantifiers"),
    ];
    KNOWN
        .iter()
        .find(|(construct, _)| pattern.contains(construct))
        .map_or("the dialect is ECMA-262 with the `u` flag", |(_, advice)| advice)
}
