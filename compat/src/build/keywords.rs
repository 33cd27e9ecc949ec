//! The keywords of one schema object.

use serde_json::{Map, Value};

use super::{BuildError, Builder, Place, arrays, dialect, evaluated, objects};
use crate::decimal::Decimal;
use crate::ir::{Arena, Id, Node, Type, Types};
use crate::{Draft, Formats};

pub(super) type Parts = Vec<Id>;

/// All that `members` assert, as one node.
pub(super) fn schema<'a>(
    builder: &mut Builder<'a, '_>,
    members: &'a Map<String, Value>,
    place: Place,
) -> Result<Id, BuildError> {
    let mut parts = Parts::new();
    for (keyword, content) in members {
        keyword_parts(builder, keyword, content, members, place, &mut parts)?;
    }
    objects::parts(builder, members, place, &mut parts)?;
    arrays::parts(builder, members, place, &mut parts)?;
    let mut node = builder.arena.and(parts, builder.budget)?;
    if place.draft >= Draft::V201909
        && (members.contains_key("unevaluatedProperties") || members.contains_key("unevaluatedItems"))
    {
        node = evaluated::unevaluated(builder, members, node, place)?;
    }
    Ok(node)
}

fn keyword_parts<'a>(
    builder: &mut Builder<'a, '_>,
    keyword: &str,
    content: &'a Value,
    members: &'a Map<String, Value>,
    place: Place,
    parts: &mut Parts,
) -> Result<(), BuildError> {
    let draft = place.draft;
    match keyword {
        "$ref" => parts.push(builder.reference(content, place)?),
        "$dynamicRef" if draft == Draft::V202012 => {
            parts.push(builder.dynamic_reference(content, place)?);
        }
        "$recursiveRef" if draft == Draft::V201909 => {
            parts.push(builder.recursive_reference(content, place)?);
        }
        "type" => type_parts(builder, content, place, parts)?,
        "enum" => {
            let Some(values) = content.as_array() else {
                return Err(builder.invalid(place, content, "enum is a list of values"));
            };
            parts.push(enumeration(builder, values)?);
        }
        "const" if draft >= Draft::V6 => parts.push(enumeration(builder, std::slice::from_ref(content))?),
        "allOf" => {
            for schema in schemas(builder, content, place)? {
                parts.push(builder.schema(schema, place)?);
            }
        }
        "anyOf" => {
            let alternatives = alternatives(builder, content, place)?;
            parts.push(builder.arena.or(alternatives, builder.budget)?);
        }
        "oneOf" => {
            let alternatives = alternatives(builder, content, place)?;
            parts.push(builder.arena.one(alternatives, builder.budget)?);
        }
        "not" => {
            let operand = builder.schema(content, place)?;
            parts.push(builder.arena.not(operand, builder.budget)?);
        }
        "if" if draft >= Draft::V7 => {
            let mut branch = |name| match members.get(name) {
                Some(schema) => builder.schema(schema, place),
                None => Ok(Arena::TRUE),
            };
            let (then, otherwise) = (branch("then")?, branch("else")?);
            let condition = builder.schema(content, place)?;
            // A condition without consequences still declares what it names.
            let declares = builder.arena.facts(condition).declares || builder.evaluation_matters;
            if then != Arena::TRUE || otherwise != Arena::TRUE || declares {
                parts.push(builder.node(Node::If(condition, then, otherwise))?);
            }
        }
        "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf" => {
            number_parts(builder, keyword, content, members, place, parts)?;
        }
        "minLength" => {
            if let Some(min) = at_least(builder, content, place)? {
                parts.push(builder.node(Node::MinLength(min))?);
            }
        }
        "maxLength" => {
            if let Some(max) = at_most(builder, content, place)? {
                parts.push(builder.node(Node::MaxLength(max))?);
            }
        }
        "pattern" => {
            let Some(pattern) = content.as_str() else {
                return Err(builder.invalid(place, content, "a pattern is a string"));
            };
            let sym = builder.arena.symbol(pattern);
            parts.push(builder.node(Node::Pattern(sym))?);
        }
        "format" if builder.formats() == Formats::Assert => {
            if let Some(format) = content.as_str().and_then(|format| known_format(format, draft)) {
                let sym = builder.arena.symbol(&format);
                parts.push(builder.node(Node::Format(sym))?);
            }
        }
        _ => {}
    }
    Ok(())
}

/// The name under which a format is known here, if the validator knows it: formats that mean different things in
/// different drafts have different names.
fn known_format(format: &str, draft: Draft) -> Option<String> {
    if !jsonschema::options().is_known_format(dialect(draft), format) {
        return None;
    }
    // Before draft-07 a host name may not hold what later drafts let it hold.
    Some(match (format, draft) {
        ("hostname", Draft::V4 | Draft::V6) => "hostname (draft-04)".to_owned(),
        _ => format.to_owned(),
    })
}

