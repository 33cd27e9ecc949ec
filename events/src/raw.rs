//! An envelope whose payload has not been read: for routing, forwarding, and events that nobody here knows.

use std::borrow::Cow;
use std::fmt;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use crate::check::Check;
use crate::dispatch::unread;
use crate::envelope::{Attributes, Envelope};
use crate::error::DecodeError;
use crate::event::{Event, decode, decode_strict};
use crate::peek::Peek;
use crate::redact::Redacted;

/// An event as it came: attributes read, payload untouched. Borrows from the message where it can.
#[derive(Clone)]
pub struct RawEvent<'a> {
    event_type: Cow<'a, str>,
    attributes: Attributes,
    data: Cow<'a, RawValue>,
}

impl<'a> RawEvent<'a> {
    /// Reads the attributes in one pass and leaves the payload alone.
    pub fn decode(json: &'a [u8]) -> Result<Self, DecodeError> {
        unread(json)
    }

    /// Reads type and version and stops there: for a filter that passes most events over. Says nothing of the rest.
    pub fn peek(json: &'a [u8]) -> Result<Peek<'a>, DecodeError> {
        Peek::decode(json)
    }

    pub(crate) fn new(event_type: Cow<'a, str>, attributes: Attributes, data: &'a RawValue) -> Self {
        Self {
            event_type,
            attributes,
            data: Cow::Borrowed(data),
        }
    }

    /// The event type.
    pub fn event_type(&self) -> &str {
        &self.event_type
    }

    /// The major version that the writer wrote by.
    pub fn major(&self) -> u64 {
        self.attributes.version.major
    }

    /// The other attributes.
    pub fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    /// The payload's JSON text. It may hold personal data.
    pub fn data(&self) -> &str {
        self.data.get()
    }

    /// The same event, independent of the message it was read from.
    pub fn into_owned(self) -> RawEvent<'static> {
        RawEvent {
            event_type: Cow::Owned(self.event_type.into_owned()),
            attributes: self.attributes,
            data: Cow::Owned(self.data.into_owned()),
        }
    }

    /// Reads the payload as `T`; fails when the envelope is of another type or major.
    pub fn read<T: Event>(self) -> Result<Envelope<T>, DecodeError> {
        self.read_by(decode::<T>)
    }

    /// Reads the payload as `T` and checks it against its contract.
    pub fn read_strict<T: Event + Check>(self) -> Result<Envelope<T>, DecodeError> {
        self.read_by(decode_strict::<T>)
    }

    fn read_by<T: Event>(
        self,
        decode: fn(&[u8]) -> Result<T, DecodeError>,
    ) -> Result<Envelope<T>, DecodeError> {
        if self.event_type != T::TYPE || self.major() != T::MAJOR {
            return Err(DecodeError::wrong_type());
        }
        let data = decode(self.data.get().as_bytes()).map_err(|error| error.inside("data"))?;
        Ok(Envelope {
            attributes: self.attributes,
            data,
        })
    }
}

impl fmt::Debug for RawEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawEvent")
            .field("event_type", &self.event_type)
            .field("attributes", &self.attributes)
            .field("data", &Redacted)
            .finish()
    }
}

impl PartialEq for RawEvent<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.event_type == other.event_type
            && self.attributes == other.attributes
            && self.data.get() == other.data.get()
    }
}

impl Serialize for RawEvent<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.attributes.write(&self.event_type, &mut map)?;
        map.serialize_entry("data", &self.data)?;
        self.attributes.unknown.__write(&mut map)?;
        map.end()
    }
}
