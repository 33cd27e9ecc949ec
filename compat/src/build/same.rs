//! Whether two schemas assert the same, word for word, once annotations are set aside; and which definitions of two
//! schemas do. A cheap proof, used before any logic.

use serde_json::{Map, Value};

use crate::{Draft, Formats};

/// What stands under a keyword.
enum Content {
    /// Nothing that asserts.
    Annotation,
    Schema,
    Schemas,
    SchemaMap,
    /// Data or an unknown keyword: compared as it stands.
    Plain,
}

fn content(keyword: &str, formats: Formats) -> Content {
    match keyword {
        "title" | "description" | "default" | "examples" | "$comment" | "deprecated" | "readOnly"
        | "writeOnly" | "contentEncoding" | "contentMediaType" | "contentSchema" | "$schema" => {
            Content::Annotation
        }
        "format" if formats == Formats::Annotate => Content::Annotation,
        _ if keyword.starts_with("x-") => Content::Annotation,
        "items"
        | "not"
        | "if"
        | "then"
        | "else"
        | "contains"
        | "additionalItems"
        | "additionalProperties"
        | "propertyNames"
        | "unevaluatedItems"
        | "unevaluatedProperties" => Content::Schema,
        "allOf" | "anyOf" | "oneOf" | "prefixItems" => Content::Schemas,
        "properties" | "patternProperties" | "dependentSchemas" | "$defs" | "definitions" => {
            Content::SchemaMap
        }
        _ => Content::Plain,
    }
}

/// Whether both assert the same under any one draft. Both documents must be free of references into extension
/// keywords and, unless their identifiers agree, of references by identifier; [`may_be_compared`] says so.
pub(crate) fn same_but_for_annotations(left: &Value, right: &Value, formats: Formats) -> bool {
    same(left, right, formats, true)
}

fn same(left: &Value, right: &Value, formats: Formats, root: bool) -> bool {
    let (Value::Object(left), Value::Object(right)) = (left, right) else {
        return left == right;
    };
    let asserts = |members: &Map<String, Value>, keyword: &str| {
        members.contains_key(keyword) && !matches!(content(keyword, formats), Content::Annotation)
    };
    right
        .keys()
        .all(|keyword| left.contains_key(keyword) || !asserts(right, keyword))
        && left.iter().all(|(keyword, left)| {
            let right = right.get(keyword);
            match content(keyword, formats) {
                Content::Annotation => true,
                _ if root && (keyword == "$id" || keyword == "id") => {
                    // The root's identifier matters to nothing but references by it.
                    right.is_some_and(Value::is_string) && left.is_string()
                }
                kind => right.is_some_and(|right| match kind {
                    // `items` is a schema or a list of them.
                    Content::Schema if !left.is_array() => same(left, right, formats, false),
                    Content::Schema | Content::Schemas => match (left, right) {
                        (Value::Array(left), Value::Array(right)) => {
                            left.len() == right.len()
                                && left
                                    .iter()
                                    .zip(right)
                                    .all(|(left, right)| same(left, right, formats, false))
                        }
                        _ => left == right,
                    },
                    Content::SchemaMap => match (left, right) {
                        (Value::Object(left), Value::Object(right)) => {
                            left.len() == right.len()
                                && left.iter().all(|(name, left)| {
                                    right
                                        .get(name)
                                        .is_some_and(|right| same(left, right, formats, false))
                                })
                        }
                        _ => left == right,
                    },
                    Content::Plain | Content::Annotation => left == right,
                }),
            }
        })
}

/// Whether references in `schema` depend on nothing but pointers into its ordinary keywords.
fn comparable(schema: &Value, draft: Draft) -> bool {
    let mut stack = vec![(schema, 0)];
    while let Some((value, depth)) = stack.pop() {
        match value {
            Value::Array(items) => stack.extend(items.iter().map(|item| (item, depth + 1))),
            Value::Object(members) => {
                for (name, member) in members {
                    match (name.as_str(), member) {
                        ("$ref", Value::String(uri)) => {
                            let local = uri == "#" || uri.starts_with("#/");
                            if !local
                                || uri.contains("/x-")
                                || ANNOTATED.iter().any(|name| uri.contains(name))
                            {
                                return false;
                            }
                        }
                        (
                            "$dynamicRef" | "$recursiveRef" | "$anchor" | "$dynamicAnchor"
                            | "$recursiveAnchor",
                            _,
                        ) => {
                            return false;
                        }
                        ("$id", Value::String(_)) if depth > 0 => return false,
                        ("id", Value::String(_)) if depth > 0 && draft == Draft::V4 => return false,
                        ("$schema", Value::String(_)) if depth > 0 => return false,
                        _ => {}
                    }
                    stack.push((member, depth + 1));
                }
            }
            _ => {}
        }
    }
    true
}

/// Annotations that can hold a schema to refer to.
const ANNOTATED: [&str; 4] = ["/default", "/examples", "/contentSchema", "/title"];

/// Pairs of definitions, first of `right` and then of `left`, that say the same and refer only to such definitions.
pub(crate) fn shared_definitions<'a>(
    left: &'a Value,
    right: &'a Value,
    drafts: (Draft, Draft),
    formats: Formats,
) -> Vec<(&'a Value, &'a Value)> {
    if drafts.0 != drafts.1 || !comparable(left, drafts.0) || !comparable(right, drafts.1) {
        return Vec::new();
    }
    let mut alike: Vec<(String, &Value, &Value)> = Vec::new();
    for group in ["definitions", "$defs"] {
        let (Some(Value::Object(left)), Some(Value::Object(right))) = (left.get(group), right.get(group))
        else {
            continue;
        };
        for (name, left) in left {
            if let Some(right) = right.get(name)
                && same(left, right, formats, false)
            {
                let name = name.replace('~', "~0").replace('/', "~1");
                alike.push((format!("#/{group}/{name}"), right, left));
            }
        }
    }
    loop {
        let names: std::collections::HashSet<String> = alike.iter().map(|(name, ..)| name.clone()).collect();
        let before = alike.len();
        alike.retain(|(_, right, _)| {
            references(right).iter().all(|uri| {
                let end = uri.match_indices('/').nth(2).map_or(uri.len(), |(at, _)| at);
                names.contains(&uri[..end])
            })
        });
        if alike.len() == before {
            return alike.into_iter().map(|(_, right, left)| (right, left)).collect();
        }
    }
}

fn references(schema: &Value) -> Vec<&str> {
    let mut found = Vec::new();
    let mut stack = vec![schema];
    while let Some(value) = stack.pop() {
        match value {
            Value::Array(items) => stack.extend(items),
            Value::Object(members) => {
                if let Some(Value::String(uri)) = members.get("$ref") {
                    found.push(uri.as_str());
                }
                stack.extend(members.values());
            }
            _ => {}
        }
    }
    found
}

/// Whether the whole schemas may be compared by [`same_but_for_annotations`].
pub(crate) fn may_be_compared(left: &Value, right: &Value, draft: Draft) -> bool {
    comparable(left, draft) && comparable(right, draft)
}
