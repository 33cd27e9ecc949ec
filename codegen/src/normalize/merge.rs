//! Reads everything that holds at a place into one [`Node`]: the subschemas there, what they refer to, their `allOf`.

use std::collections::BTreeSet;

use diagnostics::JsonPointer;
use serde_json::{Map, Value};

use super::document::{Dialect, Document, Target};
use super::node::{Bound, Members, Node, Place, Types, Union, UnionKind, number, same};
use super::opened::{is_any_other_tag, open_list};

/// What stops a schema from being read, and where.
#[derive(Debug)]
pub(crate) struct Unreadable {
    pub(crate) pointer: JsonPointer,
    pub(crate) message: String,
}

/// Merges the subschemas of a place. Needs no recursion: subschemas are followed once each.
pub(crate) fn read(document: &Document<'_>, place: &Place) -> Result<Node, Unreadable> {
    let mut node = Node::anything();
    let mut seen = BTreeSet::new();
    let mut open: Vec<JsonPointer> = place.parts.iter().rev().cloned().collect();
    while let Some(pointer) = open.pop() {
        if !seen.insert(pointer.clone()) {
            continue;
        }
        match document.at(&pointer) {
            Some(Value::Bool(true)) => {}
            Some(Value::Bool(false)) => {
                node.types = Types::NONE;
                node.constrained = true;
            }
            Some(Value::Object(schema)) => {
                let direct = place.parts.len() == 1 && place.parts.contains(&pointer);
                let mut reader = Reader {
                    document,
                    pointer: &pointer,
                    schema,
                    node: &mut node,
                    open: &mut open,
                    place,
                    direct,
                };
                reader.read()?;
            }
            _ => {
                return Err(Unreadable {
                    pointer,
                    message: "a schema is an object or a boolean".to_owned(),
                });
            }
        }
    }
    node.types = node.types.and(place.types);
    // `additionalProperties` evaluates whatever no other keyword has.
    if node.members.iter().any(|members| members.additional.is_some()) {
        node.unevaluated = None;
    }
    if node.unevaluated.is_some()
        && (!node.unions.is_empty()
            || node.members.iter().any(|members| !members.patterns.is_empty())
            || ["if", "dependentSchemas", "dependencies", "not"]
                .iter()
                .any(|word| node.residual.contains(word)))
    {
        node.unevaluated = None;
        node.residual.insert("unevaluatedProperties");
    }
    Ok(node)
}

struct Reader<'r, 'a> {
    document: &'r Document<'a>,
    pointer: &'r JsonPointer,
    schema: &'a Map<String, Value>,
    node: &'r mut Node,
    open: &'r mut Vec<JsonPointer>,
    place: &'r Place,
    direct: bool,
}

impl Reader<'_, '_> {
    fn read(&mut self) -> Result<(), Unreadable> {
        self.annotations();
        if let Some(reference) = self.schema.get("$ref").and_then(Value::as_str) {
            self.node.constrained = true;
            match self.document.resolve(self.pointer, reference) {
                Target::Here(target) => self.open.push(target),
                Target::Metaschema => {
                    self.node.residual.insert("$ref");
                }
                Target::Nowhere => {
                    return Err(Unreadable {
                        pointer: self.pointer.child("$ref"),
                        message: format!("the reference {reference:?} leads nowhere in the bundled contract"),
                    });
                }
            }
            if self.document.dialect.ref_stands_alone() {
                return Ok(());
            }
        }
        let mut members = Members::default();
        let mut prefix = 0;
        for (keyword, value) in self.schema {
            self.keyword(keyword, value, &mut members, &mut prefix)?;
        }
        self.items();
        if !(members.properties.is_empty() && members.patterns.is_empty() && members.additional.is_none()) {
            self.node.members.push(members);
        }
        Ok(())
    }

    fn annotations(&mut self) {
        let annotations = &mut self.node.annotations;
        let text = |name: &str| self.schema.get(name).and_then(Value::as_str).map(str::to_owned);
        if annotations.title.is_none() {
            annotations.title = text("title");
        }
        if annotations.description.is_none() {
            annotations.description = text("description");
        }
        annotations.deprecated |= self.schema.get("deprecated") == Some(&Value::Bool(true));
        if annotations.default.is_none() {
            annotations.default = self.schema.get("default").cloned();
        }
        annotations.classified |= matches!(
            self.schema.get("x-classification").and_then(Value::as_str),
            Some("pii" | "confidential")
        );
        if annotations.rust_name.is_none() {
            annotations.rust_name = self.schema.get("x-rust-name").cloned();
        }
    }

