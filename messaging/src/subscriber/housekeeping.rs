//! What a member does between its work, now and then: tells the broker its place, makes sure that it still owns its
//! partitions, removes old inbox rows.

use std::time::{Duration, Instant};

use rdkafka::consumer::{CommitMode, Consumer};

use super::context::offsets;
use super::member::Member;
use crate::core::PartitionId;
use crate::ledger;
use crate::sabotage::{Mechanism, removed};
use crate::store::StoreError;

/// How often the broker is told where we are.
const COMMIT_EVERY: Duration = Duration::from_secs(1);
/// How often an owner makes sure that it still is one, when no transaction tells it.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How often old inbox rows are looked for.
const PRUNE_EVERY: Duration = Duration::from_secs(10);
/// How many of them go at a time; as long as there are as many, some go after each round of work.
const PRUNED: u64 = 1000;

impl Member<'_> {
    pub(super) fn housekeeping(&mut self) {
        // Two heartbeats: until then the group has told a member that it no longer belongs.
        let patience = self.shared.settings.session_timeout / 2;
        let context = self.consumer.context();
        let fenced: Vec<PartitionId> = {
            let state = context.state();
            let ripe = state
                .fenced
                .iter()
                .filter(|(_, since)| since.elapsed() > patience);
            ripe.map(|(partition, _)| partition.clone()).collect()
        };
        for partition in fenced {
            context.take_back(&self.consumer, &partition);
        }
        if self.committed.elapsed() >= COMMIT_EVERY {
            self.committed = Instant::now();
            let context = self.consumer.context();
            let state = context.state();
            let list = offsets(state.core.held().map(|(partition, _, next)| (partition, next)));
            drop(state);
            if list.count() > 0
                && let Err(error) = self.consumer.commit(&list, CommitMode::Async)
            {
                tracing::debug!(group = self.shared.group, %error, "the broker's offsets were not set");
            }
        }
        if self.away.is_none() && self.looked.elapsed() >= LOOK_EVERY && !removed(Mechanism::Epoch) {
            self.looked = Instant::now();
            self.look();
        }
        let due = self.more_to_prune || self.pruned.elapsed() >= PRUNE_EVERY;
        if self.number == 0
            && self.away.is_none()
            && due
            && let Some(retention) = self.shared.settings.inbox_retention
        {
            self.pruned = Instant::now();
            self.more_to_prune = self.prune(retention) >= PRUNED;
        }
    }

    /// Finds partitions whose epoch was raised while nothing was in hand.
    fn look(&self) {
        let effects = &self.shared.effects;
        let stored = self.shared.runtime.block_on(async {
            let mut tx = effects.store.read().await?;
            ledger::progress(&mut tx, &self.shared.group).await
        });
        // A store that is away is met by the next transaction as well, which says so.
        let Ok(stored) = stored else { return };
        let mut state = self.consumer.context().state();
        let raised: Vec<PartitionId> = state
            .core
            .held()
            .filter(|(partition, epoch, _)| {
                stored
                    .iter()
                    .any(|it| it.partition == **partition && it.epoch > *epoch)
            })
            .map(|(partition, ..)| partition.clone())
            .collect();
        for partition in raised {
            state.core.lose(&partition);
            state.fenced.insert(partition, Instant::now());
        }
    }

    /// Removes some inbox rows that are older than any copy of their event can be; returns how many.
    fn prune(&self, retention: Duration) -> u64 {
        let retention = i64::try_from(retention.as_millis()).unwrap_or(i64::MAX);
        let effects = &self.shared.effects;
        let pruned: Result<u64, StoreError> = self.shared.runtime.block_on(async {
            let mut tx = effects.store.begin().await?;
            let pruned = ledger::prune(&mut tx, &self.shared.group, retention, PRUNED).await?;
            tx.commit().await?;
            Ok(pruned)
        });
        match pruned {
            Ok(pruned) => {
                let counter = self.shared.metrics.pruned.get_or_create(&self.shared.labels());
                counter.inc_by(pruned);
                pruned
            }
            Err(error) => {
                tracing::warn!(group = self.shared.group, %error, "old inbox rows were not removed");
                0
            }
        }
    }
}
