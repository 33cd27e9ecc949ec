//! Consumers of fields that a contract does not have.

use std::collections::BTreeMap;

use diagnostics::{JsonPointer, Rule, Scope, Severity};

use super::{Check, Findings, LintRule, RegistryContext};
use crate::config::closest;
use crate::{Bundle, Field, fields};

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: "consumer-unknown-field",
        severity: Severity::Error,
        scope: Scope::Any,
        summary: "a consumer file names a field that the contract does not declare",
        docs: r#"## What it does
Looks up each pointer under `fields` of a consumer file in each contract that the entry names. `*` stands for any item of an array or any member of a map. What is below a field of any type is not judged.

## Why
The file says what the consumer needs, and decides whether a change breaks it. A field that is not there protects nothing. Either it is misspelt, or the contract lost it and the consumer is broken already.

## Example
```toml
[[reads]]
type = "ecommerce.order.created"
majors = [1]
fields = ["/lines/*/amount"]
```

## How to fix
```toml
fields = ["/lines/*/quantity"]
```
`contracts show ecommerce.order.created` lists the fields.
"#,
    },
    check: Check::Registry(check),
};

/// What is known of a contract that is read.
struct Known {
    bundle: Bundle,
    fields: Vec<Field>,
}

fn check(ctx: &RegistryContext<'_>, findings: &mut Findings<'_>) {
    let registry = ctx.registry;
    if registry.consumers.is_empty() {
        return;
    }
    let mut contracts = BTreeMap::new();
    for contract in &registry.contracts {
        contracts
            .entry((contract.event_type.as_str(), contract.major))
            .or_insert(contract);
    }
    let mut known: BTreeMap<usize, Option<Known>> = BTreeMap::new();
    for consumer in &registry.consumers {
        for read in &consumer.reads {
            let Some(named) = &read.fields else { continue };
            for major in &read.majors {
                let Some(contract) = contracts.get(&(read.event_type.as_str(), major.number)) else {
                    continue;
                };
                let known = known.entry(contract.file).or_insert_with(|| {
                    let bundle = registry.bundle(contract.file).ok()?;
                    Some(Known {
                        fields: fields::of(&bundle),
                        bundle,
                    })
                });
                let Some(known) = known else { continue };
                for field in named.iter().filter(|field| !known.has(&field.pointer)) {
                    let report = findings.report(
                        consumer.location(&field.span),
                        format!(
                            "{} reads `{}`, which {} does not declare",
                            consumer.service,
                            field.pointer,
                            contract.id()
                        ),
                    );
                    let near = closest(
                        field.pointer.as_str(),
                        known.fields.iter().map(|field| field.pointer.as_str()),
                    );
                    match near {
                        Some(near) => report.help(format!("did you mean `{near}`?")),
                        None => report.help(format!("`contracts show {}` lists its fields", read.event_type)),
                    };
                }
            }
        }
    }
}

impl Known {
    /// Whether the contract declares the field, or leaves open what is there.
    fn has(&self, pointer: &JsonPointer) -> bool {
        if pointer.is_root() || fields::find(&self.bundle, pointer).is_some() {
            return true;
        }
        let mut above = pointer.parent();
        while let Some(place) = above.filter(|place| !place.is_root()) {
            if let Some(field) = fields::find(&self.bundle, &place) {
                return self.is_open(&field);
            }
            above = place.parent();
        }
        false
    }

    /// A field of any type, or an object or array that declares nothing about its members.
    fn is_open(&self, field: &Field) -> bool {
        let inside = self
            .fields
            .partition_point(|other| other.pointer <= field.pointer);
        let declares = self.fields[inside..]
            .iter()
            .take_while(|other| other.pointer.as_str().starts_with(field.pointer.as_str()))
            .any(|other| other.pointer.starts_with(&field.pointer));
        let kinds: Vec<&str> = field.kind.split(" | ").collect();
        !declares
            && kinds
                .iter()
                .any(|kind| matches!(*kind, "any" | "object" | "array"))
    }
}
