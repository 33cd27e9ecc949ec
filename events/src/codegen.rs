//! What generated code calls and names, under one short path. Not for people: it follows the generator.

pub use std::borrow::Cow;
pub use std::collections::BTreeMap;
pub use std::fmt::{Debug, Formatter, Result as FmtResult};

pub use serde::de::{Deserializer, MapAccess};
pub use serde::ser::{Serialize, SerializeMap, Serializer};
pub use serde_json::Value;

#[cfg(feature = "arbitrary")]
pub use crate::__arbitrary_event as arbitrary_event;
#[cfg(feature = "proptest")]
pub use crate::__proptest_event as proptest_event;
pub use crate::check::{self, Check};
pub use crate::dispatch::{self, Dispatch, Dispatched, Head};
pub use crate::envelope::{Attributes, Envelope};
pub use crate::error::{DecodeError, EncodeError, Violation};
pub use crate::event::{Event, encode, key_at};
pub use crate::format::Format;
pub use crate::integer::Integer;
pub use crate::maybe::Maybe;
pub use crate::number::{Number, written_plain};
pub use crate::object;
pub use crate::open::UnknownName;
pub use crate::path::Path;
pub use crate::pattern::Pattern;
pub use crate::raw::RawEvent;
pub use crate::redact::Redacted;
pub use crate::residual::Residual;
pub use crate::text::{Text, TextRule};
pub use crate::time::{Date, Duration, Time, Timestamp};
pub use crate::union::{self, UnknownBranch};
pub use crate::unknown::UnknownFields;
pub use crate::uuid::Uuid;
pub use crate::wire::Wire;
pub use crate::{
    __closed_enum as closed_enum, __deserialize_by_wire as deserialize_by_wire,
    __deserialize_object as deserialize_object, __open_enum as open_enum, __redacted_debug as redacted_debug,
};

/// Members by name.
pub type Map<T> = BTreeMap<String, T>;

/// An example of a contract as a value.
///
/// # Panics
///
/// Panics when the text is not valid: the generator was handed a document that the contract refuses.
pub fn fixture<T: Event>(json: &str) -> T {
    match T::decode_strict(json.as_bytes()) {
        Ok(event) => event,
        Err(error) => panic!("an example of {} does not meet its contract: {error}", T::TYPE),
    }
}

/// Decodes, encodes and compares; for generated tests.
///
/// # Panics
///
/// Panics when the example is refused or something is lost.
pub fn round_trip<T: Event>(name: &str, json: &str) {
    let event: T = match T::decode_strict(json.as_bytes()) {
        Ok(event) => event,
        Err(error) => panic!("the example {name} is refused: {error}"),
    };
    let written = event.encode().expect("generated types can be written");
    let before: Value = serde_json::from_str(json).expect("the example was decoded");
    let after: Value = serde_json::from_slice(&written).expect("what was written is JSON");
    assert!(
        crate::json::same(&before, &after),
        "the example {name} changed on its way"
    );
}
