//! The second half of "is it emitted": whether every name and every item is declared.
//!
//! See the parent module for the definition. It reads the log that the evaluation left.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::EmittedError;
use super::arrays::tuple_length;
use super::evaluate::{Held, Run};
use super::index::address;
use crate::Draft;

/// Whether each member and each item of `document`, which is valid, is declared.
pub(super) fn is_sealed(run: &mut Run<'_, '_>, document: &Value) -> Result<bool, EmittedError> {
    let log = std::mem::take(&mut run.log);
    let mut by_place: HashMap<usize, Vec<&Held<'_>>> = HashMap::new();
    for held in &log {
        run.spend(1)?;
        by_place.entry(held.place).or_default().push(held);
    }
    let mut pending = vec![document];
    while let Some(value) = pending.pop() {
        run.spend(1)?;
        let held = by_place.get(&address(value)).map_or(&[][..], Vec::as_slice);
        let is_sealed = match value {
            Value::Object(members) => {
                pending.extend(members.values());
                members_are_declared(run, held, members)?
            }
            Value::Array(items) => {
                pending.extend(items);
                items_are_declared(held, items)
            }
            _ => true,
        };
        if !is_sealed {
            return Ok(false);
        }
    }
    Ok(true)
}

fn members_are_declared(
    run: &mut Run<'_, '_>,
    held: &[&Held<'_>],
    members: &Map<String, Value>,
) -> Result<bool, EmittedError> {
    if !held.iter().any(|held| declares_some_name(held, members))
        || held.iter().any(|held| declares_every_name(held))
    {
        return Ok(true);
    }
    for name in members.keys() {
        let mut is_declared = false;
        for held in held {
            is_declared = is_declared || lists(held, members, name) || run.is_named(held.schema, name)?;
        }
        if !is_declared {
            return Ok(false);
        }
    }
    Ok(true)
}

fn declares_some_name(held: &Held<'_>, members: &Map<String, Value>) -> bool {
    let has_keys = |keyword| {
        held.schema
            .get(keyword)
            .and_then(Value::as_object)
            .is_some_and(|map| !map.is_empty())
    };
    has_keys("properties")
        || has_keys("patternProperties")
        || declares_every_name(held)
        || lists_of_names(held, members).any(|names| !names.is_empty())
}

/// What `properties` and `patternProperties` leave is declared too.
fn declares_every_name(held: &Held<'_>) -> bool {
    declares_the_rest(held.schema.get("additionalProperties"))
        || (held.draft >= Draft::V201909 && declares_the_rest(held.schema.get("unevaluatedProperties")))
}

/// `true` and `{}` count as absent; `false` declares nothing, it forbids.
fn declares_the_rest(schema: Option<&Value>) -> bool {
    schema
        .and_then(Value::as_object)
        .is_some_and(|schema| !schema.is_empty())
}

fn lists(held: &Held<'_>, members: &Map<String, Value>, name: &str) -> bool {
    lists_of_names(held, members).any(|names| names.iter().any(|listed| listed == name))
}

/// `required`, and each `dependentRequired` (or `dependencies`) that is asserted because its trigger is there.
fn lists_of_names<'h>(
    held: &'h Held<'_>,
    members: &'h Map<String, Value>,
) -> impl Iterator<Item = &'h Vec<Value>> {
    let dependent = (held.draft >= Draft::V201909)
        .then(|| held.schema.get("dependentRequired"))
        .flatten();
    let dependencies = [dependent, held.schema.get("dependencies")]
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .flatten()
        .filter(|(trigger, _)| members.contains_key(*trigger))
        .map(|(_, names)| names);
    held.schema
        .get("required")
        .into_iter()
        .chain(dependencies)
        .filter_map(Value::as_array)
}

fn items_are_declared(held: &[&Held<'_>], items: &[Value]) -> bool {
    let prefix = held
        .iter()
        .map(|held| tuple_length(held.schema, held.draft))
        .max()
        .unwrap_or(0);
    if prefix == 0 || items.len() <= prefix || held.iter().any(|held| declares_every_item(held)) {
        return true;
    }
    (prefix..items.len()).all(|at| held.iter().any(|held| held.contained.contains(&at)))
}

fn declares_every_item(held: &Held<'_>) -> bool {
    let schema = held.schema;
    let rest = match (held.draft, schema.get("items")) {
        (Draft::V202012, items) => items,
        (_, Some(Value::Array(_))) => schema.get("additionalItems"),
        (_, items) => items,
    };
    declares_the_rest(rest)
        || (held.draft >= Draft::V201909 && declares_the_rest(schema.get("unevaluatedItems")))
}
