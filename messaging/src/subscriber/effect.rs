//! Carries a piece of work out: one database transaction that holds inbox, effect, outbox, parked rows and progress.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use prometheus_client::metrics::histogram::Histogram;

use crate::broker::Incoming;
use crate::core::{Entry, Epoch, Failure, Inbox, Offset, PartitionId, PoisonReason, Step, Verdict, Work};
use crate::dead_letter::dead_letter;
use crate::handler::Decoded;
use crate::ledger;
use crate::router::{Prepared, Router};
use crate::sabotage::{Mechanism, removed};
use crate::store::{Store, StoreError, StoreErrorKind, Tx};

/// Everything that effects need, shared by the members of a subscriber.
pub(super) struct Effects {
    pub(super) store: Store,
    pub(super) group: String,
    pub(super) router: Arc<Router<Tx>>,
    /// Longest run of one handler.
    pub(super) deadline: Duration,
    /// Time after which a transaction takes in no further record.
    pub(super) batch_time: Duration,
    pub(super) handler_seconds: Histogram,
}

/// Why a piece of work did not commit.
pub(super) enum Problem {
    /// The record at this place of the work failed.
    Failed {
        at: usize,
        failure: Failure,
        why: String,
    },
    /// Store or something else that every record needs is away.
    Unavailable(String),
    /// These partitions have a newer epoch.
    Fenced(Vec<PartitionId>),
    /// The subscriber must stop.
    Fatal(String),
}

/// What a committed piece of work did.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Done {
    /// How many of its records it came to; the others are for later.
    pub(super) ended: usize,
    pub(super) handled: u64,
    pub(super) inbox_hits: u64,
    pub(super) parked: u64,
    pub(super) dead: u64,
    pub(super) skipped: u64,
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error.kind() {
            StoreErrorKind::Unavailable => Self::Unavailable(error.to_string()),
            StoreErrorKind::Constraint | StoreErrorKind::Rejected | StoreErrorKind::Unusable => {
                Self::Fatal(error.to_string())
            }
        }
    }
}

impl Effects {
    pub(super) async fn run(&self, work: &mut Work<Prepared<Tx>>) -> Result<Done, Problem> {
        let mut done = Done::default();
        crate::failpoint::hit("work-in-hand");
        if let Work::Attempt {
            partition,
            epoch,
            offset,
            attempt,
            delay,
        } = &*work
        {
            let mut tx = self.store.begin().await?;
            self.check(&mut tx, partition, *epoch).await?;
            ledger::attempt(&mut tx, &self.group, partition, *offset, *attempt, millis(*delay)).await?;
            tx.commit().await?;
        }
        let begun = Instant::now();
        let mut tx = self.store.begin().await?;
        // One record always; many slow ones must not cost the member its partitions, nor others the database's lock.
        let over = |ended: usize| ended > 0 && begun.elapsed() >= self.batch_time;
        match work {
            Work::Batch(entries) => {
                for (at, entry) in entries.iter_mut().enumerate() {
                    if over(at) {
                        break;
                    }
                    self.step(&mut tx, at, entry, &mut done).await?;
                    done.ended = at + 1;
                }
                let mut fenced = Vec::new();
                for (partition, epoch, next) in work.progress(done.ended) {
                    if !ledger::advance(&mut tx, &self.group, &partition, epoch, next).await? {
                        fenced.push(partition);
                    }
                }
                if !fenced.is_empty() {
                    return Err(Problem::Fenced(fenced));
                }
            }
            Work::Attempt {
                partition,
                epoch,
                offset,
                ..
            } => {
                self.unpark(&mut tx, partition, 0, *offset, &mut done).await?;
                self.check(&mut tx, partition, *epoch).await?;
            }
            Work::Unpark {
                partition,
                epoch,
                offsets,
            } => {
                for (at, offset) in offsets.iter().enumerate() {
                    if over(at) {
                        break;
                    }
                    self.unpark(&mut tx, partition, at, *offset, &mut done).await?;
                    done.ended = at + 1;
                }
                self.check(&mut tx, partition, *epoch).await?;
            }
            Work::Bury {
                partition,
                epoch,
                offset,
                reason,
                hold,
            } => {
                let held = *hold && ledger::is_held(&mut tx, &self.group, partition, *offset).await?;
                let content = ledger::content(&mut tx, &self.group, partition, *offset).await?;
                // One that is held already was, in a transaction whose commit was not answered.
                if let Some(content) = content.filter(|_| !held) {
                    // A refusal in a run of parked records is an attempt that no row counted.
                    let attempts = content.attempts.max(u32::from(*reason == PoisonReason::Handler));
                    let incoming = Incoming::parked(partition.clone(), *offset, content);
                    let (_, prepared) = self.router.judge(incoming, &self.group);
                    let dead = self.bury(&mut tx, &prepared, *reason, attempts).await?;
                    done.dead += u64::from(dead);
                    *hold &= dead;
                }
                if *hold {
                    ledger::hold(&mut tx, &self.group, partition, *offset).await?;
                } else {
                    ledger::unpark(&mut tx, &self.group, partition, *offset).await?;
                }
                self.check(&mut tx, partition, *epoch).await?;
            }
        }
        crate::failpoint::hit("effect-before-commit");
        #[cfg(feature = "sabotage")]
        let late = tx.take_late();
        tx.commit().await?;
        crate::failpoint::hit("effect-after-commit");
        #[cfg(feature = "sabotage")]
        self.write_late(late).await?;
        Ok(done)
    }

