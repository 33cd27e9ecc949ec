//! The classes of failure and why a record is poison. It classifies; it does not decide when to try again.

use std::fmt;

/// What a failed piece of work means for the record that caused it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The store or the broker is away, busy, or asks to try the transaction again: no attempt is counted.
    Unavailable,
    /// This record failed and may succeed later: parked, tried again with backoff, dead-lettered at the limit.
    Retriable,
    /// This record can never succeed: dead-lettered at once.
    Poison(PoisonReason),
    /// Going on would do harm: the subscriber stops and says why.
    Fatal,
}

/// Why a record went to the dead-letter topic. The text of [`PoisonReason::as_str`] is the `error-class` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PoisonReason {
    /// The value is not JSON.
    NotJson,
    /// The value is JSON but not the envelope.
    NotEnvelope,
    /// The payload breaks its contract.
    Contract,
    /// The envelope names a major version this subscriber does not know.
    UnknownMajor,
    /// The envelope's type is not one that this topic carries.
    TypeMismatch,
    /// The value is larger than the subscriber's limit.
    TooLarge,
    /// The record has a key and no value; an event topic carries none of those.
    Tombstone,
    /// An event of the same id but other content was handled before.
    IdConflict,
    /// The handler said that the record can never succeed.
    Handler,
    /// Every attempt failed.
    Exhausted,
}

impl PoisonReason {
    /// Every reason, in the order of [`PoisonReason::as_str`]'s documentation.
    pub const ALL: [Self; 10] = [
        Self::NotJson,
        Self::NotEnvelope,
        Self::Contract,
        Self::UnknownMajor,
        Self::TypeMismatch,
        Self::TooLarge,
        Self::Tombstone,
        Self::IdConflict,
        Self::Handler,
        Self::Exhausted,
    ];

    /// The stable name, as in the `error-class` header and in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotJson => "not-json",
            Self::NotEnvelope => "not-envelope",
            Self::Contract => "contract",
            Self::UnknownMajor => "unknown-major",
            Self::TypeMismatch => "type-mismatch",
            Self::TooLarge => "too-large",
            Self::Tombstone => "tombstone",
            Self::IdConflict => "id-conflict",
            Self::Handler => "handler",
            Self::Exhausted => "exhausted",
        }
    }
}

impl fmt::Display for PoisonReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
