//! Payloads that cannot grow.

use diagnostics::{JsonPointer, Rule, Scope, Severity};

use super::support::keywords::types;
use super::support::values::list;
use super::{Check, ContractContext, Findings, LintRule};

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: "payload-not-object",
        severity: Severity::Error,
        scope: Scope::House,
        summary: "the payload of an event is not an object",
        docs: r##"## What it does
Reports contracts whose root allows another type than `object`.

## Why
A field can be added to an object, and old readers ignore it. To an array, a string or a number nothing can be added: the first thing that was forgotten costs a new major version. The payload also has to have a field for the key.

## Example
```json
{ "type": "array", "items": { "$ref": "#/$defs/reading" } }
```

## How to fix
```json
{ "type": "object", "properties": { "readings": { "type": "array", "items": { "$ref": "#/$defs/reading" } } } }
```
"##,
    },
    check: Check::Contract(check),
};

fn check(ctx: &ContractContext<'_>, findings: &mut Findings<'_>) {
    let Some(types) = ctx.file.value.as_object().and_then(types) else {
        return;
    };
    if types != ["object"] {
        let allowed = list(types.iter().copied(), types.len());
        findings
            .report(
                ctx.value(JsonPointer::root().child("type")),
                format!(
                    "the payload of {} allows {allowed}: only an object can get further fields",
                    ctx.contract.id()
                ),
            )
            .help("wrap it into an object");
    }
}
