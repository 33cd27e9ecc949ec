//! A SQLite store that fails as it is told: a full disk, commits whose answer is lost.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use async_trait::async_trait;
use messaging::Store;
use messaging::store::{Dialect, Engine, Row, Session, Sqlite, StoreError, StoreErrorKind, Value};

use super::world::World;

/// What goes wrong.
#[derive(Debug, Default)]
pub struct Faults {
    full: AtomicBool,
    /// The answer to each of so many commits is lost; 0 for none.
    lose_every: AtomicU64,
    commits: AtomicU64,
    lost: AtomicU64,
}

impl Faults {
    /// No page can be added to the file.
    pub fn fill_the_disk(&self, full: bool) {
        self.full.store(full, Ordering::Relaxed);
    }

    pub fn lose_every(&self, nth: u64) {
        self.lose_every.store(nth, Ordering::Relaxed);
    }

    /// How many answers were lost.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

struct Faulty {
    inner: Sqlite,
    faults: Arc<Faults>,
}

struct FaultySession {
    inner: Box<dyn Session>,
    faults: Arc<Faults>,
}

/// Puts a store that can fail in the place of the world's.
pub fn make_faulty(world: &mut World) -> Arc<Faults> {
    let faults = Arc::new(Faults::default());
    let inner = Sqlite::open(world.path()).expect("it opens");
    world.store = Store::new(Faulty {
        inner,
        faults: Arc::clone(&faults),
    });
    faults
}

#[async_trait]
impl Engine for Faulty {
    async fn begin(&self) -> Result<Box<dyn Session>, StoreError> {
        let mut inner = self.inner.begin().await?;
        // SQLite's own bound: what does not fit is refused as on a full disk. It never goes below what there is.
        let full = self.faults.full.load(Ordering::Relaxed);
        let most = if full { 1 } else { 1_073_741_823 };
        inner
            .query(&format!("PRAGMA max_page_count = {most}"), &[])
            .await?;
        Ok(Box::new(FaultySession {
            inner,
            faults: Arc::clone(&self.faults),
        }))
    }

    async fn read(&self) -> Result<Box<dyn Session>, StoreError> {
        self.inner.read().await
    }

    fn dialect(&self) -> Dialect {
        self.inner.dialect()
    }

    fn describe(&self) -> String {
        self.inner.describe()
    }
}

#[async_trait]
impl Session for FaultySession {
    async fn execute(&mut self, sql: &str, parameters: &[Value]) -> Result<u64, StoreError> {
        self.inner.execute(sql, parameters).await
    }

    async fn query(&mut self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, StoreError> {
        self.inner.query(sql, parameters).await
    }

    async fn script(&mut self, sql: &str) -> Result<(), StoreError> {
        self.inner.script(sql).await
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let Self { inner, faults } = *self;
        inner.commit().await?;
        let every = faults.lose_every.load(Ordering::Relaxed);
        let number = faults.commits.fetch_add(1, Ordering::Relaxed) + 1;
        if every > 0 && number.is_multiple_of(every) {
            faults.lost.fetch_add(1, Ordering::Relaxed);
            let source = io::Error::from(io::ErrorKind::ConnectionReset);
            return Err(StoreError::new(
                StoreErrorKind::Unavailable,
                "COMMIT was not answered",
                source,
            ));
        }
        Ok(())
    }
}
