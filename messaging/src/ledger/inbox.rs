//! One row for every event that ended: what makes a second delivery harmless.

use sha2::{Digest as _, Sha256};

use crate::core::{Inbox, InboxState, inbox};
use crate::sabotage::{Mechanism, removed};
use crate::store::{StoreError, Tx};

/// The digest of a payload; two events of one id with other digests are a conflict.
pub fn digest(payload: &[u8]) -> [u8; 32] {
    Sha256::digest(payload).into()
}

/// Begins the end of an event with an effect: writes its row and says whether to handle it.
pub async fn end_done(
    tx: &mut Tx,
    consumer: &str,
    id: &str,
    digest: &[u8],
    redriven: bool,
) -> Result<Inbox, StoreError> {
    end(tx, consumer, id, digest, redriven, InboxState::Done).await
}

/// Begins the end of an event as a dead letter: writes its row and says whether it is one.
pub async fn end_dead(
    tx: &mut Tx,
    consumer: &str,
    id: &str,
    digest: &[u8],
    redriven: bool,
) -> Result<Inbox, StoreError> {
    end(tx, consumer, id, digest, redriven, InboxState::Dead).await
}

async fn end(
    tx: &mut Tx,
    consumer: &str,
    id: &str,
    digest: &[u8],
    redriven: bool,
    state: InboxState,
) -> Result<Inbox, StoreError> {
    if removed(Mechanism::Inbox) {
        return Ok(Inbox::Handle);
    }
    let dead = state == InboxState::Dead;
    let row = [consumer.into(), id.into(), digest.into(), dead.into()];
    let inserted = tx
        .execute(
            "INSERT INTO inbox (consumer, event_id, digest, dead, at) VALUES (?1, ?2, ?3, ?4, {{now}}) \
             ON CONFLICT (consumer, event_id) DO NOTHING",
            &row,
        )
        .await?;
    if inserted == 1 {
        return Ok(Inbox::Handle);
    }
    let [consumer, id, digest, dead] = row;
    let found = tx
        .query(
            "SELECT dead, digest FROM inbox WHERE consumer = ?1 AND event_id = ?2 {{lock}}",
            &[consumer.clone(), id.clone()],
        )
        .await?;
    let Some(found) = found.first() else {
        // Pruned in between; run again, the statement above inserts it.
        return Err(StoreError::unavailable(
            "an inbox row vanished while it was looked at",
        ));
    };
    let before = if found.integer(0)? == 1 {
        InboxState::Dead
    } else {
        InboxState::Done
    };
    let same = matches!(&digest, crate::store::Value::Bytes(bytes) if bytes == found.bytes(1)?);
    let decision = inbox(Some((before, same)), redriven);
    if decision == Inbox::Handle {
        tx.execute(
            "UPDATE inbox SET dead = ?4, digest = ?3, at = {{now}} WHERE consumer = ?1 AND event_id = ?2",
            &[consumer, id, digest, dead],
        )
        .await?;
    }
    Ok(decision)
}

/// Removes rows older than `retention` (milliseconds, by the database's clock), at most `limit` at a time; returns
/// how many.
pub async fn prune(tx: &mut Tx, consumer: &str, retention: i64, limit: u64) -> Result<u64, StoreError> {
    // The clock stands in a query of its own, so that it is read once and the index is searched with what it says.
    tx.execute(
        "DELETE FROM inbox WHERE consumer = ?1 AND event_id IN (SELECT event_id FROM inbox \
         WHERE consumer = ?1 AND at < (SELECT {{now}} - ?2) ORDER BY at LIMIT ?3)",
        &[
            consumer.into(),
            retention.into(),
            i64::try_from(limit).unwrap_or(i64::MAX).into(),
        ],
    )
    .await
}
