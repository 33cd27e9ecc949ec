//! A record as it came, independent of the client that read it.

use rdkafka::Message;
use rdkafka::message::{BorrowedMessage, Headers as _};

use crate::core::{Offset, PartitionId};
use crate::ledger::{Headers, ParkedContent};

/// A record of a topic.
#[derive(Clone, PartialEq, Eq)]
pub struct Incoming {
    /// Where it was read.
    pub partition: PartitionId,
    /// Where in it.
    pub offset: Offset,
    /// The key.
    pub key: Option<Vec<u8>>,
    /// The value.
    pub value: Option<Vec<u8>>,
    /// The headers.
    pub headers: Headers,
    /// The broker's timestamp in milliseconds since 1970; 0 if it has none.
    pub timestamp: i64,
}

impl Incoming {
    /// Copies a message out of the client's memory. `partition` is its partition, whose name is shared.
    pub(crate) fn copy(message: &BorrowedMessage<'_>, partition: PartitionId) -> Self {
        let mut headers = Headers::default();
        if let Some(all) = message.headers() {
            for header in all.iter() {
                headers.push(header.key, header.value);
            }
        }
        Self {
            partition,
            offset: message.offset(),
            key: message.key().map(<[u8]>::to_vec),
            value: message.payload().map(<[u8]>::to_vec),
            headers,
            timestamp: message.timestamp().to_millis().unwrap_or(0),
        }
    }

    /// The record of a parked row.
    pub(crate) fn parked(partition: PartitionId, offset: Offset, content: ParkedContent) -> Self {
        let ParkedContent {
            key,
            value,
            headers,
            timestamp,
            attempts: _,
        } = content;
        Self {
            partition,
            offset,
            key,
            value,
            headers,
            timestamp,
        }
    }

    /// What is kept of it while it is parked.
    pub(crate) fn content(&self, attempts: u32) -> ParkedContent {
        ParkedContent {
            key: self.key.clone(),
            value: self.value.clone(),
            headers: self.headers.clone(),
            timestamp: self.timestamp,
            attempts,
        }
    }

    /// Bytes of key and value.
    pub fn bytes(&self) -> usize {
        self.key.as_ref().map_or(0, Vec::len) + self.value.as_ref().map_or(0, Vec::len)
    }
}

/// Never prints the value, which may hold personal data, nor the key.
impl std::fmt::Debug for Incoming {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Incoming({}@{}, {} bytes)",
            self.partition,
            self.offset,
            self.bytes()
        )
    }
}
