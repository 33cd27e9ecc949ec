//! Sends the outbox: one leader at a time, rows in order, from the first that was not sent.
//!
//! The leader holds a lease in the database. A leader that was stopped beyond its lease and goes on is fenced by the
//! broker: its successor uses the same transactional id. What was sent but not removed is sent again with the same
//! event id, which the consumers' inboxes know.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::broker::{Broker, BrokerError};
use crate::health::Health;
use crate::ledger::{self, Lease};
use crate::metrics::Metrics;
use crate::store::{Store, StoreError};
use crate::transaction::BatchSender;

/// Bytes of values after which a batch takes in no further rows.
const BATCH_BYTES: usize = 16 << 20;
/// How often the outbox is counted for the metrics.
const COUNT_EVERY: Duration = Duration::from_secs(1);

/// Settings of the relay.
#[derive(Debug, Clone)]
pub struct RelaySettings {
    /// How long a leader leads without renewing.
    pub lease: Duration,
    /// How often the outbox is looked at when nobody in this process wrote to it.
    pub poll: Duration,
    /// Rows sent at a time, and in one transaction of the broker.
    pub batch: i64,
    /// How long the broker may take for one batch.
    pub timeout: Duration,
    /// Whether batches are transactions of the broker, which is what fences a zombie. Without them a zombie's last
    /// batch may be seen twice.
    pub transactions: bool,
}

impl Default for RelaySettings {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(10),
            poll: Duration::from_millis(100),
            batch: 500,
            timeout: Duration::from_secs(10),
            transactions: true,
        }
    }
}

