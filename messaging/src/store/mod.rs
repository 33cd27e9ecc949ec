//! The database of a service behind two small traits: begin a transaction, run statements in it.
//!
//! Everything that messaging itself keeps is written once on top of this, in SQL that both engines understand
//! ([`crate::ledger`]); so can be a service's own statements. Engines differ behind [`Engine`] only.

mod error;
mod postgres;
mod sql;
mod sqlite;
mod tls;
mod value;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Notify;

use crate::ledger::Outgoing;
use crate::outbox::LARGEST_EVENT;
use crate::sabotage::{Mechanism, removed};

pub use error::{StoreError, StoreErrorKind};
pub use postgres::Postgres;
pub use sql::Dialect;
pub use sqlite::Sqlite;
pub use value::{Row, Value};

/// A database engine.
#[async_trait]
pub trait Engine: Send + Sync + 'static {
    /// Begins a transaction that may write.
    async fn begin(&self) -> Result<Box<dyn Session>, StoreError>;

    /// Begins a transaction that only reads, and waits for no writer.
    async fn read(&self) -> Result<Box<dyn Session>, StoreError> {
        self.begin().await
    }

    /// Transactions may take this long, because a handler may; only one that takes longer is a stopped process.
    fn expect_transactions_of(&self, longest: Duration) {
        let _ = longest;
    }

    /// What kind of SQL it speaks.
    fn dialect(&self) -> Dialect;

    /// Where the data is, without credentials, for messages.
    fn describe(&self) -> String;
}

/// An open transaction. Dropping it rolls back.
#[async_trait]
pub trait Session: Send {
    /// Runs a statement and returns the number of rows it changed.
    async fn execute(&mut self, sql: &str, parameters: &[Value]) -> Result<u64, StoreError>;

    /// Runs a query.
    async fn query(&mut self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, StoreError>;

    /// Runs statements that are not worth preparing, separated by semicolons.
    async fn script(&mut self, sql: &str) -> Result<(), StoreError>;

    /// Commits.
    async fn commit(self: Box<Self>) -> Result<(), StoreError>;
}

/// A database, shared by everything in a service.
#[derive(Clone)]
pub struct Store {
    engine: Arc<dyn Engine>,
    /// Wakes the relay of this process when a transaction that published was committed.
    published: Arc<Notify>,
    largest_event: usize,
}

impl Store {
    /// A store on an engine.
    pub fn new(engine: impl Engine) -> Self {
        Self {
            engine: Arc::new(engine),
            published: Arc::default(),
            largest_event: LARGEST_EVENT,
        }
    }

    /// Opens what `url` names: `postgres://…`, or a path (also as `sqlite:PATH`) of a SQLite file, and creates the
    /// tables of messaging where they are missing.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        Self::open_with(url, None).await
    }

    /// The same with another number of connections than 16, where the database is PostgreSQL.
    pub async fn open_with(url: &str, connections: Option<usize>) -> Result<Self, StoreError> {
        let store = if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let mut engine = Postgres::new(url)?;
            if let Some(connections) = connections {
                engine = engine.with_connections(connections);
            }
            Self::new(engine)
        } else {
            let path = url.strip_prefix("sqlite:").unwrap_or(url);
            Self::new(Sqlite::open(PathBuf::from(path))?)
        };
        // Where the tables are there, opening needs no lock, and does not wait for a writer.
        if !store.has_tables().await? {
            store.script(crate::ledger::SCHEMA).await?;
        }
        Ok(store)
    }

    async fn has_tables(&self) -> Result<bool, StoreError> {
        let mut tx = self.read().await?;
        match tx.script(crate::ledger::PROBE).await {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == StoreErrorKind::Rejected => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// With another limit for the events that transactions publish; their topics must take as much.
    #[must_use]
    pub fn with_largest_event(mut self, bytes: usize) -> Self {
        self.largest_event = bytes;
        self
    }

    /// Begins a transaction.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        Ok(self.tx(self.engine.begin().await?))
    }

    /// Begins a transaction that only reads. On SQLite it neither waits for a writer nor holds one up.
    pub async fn read(&self) -> Result<Tx, StoreError> {
        Ok(self.tx(self.engine.read().await?))
    }

    fn tx(&self, session: Box<dyn Session>) -> Tx {
        let (dialect, published) = (self.engine.dialect(), Arc::clone(&self.published));
        Tx {
            session,
            dialect,
            published,
            largest_event: self.largest_event,
            publishes: false,
            spoilt: false,
            #[cfg(feature = "sabotage")]
            late: Vec::new(),
        }
    }

    /// Transactions may take this long. PostgreSQL ends those that do nothing for much longer, so that a process that
    /// was stopped holds its locks only so long; SQLite has no such thing.
    pub fn expect_transactions_of(&self, longest: Duration) {
        self.engine.expect_transactions_of(longest);
    }

    /// Runs statements (creating a service's own tables, say) in one transaction. `{{serial}}` stands for the type of
    /// a key that counts up by itself.
    pub async fn script(&self, sql: &str) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        if tx.dialect == Dialect::Postgres {
            // Two services that create the same table at once would collide in the catalogue.
            tx.script("SELECT pg_advisory_xact_lock(6404110)").await?;
        }
        tx.script(&sql::translate(sql, tx.dialect)).await?;
        tx.commit().await
    }

    /// Where the data is, without credentials.
    pub fn describe(&self) -> String {
        self.engine.describe()
    }

    /// What kind of SQL it speaks.
    pub fn dialect(&self) -> Dialect {
        self.engine.dialect()
    }

    /// Returns when a transaction of this process published something.
    pub(crate) async fn relay_wanted(&self) {
        self.published.notified().await;
    }

    pub(crate) fn wake_relay(&self) {
        self.published.notify_one();
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Store({})", self.engine.describe())
    }
}

