//! Publishing inside a transaction: what the event becomes on the wire, and its row in the outbox.

use contract_events::{EncodeError, Envelope, Event, Violation};

use crate::ledger::{Headers, Outgoing};
use crate::names;
use crate::sabotage::Mechanism;
use crate::store::{StoreError, Tx};

impl Tx {
    /// Publishes an event with this transaction: it is sent if, and only if, the transaction is committed. The
    /// contract is checked first.
    pub async fn publish<T: Event>(&mut self, event: &Envelope<T>) -> Result<(), PublishError> {
        let topic = T::TOPIC.ok_or(PublishError::NoTopic { event_type: T::TYPE })?;
        self.publish_to(topic, event).await
    }

    /// Publishes to a topic other than the one that the contract names.
    pub async fn publish_to<T: Event>(
        &mut self,
        topic: &str,
        event: &Envelope<T>,
    ) -> Result<(), PublishError> {
        let record = outgoing(topic, event, self.largest_event())?;
        let written = self.enqueue(record, Mechanism::OutboxInside).await;
        written.map_err(PublishError::Store)
    }
}

/// The largest event that is published unless something else is said: what contracts declare by default.
pub const LARGEST_EVENT: usize = 1 << 20;

/// Checks an event against its contract and its size against `largest`, and writes it as a record.
pub(crate) fn outgoing<T: Event>(
    topic: &str,
    event: &Envelope<T>,
    largest: usize,
) -> Result<Outgoing, PublishError> {
    event
        .data
        .validate()
        .map_err(|violation| PublishError::Contract {
            event_type: T::TYPE,
            violation,
        })?;
    let value = event.encode().map_err(|source| PublishError::Encode {
        event_type: T::TYPE,
        source,
    })?;
    // The broker would refuse it later, when nobody can do anything about it, and the outbox would wait for ever.
    if value.len() > largest {
        return Err(PublishError::TooLarge {
            event_type: T::TYPE,
            bytes: value.len(),
            largest,
        });
    }
    let attributes = &event.attributes;
    let headers = Headers::of_event()
        .with(names::EVENT_ID, attributes.id.as_str())
        .with(names::EVENT_TYPE, T::TYPE)
        .with_text(names::EVENT_VERSION, &attributes.version)
        .with(
            names::TRACEPARENT,
            crate::trace::parent(&attributes.trace_id, &attributes.id),
        );
    Ok(Outgoing {
        topic: topic.to_owned(),
        key: event.data.key().map(|key| key.as_bytes().to_vec()),
        value: Some(value),
        headers,
        partition: None,
    })
}

/// Why an event was not published.
#[derive(Debug)]
#[non_exhaustive]
pub enum PublishError {
    /// The contract names no topic.
    NoTopic {
        /// The event type.
        event_type: &'static str,
    },
    /// The event breaks its contract.
    Contract {
        /// The event type.
        event_type: &'static str,
        /// Where and how.
        violation: Violation,
    },
    /// The event could not be written as JSON.
    Encode {
        /// The event type.
        event_type: &'static str,
        /// Why.
        source: EncodeError,
    },
    /// The event is larger than its topic takes.
    TooLarge {
        /// The event type.
        event_type: &'static str,
        /// Its size.
        bytes: usize,
        /// The limit.
        largest: usize,
    },
    /// The outbox could not be written.
    Store(StoreError),
    /// The broker refused it, or did not answer in time.
    Broker(crate::broker::BrokerError),
}

impl std::fmt::Display for PublishError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoTopic { event_type } => {
                write!(
                    f,
                    "the contract of {event_type} names no topic; name one with publish_to"
                )
            }
            Self::Contract {
                event_type,
                violation,
            } => write!(f, "{event_type} breaks its contract: {violation}"),
            Self::Encode { event_type, source } => write!(f, "{event_type}: {source}"),
            Self::TooLarge {
                event_type,
                bytes,
                largest,
            } => {
                write!(
                    f,
                    "{event_type} of {bytes} bytes is larger than the {largest} bytes that may be published"
                )
            }
            Self::Store(source) => write!(f, "the outbox could not be written: {source}"),
            Self::Broker(source) => write!(f, "not published: {source}"),
        }
    }
}

impl std::error::Error for PublishError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NoTopic { .. } | Self::TooLarge { .. } => None,
            Self::Contract { violation, .. } => Some(violation),
            Self::Encode { source, .. } => Some(source),
            Self::Store(source) => Some(source),
            Self::Broker(source) => Some(source),
        }
    }
}

impl PublishError {
    /// For handlers: what a failed publication means for the event in hand.
    pub(crate) fn failure(&self) -> crate::core::Failure {
        match self {
            Self::Store(source) => source.failure(),
            Self::Broker(_) => crate::core::Failure::Unavailable,
            // The same input gives the same wrong output again.
            Self::NoTopic { .. } | Self::Contract { .. } | Self::Encode { .. } | Self::TooLarge { .. } => {
                crate::core::Failure::Poison(crate::core::PoisonReason::Handler)
            }
        }
    }
}
