//! Publish and consume contract events over Kafka, each event with one effect.

pub mod broker;
pub mod cli;
pub mod config;
pub mod core;
mod dead_letter;
pub mod envelope;
pub mod experiment;
pub mod failpoint;
pub mod handler;
pub mod health;
pub mod ledger;
pub mod metrics;
pub mod names;
pub mod offsets;
pub mod outbox;
pub mod partitioner;
pub mod pipeline;
pub mod publisher;
pub mod redrive;
pub mod relay;
pub mod router;
mod sabotage;
pub mod service;
pub mod store;
pub mod subscriber;
pub mod topics;
pub mod trace;
mod transaction;

pub use broker::Broker;
pub use envelope::{envelope, new_id, new_trace};
pub use handler::HandlerError;
pub use publisher::Publisher;
pub use relay::Relay;
pub use store::{Store, Tx};
pub use subscriber::Subscriber;
