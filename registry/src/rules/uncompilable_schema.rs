//! Contracts that cannot be put together, for a reason that no other rule names.

use diagnostics::{JsonPointer, Location, Rule, Scope, Severity};
use jsonschema::error::ValidationErrorKind;

use super::support::values::short;

use super::{Check, ContractContext, FileContext, Findings, LintRule, invalid_pattern, invalid_schema};
use crate::Bundle;

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: "uncompilable-schema",
        severity: Severity::Error,
        scope: Scope::Any,
        summary: "a contract cannot be compiled into a validator",
        docs: r#"## What it does
Reports contracts with examples that the validator does not accept though they follow their metaschema and their references resolve: a pattern that grows beyond what the engine takes, for example. It also reports references below keywords that hold no schemas but are referred to from elsewhere.

## Why
Without a validator no example is checked, and nothing can be said about the contract.

## Example
```json
{ "type": "string", "pattern": "^(a{1000}){1000}$" }
```

## How to fix
Say the same in a simpler way, here `"maxLength": 1000000`.
"#,
    },
    check: Check::Contract(check),
};

fn check(ctx: &ContractContext<'_>, findings: &mut Findings<'_>) {
    match ctx.bundled() {
        Ok(bundle) => {
            // Asked only where the validator is needed: compiling costs more than all other rules together.
            if ctx.examples().is_empty() || ctx.validator().is_some() {
                return;
            }
            if let Err(error) = ctx.registry.validator(bundle)
                && !is_explained(ctx, bundle)
            {
                let pointer = JsonPointer::parse(error.instance_path().as_str()).unwrap_or_default();
                let (file, place) = bundle.origin(&pointer);
                let what = match error.kind() {
                    ValidationErrorKind::Format { .. } => {
                        format!("{} is beyond what the engine takes", short(error.instance()))
                    }
                    _ => error.masked().to_string(),
                };
                findings
                    .report(
                        Location::value(file, place),
                        format!("{} cannot be compiled: {what}", ctx.contract.id()),
                    )
                    .help("say the same in a simpler way");
            }
        }
        Err(problems) => {
            for problem in problems {
                let known = super::LINTS
                    .iter()
                    .any(|lint| lint.rule.id == problem.rule && matches!(lint.check, Check::Load));
                let Some(pointer) = problem.location.pointer() else {
                    continue;
                };
                let walked = ctx
                    .registry
                    .file_index(&problem.location.file)
                    .is_some_and(|file| {
                        let file = FileContext::new(ctx.registry, file);
                        file.references()
                            .iter()
                            .any(|(reference, resolved)| resolved.is_err() && reference.pointer() == *pointer)
                    });
                if known || walked {
                    continue;
                }
                let report = findings.report(problem.location.clone(), problem.message.clone());
                if let Some(help) = &problem.help {
                    report.help(help.clone());
                }
            }
        }
    }
}

/// Whether a rule that explains it better finds something in one of the files that the contract is made of.
fn is_explained(ctx: &ContractContext<'_>, bundle: &Bundle) -> bool {
    let files = bundle
        .files()
        .into_iter()
        .filter_map(|path| ctx.registry.file_index(&path));
    let files: Vec<FileContext<'_>> = files.map(|file| FileContext::new(ctx.registry, file)).collect();
    [&invalid_schema::RULE, &invalid_pattern::RULE]
        .into_iter()
        .any(|lint| {
            let Check::File(check) = lint.check else {
                return false;
            };
            let mut found = Vec::new();
            for file in &files {
                check(
                    file,
                    &mut Findings::new(&lint.rule, lint.rule.severity, None, &mut found),
                );
            }
            !found.is_empty()
        })
}
