//! A file or folder that cannot be read. Reported while loading.

use diagnostics::{Rule, Scope, Severity};

use super::{Check, LintRule};

pub(crate) const ID: &str = "unreadable-file";

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: ID,
        severity: Severity::Error,
        scope: Scope::Any,
        summary: "a file or folder below the root cannot be read, is too large, or is a link that leaves the root",
        docs: "\
## What it does
Reports files and folders that the operating system refuses, dangling or circular symbolic links, links to files outside the root, pipes and devices, names that are not UTF-8, and documents above 16 MiB.

## Why
What is not read is not checked. A link that leaves the root would let a contract depend on what is not in the registry.

## Example
`common/money.v1.json -> /etc/money.json`

## How to fix
Copy the file into the registry, correct its permissions, or remove it.
",
    },
    check: Check::Load,
};
