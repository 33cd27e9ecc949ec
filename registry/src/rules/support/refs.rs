//! References: reporting those that do not resolve, and following the others.

use std::sync::Arc;

use diagnostics::{JsonPointer, Location};
use serde_json::Value;

use crate::reference::{RefErrorKind, RefKeyword, Reference, Target, lookup};
use crate::rules::{FileContext, Findings};

/// Reports the references of a file that fail with `kind`, each with its chain.
pub(in crate::rules) fn report(ctx: &FileContext<'_>, findings: &mut Findings<'_>, kind: RefErrorKind) {
    const MOST_STEPS: usize = 16;
    for (reference, resolved) in ctx.references() {
        let Err(error) = resolved else { continue };
        if error.kind != kind {
            continue;
        }
        let mut report = findings.report(ctx.value(reference.pointer()), error.message.clone());
        if let Some(help) = &error.help {
            report = report.help(help.clone());
        }
        for (step, (file, schema)) in error.chain.iter().enumerate().take(MOST_STEPS).skip(1) {
            let location = Location::value(Arc::clone(file), schema.child(reference.keyword.as_str()));
            let message = if step + 1 == error.chain.len() {
                "which leads back"
            } else {
                "which leads here"
            };
            report = report.related(location, message);
        }
    }
}

/// Where the `$ref` of the schema at `pointer` of a document leads; `None` without one, or if it does not resolve.
pub(in crate::rules) fn target(
    ctx: &FileContext<'_>,
    document: usize,
    pointer: &JsonPointer,
) -> Option<Target> {
    // Behind the files are the official metaschemas: what they refer to is no one's concern here.
    let file = ctx.registry.files.get(document)?;
    let keyword = RefKeyword::Ref;
    let text = lookup(&file.value, pointer)
        .ok()?
        .get(keyword.as_str())
        .and_then(Value::as_str)?;
    ctx.registry
        .resolve(
            document,
            &Reference {
                schema: pointer.clone(),
                keyword,
                text,
            },
        )
        .ok()
}

/// The schemas that the one at `pointer` of the file refers to, one reference after the other.
pub(in crate::rules) fn targets<'r>(ctx: &FileContext<'r>, pointer: &JsonPointer) -> Vec<&'r Value> {
    const MOST_STEPS: usize = 8;
    let mut found = Vec::new();
    let mut at = (ctx.index, pointer.clone());
    while found.len() < MOST_STEPS {
        let Some(target) = target(ctx, at.0, &at.1) else {
            break;
        };
        let Ok(value) = lookup(&ctx.registry.document(target.document).value, &target.pointer) else {
            break;
        };
        found.push(value);
        at = (target.document, target.pointer);
    }
    found
}
