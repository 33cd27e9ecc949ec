//! JSON values of `enum` and `const`, interned so that values equal in JSON Schema are one: `1` and `1.0`, and objects
//! whatever the order of their members.

use std::collections::HashMap;
use std::rc::Rc;

use serde_json::{Map, Number, Value};

use super::Type;
use crate::decimal::Decimal;

/// An interned value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ValueId(u32);

/// A value, its parts interned.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Plain {
    Null,
    Bool(bool),
    Number(Decimal),
    /// A number too long to follow: equal only to its own spelling.
    LongNumber(Rc<str>),
    String(Rc<str>),
    Array(Rc<[ValueId]>),
    /// Sorted by name.
    Object(Rc<[(Rc<str>, ValueId)]>),
}

/// The values of one question.
#[derive(Default)]
pub(crate) struct Values {
    all: Vec<Plain>,
    interned: HashMap<Plain, ValueId>,
}

impl Values {
    pub(crate) fn intern(&mut self, value: &Value) -> ValueId {
        let plain = match value {
            Value::Null => Plain::Null,
            Value::Bool(value) => Plain::Bool(*value),
            Value::Number(number) => Decimal::of(number)
                .map_or_else(|| Plain::LongNumber(number.to_string().into()), Plain::Number),
            Value::String(text) => Plain::String(text.as_str().into()),
            Value::Array(items) => Plain::Array(items.iter().map(|item| self.intern(item)).collect()),
            Value::Object(members) => {
                let mut members: Vec<(Rc<str>, ValueId)> = members
                    .iter()
                    .map(|(name, value)| (name.as_str().into(), self.intern(value)))
                    .collect();
                members.sort();
                Plain::Object(members.into())
            }
        };
        self.plain(plain)
    }

    /// The value's id if it occurs in one of the schemas.
    pub(crate) fn find(&self, value: &Value) -> Option<ValueId> {
        let plain = match value {
            Value::Null => Plain::Null,
            Value::Bool(value) => Plain::Bool(*value),
            Value::Number(number) => Decimal::of(number)
                .map_or_else(|| Plain::LongNumber(number.to_string().into()), Plain::Number),
            Value::String(text) => Plain::String(text.as_str().into()),
            Value::Array(items) => {
                Plain::Array(items.iter().map(|item| self.find(item)).collect::<Option<_>>()?)
            }
            Value::Object(members) => {
                let mut found = Vec::with_capacity(members.len());
                for (name, value) in members {
                    found.push((Rc::from(name.as_str()), self.find(value)?));
                }
                found.sort();
                Plain::Object(found.into())
            }
        };
        self.interned.get(&plain).copied()
    }

    pub(crate) fn plain(&mut self, plain: Plain) -> ValueId {
        if let Some(known) = self.interned.get(&plain) {
            return *known;
        }
        let id = ValueId(u32::try_from(self.all.len()).expect("the budget stops long before 2^32 values"));
        self.all.push(plain.clone());
        self.interned.insert(plain, id);
        id
    }

    pub(crate) fn get(&self, id: ValueId) -> &Plain {
        &self.all[id.0 as usize]
    }

    pub(crate) fn type_of(&self, id: ValueId) -> Type {
        match self.get(id) {
            Plain::Null => Type::Null,
            Plain::Bool(_) => Type::Boolean,
            Plain::Number(_) | Plain::LongNumber(_) => Type::Number,
            Plain::String(_) => Type::String,
            Plain::Array(_) => Type::Array,
            Plain::Object(_) => Type::Object,
        }
    }

    /// The value as JSON, integers without fraction.
    pub(crate) fn to_json(&self, id: ValueId) -> Value {
        match self.get(id) {
            Plain::Null => Value::Null,
            Plain::Bool(value) => Value::Bool(*value),
            Plain::Number(number) => number.to_number().map_or(Value::Null, Value::Number),
            Plain::LongNumber(text) => text.parse::<Number>().map_or(Value::Null, Value::Number),
            Plain::String(text) => Value::String(text.to_string()),
            Plain::Array(items) => Value::Array(items.iter().map(|item| self.to_json(*item)).collect()),
            Plain::Object(members) => Value::Object(
                members
                    .iter()
                    .map(|(name, value)| (name.to_string(), self.to_json(*value)))
                    .collect::<Map<String, Value>>(),
            ),
        }
    }
}
