//! Dates and times that keep their text: offset, precision and letter case survive a round trip.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::error::{Violation, refuse};
use crate::format::Format;
use crate::wire::Wire;

macro_rules! formatted {
    ($(#[$doc:meta])* $name:ident, $format:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// Checks `text` and takes it.
            pub fn new(text: impl Into<Box<str>>) -> Result<Self, Violation> {
                let text = text.into();
                if Format::$format.is_valid(&text) { Ok(Self(text)) } else { Err(Violation::new("", "format")) }
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = Violation;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::new(text)
            }
        }

        impl TryFrom<&str> for $name {
            type Error = Violation;

            fn try_from(text: &str) -> Result<Self, Self::Error> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = Violation;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::new(text)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl Wire for $name {
            fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct TextVisitor;

                impl Visitor<'_> for TextVisitor {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("a string")
                    }

                    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                        if Format::$format.is_valid(text) { Ok($name(text.into())) } else { Err(refuse("format")) }
                    }
                }

                deserializer.deserialize_str(TextVisitor)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::read(deserializer)
            }
        }
    };
}

formatted! {
    /// An RFC 3339 date and time with offset (`date-time`). Equality is by text; compare instants by
    /// [`instant`](Timestamp::instant).
    Timestamp, DateTime
}

formatted! {
    /// An RFC 3339 full date (`date`).
    Date, Date
}

formatted! {
    /// An RFC 3339 full time with offset (`time`).
    Time, Time
}

formatted! {
    /// A duration as in appendix A of RFC 3339 (`duration`).
    Duration, Duration
}

impl Timestamp {
    /// The present, in UTC with the precision of the system's clock.
    pub fn now() -> Self {
        jiff::Timestamp::now().into()
    }

    /// The instant; `None` outside of the years that `jiff` knows (-9999 to 9999), which no four-digit year is.
    pub fn instant(&self) -> Option<jiff::Timestamp> {
        self.0.parse().ok()
    }
}

impl From<jiff::Timestamp> for Timestamp {
    fn from(instant: jiff::Timestamp) -> Self {
        Self(instant.to_string().into())
    }
}

impl Date {
    /// The date; `None` never happens for a valid text.
    pub fn civil(&self) -> Option<jiff::civil::Date> {
        self.0.parse().ok()
    }
}

impl From<jiff::civil::Date> for Date {
    fn from(date: jiff::civil::Date) -> Self {
        Self(date.to_string().into())
    }
}

impl Duration {
    /// The span; `None` when a unit is larger than `jiff` holds.
    pub fn span(&self) -> Option<jiff::Span> {
        self.0.parse().ok()
    }
}
