//! `required-property-added`.

use diagnostics::{Rule, Scope, Severity};

pub(crate) const RULE: Rule = Rule {
    id: "required-property-added",
    severity: Severity::Error,
    scope: Scope::Any,
    summary: "the reader requires a member that the writer may leave out",
    docs: r#"## What it does
Reports a name under the reader's `required` (or `dependentRequired`) that the writer does not always send.

## Why
Documents without the member are in flight, in the log and in other services' outboxes. A `default` does not help: validation does not fill it in.

## Example
The writer:
```json
{ "required": ["orderId"] }
```
The reader:
```json
{ "required": ["orderId", "currency"] }
```

## How to fix
Add the member as optional and let readers supply the default; make it required in the next major version.
"#,
};
