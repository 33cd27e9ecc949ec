//! `invalid-waivers`: `waivers.toml` cannot be read.

use diagnostics::{Rule, Scope, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "invalid-waivers",
    severity: Severity::Error,
    scope: Scope::Any,
    summary: "`waivers.toml` cannot be read",
    docs: r#"## What it does

Reports a `waivers.toml` that is not TOML, has unknown or missing members, empty reasons, impossible days, or merge conflict markers.

## Why

Accepted findings would fail the run, and retired versions would count again.

## Example

```toml
[[waiver]]
fingerprint = "3f0c9a77d1e2b465"
until = "soon"
```

## How to fix

Let `contracts waive` and `contracts retire` write the entries. After a merge keep the entries of both sides: their order does not matter.
"#,
};
