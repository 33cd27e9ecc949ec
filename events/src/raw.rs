//! An envelope whose payload has not been read: for routing, forwarding, and events that nobody here knows.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use crate::envelope::{Attributes, TraceId};
use crate::error::{DecodeError, refuse};
use crate::event::{Event, decode, decode_strict};
use crate::object::Key;
use crate::redact::Redacted;
use crate::time::Timestamp;
use crate::trace::Located;
use crate::unknown::UnknownFields;
use crate::uuid::Uuid;
use crate::wire::{Seed, Wire};
use crate::{Check, Envelope};

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
        crate::trace::clear();
        serde_json::from_slice(json).map_err(|error| DecodeError::from_json(&error))
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

impl<'de: 'a, 'a> Deserialize<'de> for RawEvent<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EnvelopeVisitor)
    }
}

struct EnvelopeVisitor;

fn once<T, E: de::Error>(place: &mut Option<T>, name: &str, value: Result<T, E>) -> Result<(), E> {
    let value = value.at_member(name)?;
    if place.replace(value).is_some() {
        return Err(refuse("duplicate member")).at_member(name);
    }
    Ok(())
}

fn need<T, E: de::Error>(value: Option<T>) -> Result<T, E> {
    value.ok_or_else(|| refuse("required"))
}

impl<'de> Visitor<'de> for EnvelopeVisitor {
    type Value = RawEvent<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event envelope")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut id = None;
        let mut event_type = None;
        let mut version = None;
        let mut ts = None;
        let mut trace_id = None;
        let mut source = None;
        let mut data = None;
        let mut unknown = UnknownFields::default();
        while let Some(key) = map.next_key_seed(Key)? {
            match &*key {
                "id" => once(&mut id, "id", map.next_value_seed(Seed::<Uuid>::NEW))?,
                "type" => once(&mut event_type, "type", map.next_value_seed(Key))?,
                "version" => {
                    let value = map
                        .next_value_seed(Key)
                        .and_then(|text| semver::Version::parse(&text).map_err(|_| refuse("pattern")));
                    once(&mut version, "version", value)?;
                }
                "ts" => once(&mut ts, "ts", map.next_value_seed(Seed::<Timestamp>::NEW))?,
                "traceId" => once(
                    &mut trace_id,
                    "traceId",
                    map.next_value_seed(Seed::<TraceId>::NEW),
                )?,
                "source" => once(&mut source, "source", map.next_value_seed(Seed::<String>::NEW))?,
                "data" => once(&mut data, "data", map.next_value::<&'de RawValue>())?,
                other => unknown.__read(other, &mut map)?,
            }
        }
        let attributes = Attributes {
            id: need(id)?,
            version: need(version)?,
            ts: need(ts)?,
            trace_id: need(trace_id)?,
            source,
            unknown,
        };
        Ok(RawEvent {
            event_type: need(event_type)?,
            attributes,
            data: Cow::Borrowed(need(data)?),
        })
    }
}

impl Wire for semver::Version {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }
}