/// A transaction. What is not committed is rolled back.
///
/// Statements number their parameters `?1`, `?2`, … on both engines; `{{now}}` stands for the database's clock in
/// milliseconds, `{{lock}}` at the end of a `SELECT` locks its rows where the engine locks rows. Numbers are `BIGINT`
/// or `DOUBLE PRECISION`, text is `TEXT`, bytes are `BYTEA`, on both.
///
/// A failed statement spoils the transaction on both engines: it can only be rolled back.
pub struct Tx {
    session: Box<dyn Session>,
    dialect: Dialect,
    published: Arc<Notify>,
    largest_event: usize,
    publishes: bool,
    spoilt: bool,
    /// What is written after the commit when a mechanism is taken away.
    #[cfg(feature = "sabotage")]
    late: Vec<Outgoing>,
}

impl Tx {
    /// Runs a statement and returns the number of rows it changed.
    pub async fn execute(&mut self, sql: &str, parameters: &[Value]) -> Result<u64, StoreError> {
        let result = self.session.execute(sql, parameters).await;
        self.spoilt |= result.is_err();
        result
    }

    /// Runs a query.
    pub async fn query(&mut self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, StoreError> {
        let result = self.session.query(sql, parameters).await;
        self.spoilt |= result.is_err();
        result
    }

    /// Runs statements that are not worth preparing, without parameters.
    pub(crate) async fn script(&mut self, sql: &str) -> Result<(), StoreError> {
        let result = self.session.script(sql).await;
        self.spoilt |= result.is_err();
        result
    }

    /// Commits.
    pub async fn commit(self) -> Result<(), StoreError> {
        if self.spoilt {
            return Err(StoreError::rejected(
                "a statement failed earlier in this transaction, which is rolled back",
            ));
        }
        self.session.commit().await?;
        if self.publishes {
            self.published.notify_one();
        }
        Ok(())
    }

    pub(crate) fn largest_event(&self) -> usize {
        self.largest_event
    }

    /// Writes a record to the outbox. `inside` is the mechanism that this belongs to.
    pub(crate) async fn enqueue(&mut self, record: Outgoing, inside: Mechanism) -> Result<(), StoreError> {
        if removed(inside) {
            #[cfg(feature = "sabotage")]
            self.late.push(record);
            return Ok(());
        }
        crate::ledger::enqueue(self, record).await
    }

    /// What a removed mechanism writes too late.
    #[cfg(feature = "sabotage")]
    pub(crate) fn take_late(&mut self) -> Vec<Outgoing> {
        std::mem::take(&mut self.late)
    }

    /// There will be something in the outbox.
    pub(crate) fn publishes(&mut self) {
        self.publishes = true;
    }

    /// Whether a statement failed, so that the transaction can only be rolled back.
    pub(crate) fn is_spoilt(&self) -> bool {
        self.spoilt
    }

    /// What kind of SQL it speaks.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }
}

impl std::fmt::Debug for Tx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tx")
            .field("dialect", &self.dialect)
            .finish_non_exhaustive()
    }
}
