//! What happens when partitions come and go: the database decides where to go on, the barrier lets nothing behind.
//!
//! librdkafka calls this on the member's own thread, from within `poll`. No work is in hand at that moment, because
//! the same thread does the work between polls; that is the barrier.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext, RebalanceProtocol};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::types::RDKafkaRespErr;

use super::Shared;
use crate::core::{Core, Millis, PartitionId, Release, Takeover};
use crate::ledger;
use crate::router::Prepared;
use crate::sabotage::{Mechanism, removed};
use crate::store::{StoreError, StoreErrorKind, Tx};

pub(super) struct Context {
    shared: Arc<Shared>,
    started: Instant,
    state: Mutex<State>,
}

/// What the member's loop and the callbacks share; both run on the same thread, one after the other.
pub(super) struct State {
    pub(super) core: Core<Prepared<Tx>>,
    pub(super) paused: BTreeSet<PartitionId>,
    /// Names of partitions by topic and number, so that records share them.
    pub(super) names: BTreeMap<String, BTreeMap<i32, PartitionId>>,
    /// Partitions whose epoch somebody else raised, and when we noticed.
    pub(super) fenced: BTreeMap<PartitionId, Instant>,
    /// Why the member must stop.
    pub(super) fatal: Option<String>,
    cluster: Option<String>,
}

/// Why a partition was not taken over.
enum Refused {
    Unavailable(String),
    Fatal(String),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        match error.kind() {
            StoreErrorKind::Unavailable => Self::Unavailable(error.to_string()),
            _ => Self::Fatal(error.to_string()),
        }
    }
}

