//! Publish and consume contract events over Kafka, each event with one effect.

pub mod core;
pub mod ledger;
pub mod store;
