//! What every generated event is.

use std::borrow::Cow;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::check::Check;
use crate::error::{DecodeError, EncodeError, Violation};
use crate::path::Path;
use crate::wire::Wire;
use crate::{reserved, trace};

/// The payload of an event, generated from its contract at one major version.
pub trait Event: Wire + Check + Serialize + DeserializeOwned + Clone + Send + Sync + 'static {
    /// The event type, for example `ecommerce.order.created`.
    const TYPE: &'static str;
    /// The contract's version, for example `1.1.0`.
    const VERSION: &'static str;
    /// The contract's major version.
    const MAJOR: u64;
    /// The topic that the contract names, if it names one.
    const TOPIC: Option<&'static str>;
    /// The self-contained JSON Schema of the payload.
    const SCHEMA: &'static str;
    /// The digest of the contract: `sha256` of its canonical form, in hex.
    const DIGEST: &'static str;

    /// The partition key, where the contract names one and this event has it.
    fn key(&self) -> Option<Cow<'_, str>>;

    /// Reads a payload as far as the types say. Tolerant: limits that types do not carry are not checked.
    fn decode(json: &[u8]) -> Result<Self, DecodeError> {
        decode(json)
    }

    /// Reads a payload and accepts exactly what the contract accepts.
    fn decode_strict(json: &[u8]) -> Result<Self, DecodeError> {
        decode_strict(json)
    }

    /// Writes the payload.
    fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        encode(self)
    }

    /// Checks the payload against its contract, for values that were changed after they were built or decoded.
    fn validate(&self) -> Result<(), Violation> {
        self.check(&Path::ROOT)
    }
}

/// Reads one JSON document.
pub fn decode<T: Wire>(json: &[u8]) -> Result<T, DecodeError> {
    document(json, |deserializer| T::read(deserializer))
}

/// What reads from text whose UTF-8 has been checked as a whole, which is cheaper than string by string.
pub(crate) type TextDeserializer<'a> = serde_json::Deserializer<serde_json::de::StrRead<'a>>;

/// Reads one JSON document, to its end.
pub(crate) fn document<'a, T>(
    json: &'a [u8],
    read: impl Fn(&mut TextDeserializer<'a>) -> Result<T, serde_json::Error>,
) -> Result<T, DecodeError> {
    let text = std::str::from_utf8(json)
        .map_err(|error| DecodeError::not_json(json, error.valid_up_to(), "json"))?;
    reserved::refuse(text)?;
    trace::plain_first(|| {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let value = read(&mut deserializer).map_err(|error| DecodeError::from_json(&error))?;
        deserializer
            .end()
            .map_err(|error| DecodeError::from_json(&error))?;
        Ok(value)
    })
}

/// Reads one JSON document and checks it.
pub fn decode_strict<T: Wire + Check>(json: &[u8]) -> Result<T, DecodeError> {
    let value: T = decode(json)?;
    value.check(&Path::ROOT)?;
    Ok(value)
}

/// Writes one JSON document.
pub fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, EncodeError> {
    /// Bytes that most events fit into: growing costs a copy each time.
    const USUAL: usize = 1024;
    let mut json = Vec::with_capacity(USUAL);
    serde_json::to_writer(&mut json, value)?;
    Ok(json)
}

/// For generated code: a partition key that lies where no field access leads.
#[doc(hidden)]
pub fn key_at<T: Serialize>(value: &T, pointer: &str) -> Option<Cow<'static, str>> {
    let value = serde_json::to_value(value).ok()?;
    match value.pointer(pointer)? {
        serde_json::Value::String(text) => Some(Cow::Owned(text.clone())),
        serde_json::Value::Null => None,
        other => Some(Cow::Owned(other.to_string())),
    }
}
