//! What a record becomes in a dead-letter topic: its bytes, its headers, and where and why it failed.

use crate::core::PoisonReason;
use crate::ledger::Outgoing;
use crate::names;
use crate::router::Prepared;

/// The dead letter of a record. Headers say where and why, and never quote a value.
pub(crate) fn dead_letter<C>(
    prepared: &Prepared<C>,
    group: &str,
    reason: PoisonReason,
    attempts: u32,
) -> Outgoing {
    let incoming = &prepared.incoming;
    let origin = prepared.origin();
    let mut headers = incoming.headers.clone();
    headers.retain(|name| !names::is_of_dead_letters(name));
    let mut headers = headers
        .with(names::DEAD_TOPIC, &*origin.partition.topic)
        .with(names::DEAD_PARTITION, origin.partition.partition.to_string())
        .with(names::DEAD_OFFSET, origin.offset.to_string())
        .with(names::DEAD_TIMESTAMP, incoming.timestamp.to_string())
        .with(names::DEAD_GROUP, group)
        .with(names::DEAD_ATTEMPTS, attempts.to_string())
        .with(names::DEAD_CLASS, reason.as_str());
    // What is too large stays unread.
    let readable = reason != PoisonReason::TooLarge;
    if let Some((event_type, version)) = readable.then(|| prepared.contract()).flatten() {
        headers.retain(|name| name != names::EVENT_TYPE && name != names::EVENT_VERSION);
        headers.push(names::EVENT_TYPE, Some(event_type.as_bytes()));
        headers.push(names::EVENT_VERSION, Some(version.as_bytes()));
    }
    Outgoing {
        topic: names::dead_letter_topic(&incoming.partition.topic, group),
        key: incoming.key.clone(),
        value: incoming.value.clone(),
        headers,
        partition: None,
    }
}
