//! What several rules need: the table of keywords, words and spelling, values in words. No rule lives here.

pub(super) mod instances;
pub(super) mod keywords;
pub(super) mod refs;
pub(super) mod values;
pub(super) mod violations;
pub(crate) mod words;

use serde_json::{Map, Value};

use crate::walk::{Place, Subschema};

/// The object of a schema; `None` for booleans.
pub(super) fn object<'v>(schema: &Subschema<'v>) -> Option<&'v Map<String, Value>> {
    schema.value.as_object()
}

/// The schema that holds `schema`, and so on up to the root.
pub(super) fn ancestors<'s, 'v>(
    schemas: &'s [Subschema<'v>],
    schema: &'s Subschema<'v>,
) -> impl Iterator<Item = &'s Subschema<'v>> {
    std::iter::successors(Some(schema), |schema| {
        schema.parent.map(|parent| &schemas[parent])
    })
    .skip(1)
}

/// Whether a schema, or one around it, stands below a keyword that only tests (`not`, `if`, `propertyNames`, `contains`)
/// or only refines what is declared elsewhere (`then`, `else`, `dependentSchemas`, a branch without a `type` of its own).
/// What such schemas leave out is not missing.
pub(super) fn only_refines<'v>(schemas: &[Subschema<'v>], schema: &Subschema<'v>) -> bool {
    std::iter::once(schema)
        .chain(ancestors(schemas, schema))
        .any(|schema| match schema.keyword {
            Some(
                "not" | "if" | "then" | "else" | "propertyNames" | "contains" | "dependentSchemas"
                | "dependencies",
            ) => true,
            Some("allOf" | "anyOf" | "oneOf") => {
                schema.place == Place::Same && schema.value.get("type").is_none()
            }
            _ => false,
        })
}

/// The names listed under `required`.
pub(super) fn required_names(schema: &Map<String, Value>) -> impl Iterator<Item = &str> {
    schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}
