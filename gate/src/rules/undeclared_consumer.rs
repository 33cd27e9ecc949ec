//! `undeclared-consumer`: a service imports the generated crate of a domain and no consumer file says what it reads.

use diagnostics::{Rule, Scope, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "undeclared-consumer",
    severity: Severity::Error,
    scope: Scope::Any,
    summary: "a service imports the generated crate of a domain and no consumer file says what it reads",
    docs: r#"## What it does

Reads the `Cargo.toml` files of the folders that `services` in `contracts.toml` names. A service that depends on `<domain>-events` (not as a dev-dependency) must produce an event of that domain (`producers` in `x-contract`), or have `consumers/<service>.toml` with an entry for one of its types. The service is called like its package.

## Why

Consumer files decide who is told of a change. A reader that is not listed learns of it in production.

## Example

```toml
# services/fraud-scorer/Cargo.toml
[dependencies]
ecommerce-events = { path = "../../generated/ecommerce" }
```

and no `consumers/fraud-scorer.toml`.

## How to fix

Write the consumer file: the owner, the event types, their majors and the fields that are read.
"#,
};
