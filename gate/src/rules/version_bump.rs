//! `version-bump`: a contract changed, and its version did not rise by what the change needs.

use diagnostics::{Rule, Scope, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "version-bump",
    severity: Severity::Error,
    scope: Scope::Any,
    summary: "a contract changed, and its version did not rise by what the change needs",
    docs: r#"## What it does

Reports a contract whose content differs from its last snapshot (or, where there is none, from its base) while `version` in `x-contract` is lower than the change needs: a patch for documentation and settings, a minor for compatible changes. It also reports a version below one that was released.

## Why

The version is all that a reader's build file names. Two contents under one version cannot be told apart, and a dependant that asks for `1.3` must get what 1.3 promises.

## Example

`ecommerce.order.created` was released as 1.2.0 and has a new optional field, and still says `"version": "1.2.0"`.

## How to fix

Run `contracts bump`, which writes the required versions, or edit the version. A breaking change is reported by a rule of its own: it needs a new file `.v<N+1>.json`, not another version.
"#,
};