/// The schemas of a list.
pub(super) fn schemas<'a>(
    builder: &Builder<'a, '_>,
    content: &'a Value,
    place: Place,
) -> Result<&'a [Value], BuildError> {
    match content.as_array() {
        Some(schemas) => Ok(schemas),
        None => Err(builder.invalid(place, content, "a list of schemas is expected")),
    }
}

fn alternatives<'a>(
    builder: &mut Builder<'a, '_>,
    content: &'a Value,
    place: Place,
) -> Result<Vec<Id>, BuildError> {
    let schemas = schemas(builder, content, place)?;
    if schemas.is_empty() {
        return Err(builder.invalid(place, content, "a list of alternatives is not empty"));
    }
    schemas
        .iter()
        .map(|schema| builder.schema(schema, place))
        .collect()
}

fn enumeration(builder: &mut Builder<'_, '_>, values: &[Value]) -> Result<Id, BuildError> {
    let mut ids = Vec::with_capacity(values.len());
    for value in values {
        builder.budget.keep(1)?;
        ids.push(builder.arena.values.intern(value));
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(builder.node(Node::Enum(ids.into()))?)
}

fn type_parts<'a>(
    builder: &mut Builder<'a, '_>,
    content: &'a Value,
    place: Place,
    parts: &mut Parts,
) -> Result<(), BuildError> {
    let names = match content {
        Value::Array(names) => names.as_slice(),
        _ => std::slice::from_ref(content),
    };
    let mut types = Types::NONE;
    let (mut number, mut integer) = (false, false);
    for name in names {
        types = types.or(Types::only(match name.as_str() {
            Some("null") => Type::Null,
            Some("boolean") => Type::Boolean,
            Some("string") => Type::String,
            Some("array") => Type::Array,
            Some("object") => Type::Object,
            Some("number") => {
                number = true;
                Type::Number
            }
            Some("integer") => {
                integer = true;
                Type::Number
            }
            _ => return Err(builder.invalid(place, name, "not the name of a type")),
        }));
    }
    parts.push(builder.node(Node::Type(types))?);
    if integer && !number {
        let kind = if place.draft == Draft::V4 {
            Node::IntegerSpelling
        } else {
            Node::Integer
        };
        parts.push(builder.node(kind)?);
    }
    Ok(())
}

fn number_parts<'a>(
    builder: &mut Builder<'a, '_>,
    keyword: &str,
    content: &'a Value,
    members: &'a Map<String, Value>,
    place: Place,
    parts: &mut Parts,
) -> Result<(), BuildError> {
    let legacy = place.draft == Draft::V4;
    if legacy && keyword.starts_with("exclusive") {
        return Ok(());
    }
    let Value::Number(number) = content else {
        return Err(builder.invalid(place, content, format!("{keyword} is a number")));
    };
    let Some(decimal) = Decimal::of(number) else {
        parts.push(builder.opaque("a number too long to follow")?);
        return Ok(());
    };
    let flag = |name| legacy && members.get(name).and_then(Value::as_bool) == Some(true);
    parts.push(match keyword {
        "minimum" => builder.node(Node::Min(decimal, flag("exclusiveMinimum")))?,
        "maximum" => builder.node(Node::Max(decimal, flag("exclusiveMaximum")))?,
        "exclusiveMinimum" => builder.node(Node::Min(decimal, true))?,
        "exclusiveMaximum" => builder.node(Node::Max(decimal, true))?,
        _ if decimal.is_zero() || decimal.is_negative() => {
            return Err(builder.invalid(place, content, "multipleOf is greater than zero"));
        }
        _ => builder.node(Node::MultipleOf(decimal))?,
    });
    Ok(())
}

/// A count; `None` for one beyond all documents.
fn count(builder: &Builder<'_, '_>, content: &Value, place: Place) -> Result<Option<u64>, BuildError> {
    let Value::Number(number) = content else {
        return Err(builder.invalid(place, content, "a count is a number"));
    };
    if let Some(count) = number.as_u64() {
        return Ok(Some(count));
    }
    let Some(decimal) = Decimal::of(number) else {
        return Ok(None);
    };
    if decimal.is_negative() || !decimal.is_integer() {
        return Err(builder.invalid(place, content, "a count is a non-negative integer"));
    }
    // Written as 2.0, or beyond 64 bits.
    Ok(decimal.to_number().and_then(|number| number.as_u64()))
}

/// The lower bound of a count; `None` when it asserts nothing.
pub(super) fn at_least(
    builder: &Builder<'_, '_>,
    content: &Value,
    place: Place,
) -> Result<Option<u64>, BuildError> {
    Ok(Some(count(builder, content, place)?.unwrap_or(u64::MAX)).filter(|min| *min > 0))
}

/// The upper bound of a count; `None` when it asserts nothing.
pub(super) fn at_most(
    builder: &Builder<'_, '_>,
    content: &Value,
    place: Place,
) -> Result<Option<u64>, BuildError> {
    count(builder, content, place)
}
