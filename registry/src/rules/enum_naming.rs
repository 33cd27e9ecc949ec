//! How the values of string enums are written.

use diagnostics::{Rule, Scope, Severity};
use serde_json::Value;

use super::support::object;
use super::support::words::NamingStyle;
use super::{Check, FileContext, Findings, LintRule};

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: "enum-naming",
        severity: Severity::Warning,
        scope: Scope::House,
        summary: "a value of a string enum is not written in the style of the registry",
        docs: r#"## What it does
Reports string values under `enum`, and tags (a `const` under `properties`), that are not in camelCase. Enums whose values all are upper-case letters and digits, such as `EUR` or `A4`, are codes that others define, and left alone.

## Why
Readers compare values letter by letter. `outOfStock` here, `out-of-stock` there and `OUT_OF_STOCK` in a third contract are three chances to get it wrong.

## Example
```json
{ "type": "string", "enum": ["out_of_stock", "Unknown SKU"] }
```

## How to fix
```json
{ "type": "string", "enum": ["outOfStock", "unknownSku"] }
```

## Configuration
`style` as for `property-naming`; `exceptions` lists values:
```toml
[rules.enum-naming]
style = "UPPER_SNAKE_CASE"
exceptions = ["text/html"]
```
"#,
    },
    check: Check::File(check),
};

fn check(ctx: &FileContext<'_>, findings: &mut Findings<'_>) {
    let style = findings.style().unwrap_or(NamingStyle::Camel);
    for schema in ctx.subschemas() {
        let Some(object) = object(schema) else { continue };
        let mut judge = |value: &str, pointer| {
            if style.fits(value) || findings.is_exception(value) {
                return;
            }
            let message = format!("the value {value:?} is not in {}", style.as_str());
            let report = findings.report(ctx.value(pointer), message);
            if let Some(better) = style.apply(value) {
                report.help(format!("write {better:?}"));
            }
        };
        if let Some(Value::Array(values)) = object.get("enum") {
            if values.iter().filter_map(Value::as_str).all(is_code) {
                continue;
            }
            for (index, value) in values.iter().enumerate() {
                if let Some(value) = value.as_str() {
                    judge(value, schema.pointer.child("enum").item(index));
                }
            }
        }
        if let (Some(_), Some(Value::String(value))) = (schema.property(), object.get("const"))
            && !is_code(value)
        {
            judge(value, schema.pointer.child("const"));
        }
    }
}

/// Whether a value looks like a code of a standard: `EUR`, `GET`, `A4`.
fn is_code(value: &str) -> bool {
    value
        .bytes()
        .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}
