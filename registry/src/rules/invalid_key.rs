//! Partition keys that do not give one scalar for each event.

use diagnostics::{JsonPointer, Rule, Scope, Severity};

use super::{Check, ContractContext, Findings, LintRule};
use crate::config::closest;
use crate::fields;
use crate::metadata::KEYWORD;

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: "invalid-key",
        severity: Severity::Error,
        scope: Scope::House,
        summary: "the `key` of a contract is not a required scalar of its payload",
        docs: r#"## What it does
Follows the JSON Pointer under `key` in `x-contract` through the payload, and reports it where a member on the way is not declared, may be absent or may be null, where the way goes through an array or a map, or where it ends at something else than a string, a number or a boolean.

## Why
Events with the same key keep their order. Without a key an event goes to any partition: it overtakes its predecessors now and then, in production, under load.

## Example
```json
"x-contract": { "version": "1.0.0", "key": "/order/id" }
```
for a payload in which `order` is optional.

## How to fix
Make the members on the way required, or choose another field: usually the identifier of what the event is about.
"#,
    },
    check: Check::Contract(check),
};

fn check(ctx: &ContractContext<'_>, findings: &mut Findings<'_>) {
    let Some(text) = ctx
        .contract
        .metadata
        .as_ref()
        .and_then(|metadata| metadata.key.as_deref())
    else {
        return;
    };
    let (Some(key), Some(bundle)) = (JsonPointer::parse(text), ctx.bundle()) else {
        return;
    };
    let location = ctx.value(JsonPointer::root().child(KEYWORD).child("key"));
    let mut place = JsonPointer::root();
    let mut holder = String::from("object");
    let last = key.tokens().count();
    for (index, token) in key.tokens().enumerate() {
        let before = place.clone();
        place.push(&token);
        if holder.contains("array") {
            findings
                .report(
                    location,
                    format!(
                        "the key {text:?} goes through an array at `{before}`: which item is meant differs"
                    ),
                )
                .help("name a field outside of arrays");
            return;
        }
        let found = fields::find(bundle, &place);
        let Some(field) = found.filter(|field| field.pointer == place) else {
            let what = format!("the key {text:?} leads nowhere: the payload declares no `{place}`");
            let near = closest(
                place.as_str(),
                ctx.fields().iter().map(|field| field.pointer.as_str()),
            );
            let report = findings.report(location, what);
            match near {
                Some(near) => report.help(format!("did you mean `{near}`?")),
                None => report.help("name a required field of the payload"),
            };
            return;
        };
        let (file, pointer) = field.origin.clone();
        let declared = diagnostics::Location::key(file, pointer);
        let is_last = index + 1 == last;
        let kinds: Vec<&str> = field.kind.split(" | ").collect();
        let problem = if !field.required {
            Some("may be absent".to_owned())
        } else if kinds.contains(&"null") {
            Some("may be null".to_owned())
        } else if is_last
            && !kinds
                .iter()
                .all(|kind| matches!(*kind, "string" | "integer" | "number" | "boolean"))
        {
            Some(format!(
                "is {}, not a string, number or boolean",
                article(&field.kind)
            ))
        } else {
            None
        };
        if let Some(problem) = problem {
            findings
                .report(
                    location,
                    format!("the key {text:?} does not give each event a key: `{place}` {problem}"),
                )
                .related(declared, "declared here")
                .help("name a required field that is a string, a number or a boolean");
            return;
        }
        holder = field.kind;
    }
}

fn article(kind: &str) -> String {
    match kind {
        "any" => "of any type".to_owned(),
        kind if kind.starts_with(['a', 'e', 'i', 'o', 'u']) => format!("an {kind}"),
        kind => format!("a {kind}"),
    }
}