    /// Writes what a removed mechanism would have written in the transaction.
    #[cfg(feature = "sabotage")]
    async fn write_late(&self, late: Vec<ledger::Outgoing>) -> Result<(), StoreError> {
        let mut tx = self.store.begin().await?;
        for record in late {
            ledger::enqueue(&mut tx, record).await?;
        }
        tx.commit().await
    }

    async fn check(&self, tx: &mut Tx, partition: &PartitionId, epoch: Epoch) -> Result<(), Problem> {
        if ledger::check(tx, &self.group, partition, epoch).await? {
            Ok(())
        } else {
            Err(Problem::Fenced(vec![partition.clone()]))
        }
    }

    async fn step(
        &self,
        tx: &mut Tx,
        at: usize,
        entry: &mut Entry<Prepared<Tx>>,
        done: &mut Done,
    ) -> Result<(), Problem> {
        let (partition, offset) = (&entry.partition, entry.record.offset);
        let prepared = &mut entry.record.payload;
        let parking = match entry.step {
            Step::Skip => {
                done.skipped += 1;
                None
            }
            Step::Run => {
                self.handle(tx, at, prepared, done).await?;
                None
            }
            Step::Park { attempts, delay } => Some((offset, attempts, delay, false)),
            Step::Revive { offset } => Some((offset, 0, 0, false)),
            // Written before, in a transaction whose commit was not answered.
            Step::Dead { hold: true, .. } if ledger::is_held(tx, &self.group, partition, offset).await? => {
                done.inbox_hits += 1;
                None
            }
            Step::Dead { reason, hold } => {
                let attempts = u32::from(matches!(reason, PoisonReason::Handler | PoisonReason::Exhausted));
                if self.bury(tx, prepared, reason, attempts).await? {
                    done.dead += 1;
                    hold.then_some((offset, 0, 0, true))
                } else {
                    entry.step = Step::Skip;
                    done.inbox_hits += 1;
                    None
                }
            }
        };
        if let Some((offset, attempts, delay, held)) = parking {
            let mut content = prepared.incoming.content(attempts);
            if held {
                content.value = None;
            } else {
                done.parked += 1;
            }
            if !removed(Mechanism::Parking) {
                ledger::park(tx, &self.group, partition, offset, content, millis(delay), held).await?;
            }
        }
        Ok(())
    }

