//! Equality of JSON values as JSON Schema means it: numbers by value, objects without order.

use std::fmt::Write;

use serde_json::Value;

use super::decimal::Decimal;
use super::{EmittedError, evaluate::Run};

/// The number of levels of a document: 1 for a scalar. Does not recurse.
pub(super) fn depth(document: &Value) -> usize {
    let mut deepest = 0;
    let mut pending = vec![(document, 1)];
    while let Some((value, level)) = pending.pop() {
        deepest = deepest.max(level);
        match value {
            Value::Array(items) => pending.extend(items.iter().map(|item| (item, level + 1))),
            Value::Object(members) => pending.extend(members.values().map(|member| (member, level + 1))),
            _ => {}
        }
    }
    deepest
}

impl Run<'_, '_> {
    /// Whether two values are equal. The depth of the document bounds the recursion.
    pub(super) fn are_equal(&mut self, left: &Value, right: &Value) -> Result<bool, EmittedError> {
        self.spend(1)?;
        Ok(match (left, right) {
            (Value::Number(left), Value::Number(right)) => {
                left.as_str() == right.as_str() || self.decimal(left)? == self.decimal(right)?
            }
            (Value::Array(left), Value::Array(right)) => {
                if left.len() != right.len() {
                    return Ok(false);
                }
                for (left, right) in left.iter().zip(right) {
                    if !self.are_equal(left, right)? {
                        return Ok(false);
                    }
                }
                true
            }
            (Value::Object(left), Value::Object(right)) => {
                if left.len() != right.len() {
                    return Ok(false);
                }
                for (name, left) in left {
                    let Some(right) = right.get(name) else {
                        return Ok(false);
                    };
                    if !self.are_equal(left, right)? {
                        return Ok(false);
                    }
                }
                true
            }
            (left, right) => left == right,
        })
    }

    /// A text that two values share exactly when they are equal.
    pub(super) fn fingerprint(&mut self, value: &Value, text: &mut String) -> Result<(), EmittedError> {
        self.spend(1)?;
        match value {
            Value::Number(number) => {
                let decimal = self.decimal(number)?;
                let _ = write!(text, "{decimal:?}");
            }
            Value::String(string) => {
                self.spend(string.len() as u64 / 16)?;
                let _ = write!(text, "{string:?}");
            }
            Value::Array(items) => {
                text.push('[');
                for item in items {
                    self.fingerprint(item, text)?;
                    text.push(',');
                }
                text.push(']');
            }
            Value::Object(members) => {
                // The map may keep the order of insertion, depending on who else enables what.
                let mut sorted: Vec<(&String, &Value)> = members.iter().collect();
                sorted.sort_unstable_by_key(|(name, _)| *name);
                text.push('{');
                for (name, member) in sorted {
                    let _ = write!(text, "{name:?}:");
                    self.fingerprint(member, text)?;
                    text.push(',');
                }
                text.push('}');
            }
            other => text.push_str(&other.to_string()),
        }
        Ok(())
    }

    pub(super) fn decimal(&mut self, number: &serde_json::Number) -> Result<Decimal, EmittedError> {
        self.spend(number.as_str().len() as u64 / 16)?;
        Decimal::parse(number).ok_or_else(|| EmittedError::Number {
            number: number.to_string(),
        })
    }
}
