//! `topic-changed`: the name of a contract's topic changed within a major version.

use diagnostics::{Rule, Scope, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "topic-changed",
    severity: Severity::Error,
    scope: Scope::Any,
    summary: "the name of a contract's topic changed within a major version",
    docs: r#"## What it does

Reports a contract whose `topic.name` in `x-contract` differs from that of its last snapshot, or is gone.

## Why

Consumers subscribe to topics by name. After the change they wait for events that go elsewhere, and nothing fails.

## Example

`"name": "ecommerce.order.created.v1"` became `"name": "orders.created.v1"`.

## How to fix

Restore the name, or publish the next major version on the new topic and both for a while (`docs/governance.md`).
"#,
};
