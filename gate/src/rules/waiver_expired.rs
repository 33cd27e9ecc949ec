//! `waiver-expired`: the day until which an accepted finding had to be released is past.

use diagnostics::{Rule, Scope, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "waiver-expired",
    severity: Severity::Error,
    scope: Scope::Any,
    summary: "the day until which an accepted finding had to be released is past",
    docs: r#"## What it does

Reports a waiver whose `until` is past while its finding is still there and was not released.

## Why

A waiver accepts something for a while. Without an end, nobody would ever look at it again.

## Example

```toml
[[waiver]]
fingerprint = "3f0c9a77d1e2b465"
reason = "all readers were moved"
owner = "team-orders"
until = 2026-06-30
```

## How to fix

Mend the finding, or let the owner decide again and set a new `until`. Once `contracts release` has run, an accepted finding is part of the snapshot and needs no waiver.
"#,
};
