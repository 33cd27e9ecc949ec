//! PostgreSQL: when one host is not enough. Connections are kept and handed out whole, one for each transaction.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Config, Statement};

use super::error::{StoreError, StoreErrorKind};
use super::sql::{Dialect, KEPT, translate};
use super::tls::{self, Connector};
use super::value::{Row, Value};
use super::{Engine, Session};

const SETTINGS: &str = "SET lock_timeout = '10s'; SET default_transaction_isolation = 'read committed'";
/// A stopped process must not hold its locks for ever: the server ends a transaction in which nothing has happened
/// for this time (milliseconds), and for this much longer than a transaction may take.
const IDLE: u64 = 10_000;
/// Connections of a store, unless something else is said; PostgreSQL's own default is 100 for all that use the server.
const CONNECTIONS: usize = 16;
/// How long a transaction waits for one of them.
const TURN: Duration = Duration::from_secs(10);

/// A PostgreSQL database.
pub struct Postgres {
    config: Config,
    tls: Connector,
    place: String,
    idle: Arc<Mutex<Vec<Prepared>>>,
    /// Transactions line up here, first come first served: a server that is asked for more connections than it has
    /// refuses everybody.
    turns: Arc<Semaphore>,
    connections: usize,
    /// After how many milliseconds the server ends an idle transaction.
    patience: AtomicU64,
}

struct Prepared {
    client: Client,
    /// What the server was told last.
    patience: u64,
    statements: HashMap<Box<str>, Statement>,
}

impl Postgres {
    /// The database that `url` names; nothing is connected yet. `sslmode` and `sslrootcert` mean what they mean to libpq.
    pub fn new(url: &str) -> Result<Self, StoreError> {
        let (url, wanted) = tls::take(url)?;
        let mut config: Config = url.parse().map_err(|error| {
            StoreError::new(
                StoreErrorKind::Unusable,
                "the database URL could not be read",
                Hidden::from(&error),
            )
        })?;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(5));
        }
        let hosts: Vec<String> = config
            .get_hosts()
            .iter()
            .map(|host| match host {
                tokio_postgres::config::Host::Tcp(name) => name.clone(),
                tokio_postgres::config::Host::Unix(path) => path.display().to_string(),
            })
            .collect();
        let place = format!(
            "postgres://{}/{}",
            hosts.join(","),
            config.get_dbname().unwrap_or_default()
        );
        Ok(Self {
            tls: tls::connector(&wanted, &mut config)?,
            config,
            place,
            idle: Arc::default(),
            turns: Arc::new(Semaphore::new(CONNECTIONS)),
            connections: CONNECTIONS,
            patience: AtomicU64::new(IDLE),
        })
    }

    /// With at most so many connections, at least one.
    #[must_use]
    pub fn with_connections(mut self, connections: usize) -> Self {
        self.connections = connections.clamp(1, Semaphore::MAX_PERMITS);
        self.turns = Arc::new(Semaphore::new(self.connections));
        self
    }

    async fn connect(&self) -> Result<Prepared, StoreError> {
        let failed = |error| {
            let unreachable = reached_no_server(&error);
            let failed = failure(error, &format!("connecting to {}", self.place));
            match failed.kind() {
                // A certificate that is not trusted, a server without TLS: waiting mends neither.
                StoreErrorKind::Rejected if !unreachable => failed.of_kind(StoreErrorKind::Unusable),
                StoreErrorKind::Rejected => failed.of_kind(StoreErrorKind::Unavailable),
                _ => failed,
            }
        };
        #[cfg_attr(
            not(feature = "tls"),
            expect(clippy::clone_on_copy, reason = "with TLS it is no plain value")
        )]
        let tls = self.tls.clone();
        let connected = self.config.connect(tls).await;
        let (client, connection) = connected.map_err(failed)?;
        // Its errors come back from the client's calls as well.
        tokio::spawn(async move { drop(connection.await) });
        client.batch_execute(SETTINGS).await.map_err(failed)?;
        Ok(Prepared {
            client,
            patience: 0,
            statements: HashMap::new(),
        })
    }
}

/// The parser's message may quote the URL, and with it the password.
#[derive(Debug)]
struct Hidden;

