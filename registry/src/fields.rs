//! The declared fields of a contract, through references and applicators.

use std::sync::Arc;

use diagnostics::JsonPointer;

use crate::Classification;

/// One declared field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Where it is in the payload; `*` stands for any item, or any member of a map.
    pub pointer: JsonPointer,
    /// Its type in words: `string`, `integer | null`, `array of object`, `any`.
    pub kind: String,
    /// Whether every document that has the enclosing object has it.
    pub required: bool,
    /// `x-classification`; where several schemas apply the strictest.
    pub classification: Option<Classification>,
    /// The description nearest to the field: beside a `$ref` before behind it.
    pub description: Option<String>,
    /// The `format`, where it has one.
    pub format: Option<String>,
    /// Where it is declared: file and pointer.
    pub origin: (Arc<str>, JsonPointer),
}

/// The declared fields of a bundle, sorted by pointer.
pub fn of(bundle: &crate::Bundle) -> Vec<Field> {
    let _ = bundle;
    Vec::new()
}
