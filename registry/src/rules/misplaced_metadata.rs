//! Metadata where no one reads it.

use diagnostics::{Rule, Scope, Severity};

use super::{Check, FileContext, Findings, LintRule};
use crate::metadata::KEYWORD;

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: "misplaced-metadata",
        severity: Severity::Error,
        scope: Scope::Any,
        summary: "`x-contract` stands where it has no effect",
        docs: r"## What it does
Reports an `x-contract` in a file that is not a contract by the layout, or anywhere else than at the root of a contract.

## Why
It is not read there. Either the file lies in the wrong folder, or under a name that the layout does not match, and then it is not a contract: it is never released, gated or generated. Or the keyword slipped into a part of the schema.

## Example
`ecommerce/order.created.v1.json` with an `x-contract`, under the layout `{domain}/{aggregate}/{event}.v{major}.json`.

## How to fix
Move the file to where the layout finds it, here `ecommerce/order/order.created.v1.json`; or remove the keyword.
",
    },
    check: Check::File(check),
};

fn check(ctx: &FileContext<'_>, findings: &mut Findings<'_>) {
    for schema in ctx.subschemas() {
        if schema.value.get(KEYWORD).is_none() || (schema.pointer.is_root() && ctx.contract().is_some()) {
            continue;
        }
        let location = ctx.key(schema.pointer.child(KEYWORD));
        if schema.pointer.is_root() {
            let layout = &ctx.registry.config.layout;
            findings
                .report(location, format!("`{KEYWORD}` has no effect: the path does not match the layout {layout:?}, so the file is no contract"))
                .help("move the file to where the layout finds it, or remove the keyword");
        } else {
            findings
                .report(
                    location,
                    format!("`{KEYWORD}` has no effect here: it belongs at the root of a contract"),
                )
                .help("move it to the root");
        }
    }
}
