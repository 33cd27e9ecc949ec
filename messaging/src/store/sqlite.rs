//! SQLite: one file, one host, no server. One writer at a time, queued fairly within the process.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, ToSql};
use tokio::sync::OwnedMutexGuard;

use super::error::{StoreError, StoreErrorKind};
use super::sql::{Dialect, KEPT, translate};
use super::value::{Row, Value};
use super::{Engine, Session};

/// How long a transaction waits for a writer in another process before it is told to come again.
const BUSY: Duration = Duration::from_secs(2);
/// How long it waits for a writer in this process.
const TURN: Duration = Duration::from_secs(10);

/// What is committed survives a crash of the machine. A checkpoint after 16 MiB of log, not 4: inbox keys are random, so
/// that each batch touches as many pages as it has events, most of them the same as a few batches before; and a cache of
/// 8 MB for those pages, not 2.
const SETTINGS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
    PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -8000;";

type Idle = Arc<Mutex<Vec<Prepared>>>;

/// A SQLite file.
#[derive(Debug)]
pub struct Sqlite {
    path: PathBuf,
    idle: Idle,
    /// Connections that only read; they see what was committed last and take no lock that a writer wants.
    readers: Idle,
    /// Writers of this process line up here, without blocking threads; SQLite's own lock has no queue.
    turn: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug)]
struct Prepared {
    connection: Connection,
    translated: HashMap<Box<str>, Box<str>>,
}

impl Sqlite {
    /// Opens or creates the file.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let path = path.into();
        let first = connect(&path)?;
        Ok(Self {
            path,
            idle: Arc::new(Mutex::new(vec![first])),
            readers: Arc::default(),
            turn: Arc::default(),
        })
    }
}

impl Sqlite {
    fn session(
        &self,
        idle: &Idle,
        begin: &str,
        turn: Option<OwnedMutexGuard<()>>,
    ) -> Result<Box<dyn Session>, StoreError> {
        let kept = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let prepared = match kept {
            Some(prepared) => prepared,
            None => connect(&self.path)?,
        };
        prepared
            .connection
            .execute_batch(begin)
            .map_err(|error| statement(error, "BEGIN"))?;
        Ok(Box::new(SqliteSession {
            prepared: Some(prepared),
            idle: Arc::clone(idle),
            _turn: turn,
        }))
    }
}

fn connect(path: &Path) -> Result<Prepared, StoreError> {
    let failed = |error| {
        let what = format!("the SQLite file {} could not be opened", path.display());
        let kind = match sqlite_kind(&error) {
            // The same code means "out of file handles" later on, but a path that cannot be opened stays so.
            StoreErrorKind::Rejected => StoreErrorKind::Unusable,
            kind => kind,
        };
        StoreError::new(kind, what, error)
    };
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
    .map_err(failed)?;
    connection.busy_timeout(BUSY).map_err(failed)?;
    connection.set_prepared_statement_cache_capacity(KEPT);
    connection.execute_batch(SETTINGS).map_err(failed)?;
    Ok(Prepared {
        connection,
        translated: HashMap::new(),
    })
}

#[async_trait]
impl Engine for Sqlite {
    async fn begin(&self) -> Result<Box<dyn Session>, StoreError> {
        let turn = tokio::time::timeout(TURN, Arc::clone(&self.turn).lock_owned()).await;
        let turn = turn.map_err(|_| {
            StoreError::unavailable(format!(
                "another transaction of this process has held {} for {} s",
                self.path.display(),
                TURN.as_secs()
            ))
        })?;
        self.session(&self.idle, "BEGIN IMMEDIATE", Some(turn))
    }

    async fn read(&self) -> Result<Box<dyn Session>, StoreError> {
        self.session(&self.readers, "PRAGMA query_only = ON; BEGIN", None)
    }

    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn describe(&self) -> String {
        format!("sqlite:{}", self.path.display())
    }
}

struct SqliteSession {
    prepared: Option<Prepared>,
    idle: Idle,
    _turn: Option<OwnedMutexGuard<()>>,
}

impl SqliteSession {
    fn prepared(&mut self) -> &mut Prepared {
        self.prepared
            .as_mut()
            .expect("only commit and drop take the connection")
    }

