//! Reading an envelope in one pass: the payload is read where it stands as soon as the envelope has said what it is, and
//! put aside as text where it comes before its type.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::check::Check;
use crate::envelope::{Attributes, Envelope, TraceId};
use crate::error::{DecodeError, Violation, refuse};
use crate::event::{Event, document};
use crate::object::Key;
use crate::path::Path;
use crate::raw::RawEvent;
use crate::time::Timestamp;
use crate::trace::Located;
use crate::unknown::UnknownFields;
use crate::uuid::Uuid;
use crate::wire::{Seed, Wire};

/// What a whole envelope is read into: the event of one contract, or the enum of a domain.
pub trait Dispatch: Sized {
    /// Reads the payload, which is next in `map`; `None`, with the payload still unread, where `head` names no event that
    /// this type knows.
    fn read<'de, A: MapAccess<'de>>(head: Head<'_>, map: &mut A) -> Result<Option<Self>, A::Error>;

    /// The attributes of an event that [`read`](Self::read) made: some may come after the payload.
    fn attributes_mut(&mut self) -> Option<&mut Attributes>;
}

impl<T: Event> Dispatch for Envelope<T> {
    fn read<'de, A: MapAccess<'de>>(head: Head<'_>, map: &mut A) -> Result<Option<Self>, A::Error> {
        if head.event_type() == T::TYPE && head.major() == T::MAJOR {
            head.envelope(map).map(Some)
        } else {
            Ok(None)
        }
    }

    fn attributes_mut(&mut self) -> Option<&mut Attributes> {
        Some(&mut self.attributes)
    }
}

/// What an envelope has said before its payload: all that it must say.
pub struct Head<'h> {
    event_type: &'h str,
    major: u64,
    attributes: &'h mut Draft,
}

impl Head<'_> {
    /// The event type.
    pub fn event_type(&self) -> &str {
        self.event_type
    }

    /// The major version that the writer wrote by.
    pub fn major(&self) -> u64 {
        self.major
    }

    /// Reads the payload as `T`.
    pub fn envelope<'de, T: Wire, A: MapAccess<'de>>(self, map: &mut A) -> Result<Envelope<T>, A::Error> {
        let data = map.next_value_seed(Seed::<T>::NEW).at_member("data")?;
        let attributes = self.attributes.take()?;
        Ok(Envelope { attributes, data })
    }

    /// Reads the payload as `T`, on the heap.
    pub fn boxed<'de, T: Wire, A: MapAccess<'de>>(self, map: &mut A) -> Result<Box<Envelope<T>>, A::Error> {
        self.envelope(map).map(Box::new)
    }
}

/// An envelope that was read in one pass.
#[expect(
    clippy::large_enum_variant,
    reason = "taken apart where it is made; a box would cost an allocation for each event"
)]
pub enum Dispatched<'a, P> {
    /// With its payload.
    Read(P),
    /// Not: its payload came before its type, or is of none that was asked for.
    Raw(RawEvent<'a>),
}

/// Reads an envelope, and its payload where `P` knows it.
pub fn dispatch<P: Dispatch>(json: &[u8]) -> Result<Dispatched<'_, P>, DecodeError> {
    document(json, |deserializer| {
        deserializer.deserialize_map(EnvelopeVisitor(PhantomData))
    })
}

/// Reads an envelope and leaves its payload alone.
pub(crate) fn unread(json: &[u8]) -> Result<RawEvent<'_>, DecodeError> {
    document(json, |deserializer| RawEvent::deserialize(deserializer))
}

/// A payload against its contract, as part of its envelope.
pub fn check<T: Check>(event: &Envelope<T>) -> Result<(), Violation> {
    event.data.check(&Path::ROOT.member("data"))
}

/// The attributes that every envelope has, as far as they have been read.
#[derive(Default)]
struct Draft {
    id: Option<Uuid>,
    version: Option<semver::Version>,
    ts: Option<Timestamp>,
    trace_id: Option<TraceId>,
}

impl Draft {
    /// The major version, when nothing is missing.
    fn major(&self) -> Option<u64> {
        let complete = self.id.is_some() && self.ts.is_some() && self.trace_id.is_some();
        self.version
            .as_ref()
            .filter(|_| complete)
            .map(|version| version.major)
    }

    fn take<E: de::Error>(&mut self) -> Result<Attributes, E> {
        Ok(Attributes {
            id: need(self.id.take())?,
            version: need(self.version.take())?,
            ts: need(self.ts.take())?,
            trace_id: need(self.trace_id.take())?,
            source: None,
            unknown: UnknownFields::default(),
        })
    }
}

fn need<T, E: de::Error>(value: Option<T>) -> Result<T, E> {
    value.ok_or_else(|| refuse("required"))
}