impl Context {
    pub(super) fn new(shared: Arc<Shared>, core: Core<Prepared<Tx>>) -> Self {
        let state = State {
            core,
            paused: BTreeSet::new(),
            names: BTreeMap::new(),
            fenced: BTreeMap::new(),
            fatal: None,
            cluster: None,
        };
        Self {
            shared,
            started: Instant::now(),
            state: Mutex::new(state),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> Millis {
        Millis::try_from(self.started.elapsed().as_millis()).unwrap_or(Millis::MAX)
    }

    fn assign(&self, consumer: &BaseConsumer<Self>, list: &mut TopicPartitionList) {
        let places: Vec<(String, i32)> = list
            .elements()
            .iter()
            .map(|it| (it.topic().to_owned(), it.partition()))
            .collect();
        for (topic, number) in places {
            let partition = PartitionId::new(topic.as_str(), number);
            // Without a takeover nothing may be handled: the position is set to the end, and the member stops.
            let mut offset = Offset::End;
            match self.take_over(consumer, &partition) {
                Ok(takeover) => {
                    tracing::info!(group = self.shared.group, %partition, epoch = takeover.epoch.0,
                        offset = takeover.next_offset, parked = takeover.parked.len(),
                        suspects = takeover.suspects, "partition taken over");
                    offset = Offset::Offset(takeover.next_offset);
                    let now = self.now();
                    let mut state = self.state();
                    state
                        .names
                        .entry(topic.clone())
                        .or_default()
                        .insert(number, partition.clone());
                    state.paused.remove(&partition);
                    state.fenced.remove(&partition);
                    state.core.assign(partition, takeover, now);
                }
                Err(why) => {
                    tracing::error!(group = self.shared.group, %partition, why, "partition not taken over");
                    self.state().fatal.get_or_insert(why);
                }
            }
            if let Err(error) = list.set_partition_offset(&topic, number, offset) {
                self.state()
                    .fatal
                    .get_or_insert(format!("a start offset could not be set: {error}"));
            }
        }
        self.count("assigned", list.count());
        let result = match consumer.rebalance_protocol() {
            RebalanceProtocol::Cooperative => consumer.incremental_assign(list),
            _ => consumer.assign(list),
        };
        if let Err(error) = result {
            self.state()
                .fatal
                .get_or_insert(format!("an assignment could not be taken: {error}"));
        }
    }

    /// A partition was fenced and is still ours, as the group says: somebody reset its progress. By the time that this
    /// is called a zombie would have heard from the group that it is one.
    pub(super) fn take_back(&self, consumer: &BaseConsumer<Self>, partition: &PartitionId) {
        self.state().fenced.remove(partition);
        let ours = consumer.assignment().is_ok_and(|list| {
            list.find_partition(&partition.topic, partition.partition)
                .is_some()
        });
        if !ours || consumer.assignment_lost() {
            return;
        }
        let sought = self.take_over(consumer, partition).and_then(|takeover| {
            let offset = Offset::Offset(takeover.next_offset);
            consumer
                .seek(
                    &partition.topic,
                    partition.partition,
                    offset,
                    Duration::from_secs(10),
                )
                .map_err(|error| format!("{partition} could not be sought to its new place: {error}"))?;
            Ok(takeover)
        });
        match sought {
            Ok(takeover) => {
                tracing::info!(group = self.shared.group, %partition, epoch = takeover.epoch.0,
                    offset = takeover.next_offset, "partition taken over again");
                let now = self.now();
                self.state().core.assign(partition.clone(), takeover, now);
            }
            Err(why) => {
                self.state().fatal.get_or_insert(why);
            }
        }
    }

    /// Asks the database, again and again while it is away: without its word no offset is right.
    fn take_over(&self, consumer: &BaseConsumer<Self>, partition: &PartitionId) -> Result<Takeover, String> {
        let patience = self.shared.settings.max_poll_interval.mul_f64(0.7);
        let until = Instant::now() + patience;
        let mut pause = Duration::from_millis(50);
        loop {
            let refused = match self.try_take_over(consumer, partition) {
                Ok(takeover) => {
                    self.shared
                        .health
                        .well(&format!("{} assignment", self.shared.group));
                    return Ok(takeover);
                }
                Err(Refused::Fatal(why)) => return Err(why),
                Err(Refused::Unavailable(why)) => why,
            };
            self.shared
                .health
                .problem(&format!("{} assignment", self.shared.group), &*refused);
            if Instant::now() > until || self.shared.is_stopping() {
                return Err(format!("{partition} could not be taken over in time: {refused}"));
            }
            tracing::warn!(group = self.shared.group, %partition, why = refused, "taking over is tried again");
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_secs(2));
        }
    }

    fn try_take_over(
        &self,
        consumer: &BaseConsumer<Self>,
        partition: &PartitionId,
    ) -> Result<Takeover, Refused> {
        let timeout = Duration::from_secs(5);
        let (low, high) = consumer
            .fetch_watermarks(&partition.topic, partition.partition, timeout)
            .map_err(|error| {
                Refused::Unavailable(format!(
                    "the log's ends of {partition} could not be read: {error}"
                ))
            })?;
        let known = self.state().cluster.clone();
        let cluster = match known {
            Some(cluster) => cluster,
            None => consumer
                .client()
                .fetch_cluster_id(timeout)
                .ok_or_else(|| Refused::Unavailable("the cluster's id could not be read".into()))?,
        };
        self.state().cluster = Some(cluster.clone());
        self.shared.runtime.block_on(async {
            let effects = &self.shared.effects;
            let group = &self.shared.group;
            let settings = &self.shared.settings;
            let mut tx = effects.store.begin().await?;
            let stored =
                ledger::take_over(&mut tx, &cluster, group, partition, settings.limits.batch_records).await?;
            let help = "`offsets reset` sets it by hand";
            if stored.cluster != cluster {
                return Err(Refused::Fatal(format!(
                    "the stored progress of {partition} is of cluster {}, and this is cluster {cluster}; {help}",
                    stored.cluster
                )));
            }
            let next_offset = stored.next_offset.unwrap_or(low);
            if next_offset < low {
                return Err(Refused::Fatal(format!(
                    "the stored progress of {partition} is {next_offset}, and the log begins at {low}: the records \
                     between were deleted before they were handled; {help}"
                )));
            }
            if next_offset > high {
                return Err(Refused::Fatal(format!(
                    "the stored progress of {partition} is {next_offset}, and the log ends at {high}: it lost \
                     records or is another topic of the same name; {help}"
                )));
            }
            let longest = Millis::try_from(settings.policy.cap.as_millis()).unwrap_or(Millis::MAX);
            let parked = ledger::parked_rows(&mut tx, group, partition, longest).await?;
            tx.commit().await?;
            Ok(Takeover { epoch: stored.epoch, next_offset, suspects: stored.suspects, parked })
        })
    }

    fn revoke(&self, consumer: &BaseConsumer<Self>, list: &TopicPartitionList) {
        let taken = consumer.assignment_lost();
        let mut released = Vec::new();
        {
            let mut state = self.state();
            for it in list.elements() {
                let partition = PartitionId::new(it.topic(), it.partition());
                state.paused.remove(&partition);
                state.fenced.remove(&partition);
                if taken {
                    state.core.lose(&partition);
                } else if !removed(Mechanism::Barrier) {
                    state.core.revoke(&partition);
                    released.extend(state.core.release(&partition));
                }
            }
        }
        tracing::info!(
            group = self.shared.group,
            partitions = list.count(),
            taken,
            "partitions let go"
        );
        self.count(if taken { "lost" } else { "revoked" }, list.count());
        self.let_go(consumer, &released);
        let result = match consumer.rebalance_protocol() {
            RebalanceProtocol::Cooperative => consumer.incremental_unassign(list),
            _ => consumer.unassign(),
        };
        if let Err(error) = result {
            tracing::warn!(group = self.shared.group, %error, "letting partitions go failed");
        }
    }

    /// Tells database and broker where the next owner goes on. Both are a courtesy: the database has the progress
    /// already, so a failure only makes the next owner careful.
    fn let_go(&self, consumer: &BaseConsumer<Self>, released: &[Release]) {
        if released.is_empty() {
            return;
        }
        let noted: Result<(), StoreError> = self.shared.runtime.block_on(async {
            let mut tx = self.shared.effects.store.begin().await?;
            for release in released {
                ledger::let_go(&mut tx, &self.shared.group, &release.partition, release.epoch).await?;
            }
            tx.commit().await
        });
        if let Err(error) = noted {
            tracing::warn!(group = self.shared.group, %error, "letting go was not noted");
        }
        let progress = released
            .iter()
            .map(|release| (&release.partition, release.next_offset));
        if let Err(error) = consumer.commit(&offsets(progress), CommitMode::Sync) {
            tracing::warn!(group = self.shared.group, %error, "the broker's offsets were not set");
        }
    }

    fn count(&self, kind: &str, partitions: usize) {
        let mut labels = self.shared.labels();
        labels.push(("kind", kind.to_owned()));
        self.shared
            .metrics
            .rebalances
            .get_or_create(&labels)
            .inc_by(partitions as u64);
    }
}

/// A list of positions for the broker.
pub(super) fn offsets<'a>(progress: impl Iterator<Item = (&'a PartitionId, i64)>) -> TopicPartitionList {
    let mut list = TopicPartitionList::new();
    for (partition, next) in progress {
        // Only an offset that is out of range is refused; ours come from the broker.
        let _added = list.add_partition_offset(&partition.topic, partition.partition, Offset::Offset(next));
    }
    list
}

impl ClientContext for Context {
    fn log(&self, level: rdkafka::config::RDKafkaLogLevel, facility: &str, message: &str) {
        crate::broker::log(level, facility, message);
    }
}

impl ConsumerContext for Context {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, kind: RDKafkaRespErr, list: &mut TopicPartitionList) {
        match kind {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => self.assign(consumer, list),
            _ => self.revoke(consumer, list),
        }
    }
}
