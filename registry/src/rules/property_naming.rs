//! How properties are named.

use diagnostics::{Rule, Scope, Severity};

use super::support::words::NamingStyle;
use super::{Check, FileContext, Findings, LintRule};

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: "property-naming",
        severity: Severity::Error,
        scope: Scope::House,
        summary: "a property is not named in the style of the registry",
        docs: r#"## What it does
Reports names under `properties` that are not in camelCase: ASCII letters and digits, a lower-case letter first, no separators.

## Why
A name is part of the contract for as long as it lives. Readers of many events should not have to look up for each whether it says `unitPrice`, `unit_price` or `UnitPrice`. Letters outside of ASCII come in forms that look the same and differ.

## Example
```json
{ "properties": { "unit_price": { "type": "string" } } }
```

## How to fix
```json
{ "properties": { "unitPrice": { "type": "string" } } }
```
In an active contract that is a breaking change: list the old name as an exception until the next major version.

## Configuration
`style` is `camelCase` (default), `PascalCase`, `snake_case`, `kebab-case` or `UPPER_SNAKE_CASE`; `exceptions` lists names:
```toml
[rules.property-naming]
style = "snake_case"
exceptions = ["_links"]
```
"#,
    },
    check: Check::File(check),
};

fn check(ctx: &FileContext<'_>, findings: &mut Findings<'_>) {
    let style = findings.style().unwrap_or(NamingStyle::Camel);
    for schema in ctx.subschemas() {
        let Some(name) = schema.property() else { continue };
        if style.fits(name) || findings.is_exception(name) {
            continue;
        }
        let report = findings.report(
            ctx.key(schema.pointer.clone()),
            format!("the property {name:?} is not in {}", style.as_str()),
        );
        match style.apply(name) {
            Some(better) => report.help(format!("name it `{better}`")),
            None => report.help("use ASCII letters and digits, a letter first"),
        };
    }
}
