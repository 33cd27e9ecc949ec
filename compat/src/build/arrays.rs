//! The keywords about arrays.

use serde_json::{Map, Value};

use super::keywords::{Parts, at_least, at_most, schemas};
use super::{BuildError, Builder, Place};
use crate::Draft;
use crate::ir::{Arena, Node};

pub(super) fn parts<'a>(
    builder: &mut Builder<'a, '_>,
    members: &'a Map<String, Value>,
    place: Place,
    parts: &mut Parts,
) -> Result<(), BuildError> {
    items(builder, members, place, parts)?;
    if place.draft >= Draft::V6
        && let Some(content) = members.get("contains")
    {
        contains(builder, content, members, place, parts)?;
    }
    if let Some(content) = members.get("minItems")
        && let Some(min) = at_least(builder, content, place)?
    {
        parts.push(builder.node(Node::MinItems(min))?);
    }
    if let Some(content) = members.get("maxItems")
        && let Some(max) = at_most(builder, content, place)?
    {
        parts.push(builder.node(Node::MaxItems(max))?);
    }
    match members.get("uniqueItems") {
        Some(Value::Bool(true)) => parts.push(builder.node(Node::Unique)?),
        None | Some(Value::Bool(false)) => {}
        Some(content) => return Err(builder.invalid(place, content, "uniqueItems is true or false")),
    }
    Ok(())
}

fn items<'a>(
    builder: &mut Builder<'a, '_>,
    members: &'a Map<String, Value>,
    place: Place,
    parts: &mut Parts,
) -> Result<(), BuildError> {
    let (prefix, tail) = if place.draft >= Draft::V202012 {
        (members.get("prefixItems"), members.get("items"))
    } else {
        match members.get("items") {
            Some(list @ Value::Array(_)) => (Some(list), members.get("additionalItems")),
            schema => (None, schema),
        }
    };
    let mut from = 0;
    if let Some(prefix) = prefix {
        for schema in schemas(builder, prefix, place)? {
            let id = builder.inner(schema, place)?;
            parts.push(builder.node(Node::Item(from, id))?);
            from += 1;
        }
    }
    if let Some(tail) = tail {
        let id = builder.rest(tail, place)?;
        if id != Arena::TRUE || builder.evaluation_matters {
            parts.push(builder.node(Node::Items(from, id))?);
        }
    }
    Ok(())
}

fn contains<'a>(
    builder: &mut Builder<'a, '_>,
    content: &'a Value,
    members: &'a Map<String, Value>,
    place: Place,
    parts: &mut Parts,
) -> Result<(), BuildError> {
    let id = builder.inner(content, place)?;
    let counted = place.draft >= Draft::V201909;
    let min = match members.get("minContains").filter(|_| counted) {
        Some(min) => at_least(builder, min, place)?.unwrap_or(0),
        None => 1,
    };
    // Even `minContains: 0` says which items are evaluated and declared.
    parts.push(builder.node(Node::ContainsMin(id, min))?);
    if let Some(max) = members.get("maxContains").filter(|_| counted)
        && let Some(max) = at_most(builder, max, place)?
    {
        parts.push(builder.node(Node::ContainsMax(id, max))?);
    }
    Ok(())
}
