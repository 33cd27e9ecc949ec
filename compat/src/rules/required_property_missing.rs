//! `required-property-missing`.

use diagnostics::{Rule, Scope, Severity};

pub(crate) const RULE: Rule = Rule {
    id: "required-property-missing",
    severity: Severity::Error,
    scope: Scope::Any,
    summary: "the reader requires a member that the writer may leave out",
    docs: r#"## What it does
Reports a name under the reader's `required` (or `dependentRequired`) that the writer does not always send: it was made required or added as required (old writers, new readers), or removed or made optional (new writers, old readers).

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
New: declare the member as optional and let readers supply the default; make it required in the next major version. Going: keep sending it in this major version.
"#,
};
