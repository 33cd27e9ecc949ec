//! A schema without one of its demands, everything else in its place.

use diagnostics::Rule;
use serde_json::{Map, Value};

use super::failing::{Failure, Kind};
use crate::rules::object_closed;

/// The schema with what the failure names taken out; `None` if that is not found.
pub(super) fn relax(schema: &Value, failure: &Failure, rule: &Rule) -> Option<Value> {
    let mut relaxed = schema.clone();
    let (parent, last) = failure.schema.rsplit_once('/').unwrap_or(("", ""));
    let last = last.replace("~1", "/").replace("~0", "~");
    match &failure.kind {
        Kind::Required(name) => {
            // The list itself, or the list of one trigger.
            let list = match relaxed.pointer_mut(&failure.schema)? {
                Value::Object(triggers) => {
                    for list in triggers.values_mut() {
                        without(list, name);
                    }
                    return (relaxed != *schema).then_some(relaxed);
                }
                list => list,
            };
            without(list, name);
        }
        // Any other member would fail the same way: one reason.
        Kind::Unexpected(_) if rule.id == object_closed::RULE.id => {
            relaxed.pointer_mut(parent)?.as_object_mut()?.remove(&last)?;
        }
        Kind::Unexpected(names) => {
            let object = relaxed.pointer_mut(parent)?.as_object_mut()?;
            let properties = object
                .entry("properties")
                .or_insert_with(|| Value::Object(Map::new()));
            for name in names {
                properties
                    .as_object_mut()?
                    .insert(name.clone(), Value::Object(Map::new()));
            }
        }
        Kind::False => *relaxed.pointer_mut(&failure.schema)? = Value::Object(Map::new()),
        Kind::Overlap => {
            let object = relaxed.pointer_mut(parent)?.as_object_mut()?;
            let alternatives = object.remove(&last)?;
            // At least one, rather than exactly one.
            let either = Value::Object([("anyOf".to_owned(), alternatives)].into_iter().collect());
            match object.entry("allOf").or_insert_with(|| Value::Array(Vec::new())) {
                Value::Array(all) => all.push(either),
                _ => return None,
            }
        }
        Kind::Keyword(keyword) => {
            let target = relaxed.pointer(&failure.schema).cloned();
            let object = relaxed.pointer_mut(parent)?.as_object_mut()?;
            object.remove(&last)?;
            // draft-04 has the bound and its exclusiveness in two places.
            if target.is_some_and(|target| target.is_number()) {
                match keyword.as_str() {
                    "minimum" | "exclusiveMinimum" => drop_flag(object, "exclusiveMinimum"),
                    "maximum" | "exclusiveMaximum" => drop_flag(object, "exclusiveMaximum"),
                    _ => {}
                }
            }
        }
    }
    (relaxed != *schema).then_some(relaxed)
}

fn drop_flag(object: &mut Map<String, Value>, name: &str) {
    if object.get(name).is_some_and(Value::is_boolean) {
        object.remove(name);
    }
}

fn without(list: &mut Value, name: &str) {
    if let Value::Array(names) = list {
        names.retain(|other| other != name);
    }
}
