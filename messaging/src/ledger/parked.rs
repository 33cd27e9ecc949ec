//! Records that wait for their next attempt, and those behind them.

use super::headers::Headers;
use crate::core::{Key, Offset, ParkedRow, PartitionId};
use crate::store::{Row, StoreError, Tx, Value};

/// A parked record as it came from the broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedContent {
    /// The key.
    pub key: Option<Vec<u8>>,
    /// The value.
    pub value: Option<Vec<u8>>,
    /// The headers.
    pub headers: Headers,
    /// The broker's timestamp, in milliseconds since 1970.
    pub timestamp: i64,
    /// Attempts that were started.
    pub attempts: u32,
}

fn place(group: &str, partition: &PartitionId, offset: Offset) -> [Value; 4] {
    [
        group.into(),
        (&*partition.topic).into(),
        i64::from(partition.partition).into(),
        offset.into(),
    ]
}

/// Writes a row; one that is there is replaced (a held row that comes back).
pub async fn park(
    tx: &mut Tx,
    group: &str,
    partition: &PartitionId,
    offset: Offset,
    content: ParkedContent,
    delay: i64,
    held: bool,
) -> Result<(), StoreError> {
    let ParkedContent {
        key,
        value,
        headers,
        timestamp,
        attempts,
    } = content;
    let [group, topic, number, offset] = place(group, partition, offset);
    tx.execute(
        "INSERT INTO parked (group_name, topic, partition_no, record_offset, record_key, value, headers, ts, \
         attempts, due, held) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, {{now}} + ?10, ?11) \
         ON CONFLICT (group_name, topic, partition_no, record_offset) DO UPDATE SET \
         value = excluded.value, headers = excluded.headers, ts = excluded.ts, attempts = excluded.attempts, \
         due = excluded.due, held = excluded.held",
        &[
            group,
            topic,
            number,
            offset,
            key.into(),
            value.into(),
            headers.into_bytes().into(),
            timestamp.into(),
            attempts.into(),
            delay.into(),
            held.into(),
        ],
    )
    .await
    .map(|_| ())
}

/// Notes that an attempt begins, and when the next one is due if it fails.
pub async fn attempt(
    tx: &mut Tx,
    group: &str,
    partition: &PartitionId,
    offset: Offset,
    attempts: u32,
    delay: i64,
) -> Result<(), StoreError> {
    let [group, topic, number, offset] = place(group, partition, offset);
    tx.execute(
        "UPDATE parked SET attempts = ?5, due = {{now}} + ?6 \
         WHERE group_name = ?1 AND topic = ?2 AND partition_no = ?3 AND record_offset = ?4",
        &[group, topic, number, offset, attempts.into(), delay.into()],
    )
    .await
    .map(|_| ())
}

/// Reads a row's content.
pub async fn content(
    tx: &mut Tx,
    group: &str,
    partition: &PartitionId,
    offset: Offset,
) -> Result<Option<ParkedContent>, StoreError> {
    let rows = tx
        .query(
            "SELECT record_key, value, headers, ts, attempts FROM parked \
             WHERE group_name = ?1 AND topic = ?2 AND partition_no = ?3 AND record_offset = ?4",
            &place(group, partition, offset),
        )
        .await?;
    let read = |row: &Row| {
        let headers = Headers::from_bytes(row.bytes(2)?).ok_or_else(|| {
            StoreError::rejected(format!("the headers parked for {partition}@{offset} are damaged"))
        })?;
        Ok(ParkedContent {
            key: row.optional_bytes(0)?.map(<[u8]>::to_vec),
            value: row.optional_bytes(1)?.map(<[u8]>::to_vec),
            headers,
            timestamp: row.integer(3)?,
            attempts: u32::try_from(row.integer(4)?).unwrap_or(u32::MAX),
        })
    };
    rows.first().map(read).transpose()
}

/// Whether a row is there that a dead letter holds.
pub async fn is_held(
    tx: &mut Tx,
    group: &str,
    partition: &PartitionId,
    offset: Offset,
) -> Result<bool, StoreError> {
    let rows = tx
        .query(
            "SELECT held FROM parked \
             WHERE group_name = ?1 AND topic = ?2 AND partition_no = ?3 AND record_offset = ?4",
            &place(group, partition, offset),
        )
        .await?;
    Ok(rows
        .first()
        .is_some_and(|row| row.get(0) == Some(&Value::Integer(1))))
}

/// Removes a row that ended.
pub async fn unpark(
    tx: &mut Tx,
    group: &str,
    partition: &PartitionId,
    offset: Offset,
) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM parked WHERE group_name = ?1 AND topic = ?2 AND partition_no = ?3 AND record_offset = ?4",
        &place(group, partition, offset),
    )
    .await
    .map(|_| ())
}

/// Keeps a row that ended as a dead letter in the way of its key; its content is in the dead-letter topic now.
pub async fn hold(
    tx: &mut Tx,
    group: &str,
    partition: &PartitionId,
    offset: Offset,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE parked SET held = 1, value = NULL, attempts = 0 \
         WHERE group_name = ?1 AND topic = ?2 AND partition_no = ?3 AND record_offset = ?4",
        &place(group, partition, offset),
    )
    .await
    .map(|_| ())
}

/// The rows of a partition without their content, for its new owner. Delays are by the database's clock, and never
/// longer than `longest` milliseconds, so that a clock that was set back does not park records for days.
pub async fn rows(
    tx: &mut Tx,
    group: &str,
    partition: &PartitionId,
    longest: u64,
) -> Result<Vec<ParkedRow>, StoreError> {
    let rows = tx
        .query(
            "SELECT record_offset, record_key, attempts, due - {{now}}, held FROM parked \
             WHERE group_name = ?1 AND topic = ?2 AND partition_no = ?3 ORDER BY record_offset",
            &[
                group.into(),
                (&*partition.topic).into(),
                i64::from(partition.partition).into(),
            ],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let offset = row.integer(0)?;
            Ok(ParkedRow {
                offset,
                key: Key::new(row.optional_bytes(1)?, offset),
                attempts: u32::try_from(row.integer(2)?).unwrap_or(u32::MAX),
                delay: u64::try_from(row.integer(3)?).unwrap_or(0).min(longest),
                held: row.integer(4)? == 1,
            })
        })
        .collect()
}

/// Parked rows of a group for each partition: waiting and held, sorted.
pub async fn counts(tx: &mut Tx, group: &str) -> Result<Vec<(PartitionId, i64, i64)>, StoreError> {
    let rows = tx
        .query(
            "SELECT topic, partition_no, COUNT(*), CAST(SUM(held) AS BIGINT) FROM parked WHERE group_name = ?1 \
             GROUP BY topic, partition_no ORDER BY topic, partition_no",
            &[group.into()],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let partition = PartitionId::new(row.text(0)?, i32::try_from(row.integer(1)?).unwrap_or(-1));
            let held = row.integer(3)?;
            Ok((partition, row.integer(2)? - held, held))
        })
        .collect()
}
