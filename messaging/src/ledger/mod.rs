//! The tables that messaging keeps beside a service's own, and every statement on them.
//!
//! One transaction holds what belongs together: the inbox row of an event, its effect, what it published, and the
//! partition's progress. This module has the statements; what goes together is [`crate::subscriber`]'s.

mod headers;
mod inbox;
mod lease;
mod outbox;
mod parked;
mod partitions;

pub use headers::Headers;
pub use inbox::{digest, end_dead, end_done, prune};
pub use lease::{Lease, acquire, give_up, holds};
pub use outbox::{Outgoing, depth, enqueue, sent, unsent};
pub use parked::rows as parked_rows;
pub use parked::{ParkedContent, attempt, content, counts, hold, is_held, park, unpark};
pub use partitions::{Progress, Stored, advance, check, let_go, progress, reset, take_over};

/// Fails where a table is missing; without effect otherwise.
pub(crate) const PROBE: &str = "
SELECT 1 FROM partition_state LIMIT 0; SELECT 1 FROM inbox LIMIT 0; SELECT 1 FROM parked LIMIT 0;
SELECT 1 FROM outbox LIMIT 0; SELECT 1 FROM lease LIMIT 0;
";

/// Creates what is missing. Column types are words that both engines read the same way.
pub(crate) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS partition_state (
    cluster_id TEXT NOT NULL, group_name TEXT NOT NULL, topic TEXT NOT NULL, partition_no BIGINT NOT NULL,
    epoch BIGINT NOT NULL, next_offset BIGINT NOT NULL, suspects BIGINT NOT NULL,
    PRIMARY KEY (group_name, topic, partition_no)
);
CREATE TABLE IF NOT EXISTS inbox (
    consumer TEXT NOT NULL, event_id TEXT NOT NULL, digest BYTEA NOT NULL, dead BIGINT NOT NULL, at BIGINT NOT NULL,
    PRIMARY KEY (consumer, event_id)
);
CREATE INDEX IF NOT EXISTS inbox_by_age ON inbox (consumer, at);
CREATE TABLE IF NOT EXISTS parked (
    group_name TEXT NOT NULL, topic TEXT NOT NULL, partition_no BIGINT NOT NULL, record_offset BIGINT NOT NULL,
    record_key BYTEA, value BYTEA, headers BYTEA NOT NULL, ts BIGINT NOT NULL,
    attempts BIGINT NOT NULL, due BIGINT NOT NULL, held BIGINT NOT NULL,
    PRIMARY KEY (group_name, topic, partition_no, record_offset)
);
CREATE TABLE IF NOT EXISTS outbox (
    seq {{serial}}, topic TEXT NOT NULL, record_key BYTEA, value BYTEA, headers BYTEA NOT NULL,
    partition_no BIGINT, at BIGINT NOT NULL
);
CREATE TABLE IF NOT EXISTS lease (
    name TEXT PRIMARY KEY, owner TEXT NOT NULL, until BIGINT NOT NULL, term BIGINT NOT NULL
);
";
