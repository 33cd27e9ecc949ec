//! What generated event crates are built on: [`Event`], [`Envelope`], decoding with located errors, values that lose
//! nothing, redaction.
//!
//! A generated crate holds the types of one domain; everything that does not depend on a contract lives here. This
//! crate knows no transport and no tooling.

#[cfg(feature = "generator")]
pub mod arbitrary;
pub mod check;
#[doc(hidden)]
pub mod codegen;
mod decimal;
#[doc(hidden)]
pub mod dispatch;
mod envelope;
mod error;
mod event;
pub mod format;
mod integer;
pub mod json;
#[macro_use]
mod macros;
mod maybe;
mod number;
pub mod object;
mod open;
pub mod path;
mod pattern;
mod peek;
mod raw;
mod redact;
mod reserved;
mod residual;
mod text;
mod time;
mod trace;
pub mod union;
mod unknown;
mod uuid;
mod wire;

pub use check::Check;
pub use decimal::Decimal;
pub use envelope::{Attributes, Envelope, TraceId};
pub use error::{DecodeError, DecodeErrorKind, EncodeError, Violation};
#[doc(hidden)]
pub use event::key_at;
pub use event::{Event, decode, decode_strict, encode};
pub use integer::Integer;
pub use maybe::Maybe;
pub use number::Number;
pub use open::UnknownName;
pub use path::Path;
pub use pattern::Pattern;
pub use peek::Peek;
pub use raw::RawEvent;
pub use redact::Redacted;
pub use residual::Residual;
pub use text::{Text, TextRule};
pub use time::{Date, Duration, Time, Timestamp};
pub use trace::Located;
pub use unknown::UnknownFields;
pub use uuid::Uuid;
pub use wire::{Seed, Wire};

/// What generated code names by path, so that its own dependencies stay one.
#[doc(hidden)]
pub mod __private {
    #[cfg(feature = "arbitrary")]
    pub use arbitrary;
    #[cfg(feature = "proptest")]
    pub use proptest;
    pub use serde;
    pub use serde_json;

    pub use crate::wire::parse;
}
