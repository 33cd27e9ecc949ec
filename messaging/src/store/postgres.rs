//! PostgreSQL: when one host is not enough. Connections are kept and handed out whole, one for each transaction.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Config, NoTls, Statement};

use super::error::{StoreError, StoreErrorKind};
use super::sql::{Dialect, translate};
use super::value::{Row, Value};
use super::{Engine, Session};

/// A stopped process must not hold its locks for ever: the server ends its transaction after this time.
const SETTINGS: &str = "SET idle_in_transaction_session_timeout = '20s'; SET lock_timeout = '10s'; \
                        SET default_transaction_isolation = 'read committed'";

/// A PostgreSQL database.
pub struct Postgres {
    config: Config,
    place: String,
    idle: Arc<Mutex<Vec<Prepared>>>,
}

struct Prepared {
    client: Client,
    statements: HashMap<Box<str>, Statement>,
}

impl Postgres {
    /// The database that `url` names; nothing is connected yet.
    pub fn new(url: &str) -> Result<Self, StoreError> {
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
            config,
            place,
            idle: Arc::default(),
        })
    }

    async fn connect(&self) -> Result<Prepared, StoreError> {
        let failed = |error| failure(error, &format!("connecting to {}", self.place));
        let (client, connection) = self.config.connect(NoTls).await.map_err(failed)?;
        // Its errors come back from the client's calls as well.
        tokio::spawn(async move { drop(connection.await) });
        client.batch_execute(SETTINGS).await.map_err(failed)?;
        Ok(Prepared {
            client,
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

#[async_trait]
impl Engine for Postgres {
    async fn begin(&self) -> Result<Box<dyn Session>, StoreError> {
        loop {
            let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let kept = idle.is_some();
            let prepared = match idle {
                Some(prepared) => prepared,
                None => self.connect().await?,
            };
            match prepared.client.batch_execute("BEGIN").await {
                Ok(()) => {
                    return Ok(Box::new(PostgresSession {
                        prepared,
                        idle: Arc::clone(&self.idle),
                    }));
                }
                // The server may have gone and come back since the connection was last used.
                Err(_) if kept => {}
                Err(error) => return Err(failure(error, "BEGIN")),
            }
        }
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
        let Self { prepared, idle } = *self;
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
    StoreError::new(kind, format!("`{words} …` failed on PostgreSQL"), error)
}
