//! How lowering writes what is open: recognised again, so that known values and branches keep their names in Rust. Lowers
//! nothing itself.

use serde_json::Value;

/// The values of an open list as lowering writes it: `anyOf` these values or any string.
pub(super) fn open_list<'s>(keyword: &str, branches: &'s [Value]) -> Option<&'s [Value]> {
    let [listed, any] = branches else { return None };
    let (listed, any) = (listed.as_object()?, any.as_object()?);
    let values = listed.get("enum")?.as_array()?;
    let is_open = keyword == "anyOf"
        && listed.len() == 1
        && any.len() == 1
        && any.get("type")? == "string"
        && values.iter().any(Value::is_string)
        && values.iter().all(|value| value.is_string() || value.is_null());
    is_open.then_some(values.as_slice())
}

/// Whether a branch is what lowering adds to an open union: an object with a tag that the others do not list.
pub(super) fn is_any_other_tag(branch: &Value) -> bool {
    let Some(tag) = branch.pointer("/required/0").and_then(Value::as_str) else {
        return false;
    };
    let Some(tags) = branch
        .get("properties")
        .and_then(|properties| properties.get(tag)?.pointer("/not/enum"))
    else {
        return false;
    };
    *branch
        == serde_json::json!({
            "type": "object",
            "required": [tag],
            "properties": { tag: { "type": "string", "not": { "enum": tags } } },
            "additionalProperties": true,
        })
}
