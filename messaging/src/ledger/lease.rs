//! One leader at a time, by the database's clock.

use crate::store::{StoreError, Tx};

/// A lease that is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// What it is for.
    pub name: String,
    /// Who holds it.
    pub owner: String,
    /// How often it has changed hands.
    pub term: i64,
}

/// Takes or prolongs the lease for `milliseconds`; `None` while another owner has it. One that has much longer to run
/// than anybody asks for is from before the database's clock was set back, and is taken as well: two leaders for a
/// while are harmless (the broker fences the first), none for a day is not.
pub async fn acquire(
    tx: &mut Tx,
    name: &str,
    owner: &str,
    milliseconds: i64,
) -> Result<Option<Lease>, StoreError> {
    let rows = tx
        .query(
            "INSERT INTO lease (name, owner, until, term) VALUES (?1, ?2, {{now}} + ?3, 1) \
             ON CONFLICT (name) DO UPDATE SET \
             term = CASE WHEN lease.owner = excluded.owner THEN lease.term ELSE lease.term + 1 END, \
             owner = excluded.owner, until = excluded.until \
             WHERE lease.owner = excluded.owner OR lease.until < {{now}} OR lease.until > {{now}} + 10 * ?3 \
             RETURNING term",
            &[name.into(), owner.into(), milliseconds.into()],
        )
        .await?;
    let Some(row) = rows.first() else { return Ok(None) };
    Ok(Some(Lease {
        name: name.to_owned(),
        owner: owner.to_owned(),
        term: row.integer(0)?,
    }))
}

/// Whether the lease is still this one, kept so until the transaction ends.
pub async fn holds(tx: &mut Tx, lease: &Lease) -> Result<bool, StoreError> {
    let changed = tx
        .execute(
            "UPDATE lease SET until = until WHERE name = ?1 AND owner = ?2 AND term = ?3",
            &[
                lease.name.as_str().into(),
                lease.owner.as_str().into(),
                lease.term.into(),
            ],
        )
        .await?;
    Ok(changed == 1)
}

/// Gives the lease up, so that the next owner need not wait.
pub async fn give_up(tx: &mut Tx, lease: &Lease) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE lease SET until = 0 WHERE name = ?1 AND owner = ?2 AND term = ?3",
        &[
            lease.name.as_str().into(),
            lease.owner.as_str().into(),
            lease.term.into(),
        ],
    )
    .await
    .map(|_| ())
}