/// A relay at work.
pub struct Relay {
    stopping: Arc<AtomicBool>,
    store: Store,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Relay {
    /// Starts a relay for the outbox of `store`. All relays of one database share the `name`, of which one leads.
    ///
    /// # Panics
    ///
    /// If called outside of a tokio runtime.
    pub fn start(
        broker: &Broker,
        store: &Store,
        name: &str,
        settings: RelaySettings,
        health: &Health,
        metrics: &Metrics,
    ) -> Result<Self, BrokerError> {
        let stopping = Arc::new(AtomicBool::new(false));
        let mut work = Work {
            broker: broker.clone(),
            store: store.clone(),
            name: format!("{name}-relay"),
            owner: uuid::Uuid::new_v4().to_string(),
            settings,
            health: health.clone(),
            metrics: metrics.clone(),
            runtime: tokio::runtime::Handle::current(),
            stopping: Arc::clone(&stopping),
            term: None,
            counted: None,
        };
        let thread = std::thread::Builder::new()
            .name(work.name.clone())
            .spawn(move || work.run())
            .map_err(|error| BrokerError::away(format!("no thread for the relay: {error}")))?;
        Ok(Self {
            stopping,
            store: store.clone(),
            thread: Some(thread),
        })
    }

    /// Stops after the batch in hand and gives the lease up. Waits for it.
    pub async fn stop(mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.store.wake_relay();
        if let Some(thread) = self.thread.take() {
            // The thread reports its troubles itself.
            let _ended = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.store.wake_relay();
    }
}

/// A term of leadership: the lease, and a sender that fences earlier terms.
struct Term {
    lease: Lease,
    renewed: Instant,
    sender: BatchSender,
}

struct Work {
    broker: Broker,
    store: Store,
    name: String,
    owner: String,
    settings: RelaySettings,
    health: Health,
    metrics: Metrics,
    runtime: tokio::runtime::Handle,
    stopping: Arc<AtomicBool>,
    term: Option<Term>,
    counted: Option<Instant>,
}

enum Trouble {
    Store(StoreError),
    Broker(BrokerError),
    /// Another leader took over.
    Deposed,
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<BrokerError> for Trouble {
    fn from(error: BrokerError) -> Self {
        Self::Broker(error)
    }
}

impl Work {
    fn run(&mut self) {
        let mut pause = Duration::from_millis(50);
        while !self.stopping.load(Ordering::Relaxed) {
            match self.turn() {
                Ok(true) => pause = Duration::from_millis(50),
                Ok(false) => {
                    self.health.well(&self.name);
                    pause = Duration::from_millis(50);
                    let (store, poll) = (self.store.clone(), self.settings.poll);
                    self.runtime.block_on(async {
                        // Whether it was woken or the time is over, it looks again.
                        let _either = tokio::time::timeout(poll, store.relay_wanted()).await;
                    });
                }
                Err(trouble) => {
                    self.metrics.relay_failures.get_or_create(&self.labels()).inc();
                    match trouble {
                        Trouble::Deposed => tracing::warn!(relay = self.name, "another relay leads"),
                        Trouble::Store(error) => self.complain(&error.to_string()),
                        Trouble::Broker(error) => self.complain(&error.to_string()),
                    }
                    // A new term begins with a new producer, so nothing of the old one is left in a queue.
                    self.term = None;
                    std::thread::sleep(pause);
                    pause = (pause * 2).min(Duration::from_secs(2));
                }
            }
        }
        if let Some(term) = self.term.take() {
            let store = self.store.clone();
            let given: Result<(), StoreError> = self.runtime.block_on(async {
                let mut tx = store.begin().await?;
                ledger::give_up(&mut tx, &term.lease).await?;
                tx.commit().await
            });
            if let Err(error) = given {
                tracing::debug!(relay = self.name, %error, "the lease runs out by itself");
            }
        }
    }

    fn labels(&self) -> Vec<(&'static str, String)> {
        vec![("relay", self.name.clone())]
    }

    fn complain(&self, what: &str) {
        tracing::warn!(relay = self.name, what, "the outbox waits");
        self.health.problem(&self.name, what);
    }

    /// One look at the outbox; says whether there was something to send.
    fn turn(&mut self) -> Result<bool, Trouble> {
        // Also while nobody can send: that is when the outbox grows.
        self.count()?;
        if !self.lead()? {
            return Ok(false);
        }
        let (store, batch) = (self.store.clone(), self.settings.batch);
        let rows = self.runtime.block_on(async {
            let mut tx = store.read().await?;
            ledger::unsent(&mut tx, batch, BATCH_BYTES).await
        })?;
        if rows.is_empty() {
            return Ok(false);
        }
        let term = self.term.as_ref().expect("only a leader sends");
        term.sender.send(rows.iter().map(|(_, record)| record), None)?;
        crate::failpoint::hit("relay-after-send");
        let (store, lease) = (self.store.clone(), term.lease.clone());
        let sequence: Vec<i64> = rows.iter().map(|(seq, _)| *seq).collect();
        let removed = self.runtime.block_on(async {
            let mut tx = store.begin().await?;
            if !ledger::holds(&mut tx, &lease).await? {
                return Ok(false);
            }
            ledger::sent(&mut tx, &sequence).await?;
            tx.commit().await?;
            Ok::<_, StoreError>(true)
        })?;
        if !removed {
            return Err(Trouble::Deposed);
        }
        crate::failpoint::hit("relay-after-remove");
        self.metrics
            .sent
            .get_or_create(&self.labels())
            .inc_by(sequence.len() as u64);
        Ok(true)
    }

    /// Counts the outbox for the metrics, now and then: it takes longer the more there is.
    fn count(&mut self) -> Result<(), StoreError> {
        if self
            .counted
            .is_some_and(|counted| counted.elapsed() < COUNT_EVERY)
        {
            return Ok(());
        }
        let store = self.store.clone();
        let (depth, age) = self.runtime.block_on(async {
            let mut tx = store.read().await?;
            ledger::depth(&mut tx).await
        })?;
        self.counted = Some(Instant::now());
        self.metrics.outbox_depth.get_or_create(&self.labels()).set(depth);
        self.metrics.outbox_age.get_or_create(&self.labels()).set(age);
        Ok(())
    }

    /// Takes or renews the lease; says whether this relay leads.
    fn lead(&mut self) -> Result<bool, Trouble> {
        let fresh = self.settings.lease / 3;
        if self
            .term
            .as_ref()
            .is_some_and(|term| term.renewed.elapsed() < fresh)
        {
            return Ok(true);
        }
        let asked = Instant::now();
        let milliseconds = i64::try_from(self.settings.lease.as_millis()).unwrap_or(i64::MAX);
        let (store, name, owner) = (self.store.clone(), self.name.clone(), self.owner.clone());
        let lease = self.runtime.block_on(async {
            let mut tx = store.begin().await?;
            let lease = ledger::acquire(&mut tx, &name, &owner, milliseconds).await?;
            tx.commit().await?;
            Ok::<_, StoreError>(lease)
        })?;
        let Some(lease) = lease else {
            if self.term.take().is_some() {
                tracing::warn!(relay = self.name, "another relay leads");
            }
            return Ok(false);
        };
        match &mut self.term {
            Some(term) if term.lease == lease => term.renewed = asked,
            _ => {
                let id = self.settings.transactions.then_some(self.name.as_str());
                let sender = BatchSender::new(&self.broker, id, self.settings.timeout)?;
                tracing::info!(relay = self.name, term = lease.term, "leads");
                self.term = Some(Term {
                    lease,
                    renewed: asked,
                    sender,
                });
            }
        }
        Ok(true)
    }
}
