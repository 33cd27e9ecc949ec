//! Names on the wire: headers and topics. Headers never hold a value of the payload.

/// The event's id.
pub const EVENT_ID: &str = "event-id";
/// The event's type.
pub const EVENT_TYPE: &str = "event-type";
/// The version of the contract that the writer wrote by.
pub const EVENT_VERSION: &str = "event-version";
/// W3C trace context.
pub const TRACEPARENT: &str = "traceparent";

/// Where a dead letter stood: the topic.
pub const DEAD_TOPIC: &str = "dlq-topic";
/// Where a dead letter stood: the partition.
pub const DEAD_PARTITION: &str = "dlq-partition";
/// Where a dead letter stood: the offset.
pub const DEAD_OFFSET: &str = "dlq-offset";
/// When the broker took the original, in milliseconds since 1970.
pub const DEAD_TIMESTAMP: &str = "dlq-timestamp";
/// The group that could not handle it.
pub const DEAD_GROUP: &str = "dlq-group";
/// How many attempts were made.
pub const DEAD_ATTEMPTS: &str = "dlq-attempts";
/// Why it was given up: [`crate::core::PoisonReason::as_str`].
pub const DEAD_CLASS: &str = "dlq-error-class";

/// A redrive: the group it is for.
pub const REDRIVE_GROUP: &str = "redrive-group";
/// A redrive: the topic where the original stood.
pub const REDRIVE_TOPIC: &str = "redrive-topic";
/// A redrive: the partition where the original stood.
pub const REDRIVE_PARTITION: &str = "redrive-partition";
/// A redrive: the offset where the original stood.
pub const REDRIVE_OFFSET: &str = "redrive-offset";

/// The dead-letter topic of a group for one of its topics.
pub fn dead_letter_topic(topic: &str, group: &str) -> String {
    format!("{topic}.{group}.dlq")
}

/// Whether a header was added by messaging on the way to or from a dead-letter topic.
pub(crate) fn is_of_dead_letters(name: &str) -> bool {
    name.starts_with("dlq-") || name.starts_with("redrive-")
}
