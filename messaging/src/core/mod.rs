//! Progress, parking, barrier and retries of one group member, as a deterministic state machine.
//!
//! Nothing here reads a clock, a broker or a database: the shell ([`crate::subscriber`]) tells what arrived and how
//! a piece of work ended, and is told what to do next. That is what makes the seeded simulation in
//! `tests/simulation.rs` possible: the same code, a hundred thousand schedules.
//!
//! How a record goes: [`Core::deliver`] queues it, [`Core::next`] plans a batch in which every record has one
//! [`Step`], the shell carries the whole batch out in one database transaction that also checks the epoch of every
//! partition, and reports with [`Core::committed`], [`Core::failed`], [`Core::unavailable`] or [`Core::fenced`].
//! A record that fails is moved out of the way of other keys into the parked rows, and later records of its key
//! line up behind it.

mod breaker;
mod failure;
mod inbox;
mod member;
mod partition;
mod policy;
mod work;

pub use breaker::{Breaker, BreakerLimits};
pub use failure::{Failure, PoisonReason};
pub use inbox::{Inbox, InboxState, inbox};
pub use member::Core;
pub use partition::{Delivered, ParkedRow, Release, Takeover};
pub use policy::{Jitter, OnDeadLetter, Policy};
pub use work::{
    Delivery, Entry, Epoch, Key, Limits, Millis, Offset, PartitionId, Position, Step, Verdict, Work,
};
