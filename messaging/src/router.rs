//! Which handler an event belongs to, and what can be said of a record from its bytes alone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use contract_events::{DecodeError, DecodeErrorKind, RawEvent};

use crate::broker::Incoming;
use crate::core::{PartitionId, PoisonReason, Position, Verdict};
use crate::handler::{Decoded, Route};
use crate::ledger;
use crate::names;

/// What to do with a major version of a known type for which there is no handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnUnknownMajor {
    /// It is a dead letter: somebody publishes what this service was not made for.
    #[default]
    DeadLetter,
    /// It is passed over, for a topic that carries two majors side by side.
    Skip,
}

/// Handlers of a topic by type and major version.
type Types<C> = BTreeMap<String, BTreeMap<u64, Arc<dyn Route<C>>>>;

/// Handlers by topic, type and major version.
pub(crate) struct Router<C> {
    topics: BTreeMap<String, Types<C>>,
    pub(crate) on_unknown_major: OnUnknownMajor,
    pub(crate) max_bytes: usize,
}

/// What handlers have their effects on.
pub(crate) trait Effects {
    /// Whether an inbox knows what was handled; only then is a payload's digest worth its time.
    const HAS_INBOX: bool;
}

impl Effects for crate::store::Tx {
    const HAS_INBOX: bool = true;
}

impl Effects for crate::pipeline::Outbox {
    const HAS_INBOX: bool = false;
}

/// A record with what was made of it.
pub(crate) struct Prepared<C> {
    pub(crate) incoming: Incoming,
    /// The inbox's key, where there is one: the event's id, or the position of what has none.
    pub(crate) id: String,
    /// Of the payload, where there is an inbox.
    pub(crate) digest: [u8; 32],
    pub(crate) redriven: bool,
    pub(crate) route: Option<Arc<dyn Route<C>>>,
    /// Taken by the first run; later ones decode again.
    pub(crate) decoded: Option<Decoded>,
}

impl<C> std::fmt::Debug for Prepared<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Prepared({:?})", self.incoming)
    }
}

impl<C> Prepared<C> {
    /// The original position of a redriven record, else its own.
    pub(crate) fn origin(&self) -> Position {
        let own = || Position {
            partition: self.incoming.partition.clone(),
            offset: self.incoming.offset,
        };
        origin(&self.incoming).unwrap_or_else(own)
    }

    /// The inbox's key by position.
    pub(crate) fn position_id(&self) -> String {
        position_id(&self.origin())
    }

    /// Type and version as the envelope says, for dead letters; read again, because few records become one.
    pub(crate) fn contract(&self) -> Option<(String, String)> {
        let raw = RawEvent::decode(self.incoming.value.as_deref()?).ok()?;
        Some((raw.event_type().to_owned(), raw.attributes().version.to_string()))
    }

    /// Decodes again.
    pub(crate) fn decode(&self) -> Result<Decoded, DecodeError> {
        let value = self.incoming.value.as_deref().unwrap_or_default();
        let raw = RawEvent::decode(value)?;
        let route = self
            .route
            .as_ref()
            .expect("only what was routed is decoded again");
        route.decode(raw)
    }
}

fn position_id(position: &Position) -> String {
    format!(
        "@{}/{}/{}",
        position.partition.topic, position.partition.partition, position.offset
    )
}

fn origin(incoming: &Incoming) -> Option<Position> {
    let headers = &incoming.headers;
    Some(Position {
        partition: PartitionId::new(
            headers.text(names::REDRIVE_TOPIC)?,
            i32::try_from(headers.number(names::REDRIVE_PARTITION)?).ok()?,
        ),
        offset: headers.number(names::REDRIVE_OFFSET)?,
    })
}

impl<C> Default for Router<C> {
    fn default() -> Self {
        Self {
            topics: BTreeMap::new(),
            on_unknown_major: OnUnknownMajor::default(),
            max_bytes: 8 << 20,
        }
    }
}

impl<C: Effects> Router<C> {
    pub(crate) fn add(&mut self, topic: &str, event_type: &str, major: u64, route: Arc<dyn Route<C>>) {
        let types = self.topics.entry(topic.to_owned()).or_default();
        types
            .entry(event_type.to_owned())
            .or_default()
            .insert(major, route);
    }

    pub(crate) fn topics(&self) -> BTreeSet<String> {
        self.topics.keys().cloned().collect()
    }

    /// Looks at a record, for `group`.
    pub(crate) fn judge(&self, incoming: Incoming, group: &str) -> (Verdict, Prepared<C>) {
        let target = incoming.headers.text(names::REDRIVE_GROUP);
        let other = target.is_some_and(|target| target != group);
        let redrive = if target.is_some() { origin(&incoming) } else { None };
        let mut prepared = Prepared {
            id: String::new(),
            digest: [0; 32],
            redriven: redrive.is_some(),
            route: None,
            decoded: None,
            incoming,
        };
        let looked = if other {
            Ok(Fit::Skip)
        } else {
            self.look(&mut prepared)
        };
        if C::HAS_INBOX && prepared.id.is_empty() {
            prepared.id = prepared.position_id();
            prepared.digest = ledger::digest(prepared.incoming.value.as_deref().unwrap_or_default());
        }
        let verdict = match (looked, redrive) {
            (Ok(Fit::Skip), _) => Verdict::Skip,
            (Err(reason), _) => Verdict::Poison(reason),
            (Ok(Fit::Handle), Some(origin)) => Verdict::Redrive { origin },
            (Ok(Fit::Handle), None) => Verdict::Handle,
        };
        (verdict, prepared)
    }

    fn look(&self, prepared: &mut Prepared<C>) -> Result<Fit, PoisonReason> {
        let incoming = &prepared.incoming;
        let Some(value) = incoming.value.as_deref() else {
            return Err(PoisonReason::Tombstone);
        };
        if value.len() > self.max_bytes {
            return Err(PoisonReason::TooLarge);
        }
        let raw = RawEvent::decode(value).map_err(|error| match error.kind() {
            DecodeErrorKind::NotJson => PoisonReason::NotJson,
            _ => PoisonReason::NotEnvelope,
        })?;
        if C::HAS_INBOX {
            // Ids are compared without regard to letter case; the inbox compares text.
            prepared.id = raw.attributes().id.as_str().to_ascii_lowercase();
            prepared.digest = ledger::digest(raw.data().as_bytes());
        }
        let types = self
            .topics
            .get(&*incoming.partition.topic)
            .ok_or(PoisonReason::TypeMismatch)?;
        let majors = types.get(raw.event_type()).ok_or(PoisonReason::TypeMismatch)?;
        let Some(route) = majors.get(&raw.major()) else {
            return match self.on_unknown_major {
                OnUnknownMajor::DeadLetter => Err(PoisonReason::UnknownMajor),
                OnUnknownMajor::Skip => Ok(Fit::Skip),
            };
        };
        prepared.route = Some(Arc::clone(route));
        prepared.decoded = Some(route.decode(raw).map_err(|_| PoisonReason::Contract)?);
        Ok(Fit::Handle)
    }
}

enum Fit {
    Handle,
    Skip,
}
