//! Whether a node holds for a concrete document. Three-valued: `None` where the node is not understood.

use std::collections::HashMap;

use serde_json::Value;

use super::{Arena, Id, Node, Plain, Sym, Type, ValueId};
use crate::budget::{Budget, Exhausted};
use crate::decimal::Decimal;

/// Nested evaluations beyond which nothing is said.
const DEPTH_LIMIT: usize = 200;

/// What evaluation needs to know about strings.
pub(crate) trait Texts {
    /// Whether the pattern is found in the text.
    fn pattern(&mut self, pattern: &str, text: &str, budget: &Budget) -> Result<Option<bool>, Exhausted>;
    /// Whether the text is of the format.
    fn format(&mut self, format: &str, text: &str, budget: &Budget) -> Result<Option<bool>, Exhausted>;
}

/// Whether `id` holds for `value`.
pub(crate) fn evaluate(
    arena: &Arena,
    texts: &mut dyn Texts,
    budget: &Budget,
    id: Id,
    value: &Value,
) -> Result<Option<bool>, Exhausted> {
    Evaluation {
        arena,
        texts,
        budget,
        depth: 0,
    }
    .holds(id, value)
}

struct Evaluation<'e> {
    arena: &'e Arena,
    texts: &'e mut dyn Texts,
    budget: &'e Budget,
    depth: usize,
}

type Answer = Result<Option<bool>, Exhausted>;

