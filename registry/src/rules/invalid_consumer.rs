//! A consumer file that cannot be accepted. Reported while loading.

use diagnostics::{Rule, Scope, Severity};

use super::{Check, LintRule};

pub(crate) const ID: &str = "invalid-consumer";

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: ID,
        severity: Severity::Error,
        scope: Scope::Any,
        summary: "a consumer file is not TOML, or has unknown, missing or malformed entries",
        docs: "\
## What it does
Reports files under `consumers/` that do not have the form of a consumer file, at the place of the first problem.

## Why
A reader that is not recorded is not warned when a field that it needs goes away.

## Example
```toml
ownr = \"team-inventory\"
```

## How to fix
```toml
owner = \"team-inventory\"

[[reads]]
type = \"ecommerce.order.created\"
majors = [1]
fields = [\"/orderId\", \"/lines/*/sku\"]
```
`fields` may be left out: then any field may be read. `*` stands for any item. The JSON Schema is `docs/schemas/consumer.schema.json`.
",
    },
    check: Check::Load,
};
