//! Objects that can never get another field.

use std::sync::Arc;

use diagnostics::{Location, Rule, Scope, Severity};
use serde_json::Value;

use super::{Check, ContractContext, Findings, LintRule};
use crate::Status;
use crate::config::CompatibilityMode;
use crate::walk::subschemas;

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: "closed-object",
        severity: Severity::Warning,
        scope: Scope::House,
        summary: "an active contract under policy `full` has an object that allows no further members",
        docs: r#"## What it does
Reports `"additionalProperties": false` and `"unevaluatedProperties": false` in what an active contract reaches, shared schemas included, when its compatibility mode is `full`.

## Why
Readers that are deployed today reject an event with a member that they do not know. So no field can ever be added to that object without a new major version: the policy, which asks that old readers accept what new writers emit, makes every addition breaking.

## Example
```json
{ "type": "object", "properties": { "sku": { "type": "string" } }, "additionalProperties": false }
```

## How to fix
Leave the keyword out. Writers do not emit what is not declared: the generated publisher refuses it. Where an object has to stay closed, say in `x-contract` which direction matters: `"compatibility": "backward"`.

## Configuration
`exceptions` lists event types.
"#,
    },
    check: Check::Contract(check),
};

fn check(ctx: &ContractContext<'_>, findings: &mut Findings<'_>) {
    let Some(metadata) = &ctx.contract.metadata else {
        return;
    };
    let mode = metadata
        .compatibility
        .unwrap_or(ctx.registry.config.compatibility.mode);
    if metadata.status != Status::Active
        || mode != CompatibilityMode::Full
        || findings.is_exception(&ctx.contract.event_type)
    {
        return;
    }
    let Some(bundle) = ctx.bundle() else { return };
    for schema in subschemas(&bundle.schema, bundle.draft) {
        for keyword in ["additionalProperties", "unevaluatedProperties"] {
            if schema.value.get(keyword) != Some(&Value::Bool(false)) {
                continue;
            }
            let (file, pointer) = bundle.origin(&schema.pointer);
            let location = Location::key(Arc::clone(&file), pointer.child(keyword));
            // The same words for every contract that reaches a shared schema: one finding.
            findings
                .report(
                    location,
                    "this object is closed: under `full`, a field can be added to it by a new major version only",
                )
                .help(format!("remove `{keyword}`; readers ignore what they do not know"));
        }
    }
}
