//! Formats that nothing checks.

use diagnostics::{Rule, Scope, Severity};
use serde_json::Value;

use super::support::keywords::FORMATS;
use super::support::values::short;
use super::{Check, FileContext, Findings, LintRule};
use crate::config::closest;

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: "unknown-format",
        severity: Severity::Warning,
        scope: Scope::Any,
        summary: "a `format` is misspelt, or the draft does not have it",
        docs: r#"## What it does
Reports a `format` that no draft of JSON Schema defines, with a suggestion where it is close to one that is, and a `format` that the draft of the file does not have yet, such as `uuid` before 2019-09. The formats that OpenAPI adds (`int32`, `int64`, `double`, `byte`, `password` and so on) are known and not reported.

## Why
A format that a validator does not know accepts everything, without a word: `date-tiem` lets any string pass.

## Example
```json
{ "type": "string", "format": "datetime" }
```

## How to fix
```json
{ "type": "string", "format": "date-time" }
```
For a form of your own write a `pattern`. The formats of 2020-12 are: `date`, `date-time`, `duration`, `email`, `hostname`, `idn-email`, `idn-hostname`, `ipv4`, `ipv6`, `iri`, `iri-reference`, `json-pointer`, `regex`, `relative-json-pointer`, `time`, `uri`, `uri-reference`, `uri-template`, `uuid`.

## Configuration
`exceptions` lists formats of your own, which then count as annotations:
```toml
[rules.unknown-format]
exceptions = ["purl"]
```
"#,
    },
    check: Check::File(check),
};

/// The format registry of `OpenAPI`: annotations, some of which generators use.
const OPENAPI: &[&str] = &[
    "base64url",
    "binary",
    "byte",
    "char",
    "commonmark",
    "date-time-local",
    "decimal",
    "decimal128",
    "double",
    "double-int",
    "duration",
    "float",
    "html",
    "http-date",
    "int16",
    "int32",
    "int64",
    "int8",
    "media-range",
    "password",
    "sf-binary",
    "sf-boolean",
    "sf-decimal",
    "sf-integer",
    "sf-string",
    "sf-token",
    "time-local",
    "uint16",
    "uint32",
    "uint64",
    "uint8",
    "unixtime",
];

fn check(ctx: &FileContext<'_>, findings: &mut Findings<'_>) {
    let draft = ctx.file.draft;
    for schema in ctx.subschemas() {
        let Some(format) = schema.value.get("format").and_then(Value::as_str) else {
            continue;
        };
        let known = FORMATS.iter().find(|(name, _)| *name == format);
        if known.is_some_and(|(_, since)| *since <= draft) || findings.is_exception(format) {
            continue;
        }
        let location = ctx.value(schema.pointer.child("format"));
        if let Some((_, since)) = known {
            // Validators check `date` and `time`, which draft 3 had, whatever the draft.
            if matches!(format, "date" | "time" | "regex") {
                continue;
            }
            let message = format!("{draft} has no format `{format}`, so it is not checked; {since} has it");
            findings.report(location, message).help(format!(
                "name {since} or later in `$schema`, or write a `pattern`"
            ));
        } else if !OPENAPI.contains(&format) {
            let near = closest(
                format,
                FORMATS
                    .iter()
                    .filter(|(_, since)| *since <= draft)
                    .map(|(name, _)| *name),
            );
            let message = format!(
                "{} is not a format of JSON Schema, so it is not checked",
                short(&Value::from(format))
            );
            match near {
                Some(near) => findings
                    .report(location, message)
                    .help(format!("did you mean `{near}`?")),
                None => findings.report(location, message).help("write a `pattern`"),
            };
        }
    }
}
