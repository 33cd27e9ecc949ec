//! W3C trace context: the trace id of the envelope, and the parent that goes into the header.

use contract_events::{TraceId, Uuid};

use crate::ledger::Headers;
use crate::names;

/// The `traceparent` of an event: its own id gives the span, so that a republished event is the same span.
pub fn parent(trace: &TraceId, event: &Uuid) -> String {
    let bytes = event.to_bytes();
    let (_, low) = bytes.split_at(8);
    let span = u64::from_be_bytes(low.try_into().expect("a UUID has 16 bytes"));
    // A span of zeros means "none".
    format!("00-{trace}-{:016x}-01", span.max(1))
}

/// The trace id of a record's header, if it is well-formed.
pub fn trace_of(headers: &Headers) -> Option<TraceId> {
    let mut parts = headers.text(names::TRACEPARENT)?.split('-');
    parts.next()?;
    TraceId::new(parts.next()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_and_envelope_name_the_same_trace() {
        let trace = TraceId::new("4bf92f3577b34da6a3ce929d0e0e4736").expect("well-formed");
        let event = Uuid::new("018f1f5e-0000-7000-8000-00000000002a").expect("well-formed");
        let header = parent(&trace, &event);
        assert_eq!(header, "00-4bf92f3577b34da6a3ce929d0e0e4736-800000000000002a-01");
        assert_eq!(
            trace_of(&Headers::default().with(names::TRACEPARENT, &header)),
            Some(trace)
        );
        assert_eq!(
            trace_of(&Headers::default().with(names::TRACEPARENT, "00-zz")),
            None
        );
    }
}
