//! More than 100 references in a row.

use diagnostics::{Rule, Scope, Severity};

use super::{Check, FileContext, Findings, LintRule};
use crate::reference::RefErrorKind;

const ID: &str = RefErrorKind::LongChain.rule_id();

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: ID,
        severity: Severity::Error,
        scope: Scope::Any,
        summary: "more than 100 references, one behind the other, apply to one place of a document",
        docs: "\
## What it does
Reports the reference at which a chain becomes too long: `$ref` to a schema that consists of a `$ref` (or of `allOf`, `anyOf`, `if`, … with one) to the next, more than 100 times, without a property or an item in between.

## Why
No person writes this, and validators overflow their stack on it. The chains of published schemas have fewer than ten links.

## Example
```json
{ \"$defs\": { \"n1\": { \"$ref\": \"#/$defs/n2\" }, \"n2\": { \"$ref\": \"#/$defs/n3\" } } }
```
and so on up to `n102`.

## How to fix
Refer to the end of the chain directly.
",
    },
    check: Check::File(check),
};

fn check(ctx: &FileContext<'_>, findings: &mut Findings<'_>) {
    for (reference, target) in ctx.references() {
        if let Err(error) = target
            && error.kind == RefErrorKind::LongChain
        {
            let report = findings.report(ctx.value(reference.pointer()), error.message.clone());
            if let Some(help) = &error.help {
                report.help(help.clone());
            }
        }
    }
}
