//! W3C trace context: the trace id of the envelope, and the parent that goes into the header.

use contract_events::{TraceId, Uuid};

use crate::ledger::Headers;
use crate::names;

/// The `traceparent` of an event: its own id gives the span, so that a republished event is the same span.
pub fn parent(trace: &TraceId, event: &Uuid) -> String {
    let mut header = String::with_capacity(55);
    header.push_str("00-");
    header.push_str(trace.as_str());
    header.push('-');
    // The last eight bytes of the id.
    let (four, twelve) = (&event.as_str()[19..23], &event.as_str()[24..]);
    let span = header.len();
    header.push_str(four);
    header.push_str(twelve);
    header[span..].make_ascii_lowercase();
    // A span of zeros means "none".
    if header[span..].bytes().all(|digit| digit == b'0') {
        header.pop();
        header.push('1');
    }
    header.push_str("-01");
    header
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
        let zeros = Uuid::new("018F1F5E-0000-7000-0000-000000000000").expect("well-formed");
        let header = parent(&trace, &zeros);
        assert_eq!(header, "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000001-01");
        let capitals = Uuid::new("018F1F5E-0000-7000-8000-00000000002A").expect("well-formed");
        assert_eq!(parent(&trace, &capitals), parent(&trace, &event));
        assert_eq!(
            trace_of(&Headers::default().with(names::TRACEPARENT, "00-zz")),
            None
        );
    }
}
