//! `key-changed`: the partition key of a contract changed within a major version.

use diagnostics::{Rule, Scope, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "key-changed",
    severity: Severity::Error,
    scope: Scope::Any,
    summary: "the partition key of a contract changed within a major version",
    docs: r#"## What it does

Reports a contract whose `key` in `x-contract` differs from that of its last snapshot, or is gone.

## Why

The key decides the partition, and the partition the order. With another key, events of one entity that were in order no longer are, and compacted topics keep other records.

## Example

`"key": "/orderId"` became `"key": "/customerId"`.

## How to fix

Restore the key, or publish the next major version with the new key on a topic of its own.
"#,
};