    async fn unpark(
        &self,
        tx: &mut Tx,
        partition: &PartitionId,
        at: usize,
        offset: Offset,
        done: &mut Done,
    ) -> Result<(), Problem> {
        // A row that is gone ended in a transaction whose commit was not answered.
        let Some(content) = ledger::content(tx, &self.group, partition, offset).await? else {
            return Ok(());
        };
        let incoming = Incoming::parked(partition.clone(), offset, content);
        let (verdict, mut prepared) = self.router.judge(incoming, &self.group);
        match verdict {
            Verdict::Poison(reason) => {
                return Err(Problem::Failed {
                    at,
                    failure: Failure::Poison(reason),
                    why: reason.to_string(),
                });
            }
            Verdict::Skip => done.skipped += 1,
            Verdict::Handle | Verdict::Redrive { .. } => self.handle(tx, at, &mut prepared, done).await?,
        }
        ledger::unpark(tx, &self.group, partition, offset).await?;
        Ok(())
    }

    /// Inbox and handler.
    async fn handle(
        &self,
        tx: &mut Tx,
        at: usize,
        prepared: &mut Prepared<Tx>,
        done: &mut Done,
    ) -> Result<(), Problem> {
        let failed = |failure, why: String| match failure {
            Failure::Unavailable => Problem::Unavailable(why),
            Failure::Fatal => Problem::Fatal(why),
            Failure::Retriable | Failure::Poison(_) => Problem::Failed { at, failure, why },
        };
        let ended =
            ledger::end_done(tx, &self.group, &prepared.id, &prepared.digest, prepared.redriven).await?;
        match ended {
            Inbox::Handle => {}
            Inbox::Ended => {
                done.inbox_hits += 1;
                return Ok(());
            }
            Inbox::Conflict => {
                let why = "an event of the same id and another payload was handled before".to_owned();
                return Err(failed(Failure::Poison(PoisonReason::IdConflict), why));
            }
        }
        let decoded: Decoded = match prepared.decoded.take() {
            Some(decoded) => decoded,
            None => prepared
                .decode()
                .map_err(|error| failed(Failure::Poison(PoisonReason::Contract), error.to_string()))?,
        };
        let route = prepared.route.as_ref().expect("what is handled was routed");
        let begun = Instant::now();
        let result = {
            let mut run = pin!(AssertUnwindSafe(route.handle(tx, decoded)).catch_unwind());
            // Most handlers on SQLite wait for nothing, and need no timer.
            match run.as_mut().now_or_never() {
                Some(ended) => Ok(ended),
                None => tokio::time::timeout(self.deadline, run).await,
            }
        };
        self.handler_seconds.observe(begun.elapsed().as_secs_f64());
        let result = match result {
            Err(_) => {
                let why = format!("the handler did not end within {} ms", self.deadline.as_millis());
                return Err(failed(Failure::Retriable, why));
            }
            // The message of the panic went to the panic hook; it may quote the payload, so it is not repeated.
            Ok(Err(_)) => return Err(failed(Failure::Retriable, "the handler panicked".into())),
            Ok(Ok(result)) => result,
        };
        result.map_err(|error| failed(error.failure(), error.to_string()))?;
        if tx.is_spoilt() {
            let why = "a statement failed in the handler, which went on as if it had not".into();
            return Err(failed(Failure::Retriable, why));
        }
        done.handled += 1;
        Ok(())
    }

    /// Ends a record in the dead letters, unless it ended before; says whether it did.
    async fn bury(
        &self,
        tx: &mut Tx,
        prepared: &Prepared<Tx>,
        reason: PoisonReason,
        attempts: u32,
    ) -> Result<bool, Problem> {
        let mut reason = reason;
        if reason != PoisonReason::IdConflict {
            let ended =
                ledger::end_dead(tx, &self.group, &prepared.id, &prepared.digest, prepared.redriven).await?;
            match ended {
                Inbox::Handle => {}
                Inbox::Ended => return Ok(false),
                Inbox::Conflict => reason = PoisonReason::IdConflict,
            }
        }
        if reason == PoisonReason::IdConflict {
            // The id belongs to another event; this one is known by its position.
            let id = prepared.position_id();
            if ledger::end_dead(tx, &self.group, &id, &prepared.digest, prepared.redriven).await?
                != Inbox::Handle
            {
                return Ok(false);
            }
        }
        let letter = dead_letter(prepared, &self.group, reason, attempts);
        tx.enqueue(letter, Mechanism::DeadLetterInside).await?;
        Ok(true)
    }
}

fn millis(delay: u64) -> i64 {
    i64::try_from(delay).unwrap_or(i64::MAX)
}
