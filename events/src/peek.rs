//! The least of an envelope that a filter needs: its type and version, read no further than they stand.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::dispatch::version;
use crate::error::{DecodeError, refuse};
use crate::object::Key;
use crate::trace::{self, Located};

/// The type and version of an event whose envelope has been read no further.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Peek<'a> {
    /// The event type.
    pub event_type: Cow<'a, str>,
    /// The version that the writer wrote by.
    pub version: semver::Version,
}

impl<'a> Peek<'a> {
    pub(crate) fn decode(json: &'a [u8]) -> Result<Self, DecodeError> {
        trace::clear();
        let mut found = Found::default();
        let stopped = serde_json::Deserializer::from_slice(json).deserialize_map(PeekVisitor(&mut found));
        match (found.event_type, found.version, stopped) {
            (Some(event_type), Some(version), _) => Ok(Self { event_type, version }),
            (.., Err(error)) => Err(DecodeError::from_json(&error)),
            (.., Ok(never)) => match never {},
        }
    }
}

#[derive(Default)]
struct Found<'de> {
    event_type: Option<Cow<'de, str>>,
    version: Option<semver::Version>,
}

/// Ends by an error in any case, also when it has both: there is no other way to leave the rest unread.
struct PeekVisitor<'f, 'de>(&'f mut Found<'de>);

impl<'de> Visitor<'de> for PeekVisitor<'_, 'de> {
    type Value = std::convert::Infallible;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event envelope")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let Found {
            event_type,
            version: found,
        } = self.0;
        while let Some(key) = map.next_key_seed(Key)? {
            match &*key {
                "type" => once(event_type, "type", map.next_value_seed(Key))?,
                "version" => once(found, "version", version(&mut map))?,
                _ => {
                    map.next_value::<IgnoredAny>().at_member(&key)?;
                }
            }
            if event_type.is_some() && found.is_some() {
                return Err(de::Error::custom("both are known"));
            }
        }
        Err(refuse("required"))
    }
}

fn once<T, E: de::Error>(place: &mut Option<T>, name: &str, value: Result<T, E>) -> Result<(), E> {
    let value = value.at_member(name)?;
    if place.replace(value).is_some() {
        *place = None;
        return Err(refuse("duplicate member")).at_member(name);
    }
    Ok(())
}
