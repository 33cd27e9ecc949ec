//! An integer of any size.

use std::fmt;
use std::hash::{Hash, Hasher};

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

use crate::decimal::{self, Decimal};
use crate::number::{Integral, integral};
use crate::wire::Wire;

/// A JSON integer without bounds: what a contract means that says `"type": "integer"` and gives no limits.
///
/// A contract that gives `minimum` and `maximum`, or a `format` such as `int64`, yields `i64`, `u64` and the like.
#[derive(Clone)]
pub struct Integer(Repr);

#[derive(Clone)]
enum Repr {
    Signed(i64),
    Unsigned(u64),
    /// The text of the number, as received: more than 64 bits.
    Big(Box<str>),
}

impl Integer {
    /// The value as `i64`, when it fits.
    pub fn to_i64(&self) -> Option<i64> {
        match &self.0 {
            Repr::Signed(value) => Some(*value),
            Repr::Unsigned(value) => i64::try_from(*value).ok(),
            Repr::Big(_) => None,
        }
    }

    /// The value as `u64`, when it fits.
    pub fn to_u64(&self) -> Option<u64> {
        match &self.0 {
            Repr::Signed(value) => u64::try_from(*value).ok(),
            Repr::Unsigned(value) => Some(*value),
            Repr::Big(_) => None,
        }
    }

    /// The exact value.
    pub fn decimal(&self) -> Decimal {
        Decimal::parse(&self.to_string()).unwrap_or_else(|| Decimal::parse("0").expect("zero is a number"))
    }
}

impl fmt::Display for Integer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Signed(value) => value.fmt(f),
            Repr::Unsigned(value) => value.fmt(f),
            Repr::Big(text) => f.write_str(text),
        }
    }
}

impl fmt::Debug for Integer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PartialEq for Integer {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Repr::Signed(left), Repr::Signed(right)) => left == right,
            (Repr::Unsigned(left), Repr::Unsigned(right)) => left == right,
            _ => decimal::same(&self.to_string(), &other.to_string()),
        }
    }
}

impl Eq for Integer {}

impl PartialOrd for Integer {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Integer {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.decimal().cmp(&other.decimal())
    }
}

impl Hash for Integer {
    fn hash<H: Hasher>(&self, state: &mut H) {
        decimal::hash(&self.to_string(), state);
    }
}

macro_rules! from_integers {
    ($($int:ty => $variant:ident),*) => { $(
        impl From<$int> for Integer {
            fn from(value: $int) -> Self {
                Self(Repr::$variant(value.into()))
            }
        }

        impl PartialEq<$int> for Integer {
            fn eq(&self, other: &$int) -> bool {
                let other = Self::from(*other);
                self.eq(&other)
            }
        }
    )* };
}

from_integers!(
    i8 => Signed, i16 => Signed, i32 => Signed, i64 => Signed,
    u8 => Unsigned, u16 => Unsigned, u32 => Unsigned, u64 => Unsigned
);

impl Serialize for Integer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Repr::Signed(value) => serializer.serialize_i64(*value),
            Repr::Unsigned(value) => serializer.serialize_u64(*value),
            Repr::Big(text) => match serde_json::from_str::<serde_json::Number>(text) {
                Ok(number) => number.serialize(serializer),
                Err(error) => Err(serde::ser::Error::custom(error)),
            },
        }
    }
}

impl Wire for Integer {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match integral(deserializer)? {
            None => Err(crate::error::refuse("type")),
            Some(Integral::Unsigned(value)) => Ok(Self(Repr::Unsigned(value))),
            Some(Integral::Signed(value)) => Ok(Self(Repr::Signed(value))),
            Some(Integral::Big(text)) => Ok(Self(Repr::Big(text))),
        }
    }
}

impl<'de> Deserialize<'de> for Integer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read(deserializer)
    }
}
