//! Who owns a partition and how far it got. The database's word is the truth; the broker's offset is a hint.

use crate::core::{Epoch, Offset, PartitionId};
use crate::sabotage::{Mechanism, removed};
use crate::store::{StoreError, Tx};

/// What was stored of a partition when it was taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The epoch of the new owner.
    pub epoch: Epoch,
    /// The first offset without an end; `None` on a first start.
    pub next_offset: Option<Offset>,
    /// How many records the last owner may have left in its hands.
    pub suspects: usize,
    /// The cluster that the offsets are of.
    pub cluster: String,
}

fn number(partition: &PartitionId) -> i64 {
    i64::from(partition.partition)
}

/// Takes a partition over: from now on no transaction of an earlier owner commits. `batch` is how many records the
/// new owner may have in its hands at a time.
pub async fn take_over(
    tx: &mut Tx,
    cluster: &str,
    group: &str,
    partition: &PartitionId,
    batch: usize,
) -> Result<Stored, StoreError> {
    let batch = i64::try_from(batch).unwrap_or(i64::MAX);
    let key = [group.into(), (&*partition.topic).into(), number(partition).into()];
    let [group_name, topic, number_] = key.clone();
    // Two first owners may meet here, one of which the group has given up.
    let first = tx
        .execute(
            "INSERT INTO partition_state (cluster_id, group_name, topic, partition_no, epoch, next_offset, suspects) \
             VALUES (?1, ?2, ?3, ?4, 1, -1, ?5) ON CONFLICT (group_name, topic, partition_no) DO NOTHING",
            &[cluster.into(), group_name, topic, number_, batch.into()],
        )
        .await?;
    if first == 1 {
        return Ok(Stored {
            epoch: Epoch(1),
            next_offset: None,
            suspects: 0,
            cluster: cluster.to_owned(),
        });
    }
    let found = tx
        .query(
            "SELECT epoch, next_offset, suspects, cluster_id FROM partition_state \
             WHERE group_name = ?1 AND topic = ?2 AND partition_no = ?3 {{lock}}",
            &key,
        )
        .await?;
    let row = found
        .first()
        .ok_or_else(|| StoreError::unavailable(format!("the row of {partition} vanished")))?;
    let epoch = row.integer(0)? + 1;
    let stored = Stored {
        epoch: Epoch(epoch),
        next_offset: Some(row.integer(1)?).filter(|offset| *offset >= 0),
        suspects: usize::try_from(row.integer(2)?).unwrap_or(0),
        cluster: row.text(3)?.to_owned(),
    };
    let [group, topic, number] = key;
    tx.execute(
        "UPDATE partition_state SET epoch = ?4, suspects = ?5 \
         WHERE group_name = ?1 AND topic = ?2 AND partition_no = ?3",
        &[group, topic, number, epoch.into(), batch.into()],
    )
    .await?;
    Ok(stored)
}

/// Moves progress, if this epoch still owns the partition; says whether it does.
pub async fn advance(
    tx: &mut Tx,
    group: &str,
    partition: &PartitionId,
    epoch: Epoch,
    next: Offset,
) -> Result<bool, StoreError> {
    let parameters = [
        group.into(),
        (&*partition.topic).into(),
        number(partition).into(),
        epoch.0.into(),
        next.into(),
    ];
    let sql = if removed(Mechanism::Epoch) {
        "UPDATE partition_state SET next_offset = ?5 \
         WHERE group_name = ?1 AND topic = ?2 AND partition_no = ?3 AND epoch >= ?4"
    } else {
        "UPDATE partition_state SET next_offset = ?5 \
         WHERE group_name = ?1 AND topic = ?2 AND partition_no = ?3 AND epoch = ?4"
    };
    Ok(tx.execute(sql, &parameters).await? == 1)
}

/// Says whether this epoch still owns the partition, and keeps it so until the transaction ends.
pub async fn check(
    tx: &mut Tx,
    group: &str,
    partition: &PartitionId,
    epoch: Epoch,
) -> Result<bool, StoreError> {
    let parameters = [
        group.into(),
        (&*partition.topic).into(),
        number(partition).into(),
        epoch.0.into(),
    ];
    let sql = "UPDATE partition_state SET epoch = epoch \
               WHERE group_name = ?1 AND topic = ?2 AND partition_no = ?3 AND epoch = ?4";
    Ok(tx.execute(sql, &parameters).await? == 1 || removed(Mechanism::Epoch))
}

/// Notes that the owner let go with nothing in its hands.
pub async fn let_go(
    tx: &mut Tx,
    group: &str,
    partition: &PartitionId,
    epoch: Epoch,
) -> Result<(), StoreError> {
    let parameters = [
        group.into(),
        (&*partition.topic).into(),
        number(partition).into(),
        epoch.0.into(),
    ];
    let sql = "UPDATE partition_state SET suspects = 0 \
               WHERE group_name = ?1 AND topic = ?2 AND partition_no = ?3 AND epoch = ?4";
    tx.execute(sql, &parameters).await.map(|_| ())
}

/// How far a group got in one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The partition.
    pub partition: PartitionId,
    /// Its cluster.
    pub cluster: String,
    /// The current epoch.
    pub epoch: Epoch,
    /// The first offset without an end; `None` when nothing was read yet.
    pub next_offset: Option<Offset>,
}

/// How far a group got in every partition it ever had, sorted.
pub async fn progress(tx: &mut Tx, group: &str) -> Result<Vec<Progress>, StoreError> {
    let rows = tx
        .query(
            "SELECT topic, partition_no, cluster_id, epoch, next_offset FROM partition_state WHERE group_name = ?1 \
             ORDER BY topic, partition_no",
            &[group.into()],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Progress {
                partition: PartitionId::new(row.text(0)?, i32::try_from(row.integer(1)?).unwrap_or(-1)),
                cluster: row.text(2)?.to_owned(),
                epoch: Epoch(row.integer(3)?),
                next_offset: Some(row.integer(4)?).filter(|offset| *offset >= 0),
            })
        })
        .collect()
}

/// Sets a partition's progress by hand and fences its owner.
pub async fn reset(
    tx: &mut Tx,
    cluster: &str,
    group: &str,
    partition: &PartitionId,
    next: Offset,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO partition_state (cluster_id, group_name, topic, partition_no, epoch, next_offset, suspects) \
         VALUES (?1, ?2, ?3, ?4, 1, ?5, 0) \
         ON CONFLICT (group_name, topic, partition_no) DO UPDATE SET \
         cluster_id = excluded.cluster_id, next_offset = excluded.next_offset, epoch = partition_state.epoch + 1",
        &[cluster.into(), group.into(), (&*partition.topic).into(), number(partition).into(), next.into()],
    )
    .await
    .map(|_| ())
}