impl From<&tokio_postgres::Error> for Hidden {
    fn from(_: &tokio_postgres::Error) -> Self {
        Self
    }
}

impl std::fmt::Display for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("expected postgres://USER:PASSWORD@HOST:PORT/DATABASE")
    }
}

impl std::error::Error for Hidden {}

impl Postgres {
    async fn session(&self, begin: &str) -> Result<Box<dyn Session>, StoreError> {
        let patience = self.patience.load(Ordering::Relaxed);
        let turn = tokio::time::timeout(TURN, Arc::clone(&self.turns).acquire_owned()).await;
        let turn = turn.map_err(|_| {
            StoreError::unavailable(format!(
                "{} has had no free connection for {} s, of {} that this process may have (`database-connections`)",
                self.place,
                TURN.as_secs(),
                self.connections
            ))
        })?;
        let turn = turn.expect("nobody closes the queue");
        loop {
            let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let kept = idle.is_some();
            let mut prepared = match idle {
                Some(prepared) => prepared,
                None => self.connect().await?,
            };
            let set = if prepared.patience == patience {
                begin.to_owned()
            } else {
                format!("SET idle_in_transaction_session_timeout = {patience}; {begin}")
            };
            match prepared.client.batch_execute(&set).await {
                Ok(()) => {
                    prepared.patience = patience;
                    return Ok(Box::new(PostgresSession {
                        prepared,
                        idle: Arc::clone(&self.idle),
                        _turn: turn,
                    }));
                }
                // The server may have gone and come back since the connection was last used.
                Err(_) if kept => {}
                Err(error) => return Err(failure(error, "BEGIN")),
            }
        }
    }
}

#[async_trait]
impl Engine for Postgres {
    async fn begin(&self) -> Result<Box<dyn Session>, StoreError> {
        self.session("BEGIN").await
    }

    async fn read(&self) -> Result<Box<dyn Session>, StoreError> {
        self.session("BEGIN READ ONLY").await
    }

    fn expect_transactions_of(&self, longest: Duration) {
        let longest = u64::try_from(longest.as_millis()).unwrap_or(u64::MAX);
        self.patience.fetch_max(
            longest.saturating_add(IDLE).min(i32::MAX as u64),
            Ordering::Relaxed,
        );
    }

    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn describe(&self) -> String {
        self.place.clone()
    }
}

/// Dropping it closes the connection, which makes the server roll back.
struct PostgresSession {
    prepared: Prepared,
    idle: Arc<Mutex<Vec<Prepared>>>,
    _turn: OwnedSemaphorePermit,
}

impl PostgresSession {
    async fn statement(&mut self, sql: &str) -> Result<Statement, StoreError> {
        if let Some(statement) = self.prepared.statements.get(sql) {
            return Ok(statement.clone());
        }
        let text = translate(sql, Dialect::Postgres);
        let statement = self
            .prepared
            .client
            .prepare(&text)
            .await
            .map_err(|error| failure(error, sql))?;
        // A service may write values into its SQL, and never say the same again.
        if self.prepared.statements.len() >= KEPT {
            self.prepared.statements.clear();
        }
        self.prepared.statements.insert(sql.into(), statement.clone());
        Ok(statement)
    }
}

fn references(parameters: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    parameters
        .iter()
        .map(|value| value as &(dyn ToSql + Sync))
        .collect()
}

#[async_trait]
impl Session for PostgresSession {
    async fn execute(&mut self, sql: &str, parameters: &[Value]) -> Result<u64, StoreError> {
        let statement = self.statement(sql).await?;
        let parameters = references(parameters);
        self.prepared
            .client
            .execute(&statement, &parameters)
            .await
            .map_err(|error| failure(error, sql))
    }

