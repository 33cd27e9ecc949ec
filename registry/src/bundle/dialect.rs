//! Where two drafts read one schema differently.

use diagnostics::JsonPointer;
use serde_json::Value;

use crate::Draft;
use crate::walk::subschemas;

/// The first keyword of `schema` that means something else in `there` than in `here`, and the schema that holds it.
pub(super) fn disagreement(schema: &Value, here: Draft, there: Draft) -> Option<(JsonPointer, String)> {
    for found in subschemas(schema, here) {
        let Some(object) = found.value.as_object() else {
            // Draft 4 knows booleans under `additionalProperties` and `additionalItems` only.
            let known = matches!(found.keyword, Some("additionalProperties" | "additionalItems"));
            if here.min(there) == Draft::Draft4 && !known {
                return Some((found.pointer, "true".to_owned()));
            }
            continue;
        };
        let has_ref = object.contains_key("$ref");
        for (keyword, value) in object {
            let hidden = has_ref && keyword != "$ref" && asserts(keyword);
            let same = meaning(keyword, value, here) == meaning(keyword, value, there)
                && !(hidden && here.ref_hides_siblings() != there.ref_hides_siblings());
            if !same {
                return Some((found.pointer, keyword.clone()));
            }
        }
    }
    None
}

/// Whether a keyword decides anything; annotations, ids and definitions do not.
fn asserts(keyword: &str) -> bool {
    !matches!(
        keyword,
        "$schema"
            | "$id"
            | "id"
            | "$anchor"
            | "$comment"
            | "title"
            | "description"
            | "default"
            | "examples"
            | "deprecated"
            | "readOnly"
            | "writeOnly"
            | "definitions"
            | "$defs"
    ) && !keyword.starts_with("x-")
}

/// A number for what `keyword` with this value means in `draft`; 0 is nothing at all.
fn meaning(keyword: &str, value: &Value, draft: Draft) -> u8 {
    use Draft::{Draft4, Draft6, Draft7, Draft201909, Draft202012};
    let since = |first: Draft| u8::from(draft >= first);
    match keyword {
        "items" if value.is_array() => u8::from(draft <= Draft201909),
        "additionalItems" => u8::from(draft <= Draft201909),
        "prefixItems" | "$dynamicRef" | "$dynamicAnchor" => since(Draft202012),
        "$recursiveRef" | "$recursiveAnchor" => u8::from(draft == Draft201909),
        "exclusiveMinimum" | "exclusiveMaximum" => u8::from(value.is_boolean() == (draft == Draft4)),
        "dependencies" => u8::from(draft <= Draft7),
        "const" | "contains" | "propertyNames" => since(Draft6),
        "if" | "then" | "else" | "contentEncoding" | "contentMediaType" => since(Draft7),
        "dependentSchemas"
        | "dependentRequired"
        | "unevaluatedItems"
        | "unevaluatedProperties"
        | "minContains"
        | "maxContains"
        | "contentSchema" => since(Draft201909),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_all_drafts_agree_on_may_be_mixed() {
        let money = json!({
            "type": "object", "properties": {"amount": {"type": "string", "pattern": "^[0-9]+$"}, "items": {"items": {}}},
            "required": ["amount"], "minimum": 1, "additionalProperties": false
        });
        assert_eq!(disagreement(&money, Draft::Draft7, Draft::Draft202012), None);
        assert_eq!(disagreement(&money, Draft::Draft4, Draft::Draft202012), None);
    }

    #[test]
    fn what_changed_its_meaning_is_named() {
        for (schema, here, keyword) in [
            (json!({"items": [{}]}), Draft::Draft7, "items"),
            (
                json!({"exclusiveMinimum": true, "minimum": 1}),
                Draft::Draft4,
                "exclusiveMinimum",
            ),
            (
                json!({"properties": {"a": {"dependencies": {"b": ["c"]}}}}),
                Draft::Draft7,
                "dependencies",
            ),
            (json!({"$ref": "#/a", "minimum": 1}), Draft::Draft7, "minimum"),
        ] {
            let found = disagreement(&schema, here, Draft::Draft202012).map(|(_, keyword)| keyword);
            assert_eq!(found.as_deref(), Some(keyword), "{schema}");
        }
    }
}
