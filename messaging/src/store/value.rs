//! Parameters and rows, the same for both engines.

use super::error::StoreError;

/// A parameter or a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// No value.
    Null,
    /// A whole number; booleans are 0 and 1.
    Integer(i64),
    /// A floating-point number.
    Real(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

macro_rules! from {
    ($($type:ty => |$value:ident| $expression:expr),* $(,)?) => { $(
        impl From<$type> for Value {
            fn from($value: $type) -> Self {
                $expression
            }
        }
    )* };
}

from! {
    i64 => |value| Self::Integer(value),
    i32 => |value| Self::Integer(value.into()),
    u32 => |value| Self::Integer(value.into()),
    bool => |value| Self::Integer(value.into()),
    f64 => |value| Self::Real(value),
    &str => |value| Self::Text(value.to_owned()),
    String => |value| Self::Text(value),
    Vec<u8> => |value| Self::Bytes(value),
    &[u8] => |value| Self::Bytes(value.to_vec()),
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A row of a query's answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Row(pub(super) Vec<Value>);

impl Row {
    /// The column at `index`.
    pub fn get(&self, index: usize) -> Option<&Value> {
        self.0.get(index)
    }

    /// The whole number at `index`.
    pub fn integer(&self, index: usize) -> Result<i64, StoreError> {
        match self.get(index) {
            Some(Value::Integer(value)) => Ok(*value),
            other => Err(self.mismatch(index, "a whole number", other)),
        }
    }

    /// The whole number at `index`, or nothing for null.
    pub fn optional_integer(&self, index: usize) -> Result<Option<i64>, StoreError> {
        match self.get(index) {
            Some(Value::Null) => Ok(None),
            _ => self.integer(index).map(Some),
        }
    }

    /// The text at `index`.
    pub fn text(&self, index: usize) -> Result<&str, StoreError> {
        match self.get(index) {
            Some(Value::Text(value)) => Ok(value),
            other => Err(self.mismatch(index, "text", other)),
        }
    }

    /// The bytes at `index`.
    pub fn bytes(&self, index: usize) -> Result<&[u8], StoreError> {
        match self.get(index) {
            Some(Value::Bytes(value)) => Ok(value),
            other => Err(self.mismatch(index, "bytes", other)),
        }
    }

    /// The bytes at `index`, or nothing for null.
    pub fn optional_bytes(&self, index: usize) -> Result<Option<&[u8]>, StoreError> {
        match self.get(index) {
            Some(Value::Null) => Ok(None),
            _ => self.bytes(index).map(Some),
        }
    }

    #[expect(clippy::unused_self, reason = "reads as a question to the row")]
    fn mismatch(&self, index: usize, expected: &str, found: Option<&Value>) -> StoreError {
        let found = match found {
            None => "nothing",
            Some(Value::Null) => "null",
            Some(Value::Integer(_)) => "a whole number",
            Some(Value::Real(_)) => "a floating-point number",
            Some(Value::Text(_)) => "text",
            Some(Value::Bytes(_)) => "bytes",
        };
        StoreError::rejected(format!("column {index} should be {expected} and is {found}"))
    }
}