    async fn query(&mut self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, StoreError> {
        let statement = self.statement(sql).await?;
        let rows = self
            .prepared
            .client
            .query(&statement, &references(parameters))
            .await
            .map_err(|error| failure(error, sql))?;
        rows.iter()
            .map(row)
            .collect::<Result<_, _>>()
            .map_err(|error| failure(error, sql))
    }

    async fn script(&mut self, sql: &str) -> Result<(), StoreError> {
        self.prepared
            .client
            .batch_execute(sql)
            .await
            .map_err(|error| failure(error, sql))
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        self.prepared
            .client
            .batch_execute("COMMIT")
            .await
            .map_err(|error| failure(error, "COMMIT"))?;
        let Self {
            prepared,
            idle,
            _turn,
        } = *self;
        idle.lock().unwrap_or_else(PoisonError::into_inner).push(prepared);
        Ok(())
    }
}

impl ToSql for Value {
    fn to_sql(
        &self,
        wanted: &Type,
        out: &mut tokio_postgres::types::private::BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match (self, wanted) {
            (Self::Null, _) => Ok(IsNull::Yes),
            (Self::Integer(value), &Type::INT2) => i16::try_from(*value)?.to_sql(wanted, out),
            (Self::Integer(value), &Type::INT4) => i32::try_from(*value)?.to_sql(wanted, out),
            (Self::Integer(value), &Type::BOOL) => (*value != 0).to_sql(wanted, out),
            (Self::Integer(value), _) => value.to_sql_checked(wanted, out),
            (Self::Real(value), _) => value.to_sql_checked(wanted, out),
            (Self::Text(value), _) => value.to_sql_checked(wanted, out),
            (Self::Bytes(value), _) => value.to_sql_checked(wanted, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn row(row: &tokio_postgres::Row) -> Result<Row, tokio_postgres::Error> {
    let column = |index: usize| {
        Ok(match *row.columns()[index].type_() {
            Type::INT8 => row.try_get::<_, Option<i64>>(index)?.into(),
            Type::INT4 => row.try_get::<_, Option<i32>>(index)?.into(),
            Type::INT2 => row.try_get::<_, Option<i16>>(index)?.map(i64::from).into(),
            Type::BOOL => row.try_get::<_, Option<bool>>(index)?.into(),
            Type::FLOAT8 => row.try_get::<_, Option<f64>>(index)?.into(),
            Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(index)?.into(),
            _ => row.try_get::<_, Option<String>>(index)?.into(),
        })
    };
    (0..row.len())
        .map(column)
        .collect::<Result<Vec<Value>, _>>()
        .map(Row)
}

/// Whether the network is somewhere below an error: in a handshake it lies below TLS's own.
fn reached_no_server(error: &tokio_postgres::Error) -> bool {
    let mut below = std::error::Error::source(error);
    while let Some(error) = below {
        if error.is::<std::io::Error>() {
            return true;
        }
        below = error.source();
    }
    false
}

/// An error with its causes, which the client's own text leaves out, and without the details of the server, which quote
/// values.
#[derive(Debug)]
struct Told(tokio_postgres::Error);

impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(said) = self.0.as_db_error() {
            return write!(f, "{} (SQLSTATE {})", said.message(), said.code().code());
        }
        write!(f, "{}", self.0)?;
        let mut below = std::error::Error::source(&self.0);
        while let Some(error) = below {
            write!(f, ": {error}")?;
            below = error.source();
        }
        Ok(())
    }
}

impl std::error::Error for Told {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

fn failure(error: tokio_postgres::Error, sql: &str) -> StoreError {
    let kind = match error.code().map(tokio_postgres::error::SqlState::code) {
        // No answer from a server at all, or a connection that broke.
        None if error.is_closed()
            || std::error::Error::source(&error)
                .is_some_and(<dyn std::error::Error>::is::<std::io::Error>) =>
        {
            StoreErrorKind::Unavailable
        }
        None => StoreErrorKind::Rejected,
        Some(code) => match &code[..2] {
            // Connection, resources (disk full too), operator intervention, transaction rollback, system error, and
            // what a transaction says that the server ended for idleness.
            "08" | "53" | "57" | "40" | "58" => StoreErrorKind::Unavailable,
            "55" if code == "55P03" => StoreErrorKind::Unavailable,
            "25" if code == "25P03" => StoreErrorKind::Unavailable,
            "23" => StoreErrorKind::Constraint,
            "28" | "3D" | "XX" => StoreErrorKind::Unusable,
            _ => StoreErrorKind::Rejected,
        },
    };
    let words: String = sql.split_whitespace().take(4).collect::<Vec<_>>().join(" ");
    StoreError::new(kind, format!("`{words} …` failed on PostgreSQL"), Told(error))
}
