//! What a service wants to publish, written in the transaction that decided it. The relay sends it.

use super::headers::Headers;
use crate::store::{Row, StoreError, Tx};

/// A record to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The topic.
    pub topic: String,
    /// The key, which chooses the partition.
    pub key: Option<Vec<u8>>,
    /// The value.
    pub value: Option<Vec<u8>>,
    /// The headers.
    pub headers: Headers,
    /// The partition, where it is not the key that chooses.
    pub partition: Option<i32>,
}

/// Adds a record at the end.
pub async fn enqueue(tx: &mut Tx, record: Outgoing) -> Result<(), StoreError> {
    tx.publishes();
    let Outgoing {
        topic,
        key,
        value,
        headers,
        partition,
    } = record;
    tx.execute(
        "INSERT INTO outbox (topic, record_key, value, headers, partition_no, at) VALUES (?1, ?2, ?3, ?4, ?5, {{now}})",
        &[
            topic.into(),
            key.into(),
            value.into(),
            headers.into_bytes().into(),
            partition.into(),
        ],
    )
    .await
    .map(|_| ())
}

/// Rows that are read at a time: a limit in bytes is exceeded by so many at most.
const CHUNK: i64 = 64;

/// The first records that were not sent, in order, with their sequence numbers: `limit` at most, and none after `bytes`
/// of values have been read.
pub async fn unsent(tx: &mut Tx, limit: i64, bytes: usize) -> Result<Vec<(i64, Outgoing)>, StoreError> {
    let (mut records, mut read) = (Vec::new(), 0);
    let (mut last, mut left) = (i64::MIN, limit);
    while left > 0 && read < bytes {
        let chunk = left.min(CHUNK);
        let rows = tx
            .query(
                "SELECT seq, topic, record_key, value, headers, partition_no FROM outbox WHERE seq > ?1 \
                 ORDER BY seq LIMIT ?2",
                &[last.into(), chunk.into()],
            )
            .await?;
        for row in &rows {
            let (seq, record) = outgoing(row)?;
            read += record.value.as_ref().map_or(0, Vec::len);
            last = seq;
            records.push((seq, record));
        }
        left -= chunk;
        if i64::try_from(rows.len()).unwrap_or(i64::MAX) < chunk {
            break;
        }
    }
    Ok(records)
}

fn outgoing(row: &Row) -> Result<(i64, Outgoing), StoreError> {
    let seq = row.integer(0)?;
    let headers = Headers::from_bytes(row.bytes(4)?)
        .ok_or_else(|| StoreError::rejected(format!("the headers of outbox row {seq} are damaged")))?;
    let record = Outgoing {
        topic: row.text(1)?.to_owned(),
        key: row.optional_bytes(2)?.map(<[u8]>::to_vec),
        value: row.optional_bytes(3)?.map(<[u8]>::to_vec),
        headers,
        partition: row
            .optional_integer(5)?
            .and_then(|number| i32::try_from(number).ok()),
    };
    Ok((seq, record))
}

/// Removes records that the broker has.
pub async fn sent(tx: &mut Tx, sequence: &[i64]) -> Result<(), StoreError> {
    for chunk in sequence.chunks(500) {
        let numbers: Vec<String> = chunk.iter().map(i64::to_string).collect();
        tx.script(&format!(
            "DELETE FROM outbox WHERE seq IN ({})",
            numbers.join(",")
        ))
        .await?;
    }
    Ok(())
}

/// How many records wait, and how old the oldest is in milliseconds.
pub async fn depth(tx: &mut Tx) -> Result<(i64, i64), StoreError> {
    let rows = tx
        .query(
            "SELECT COUNT(*), CAST(COALESCE({{now}} - MIN(at), 0) AS BIGINT) FROM outbox",
            &[],
        )
        .await?;
    let row = rows
        .first()
        .ok_or_else(|| StoreError::rejected("an aggregate gave no row"))?;
    Ok((row.integer(0)?, row.integer(1)?.max(0)))
}
