//! What happens when partitions come and go: the group's positions say where to go on.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, RebalanceProtocol};
use rdkafka::error::KafkaResult;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::types::RDKafkaRespErr;

use super::TIMEOUT;

/// Starts where the group committed, and at the beginning where it never did. No handler runs at a rebalance, because
/// the thread that polls is the one that works; what was polled before it is another matter.
#[derive(Default)]
pub(super) struct FromCommitted {
    /// Partitions that were taken away since somebody looked.
    revoked: Mutex<BTreeSet<(String, i32)>>,
}

impl FromCommitted {
    pub(super) fn revoked(&self) -> MutexGuard<'_, BTreeSet<(String, i32)>> {
        self.revoked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Positions as committed, and the beginning where there is none.
pub(super) fn from_committed(committed: &TopicPartitionList) -> KafkaResult<()> {
    for element in &mut committed.elements() {
        if !matches!(element.offset(), Offset::Offset(_)) {
            element.set_offset(Offset::Beginning)?;
        }
    }
    Ok(())
}

impl ClientContext for FromCommitted {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        crate::broker::log(level, facility, message);
    }
}

impl ConsumerContext for FromCommitted {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, kind: RDKafkaRespErr, list: &mut TopicPartitionList) {
        let cooperative = matches!(consumer.rebalance_protocol(), RebalanceProtocol::Cooperative);
        let result = if kind == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            let found = consumer.committed_offsets(list.clone(), TIMEOUT);
            let started = found.and_then(|found| {
                from_committed(&found)?;
                if cooperative {
                    consumer.incremental_assign(&found)
                } else {
                    consumer.assign(&found)
                }
            });
            // Without the committed offsets the reset policy stops it, rather than a guess.
            started.or_else(|_| {
                if cooperative {
                    consumer.incremental_assign(list)
                } else {
                    consumer.assign(list)
                }
            })
        } else {
            let places = list.elements();
            let places = places.iter().map(|it| (it.topic().to_owned(), it.partition()));
            self.revoked().extend(places);
            if cooperative {
                consumer.incremental_unassign(list)
            } else {
                consumer.unassign()
            }
        };
        if let Err(error) = result {
            tracing::error!(%error, "a rebalance of the pipeline failed");
        }
    }
}
