//! Values that satisfy a contract, for property tests and fuzzing: documents built from an event's `SCHEMA`, keyword by
//! keyword, and filtered by the event's own strict decoder.
//!
//! Everything is decided by a sequence of [`Choices`]; the same choices give the same document, and choosing 0 always
//! gives the simplest. `proptest` strategies shrink by that, `arbitrary` reads choices from a fuzzer's bytes. This module
//! knows neither of the two, nor any tooling: the schema is all it goes by.

mod array;
mod demand;
mod engine;
#[cfg(feature = "arbitrary")]
mod fuzz;
mod near;
mod number;
mod object;
mod pattern;
mod schema;
#[cfg(feature = "proptest")]
mod strategy;
mod text;

use std::sync::OnceLock;

use serde_json::Value;

use crate::event::{Event, decode_strict};

#[cfg(feature = "arbitrary")]
pub use fuzz::from_bytes;
#[cfg(feature = "proptest")]
pub use strategy::{EventStrategy, EventTree};

use engine::Engine;

/// How often a document that turns out not to satisfy the contract is given up for another.
const ATTEMPTS: usize = 24;

/// Which documents are built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Documents {
    /// What a service at this version of the contract emits: declared members, listed values.
    #[default]
    Emitted,
    /// What a service at this version may receive: also members that the contract does not declare, and values that an
    /// open list or union does not name.
    Received,
}

/// Where decisions come from.
pub trait Choices {
    /// A number below `limit`, which is at least 1. 0 is the simplest choice.
    fn below(&mut self, limit: u64) -> u64;
}

impl dyn Choices + '_ {
    fn index(&mut self, length: usize) -> usize {
        let limit = u64::try_from(length).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.below(limit)).unwrap_or(0)
    }

    /// `true` once in `n`; never by the simplest choice.
    fn once_in(&mut self, n: u64) -> bool {
        self.below(n.max(2)) == 1
    }

    /// A number from `low` to `high`, both included.
    fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.index(high.saturating_sub(low).saturating_add(1))
    }
}

/// Builds documents of one contract. Reads the schema on first use.
pub struct Generator {
    schema: &'static str,
    engine: OnceLock<Option<Engine>>,
}

impl Generator {
    /// A generator of documents that satisfy `schema`, a self-contained JSON Schema as JSON text.
    pub const fn new(schema: &'static str) -> Self {
        Self {
            schema,
            engine: OnceLock::new(),
        }
    }

    /// One document; `None` when these choices lead to none. Nearly always, not always, one that satisfies the schema:
    /// [`event`](Self::event) asks the contract.
    pub fn document(&self, documents: Documents, choices: &mut dyn Choices) -> Option<Value> {
        self.engine
            .get_or_init(|| Engine::new(self.schema))
            .as_ref()?
            .document(documents, choices)
    }

    /// One event that satisfies its contract; `None` when none was found in bounded time.
    pub fn event<T: Event>(&self, documents: Documents, choices: &mut dyn Choices) -> Option<T> {
        (0..ATTEMPTS).find_map(|_| self.attempt(documents, choices))
    }

    fn attempt<T: Event>(&self, documents: Documents, choices: &mut dyn Choices) -> Option<T> {
        let document = self.document(documents, choices)?;
        decode_strict(document.to_string().as_bytes()).ok()
    }
}
