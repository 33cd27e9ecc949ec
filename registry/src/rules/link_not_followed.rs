//! A symbolic link to a folder. Reported while loading.

use diagnostics::{Rule, Scope, Severity};

use super::{Check, LintRule};

pub(crate) const ID: &str = "link-not-followed";

pub(super) const RULE: LintRule = LintRule {
    rule: Rule {
        id: ID,
        severity: Severity::Warning,
        scope: Scope::Any,
        summary: "a symbolic link leads to a folder and is not followed",
        docs: "\
## What it does
Reports symbolic links to folders, inside the root or outside. They are never followed.

## Why
A link to a folder gives every file in it a second path, and a link to a folder above itself gives it endlessly many. One file would be several contracts.

## Example
`ecommerce/archive -> ..`

## How to fix
Replace the link by the folder itself, or remove it. To use a schema from another place, refer to it with `$ref`.
",
    },
    check: Check::Load,
};
