//! The rules that this crate judges by: what cannot become Rust, and names that collide in Rust.

use diagnostics::{Rule, Scope, Severity};

/// Two names of a contract become the same Rust name.
pub(crate) const NAME_COLLISION: Rule = Rule {
    id: "rust-name-collision",
    severity: Severity::Error,
    scope: Scope::House,
    summary: "two names of a contract become the same Rust name",
    docs: "\
# What it does

Reports properties of one object, values of one enum and definitions of one contract whose names differ in JSON and \
coincide in Rust, such as `userId` and `user_id`, or `foo-bar` and `fooBar`.

# Why

Generated code numbers the second of them (`user_id_2`). It compiles, but no reader can tell which is which, and \
adding a third name may renumber them.

# Example

```json
{ \"properties\": { \"userId\": { \"type\": \"string\" }, \"user_id\": { \"type\": \"string\" } } }
```

# How to fix

Rename one of them while the contract is a draft, or give it a Rust name of its own:

```json
{ \"properties\": { \"user_id\": { \"type\": \"string\", \"x-rust-name\": \"legacy_user_id\" } } }
```

For enum values, `x-rust-name` is an object from value to name: `{ \"enum\": [\"foo-bar\", \"fooBar\"], \
\"x-rust-name\": { \"fooBar\": \"FooBarLegacy\" } }`.
",
};

/// A schema that cannot be turned into Rust.
pub(crate) const UNSUPPORTED: Rule = Rule {
    id: "unsupported-schema",
    severity: Severity::Error,
    scope: Scope::House,
    summary: "a schema cannot be turned into Rust",
    docs: "\
# What it does

Reports the place in a contract that stops its Rust type from being generated: a reference that leads nowhere or only \
to itself, a keyword with a value of the wrong kind, a schema nested or branched beyond what the generator follows.

# Why

The contract is left out of its generated crate; the other contracts are generated.

# Example

```json
{ \"properties\": { \"amount\": { \"$ref\": \"#/$defs/mony\" } }, \"$defs\": { \"money\": { \"type\": \"string\" } } }
```

# How to fix

Mend the schema at the place that the message names.
",
};

/// Every rule of this crate.
pub static RULES: &[&Rule] = &[&NAME_COLLISION, &UNSUPPORTED];