impl Evaluation<'_> {
    fn holds(&mut self, id: Id, value: &Value) -> Answer {
        let facts = self.arena.facts(id);
        let ty = Type::of(value);
        if !facts.fails.has(ty) {
            return Ok(Some(true));
        }
        if !facts.holds.has(ty) {
            return Ok(Some(false));
        }
        self.budget.step()?;
        if self.depth >= DEPTH_LIMIT {
            return Ok(None);
        }
        self.depth += 1;
        let answer = self.node(id, value);
        self.depth -= 1;
        answer
    }

    fn node(&mut self, id: Id, value: &Value) -> Answer {
        let arena = self.arena;
        match arena.get(id) {
            Node::True | Node::Anything => Ok(Some(true)),
            Node::False => Ok(Some(false)),
            Node::Not(operand) => Ok(self.holds(*operand, value)?.map(|holds| !holds)),
            Node::And(parts) => self.all(parts.iter().map(|part| (*part, value))),
            Node::Or(parts) => {
                let mut unknown = false;
                for part in parts.iter() {
                    match self.holds(*part, value)? {
                        Some(true) => return Ok(Some(true)),
                        Some(false) => {}
                        None => unknown = true,
                    }
                }
                Ok((!unknown).then_some(false))
            }
            Node::One(parts) => {
                let (mut count, mut unknown) = (0, false);
                for part in parts.iter() {
                    match self.holds(*part, value)? {
                        Some(true) => count += 1,
                        Some(false) => {}
                        None => unknown = true,
                    }
                    if count > 1 {
                        return Ok(Some(false));
                    }
                }
                Ok((!unknown).then_some(count == 1))
            }
            Node::If(condition, then, otherwise) => match self.holds(*condition, value)? {
                Some(true) => self.holds(*then, value),
                Some(false) => self.holds(*otherwise, value),
                None => {
                    let (then, otherwise) = (self.holds(*then, value)?, self.holds(*otherwise, value)?);
                    Ok(then.filter(|_| then == otherwise))
                }
            },
            Node::Ref(definition) => match arena.body(*definition) {
                Some(body) => self.holds(body, value),
                None => Ok(None),
            },
            Node::Type(types) => Ok(Some(types.has(Type::of(value)))),
            Node::Enum(values) => Ok(Some(self.is_one_of(values, value))),
            Node::Opaque(_) => Ok(None),
            node => match value {
                Value::Number(number) => Ok(Decimal::of(number).map(|decimal| match node {
                    Node::Integer => decimal.is_integer(),
                    Node::IntegerSpelling => !number.as_str().contains(['.', 'e', 'E']),
                    Node::Min(min, exclusive) => decimal > *min || (!exclusive && decimal == *min),
                    Node::Max(max, exclusive) => decimal < *max || (!exclusive && decimal == *max),
                    Node::MultipleOf(step) => decimal.is_multiple_of(step),
                    _ => true,
                })),
                Value::String(text) => self.string(node, text),
                Value::Array(items) => self.array(node, items),
                Value::Object(members) => self.object(node, members, value),
                Value::Null | Value::Bool(_) => Ok(Some(true)),
            },
        }
    }

    fn all<'v>(&mut self, parts: impl Iterator<Item = (Id, &'v Value)>) -> Answer {
        let mut unknown = false;
        for (part, value) in parts {
            match self.holds(part, value)? {
                Some(true) => {}
                Some(false) => return Ok(Some(false)),
                None => unknown = true,
            }
        }
        Ok((!unknown).then_some(true))
    }

    fn is_one_of(&self, values: &[ValueId], value: &Value) -> bool {
        self.arena
            .values
            .find(value)
            .is_some_and(|id| values.binary_search(&id).is_ok())
    }

    fn string(&mut self, node: &Node, text: &str) -> Answer {
        let length = || text.chars().count() as u64;
        match node {
            Node::MinLength(min) => Ok(Some(length() >= *min)),
            Node::MaxLength(max) => Ok(Some(length() <= *max)),
            Node::Pattern(pattern) => self.pattern(*pattern, text),
            Node::Format(format) => {
                let format = self.arena.text(*format);
                self.texts.format(&format, text, self.budget)
            }
            _ => Ok(Some(true)),
        }
    }

    fn pattern(&mut self, pattern: Sym, text: &str) -> Answer {
        let pattern = self.arena.text(pattern);
        self.texts.pattern(&pattern, text, self.budget)
    }

    fn array(&mut self, node: &Node, items: &[Value]) -> Answer {
        let index = |index: u64| usize::try_from(index).unwrap_or(usize::MAX);
        match node {
            Node::Item(at, schema) => items
                .get(index(*at))
                .map_or(Ok(Some(true)), |item| self.holds(*schema, item)),
            Node::Items(from, schema) => {
                self.all(items.iter().skip(index(*from)).map(|item| (*schema, item)))
            }
            Node::ContainsMin(schema, _) | Node::ContainsMax(schema, _) => {
                let (mut sure, mut possible) = (0_u64, 0_u64);
                for item in items {
                    match self.holds(*schema, item)? {
                        Some(true) => {
                            sure += 1;
                            possible += 1;
                        }
                        Some(false) => {}
                        None => possible += 1,
                    }
                }
                let holds = |count: u64| match node {
                    Node::ContainsMin(_, min) => count >= *min,
                    Node::ContainsMax(_, max) => count <= *max,
                    _ => true,
                };
                Ok(Some(holds(sure)).filter(|_| holds(sure) == holds(possible)))
            }
            Node::MinItems(min) => Ok(Some(items.len() as u64 >= *min)),
            Node::MaxItems(max) => Ok(Some(items.len() as u64 <= *max)),
            Node::Unique => {
                let mut seen: HashMap<Key, ()> = HashMap::with_capacity(items.len());
                for item in items {
                    self.budget.step()?;
                    if seen.insert(key(item), ()).is_some() {
                        return Ok(Some(false));
                    }
                }
                Ok(Some(true))
            }
            _ => Ok(Some(true)),
        }
    }

    fn object(&mut self, node: &Node, members: &serde_json::Map<String, Value>, value: &Value) -> Answer {
        match node {
            Node::When(name, then) => {
                if members.contains_key(&*self.arena.text(*name)) {
                    self.holds(*then, value)
                } else {
                    Ok(Some(true))
                }
            }
            Node::Property(name, schema) => members
                .get(&*self.arena.text(*name))
                .map_or(Ok(Some(true)), |member| self.holds(*schema, member)),
            Node::PatternProperty(pattern, schema) => {
                let mut unknown = false;
                for (name, member) in members {
                    match (self.pattern(*pattern, name)?, self.holds(*schema, member)?) {
                        (Some(false), _) | (_, Some(true)) => {}
                        (Some(true), Some(false)) => return Ok(Some(false)),
                        _ => unknown = true,
                    }
                }
                Ok((!unknown).then_some(true))
            }
            Node::Rest(except, schema) => {
                let mut unknown = false;
                'members: for (name, member) in members {
                    if except
                        .names
                        .iter()
                        .any(|except| *self.arena.text(*except) == **name)
                    {
                        continue;
                    }
                    let mut unsure = false;
                    for pattern in &except.patterns {
                        match self.pattern(*pattern, name)? {
                            Some(true) => continue 'members,
                            Some(false) => {}
                            None => unsure = true,
                        }
                    }
                    match self.holds(*schema, member)? {
                        Some(true) => {}
                        Some(false) if !unsure => return Ok(Some(false)),
                        _ => unknown = true,
                    }
                }
                Ok((!unknown).then_some(true))
            }
            Node::Names(schema) => {
                let mut unknown = false;
                for name in members.keys() {
                    match self.holds(*schema, &Value::String(name.clone()))? {
                        Some(true) => {}
                        Some(false) => return Ok(Some(false)),
                        None => unknown = true,
                    }
                }
                Ok((!unknown).then_some(true))
            }
            Node::Required(name) => Ok(Some(members.contains_key(&*self.arena.text(*name)))),
            Node::MinProperties(min) => Ok(Some(members.len() as u64 >= *min)),
            Node::MaxProperties(max) => Ok(Some(members.len() as u64 <= *max)),
            _ => Ok(Some(true)),
        }
    }
}

/// A value by which equal values are found equal.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    Plain(Plain),
    Array(Vec<Key>),
    Object(Vec<(String, Key)>),
}

fn key(value: &Value) -> Key {
    Key::Plain(match value {
        Value::Null => Plain::Null,
        Value::Bool(value) => Plain::Bool(*value),
        Value::Number(number) => {
            Decimal::of(number).map_or_else(|| Plain::LongNumber(number.as_str().into()), Plain::Number)
        }
        Value::String(text) => Plain::String(text.as_str().into()),
        Value::Array(items) => return Key::Array(items.iter().map(key).collect()),
        Value::Object(members) => {
            let mut members: Vec<(String, Key)> = members
                .iter()
                .map(|(name, value)| (name.clone(), key(value)))
                .collect();
            members.sort_by(|(left, _), (right, _)| left.cmp(right));
            return Key::Object(members);
        }
    })
}

/// Whether two values are equal in the sense of JSON Schema.
pub(crate) fn equal(left: &Value, right: &Value) -> bool {
    key(left) == key(right)
}
