//! A JSON number with every digit it came with.

use std::cell::Cell;
use std::fmt;
use std::hash::{Hash, Hasher};

use serde::de::{self, Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

use crate::decimal::{self, Decimal};
use crate::trace;
use crate::wire::Wire;

/// A JSON number, kept as it was written. Equality is by value: `1.0` equals `1`.
#[derive(Clone)]
pub struct Number(serde_json::Number);

impl Number {
    /// Takes the text of a JSON number; `None` when it is none.
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str::<serde_json::Number>(text).ok().map(Self)
    }

    /// The nearest binary floating-point number; infinite when it is out of range.
    pub fn to_f64(&self) -> f64 {
        self.0.to_string().parse().unwrap_or(f64::NAN)
    }

    /// The value as `i64`, when it is one.
    pub fn to_i64(&self) -> Option<i64> {
        self.decimal().to_i64()
    }

    /// The exact value.
    pub fn decimal(&self) -> Decimal {
        // Every number that `serde_json` accepts parses.
        Decimal::parse(&self.0.to_string()).unwrap_or_else(zero)
    }
}

fn zero() -> Decimal {
    Decimal::parse("0").expect("zero is a number")
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || decimal::same(&self.0.to_string(), &other.0.to_string())
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.decimal().cmp(&other.decimal())
    }
}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        decimal::hash(&self.0.to_string(), state);
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

macro_rules! from_integers {
    ($($int:ty),*) => { $(
        impl From<$int> for Number {
            fn from(value: $int) -> Self {
                Self(value.into())
            }
        }
    )* };
}

from_integers!(i8, i16, i32, i64, u8, u16, u32, u64);

impl TryFrom<f64> for Number {
    type Error = crate::Violation;

    /// Fails for infinities and NaN, which JSON cannot write.
    fn try_from(value: f64) -> Result<Self, Self::Error> {
        serde_json::Number::from_f64(value)
            .map(Self)
            .ok_or_else(|| crate::Violation::new("", "type"))
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl Wire for Number {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde_json::Number::deserialize(deserializer).map(Self)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read(deserializer)
    }
}

thread_local! {
    /// Whether integers have to be written as such.
    static WRITTEN_PLAIN: Cell<bool> = const { Cell::new(false) };
}

/// For generated code: reads under draft-04, to which `1.0` is no integer.
#[doc(hidden)]
pub fn written_plain<T>(read: impl FnOnce() -> T) -> T {
    let before = WRITTEN_PLAIN.replace(true);
    let value = read();
    WRITTEN_PLAIN.set(before);
    value
}

/// A number that must be an integer, by value: `1.0` is one. `None` is a number that is none.
pub(crate) fn integral<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Integral>, D::Error> {
    if trace::numbers_are_plain() {
        return deserializer
            .deserialize_u64(Plain)
            .map(Some)
            .inspect_err(|_| trace::numbers_are_void());
    }
    let number = serde_json::Number::deserialize(deserializer)?;
    if let Some(value) = number.as_u64() {
        return Ok(Some(Integral::Unsigned(value)));
    }
    if let Some(value) = number.as_i64() {
        return Ok(Some(Integral::Signed(value)));
    }
    let text = number.to_string();
    if WRITTEN_PLAIN.get() && text.contains(['.', 'e', 'E']) {
        return Ok(None);
    }
    let Some(value) = Decimal::parse(&text).filter(Decimal::is_integer) else {
        return Ok(None);
    };
    Ok(Some(match (value.to_u64(), value.to_i64()) {
        (Some(value), _) => Integral::Unsigned(value),
        (None, Some(value)) => Integral::Signed(value),
        (None, None) => Integral::Big(text.into()),
    }))
}

/// Takes integers that are written as such, in 64 bits; anything else is read once more by its digits.
struct Plain;

impl de::Visitor<'_> for Plain {
    type Value = Integral;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an integer")
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Integral, E> {
        Ok(Integral::Unsigned(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Integral, E> {
        Ok(Integral::Signed(value))
    }
}

pub(crate) enum Integral {
    Unsigned(u64),
    Signed(i64),
    Big(Box<str>),
}

macro_rules! wire_integers {
    ($($int:ty),*) => { $(
        impl Wire for $int {
            fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let (value, negative) = match integral(deserializer)? {
                    None => return Err(crate::error::refuse("type")),
                    Some(Integral::Unsigned(value)) => (<$int>::try_from(value).ok(), false),
                    Some(Integral::Signed(value)) => (<$int>::try_from(value).ok(), value < 0),
                    Some(Integral::Big(text)) => (None, text.starts_with('-')),
                };
                // A machine integer stands where the contract gives bounds.
                value.ok_or_else(|| crate::error::refuse(if negative { "minimum" } else { "maximum" }))
            }
        }
    )* };
}

wire_integers!(i8, i16, i32, i64, u8, u16, u32, u64);