    fn give_back(&mut self, prepared: Prepared) {
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(prepared);
    }
}

impl Prepared {
    fn statement(&mut self, sql: &str) -> rusqlite::Result<rusqlite::CachedStatement<'_>> {
        if let Some(text) = self.translated.get(sql) {
            return self.connection.prepare_cached(text);
        }
        let text = translate(sql, Dialect::Sqlite);
        let statement = self.connection.prepare_cached(&text)?;
        // A service may write values into its SQL, and never say the same again.
        if self.translated.len() >= KEPT {
            self.translated.clear();
        }
        self.translated.insert(sql.into(), text.into());
        Ok(statement)
    }
}

#[async_trait]
impl Session for SqliteSession {
    async fn execute(&mut self, sql: &str, parameters: &[Value]) -> Result<u64, StoreError> {
        let run = |prepared: &mut Prepared| {
            let changed = prepared
                .statement(sql)?
                .execute(rusqlite::params_from_iter(parameters))?;
            Ok(u64::try_from(changed).unwrap_or(u64::MAX))
        };
        run(self.prepared()).map_err(|error| statement(error, sql))
    }

    async fn query(&mut self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, StoreError> {
        let run = |prepared: &mut Prepared| {
            let mut query = prepared.statement(sql)?;
            let columns = query.column_count();
            let mut rows = query.query(rusqlite::params_from_iter(parameters))?;
            let mut all = Vec::new();
            while let Some(row) = rows.next()? {
                let values: rusqlite::Result<Vec<Value>> = (0..columns)
                    .map(|column| row.get_ref(column).map(value))
                    .collect();
                all.push(Row(values?));
            }
            Ok(all)
        };
        run(self.prepared()).map_err(|error| statement(error, sql))
    }

    async fn script(&mut self, sql: &str) -> Result<(), StoreError> {
        self.prepared()
            .connection
            .execute_batch(sql)
            .map_err(|error| statement(error, sql))
    }

    async fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        self.prepared()
            .connection
            .execute_batch("COMMIT")
            .map_err(|error| statement(error, "COMMIT"))?;
        let prepared = self
            .prepared
            .take()
            .expect("the connection is here until commit or drop");
        self.give_back(prepared);
        Ok(())
    }
}

impl Drop for SqliteSession {
    fn drop(&mut self) {
        let Some(prepared) = self.prepared.take() else {
            return;
        };
        // After some errors SQLite has rolled back by itself; a connection that cannot roll back is closed instead.
        if prepared.connection.is_autocommit() || prepared.connection.execute_batch("ROLLBACK").is_ok() {
            self.give_back(prepared);
        }
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(value) => ValueRef::Integer(*value),
            Self::Real(value) => ValueRef::Real(*value),
            Self::Text(value) => ValueRef::Text(value.as_bytes()),
            Self::Bytes(value) => ValueRef::Blob(value),
        }))
    }
}

fn value(column: ValueRef<'_>) -> Value {
    match column {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(value) => Value::Integer(value),
        ValueRef::Real(value) => Value::Real(value),
        ValueRef::Text(value) => Value::Text(String::from_utf8_lossy(value).into_owned()),
        ValueRef::Blob(value) => Value::Bytes(value.to_vec()),
    }
}

fn statement(error: rusqlite::Error, sql: &str) -> StoreError {
    let words: String = sql.split_whitespace().take(4).collect::<Vec<_>>().join(" ");
    StoreError::new(
        sqlite_kind(&error),
        format!("`{words} …` failed on SQLite"),
        error,
    )
}

fn sqlite_kind(error: &rusqlite::Error) -> StoreErrorKind {
    match error.sqlite_error_code() {
        Some(
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::OutOfMemory
            | ErrorCode::OperationInterrupted,
        ) => StoreErrorKind::Unavailable,
        Some(ErrorCode::ConstraintViolation) => StoreErrorKind::Constraint,
        Some(
            ErrorCode::DatabaseCorrupt
            | ErrorCode::NotADatabase
            | ErrorCode::PermissionDenied
            | ErrorCode::ReadOnly
            | ErrorCode::AuthorizationForStatementDenied,
        ) => StoreErrorKind::Unusable,
        _ => StoreErrorKind::Rejected,
    }
}
