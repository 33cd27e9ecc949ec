//! Two files that claim one `$id`.

use std::collections::BTreeMap;
use std::sync::Arc;

use diagnostics::{JsonPointer, Location, Rule, Scope, Severity};
use serde_json::Value;

use super::{Check, Findings, LintRule, RegistryContext};

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: "duplicate-id",
        severity: Severity::Error,
        scope: Scope::Any,
        summary: "two files have the same `$id`",
        docs: r#"## What it does
Reports each file whose absolute `$id` (`id` in draft-04) another file has as well, and shows the first.

## Why
`$id` is the name by which others refer to a schema. With two of that name, a reference means one file to this tool and the other to the next.

## Example
`common/money.v1.json` and `common/price.v1.json`, both with `"$id": "https://contracts.example/common/money.v1.json"`: one was copied from the other.

## How to fix
Give each file the `$id` that ends with its own path.
"#,
    },
    check: Check::Registry(check),
};

fn check(ctx: &RegistryContext<'_>, findings: &mut Findings<'_>) {
    let mut first: BTreeMap<&str, &Arc<str>> = BTreeMap::new();
    for file in &ctx.registry.files {
        let keyword = file.draft.id_keyword();
        let Some(id) = file.value.get(keyword).and_then(Value::as_str) else {
            continue;
        };
        let name = id.trim_end_matches('#');
        // A relative one is completed by the file's own path.
        if !name.contains(':') {
            continue;
        }
        let Some(earlier) = first.get(name) else {
            first.insert(name, &file.path);
            continue;
        };
        let pointer = JsonPointer::root().child(keyword);
        findings
            .report(
                Location::value(Arc::clone(&file.path), pointer.clone()),
                format!(
                    "the `{keyword}` {name:?} is that of {earlier} as well: a reference to it means either"
                ),
            )
            .related(Location::value(Arc::clone(earlier), pointer), "first used here")
            .help("give each file an identifier of its own, such as one that ends with its path");
    }
}