    /// A keyword with a value of the wrong kind is left to whoever checks the schema against its metaschema; here it
    /// must only do no harm: the validator would refuse to compile, so the contract is refused.
    fn bad(&self, keyword: &str, expected: &str) -> Unreadable {
        Unreadable {
            pointer: self.pointer.child(keyword),
            message: format!("the value of {keyword:?} is not {expected}"),
        }
    }

    fn number(&self, keyword: &str, value: &Value) -> Result<String, Unreadable> {
        value
            .as_number()
            .map(ToString::to_string)
            .ok_or_else(|| self.bad(keyword, "a number"))
    }

    fn count(&self, keyword: &str, value: &Value) -> Result<usize, Unreadable> {
        let text = self.number(keyword, value)?;
        match number::to_i128(&text) {
            Some(count) if count >= 0 => Ok(usize::try_from(count).unwrap_or(usize::MAX)),
            None if number::is_integer(&text) && !text.starts_with('-') => Ok(usize::MAX),
            _ => Err(self.bad(keyword, "a count")),
        }
    }

    fn schemas<'v>(&self, keyword: &str, value: &'v Value) -> Result<&'v [Value], Unreadable> {
        value
            .as_array()
            .map(Vec::as_slice)
            .ok_or_else(|| self.bad(keyword, "an array of schemas"))
    }

    fn object<'v>(&self, keyword: &str, value: &'v Value) -> Result<&'v Map<String, Value>, Unreadable> {
        value.as_object().ok_or_else(|| self.bad(keyword, "an object"))
    }

    #[allow(
        clippy::too_many_lines,
        reason = "one arm for each keyword; splitting would hide what is missing"
    )]
    fn keyword(
        &mut self,
        keyword: &str,
        value: &Value,
        members: &mut Members,
        prefix: &mut usize,
    ) -> Result<(), Unreadable> {
        let dialect = self.document.dialect;
        let at = self.pointer.child(keyword);
        let mut constrained = true;
        match keyword {
            "type" => {
                let types = match value {
                    Value::String(name) => Types::named(name),
                    Value::Array(names) => names.iter().try_fold(Types::NONE, |types, name| {
                        Some(types.or(name.as_str().and_then(Types::named)?))
                    }),
                    _ => None,
                };
                let types = types.ok_or_else(|| self.bad(keyword, "a JSON type or an array of them"))?;
                self.node.types = self.node.types.and(types);
            }
            "enum" => {
                let values = value.as_array().ok_or_else(|| self.bad(keyword, "an array"))?;
                self.values(values, false);
            }
            "const" if dialect >= Dialect::Draft6 => self.values(std::slice::from_ref(value), false),
            "minimum" => {
                let text = self.number(keyword, value)?;
                let exclusive = dialect == Dialect::Draft4
                    && self.schema.get("exclusiveMinimum") == Some(&Value::Bool(true));
                raise(&mut self.node.minimum, text, exclusive);
            }
            "maximum" => {
                let text = self.number(keyword, value)?;
                let exclusive = dialect == Dialect::Draft4
                    && self.schema.get("exclusiveMaximum") == Some(&Value::Bool(true));
                lower(&mut self.node.maximum, text, exclusive);
            }
            "exclusiveMinimum" if dialect >= Dialect::Draft6 => {
                let text = self.number(keyword, value)?;
                raise(&mut self.node.minimum, text, true);
            }
            "exclusiveMaximum" if dialect >= Dialect::Draft6 => {
                let text = self.number(keyword, value)?;
                lower(&mut self.node.maximum, text, true);
            }
            "multipleOf" => self.node.multiple.push(self.number(keyword, value)?),
            "minLength" => self.node.min_length = self.node.min_length.max(Some(self.count(keyword, value)?)),
            "maxLength" => {
                let count = self.count(keyword, value)?;
                smaller(&mut self.node.max_length, count);
            }
            "minItems" => self.node.min_items = self.node.min_items.max(Some(self.count(keyword, value)?)),
            "maxItems" => {
                let count = self.count(keyword, value)?;
                smaller(&mut self.node.max_items, count);
            }
            "minProperties" => {
                self.node.min_properties = self.node.min_properties.max(Some(self.count(keyword, value)?));
            }
            "maxProperties" => {
                let count = self.count(keyword, value)?;
                smaller(&mut self.node.max_properties, count);
            }
            "uniqueItems" => self.node.unique |= value == &Value::Bool(true),
            "pattern" => {
                let pattern = value.as_str().ok_or_else(|| self.bad(keyword, "a string"))?;
                if !self.node.patterns.iter().any(|known| known == pattern) {
                    self.node.patterns.push(pattern.to_owned());
                }
            }
            "format" => {
                if let Some(format) = value.as_str()
                    && !self.node.formats.iter().any(|known| known == format)
                {
                    self.node.formats.push(format.to_owned());
                }
            }
            "properties" => {
                for name in self.object(keyword, value)?.keys() {
                    members.properties.insert(name.clone(), at.child(name));
                }
            }
            "patternProperties" => {
                for pattern in self.object(keyword, value)?.keys() {
                    members.patterns.push((pattern.clone(), at.child(pattern)));
                }
            }
            "additionalProperties" => {
                constrained = value != &Value::Bool(true);
                members.additional = Some(at);
            }
            "required" => {
                let names = value
                    .as_array()
                    .ok_or_else(|| self.bad(keyword, "an array of names"))?;
                for name in names {
                    let name = name
                        .as_str()
                        .ok_or_else(|| self.bad(keyword, "an array of names"))?;
                    self.node.required.insert(name.to_owned());
                }
            }
            "allOf" => {
                let count = self.schemas(keyword, value)?.len();
                self.open.extend((0..count).rev().map(|index| at.item(index)));
            }
            "oneOf" | "anyOf" => {
                let branches = self.schemas(keyword, value)?;
                let mut count = branches.len();
                if let Some(listed) = open_list(keyword, branches) {
                    self.values(listed, true);
                    self.node.constrained = true;
                    return Ok(());
                }
                if self.place.settled.contains(&at) {
                    return Ok(());
                }
                // What an open union adds is no branch with a name.
                let open = count > 1 && branches.last().is_some_and(is_any_other_tag);
                count -= usize::from(open);
                let pointer = at.clone();
                self.node.unions.push(Union {
                    kind: if keyword == "oneOf" {
                        UnionKind::OneOf
                    } else {
                        UnionKind::AnyOf
                    },
                    branches: (0..count).map(|index| at.item(index)).collect(),
                    pointer,
                    alone: self
                        .schema
                        .keys()
                        .all(|other| other == keyword || is_annotation(other)),
                    open,
                    other: open.then(|| at.item(count)),
                });
            }
            "prefixItems" if dialect == Dialect::Draft202012 => {
                *prefix = self.schemas(keyword, value)?.len();
            }
            "items" | "additionalItems" => {}
            "unevaluatedProperties" if dialect >= Dialect::Draft201909 => {
                if self.direct {
                    self.node.unevaluated = Some(at);
                } else {
                    self.node.residual.insert("unevaluatedProperties");
                }
            }
            _ => match residual(keyword, dialect) {
                Some(word) => {
                    self.node.residual.insert(word);
                }
                None => constrained = false,
            },
        }
        self.node.constrained |= constrained;
        Ok(())
    }

    /// A closed list, or an open one: these values or any string.
    fn values(&mut self, values: &[Value], open: bool) {
        let listed = |list: &[Value], open: bool, value: &Value| {
            (open && value.is_string()) || list.iter().any(|other| same(other, value))
        };
        let (values, open) = match self.node.values.take() {
            None => (values.to_vec(), open),
            Some(known) => {
                let before = self.node.open;
                // What both accept, as far as either lists it.
                let mut both: Vec<Value> = known
                    .iter()
                    .filter(|value| listed(values, open, value))
                    .cloned()
                    .collect();
                let more = values.iter().filter(|value| {
                    listed(&known, before, value) && !both.iter().any(|other| same(other, value))
                });
                let more: Vec<Value> = more.cloned().collect();
                both.extend(more);
                (both, before && open)
            }
        };
        self.node.values = Some(values);
        self.node.open = open;
        self.node.values_at = Some(self.pointer.clone());
    }

    /// `prefixItems` and `items`, or the `items` array and `additionalItems` of older drafts.
    fn items(&mut self) {
        let modern = self.document.dialect == Dialect::Draft202012;
        let (prefix_key, rest_key) = match self.schema.get("items") {
            Some(Value::Array(_)) => ("items", "additionalItems"),
            _ if modern => ("prefixItems", "items"),
            _ => ("", "items"),
        };
        let count = self
            .schema
            .get(prefix_key)
            .and_then(Value::as_array)
            .map_or(0, Vec::len);
        let rest = self
            .schema
            .get(rest_key)
            .filter(|rest| matches!(rest, Value::Object(_) | Value::Bool(false)))
            .map(|_| self.pointer.child(rest_key));
        if count == 0 && rest.is_none() {
            return;
        }
        self.node.constrained = true;
        // Positions that this subschema leaves to its rest, and that it adds beyond those known before.
        let before = self.node.items.clone();
        while self.node.prefix.len() < count {
            self.node.prefix.push(before.clone());
        }
        for (index, place) in self.node.prefix.iter_mut().enumerate() {
            if index < count {
                place.insert(self.pointer.child(prefix_key).item(index));
            } else if let Some(rest) = &rest {
                place.insert(rest.clone());
            }
        }
        if let Some(rest) = rest {
            self.node.items.insert(rest);
        }
    }
}

