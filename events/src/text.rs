//! Strings that a contract constrains: one generic type, one small rule type for each constraint.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::error::{Violation, refuse};
use crate::format::Format;
use crate::pattern::Pattern;
use crate::redact::Redacted;
use crate::wire::Wire;

/// What a contract asks of a string. Implemented by generated marker types.
pub trait TextRule: 'static {
    /// The Rust name of the type, for `Debug`.
    const NAME: &'static str;
    /// `minLength`, in Unicode code points.
    const MIN: usize = 0;
    /// `maxLength`, in Unicode code points.
    const MAX: usize = usize::MAX;
    /// `format`, where it is one that the type checks.
    const FORMAT: Option<Format> = None;
    /// Whether the value is `pii` or `confidential`.
    const CLASSIFIED: bool = false;

    /// All `pattern`s.
    fn patterns() -> &'static [Pattern] {
        &[]
    }
}

/// A string that meets its rule: there is no other way to make one.
pub struct Text<R>(String, PhantomData<fn() -> R>);

impl<R: TextRule> Text<R> {
    /// Checks `text` and takes it.
    pub fn new(text: impl Into<String>) -> Result<Self, Violation> {
        let text = text.into();
        match Self::broken(&text) {
            None => Ok(Self(text, PhantomData)),
            Some(keyword) => Err(Violation::new("", keyword)),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, taken out.
    pub fn into_string(self) -> String {
        self.0
    }

    fn broken(text: &str) -> Option<&'static str> {
        // A code point takes one to four bytes: only near the limits need they be counted.
        let bytes = text.len();
        let near = bytes > R::MAX || bytes < R::MIN.saturating_mul(4);
        let length = if near { text.chars().count() } else { bytes };
        if length < R::MIN {
            return Some("minLength");
        }
        if length > R::MAX {
            return Some("maxLength");
        }
        if let Some(format) = R::FORMAT
            && !format.is_valid(text)
        {
            return Some("format");
        }
        if !R::patterns().iter().all(|pattern| pattern.is_match(text)) {
            return Some("pattern");
        }
        None
    }
}

impl<R> Clone for Text<R> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), PhantomData)
    }
}

impl<R> PartialEq for Text<R> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<R> Eq for Text<R> {}

impl<R> PartialOrd for Text<R> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<R> Ord for Text<R> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

impl<R> Hash for Text<R> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<R> PartialEq<str> for Text<R> {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl<R> PartialEq<&str> for Text<R> {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl<R: TextRule> fmt::Debug for Text<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if R::CLASSIFIED {
            f.debug_tuple(R::NAME).field(&Redacted).finish()
        } else {
            self.0.fmt(f)
        }
    }
}

impl<R: TextRule> FromStr for Text<R> {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(text)
    }
}

impl<R: TextRule> TryFrom<&str> for Text<R> {
    type Error = Violation;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        Self::new(text)
    }
}

impl<R: TextRule> TryFrom<String> for Text<R> {
    type Error = Violation;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(text)
    }
}

impl<R> AsRef<str> for Text<R> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl<R> From<Text<R>> for String {
    fn from(text: Text<R>) -> Self {
        text.0
    }
}

impl<R> Serialize for Text<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<R: TextRule> Wire for Text<R> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor<R>(PhantomData<fn() -> R>);

        impl<R: TextRule> Visitor<'_> for TextVisitor<R> {
            type Value = Text<R>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                match Text::<R>::broken(text) {
                    None => Ok(Text(text.to_owned(), PhantomData)),
                    Some(keyword) => Err(refuse(keyword)),
                }
            }

            fn visit_string<E: de::Error>(self, text: String) -> Result<Self::Value, E> {
                match Text::<R>::broken(&text) {
                    None => Ok(Text(text, PhantomData)),
                    Some(keyword) => Err(refuse(keyword)),
                }
            }
        }

        deserializer.deserialize_str(TextVisitor(PhantomData))
    }
}

impl<'de, R: TextRule> Deserialize<'de> for Text<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read(deserializer)
    }
}