/// The members of an envelope that have turned up: a second one of the same name is refused.
#[derive(Default)]
struct Seen(u8);

impl Seen {
    const ID: u8 = 1;
    const TYPE: u8 = 1 << 1;
    const VERSION: u8 = 1 << 2;
    const TS: u8 = 1 << 3;
    const TRACE_ID: u8 = 1 << 4;
    const SOURCE: u8 = 1 << 5;
    const DATA: u8 = 1 << 6;

    fn once<E: de::Error>(&mut self, member: u8, name: &str) -> Result<(), E> {
        if self.0 & member != 0 {
            return Err(refuse("duplicate member")).at_member(name);
        }
        self.0 |= member;
        Ok(())
    }
}

/// Where the payload is.
enum Payload<'de, P> {
    Missing,
    Read(P),
    Text(&'de RawValue),
}

struct EnvelopeVisitor<P>(PhantomData<fn() -> P>);

impl<'de, P: Dispatch> Visitor<'de> for EnvelopeVisitor<P> {
    type Value = Dispatched<'de, P>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event envelope")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut seen = Seen::default();
        let mut draft = Draft::default();
        let mut event_type: Option<Cow<'de, str>> = None;
        let mut source = None;
        let mut unknown = UnknownFields::default();
        let mut payload: Payload<'de, P> = Payload::Missing;
        while let Some(key) = map.next_key_seed(Key)? {
            match &*key {
                "id" => {
                    seen.once(Seen::ID, "id")?;
                    draft.id = Some(map.next_value_seed(Seed::NEW).at_member("id")?);
                }
                "type" => {
                    seen.once(Seen::TYPE, "type")?;
                    event_type = Some(map.next_value_seed(Key).at_member("type")?);
                }
                "version" => {
                    seen.once(Seen::VERSION, "version")?;
                    draft.version = Some(version(&mut map).at_member("version")?);
                }
                "ts" => {
                    seen.once(Seen::TS, "ts")?;
                    draft.ts = Some(map.next_value_seed(Seed::NEW).at_member("ts")?);
                }
                "traceId" => {
                    seen.once(Seen::TRACE_ID, "traceId")?;
                    draft.trace_id = Some(map.next_value_seed(Seed::NEW).at_member("traceId")?);
                }
                "source" => {
                    seen.once(Seen::SOURCE, "source")?;
                    source = Some(map.next_value_seed(Seed::<String>::NEW).at_member("source")?);
                }
                "data" => {
                    seen.once(Seen::DATA, "data")?;
                    payload = read_payload(event_type.as_deref(), &mut draft, &mut map)?;
                }
                other => unknown.__read(other, &mut map)?,
            }
        }
        match payload {
            Payload::Missing => Err(refuse("required")),
            Payload::Read(mut event) => {
                if let Some(attributes) = event.attributes_mut() {
                    attributes.source = source;
                    attributes.unknown = unknown;
                }
                Ok(Dispatched::Read(event))
            }
            Payload::Text(data) => {
                let attributes = Attributes {
                    source,
                    unknown,
                    ..draft.take()?
                };
                Ok(Dispatched::Raw(RawEvent::new(
                    need(event_type)?,
                    attributes,
                    data,
                )))
            }
        }
    }
}

fn read_payload<'de, P: Dispatch, A: MapAccess<'de>>(
    event_type: Option<&str>,
    draft: &mut Draft,
    map: &mut A,
) -> Result<Payload<'de, P>, A::Error> {
    if let (Some(event_type), Some(major)) = (event_type, draft.major()) {
        let head = Head {
            event_type,
            major,
            attributes: draft,
        };
        if let Some(event) = P::read(head, map)? {
            return Ok(Payload::Read(event));
        }
    }
    map.next_value().at_member("data").map(Payload::Text)
}

pub(crate) fn version<'de, A: MapAccess<'de>>(map: &mut A) -> Result<semver::Version, A::Error> {
    let text = map.next_value_seed(Key)?;
    semver::Version::parse(&text).map_err(|_| refuse("pattern"))
}

impl<'de: 'a, 'a> Deserialize<'de> for RawEvent<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.deserialize_map(EnvelopeVisitor::<Nothing>(PhantomData))? {
            Dispatched::Raw(raw) => Ok(raw),
            Dispatched::Read(nothing) => match nothing {},
        }
    }
}

/// Knows no event.
enum Nothing {}

impl Dispatch for Nothing {
    fn read<'de, A: MapAccess<'de>>(_: Head<'_>, _: &mut A) -> Result<Option<Self>, A::Error> {
        Ok(None)
    }

    fn attributes_mut(&mut self) -> Option<&mut Attributes> {
        match *self {}
    }
}