fn raise(bound: &mut Option<Bound>, text: String, exclusive: bool) {
    let tighter = bound
        .as_ref()
        .is_none_or(|bound| match number::compare(&text, &bound.text) {
            Some(std::cmp::Ordering::Greater) => true,
            Some(std::cmp::Ordering::Equal) => exclusive,
            _ => false,
        });
    if tighter {
        *bound = Some(Bound { text, exclusive });
    }
}

fn lower(bound: &mut Option<Bound>, text: String, exclusive: bool) {
    let tighter = bound
        .as_ref()
        .is_none_or(|bound| match number::compare(&text, &bound.text) {
            Some(std::cmp::Ordering::Less) => true,
            Some(std::cmp::Ordering::Equal) => exclusive,
            _ => false,
        });
    if tighter {
        *bound = Some(Bound { text, exclusive });
    }
}

fn smaller(limit: &mut Option<usize>, count: usize) {
    *limit = Some(limit.map_or(count, |known| known.min(count)));
}

/// Keywords that say nothing about validity.
pub(crate) fn is_annotation(keyword: &str) -> bool {
    const ANNOTATIONS: &[&str] = &[
        "$anchor",
        "$comment",
        "$defs",
        "$dynamicAnchor",
        "$id",
        "$schema",
        "$vocabulary",
        "contentEncoding",
        "contentMediaType",
        "default",
        "definitions",
        "deprecated",
        "description",
        "example",
        "examples",
        "id",
        "readOnly",
        "title",
        "writeOnly",
    ];
    keyword.starts_with("x-") || ANNOTATIONS.contains(&keyword)
}

/// Keywords that assert something and that shapes do not carry.
fn residual(keyword: &str, dialect: Dialect) -> Option<&'static str> {
    use Dialect::{Draft6, Draft7, Draft201909, Draft202012};
    const KEYWORDS: &[(&str, Dialect)] = &[
        ("not", Dialect::Draft4),
        ("if", Draft7),
        ("then", Draft7),
        ("else", Draft7),
        ("contains", Draft6),
        ("minContains", Draft201909),
        ("maxContains", Draft201909),
        ("propertyNames", Draft6),
        ("dependencies", Dialect::Draft4),
        ("dependentRequired", Draft201909),
        ("dependentSchemas", Draft201909),
        ("unevaluatedItems", Draft201909),
        ("unevaluatedProperties", Draft201909),
        ("$dynamicRef", Draft202012),
        ("$recursiveRef", Draft201909),
    ];
    KEYWORDS
        .iter()
        .find(|(name, since)| *name == keyword && dialect >= *since)
        .map(|(name, _)| *name)
}
