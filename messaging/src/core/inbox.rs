//! What the inbox row of an event says about handling it. The row itself is the store's.

/// How an event ended before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InboxState {
    /// It had its effect.
    Done,
    /// It went to the dead-letter topic.
    Dead,
}

/// What to do with an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inbox {
    /// It is new, or comes back from the dead-letter topic: handle it.
    Handle,
    /// It ended before: nothing to do.
    Ended,
    /// Another event of the same id ended before: a dead letter, never a silent drop.
    Conflict,
}

/// Decides by what was `found` under the event's id (its state, and whether the digest is the same) and by whether
/// the event is a `redriven` dead letter of this group. A redrive may carry a mended payload, hence another digest.
pub const fn inbox(found: Option<(InboxState, bool)>, redriven: bool) -> Inbox {
    match found {
        None => Inbox::Handle,
        Some((InboxState::Dead, _)) if redriven => Inbox::Handle,
        Some((_, true)) => Inbox::Ended,
        Some((_, false)) => Inbox::Conflict,
    }
}
