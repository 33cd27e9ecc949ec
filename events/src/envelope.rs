//! The envelope around every payload, as `envelope.v1.json` describes it.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Deserializer, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::dispatch::{self, Dispatched, dispatch};
use crate::error::{DecodeError, EncodeError, Violation, refuse};
use crate::event::{Event, encode};
use crate::time::Timestamp;
use crate::unknown::UnknownFields;
use crate::uuid::Uuid;
use crate::wire::Wire;

/// A W3C trace id: 32 lower-case hex digits that are not all zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId([u8; 32]);

impl TraceId {
    /// Checks `text` and takes it.
    pub fn new(text: &str) -> Result<Self, Violation> {
        Self::take(text).ok_or_else(|| Violation::new("", "pattern"))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("hex digits are ASCII")
    }

    fn take(text: &str) -> Option<Self> {
        let bytes: [u8; 32] = text.as_bytes().try_into().ok()?;
        let hex = bytes.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        (hex && bytes.iter().any(|byte| *byte != b'0')).then_some(Self(bytes))
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for TraceId {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(text)
    }
}

impl Serialize for TraceId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Wire for TraceId {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct HexVisitor;

        impl Visitor<'_> for HexVisitor {
            type Value = TraceId;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a trace id")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<TraceId, E> {
                TraceId::take(text).ok_or_else(|| refuse("pattern"))
            }
        }

        deserializer.deserialize_str(HexVisitor)
    }
}

/// The attributes of an event beside its type and payload.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attributes {
    /// Names this event; a redelivery keeps it.
    pub id: Uuid,
    /// The version of the contract that the writer wrote by; kept when an event is forwarded.
    pub version: semver::Version,
    /// When it happened, by the writer's clock.
    pub ts: Timestamp,
    /// The trace that it belongs to.
    pub trace_id: TraceId,
    /// Who emitted it, as URI reference.
    pub source: Option<String>,
    pub(crate) unknown: UnknownFields,
}

impl Attributes {
    /// Attributes of the envelope that this crate does not know, as received.
    pub fn unknown(&self) -> &UnknownFields {
        &self.unknown
    }

    pub(crate) fn write<M: SerializeMap>(&self, event_type: &str, map: &mut M) -> Result<(), M::Error> {
        map.serialize_entry("id", &self.id)?;
        map.serialize_entry("type", event_type)?;
        map.serialize_entry("version", &self.version)?;
        map.serialize_entry("ts", &self.ts)?;
        map.serialize_entry("traceId", &self.trace_id)?;
        if let Some(source) = &self.source {
            map.serialize_entry("source", source)?;
        }
        Ok(())
    }
}

/// An event with its attributes.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Envelope<T> {
    /// Everything but type and payload.
    pub attributes: Attributes,
    /// The payload.
    pub data: T,
}

impl<T: Event> Envelope<T> {
    /// An envelope around a new event, at the contract's version.
    pub fn new(id: Uuid, ts: Timestamp, trace_id: TraceId, data: T) -> Self {
        let version = version_of::<T>();
        let attributes = Attributes {
            id,
            version,
            ts,
            trace_id,
            source: None,
            unknown: UnknownFields::default(),
        };
        Self { attributes, data }
    }

    /// The same envelope with its emitter named.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<String>) -> Self {
        self.attributes.source = Some(source.into());
        self
    }

    /// Reads an envelope of this type and major, its payload as far as the types say.
    pub fn decode(json: &[u8]) -> Result<Self, DecodeError> {
        match dispatch(json)? {
            Dispatched::Read(event) => Ok(event),
            Dispatched::Raw(raw) => raw.read(),
        }
    }

    /// Reads an envelope of this type and major, its payload exactly by the contract.
    pub fn decode_strict(json: &[u8]) -> Result<Self, DecodeError> {
        let event = Self::decode(json)?;
        dispatch::check(&event)?;
        Ok(event)
    }

    /// The same event by a later major of its contract: attributes stay, the version becomes that of the new payload.
    pub fn upcast<U: Event>(
        self,
        step: impl FnOnce(T) -> Result<U, Violation>,
    ) -> Result<Envelope<U>, DecodeError> {
        let data = step(self.data).map_err(|violation| DecodeError::from(violation).inside("data"))?;
        let attributes = Attributes {
            version: version_of::<U>(),
            ..self.attributes
        };
        Ok(Envelope { attributes, data })
    }

    /// Writes the envelope.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        encode(self)
    }
}

fn version_of<T: Event>() -> semver::Version {
    semver::Version::parse(T::VERSION).unwrap_or_else(|_| semver::Version::new(T::MAJOR, 0, 0))
}

impl<T: Event> Serialize for Envelope<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.attributes.write(T::TYPE, &mut map)?;
        map.serialize_entry("data", &self.data)?;
        self.attributes.unknown.__write(&mut map)?;
        map.end()
    }
}
