//! A UUID that keeps its letter case.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::error::{Violation, refuse};
use crate::format;
use crate::wire::Wire;

/// A UUID in hyphenated form, as written. Equality ignores letter case.
#[derive(Clone, Copy)]
pub struct Uuid([u8; 36]);

impl Uuid {
    /// Checks `text` and takes it.
    pub fn new(text: &str) -> Result<Self, Violation> {
        Self::take(text).ok_or_else(|| Violation::new("", "format"))
    }

    /// The UUID of these 16 bytes, in lower case.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let mut text = [b'-'; 36];
        let places = (0..36).filter(|at| !matches!(at, 8 | 13 | 18 | 23));
        let nibbles = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        for (place, nibble) in places.zip(nibbles) {
            text[place] = HEX[usize::from(nibble)];
        }
        Self(text)
    }

    /// The 16 bytes.
    pub fn to_bytes(self) -> [u8; 16] {
        let mut nibbles = self.0.iter().filter_map(|byte| char::from(*byte).to_digit(16));
        std::array::from_fn(|_| {
            let high = nibbles.next().unwrap_or(0);
            let low = nibbles.next().unwrap_or(0);
            u8::try_from(high * 16 + low).unwrap_or(0)
        })
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("hex digits and hyphens are ASCII")
    }

    fn take(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if format::uuid(bytes) {
            bytes.try_into().ok().map(Self)
        } else {
            None
        }
    }
}

impl PartialEq for Uuid {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Uuid {}

impl PartialOrd for Uuid {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Uuid {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.to_bytes().cmp(&other.to_bytes())
    }
}

impl Hash for Uuid {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_ascii_lowercase().hash(state);
    }
}

impl fmt::Debug for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Uuid {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(text)
    }
}

impl TryFrom<&str> for Uuid {
    type Error = Violation;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        Self::new(text)
    }
}

impl TryFrom<String> for Uuid {
    type Error = Violation;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(&text)
    }
}

impl Serialize for Uuid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Wire for Uuid {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct UuidVisitor;

        impl Visitor<'_> for UuidVisitor {
            type Value = Uuid;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a UUID")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Uuid, E> {
                Uuid::take(text).ok_or_else(|| refuse("format"))
            }
        }

        deserializer.deserialize_str(UuidVisitor)
    }
}

impl<'de> Deserialize<'de> for Uuid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read(deserializer)
    }
}
