//! Random edits of a schema.

use compat::Draft;
use serde_json::{Value, json};

use super::random::Random;
use super::schemas::Schemas;

/// The schema with something changed somewhere.
pub fn edited(random: &mut Random, draft: Draft, schema: &Value) -> Value {
    let mut pointers = Vec::new();
    collect(schema, String::new(), &mut pointers, true);
    let mut edited = schema.clone();
    for _ in 0..1 + random.below(2) {
        let pointer = random.pick(&pointers).clone();
        let Some(target) = edited.pointer_mut(&pointer) else {
            continue;
        };
        let mut schemas = Schemas {
            random: &mut *random,
            draft,
            definitions: false,
        };
        match schemas.random.below(10) {
            0 if !pointer.is_empty() => *target = schemas.schema(2),
            1 if !pointer.is_empty() => {
                let kept = target.take();
                *target = match schemas.random.below(5) {
                    0 => json!({ "allOf": [kept] }),
                    1 => json!({ "anyOf": [kept, schemas.schema(1)] }),
                    2 => json!({ "oneOf": [kept, schemas.schema(1)] }),
                    3 => json!({ "not": { "not": kept } }),
                    _ => json!({ "allOf": [kept, schemas.schema(1)] }),
                };
            }
            2..=4 => {
                if let Value::Object(members) = target {
                    let names: Vec<String> = members.keys().cloned().collect();
                    if !names.is_empty() {
                        members.remove(schemas.random.pick(&names));
                    }
                }
            }
            _ => {
                if let Value::Object(members) = target {
                    schemas.keyword(members, 2);
                }
            }
        }
    }
    edited
}

/// The pointers of the schemas inside a schema.
fn collect(value: &Value, pointer: String, pointers: &mut Vec<String>, is_schema: bool) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let inside = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
                match name.as_str() {
                    _ if !is_schema => collect(member, inside, pointers, true),
                    "properties" | "patternProperties" | "dependentSchemas" | "$defs" | "definitions" => {
                        collect(member, inside, pointers, false);
                    }
                    "allOf" | "anyOf" | "oneOf" | "prefixItems" => {
                        for (index, item) in member.as_array().into_iter().flatten().enumerate() {
                            collect(item, format!("{inside}/{index}"), pointers, true);
                        }
                    }
                    "items" if member.is_array() => {
                        for (index, item) in member.as_array().into_iter().flatten().enumerate() {
                            collect(item, format!("{inside}/{index}"), pointers, true);
                        }
                    }
                    "items"
                    | "not"
                    | "if"
                    | "then"
                    | "else"
                    | "contains"
                    | "propertyNames"
                    | "additionalProperties"
                    | "unevaluatedProperties"
                    | "unevaluatedItems" => {
                        collect(member, inside, pointers, true);
                    }
                    _ => {}
                }
            }
            if is_schema {
                pointers.push(pointer);
            }
        }
        _ if is_schema => pointers.push(pointer),
        _ => {}
    }
}
