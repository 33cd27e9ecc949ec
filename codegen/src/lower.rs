//! `SCHEMA` as readers mean it: lists and unions marked `x-open` accept what they do not list.
//!
//! Every pointer into the original stays valid: nothing is moved, branches are only appended.

use serde_json::{Map, Value, json};

use crate::normalize::Document;

/// Deeper schemas cannot come out of a parser.
const DEPTH: usize = 512;

/// Opens what is marked open, and names the dialect that the generated checks follow.
pub(crate) fn open(document: &Document<'_>) -> Value {
    let mut schema = open_at(document.root, document.root, 0);
    if let Some(members) = schema.as_object_mut() {
        members.insert("$schema".to_owned(), Value::from(document.dialect.uri()));
    }
    schema
}

fn open_at(schema: &Value, root: &Value, depth: usize) -> Value {
    if depth > DEPTH {
        return schema.clone();
    }
    match schema {
        Value::Object(members) => {
            let mut opened: Map<String, Value> = members
                .iter()
                .map(|(name, value)| {
                    let data = matches!(name.as_str(), "enum" | "const" | "default" | "examples");
                    let value = if data {
                        value.clone()
                    } else {
                        open_at(value, root, depth + 1)
                    };
                    (name.clone(), value)
                })
                .collect();
            if members.get("x-open") == Some(&Value::Bool(true)) {
                open_enum(&mut opened);
                open_union(&mut opened, root);
            }
            Value::Object(opened)
        }
        Value::Array(items) => items.iter().map(|item| open_at(item, root, depth + 1)).collect(),
        other => other.clone(),
    }
}

fn open_enum(schema: &mut Map<String, Value>) {
    let Some(Value::Array(values)) = schema.get("enum") else {
        return;
    };
    if !values.iter().any(Value::is_string) {
        return;
    }
    let Some(values) = schema.remove("enum") else {
        return;
    };
    let listed = json!([{ "enum": values }, { "type": "string" }]);
    match schema.get_mut("allOf") {
        Some(Value::Array(all)) => all.push(json!({ "anyOf": listed })),
        _ => {
            schema.insert("allOf".to_owned(), json!([{ "anyOf": listed }]));
        }
    }
}

fn open_union(schema: &mut Map<String, Value>, root: &Value) {
    for keyword in ["oneOf", "anyOf"] {
        let Some(Value::Array(branches)) = schema.get(keyword) else {
            continue;
        };
        let Some((tag, tags)) = tag(branches, root) else {
            continue;
        };
        let other = json!({
            "type": "object",
            "required": [tag],
            "properties": { tag: { "type": "string", "not": { "enum": tags } } },
        });
        if let Some(Value::Array(branches)) = schema.get_mut(keyword) {
            branches.push(other);
        }
    }
}

/// The member that tells the branches apart, and all its values: every branch requires it and lists strings.
fn tag(branches: &[Value], root: &Value) -> Option<(String, Vec<Value>)> {
    let branches: Vec<&Value> = branches.iter().map(|branch| target(branch, root)).collect();
    let candidates = branches.first()?.get("required")?.as_array()?;
    candidates.iter().filter_map(Value::as_str).find_map(|name| {
        let mut all: Vec<Value> = Vec::new();
        for branch in &branches {
            let required = branch.get("required")?.as_array()?;
            if !required.iter().any(|other| other.as_str() == Some(name)) {
                return None;
            }
            let member = target(branch.get("properties")?.get(name)?, root);
            let values = match (member.get("const"), member.get("enum")) {
                (Some(value), _) => vec![value.clone()],
                (None, Some(Value::Array(values))) => values.clone(),
                _ => return None,
            };
            if !values.iter().all(Value::is_string) || values.iter().any(|value| all.contains(value)) {
                return None;
            }
            all.extend(values);
        }
        Some((name.to_owned(), all))
    })
}

fn target<'v>(schema: &'v Value, root: &'v Value) -> &'v Value {
    let mut schema = schema;
    for _ in 0..32 {
        let Some(pointer) = schema
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|text| text.strip_prefix('#'))
        else {
            break;
        };
        let Some(next) = root.pointer(pointer) else { break };
        schema = next;
    }
    schema
}
