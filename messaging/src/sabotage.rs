//! Takes one mechanism away, to show what it is for. Only with the feature `sabotage`, which is for the test suite
//! `bites`; without it every question is answered at compile time: nothing is removed.

/// A mechanism that can be taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mechanism {
    /// Ids of events that ended.
    Inbox,
    /// The epoch in each transaction.
    Epoch,
    /// Letting go of partitions only with nothing in hand.
    Barrier,
    /// Rows of records that failed.
    Parking,
    /// The dead letter in the transaction that ends the record.
    DeadLetterInside,
    /// The outbox in the transaction of the effect.
    OutboxInside,
}

/// Whether this process runs without the mechanism.
#[cfg(not(feature = "sabotage"))]
#[inline]
pub(crate) const fn removed(_: Mechanism) -> bool {
    false
}

/// Whether this process runs without the mechanism: `MESSAGING_SABOTAGE` lists names, separated by commas.
#[cfg(feature = "sabotage")]
pub(crate) fn removed(mechanism: Mechanism) -> bool {
    use std::sync::OnceLock;
    static REMOVED: OnceLock<String> = OnceLock::new();
    let names = REMOVED.get_or_init(|| std::env::var("MESSAGING_SABOTAGE").unwrap_or_default());
    let name = match mechanism {
        Mechanism::Inbox => "inbox",
        Mechanism::Epoch => "epoch",
        Mechanism::Barrier => "barrier",
        Mechanism::Parking => "parking",
        Mechanism::DeadLetterInside => "dead-letter",
        Mechanism::OutboxInside => "outbox",
    };
    names.split(',').any(|removed| removed == name)
}
