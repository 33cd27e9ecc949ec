//! New envelopes: an id of their own, now, and the trace that they belong to.

use contract_events::{Envelope, Event, Timestamp, TraceId, Uuid};

/// An id that nobody has yet.
pub fn new_id() -> Uuid {
    Uuid::from_bytes(*uuid::Uuid::new_v4().as_bytes())
}

/// A trace that begins here.
pub fn new_trace() -> TraceId {
    // A random UUID has its version set, so that it is never all zeros.
    TraceId::new(&uuid::Uuid::new_v4().simple().to_string()).expect("32 lower-case hex digits, not all zero")
}

/// A new event, which happened now.
pub fn envelope<T: Event>(trace: TraceId, data: T) -> Envelope<T> {
    Envelope::new(new_id(), Timestamp::now(), trace, data)
}
