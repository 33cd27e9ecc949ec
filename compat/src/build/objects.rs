//! The keywords about objects.

use std::rc::Rc;

use serde_json::{Map, Value};

use super::keywords::{Parts, at_least, at_most};
use super::{BuildError, Builder, Place};
use crate::Draft;
use crate::ir::{Arena, Except, Id, Node, Sym, Type, Types};

pub(super) fn parts<'a>(
    builder: &mut Builder<'a, '_>,
    members: &'a Map<String, Value>,
    place: Place,
    parts: &mut Parts,
) -> Result<(), BuildError> {
    let mut except = Except::default();
    if let Some(content) = members.get("properties") {
        for (name, schema) in map(builder, content, place)? {
            let id = builder.inner(schema, place)?;
            let sym = builder.arena.symbol(name);
            except.names.push(sym);
            parts.push(builder.node(Node::Property(sym, id))?);
        }
    }
    if let Some(content) = members.get("patternProperties") {
        for (pattern, schema) in map(builder, content, place)? {
            let id = builder.inner(schema, place)?;
            let sym = builder.arena.symbol(pattern);
            except.patterns.push(sym);
            parts.push(builder.node(Node::PatternProperty(sym, id))?);
        }
    }
    if let Some(content) = members.get("additionalProperties") {
        let id = builder.rest(content, place)?;
        if id != Arena::TRUE || builder.evaluation_matters {
            parts.push(rest(builder, except, id)?);
        }
    }
    if place.draft >= Draft::V6
        && let Some(content) = members.get("propertyNames")
    {
        let id = builder.inner(content, place)?;
        parts.push(builder.node(Node::Names(id))?);
    }
    if let Some(content) = members.get("required") {
        required(builder, content, place, parts)?;
    }
    if let Some(content) = members.get("minProperties")
        && let Some(min) = at_least(builder, content, place)?
    {
        parts.push(builder.node(Node::MinProperties(min))?);
    }
    if let Some(content) = members.get("maxProperties")
        && let Some(max) = at_most(builder, content, place)?
    {
        parts.push(builder.node(Node::MaxProperties(max))?);
    }
    dependents(builder, members, place, parts)
}

fn dependents<'a>(
    builder: &mut Builder<'a, '_>,
    members: &'a Map<String, Value>,
    place: Place,
    parts: &mut Parts,
) -> Result<(), BuildError> {
    // `dependencies` left the specification with 2019-09, but validators still assert it.
    let modern = place.draft >= Draft::V201909;
    for keyword in ["dependencies", "dependentRequired", "dependentSchemas"] {
        let Some(content) = members
            .get(keyword)
            .filter(|_| modern || keyword == "dependencies")
        else {
            continue;
        };
        for (name, dependency) in map(builder, content, place)? {
            let then = if dependency.is_array() {
                let mut names = Parts::new();
                required(builder, dependency, place, &mut names)?;
                builder.arena.and(names, builder.budget)?
            } else {
                builder.schema(dependency, place)?
            };
            if then != Arena::TRUE {
                let sym = builder.arena.symbol(name);
                parts.push(builder.node(Node::When(sym, then))?);
            }
        }
    }
    Ok(())
}

fn required<'a>(
    builder: &mut Builder<'a, '_>,
    content: &'a Value,
    place: Place,
    parts: &mut Parts,
) -> Result<(), BuildError> {
    let Some(names) = content.as_array() else {
        return Err(builder.invalid(place, content, "a list of names is expected"));
    };
    for name in names {
        let Some(name) = name.as_str() else {
            return Err(builder.invalid(place, name, "a member's name is a string"));
        };
        let sym = builder.arena.symbol(name);
        parts.push(builder.node(Node::Required(sym))?);
    }
    Ok(())
}

/// The schema for all members that are not excepted.
pub(super) fn rest(builder: &mut Builder<'_, '_>, mut except: Except, id: Id) -> Result<Id, BuildError> {
    let sort = |syms: &mut Vec<Sym>| {
        syms.sort_unstable();
        syms.dedup();
    };
    sort(&mut except.names);
    sort(&mut except.patterns);
    Ok(builder.node(Node::Rest(Rc::new(except), id))?)
}

pub(super) fn map<'a>(
    builder: &Builder<'a, '_>,
    content: &'a Value,
    place: Place,
) -> Result<&'a Map<String, Value>, BuildError> {
    match content.as_object() {
        Some(map) => Ok(map),
        None => Err(builder.invalid(place, content, "an object is expected")),
    }
}

/// The document is an object and has the member.
pub(super) fn present(builder: &mut Builder<'_, '_>, name: Sym) -> Result<Id, BuildError> {
    let object = builder.node(Node::Type(Types::only(Type::Object)))?;
    let required = builder.node(Node::Required(name))?;
    Ok(builder.arena.and(vec![object, required], builder.budget)?)
}
