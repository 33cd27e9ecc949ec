//! The broker: how to reach it, and the few questions that are asked of it directly.

mod mock;
mod record;
mod settings;

use std::sync::Arc;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

pub use mock::MockBroker;
pub use record::Incoming;
pub use settings::{BrokerSettings, Sasl, Tls};

/// A broker that clients can be made for. Nothing is connected until one is.
#[derive(Clone, Debug)]
pub struct Broker {
    settings: Arc<BrokerSettings>,
    mock: Option<MockBroker>,
}

impl Broker {
    /// The broker of these settings.
    pub fn new(settings: BrokerSettings) -> Self {
        Self {
            settings: Arc::new(settings),
            mock: None,
        }
    }

    /// A broker at `servers` (`HOST:PORT,…`) without TLS; `mock` starts librdkafka's mock cluster in this process.
    pub fn at(servers: &str) -> Result<Self, BrokerError> {
        if servers == "mock" {
            return Self::mock();
        }
        Ok(Self::new(BrokerSettings {
            servers: servers.to_owned(),
            ..BrokerSettings::default()
        }))
    }

    /// A mock cluster of one broker in this process: for demos and tests. It keeps nothing, has no transactions
    /// (calls succeed and mean nothing), and silently drops the oldest beyond 5 MiB a partition.
    pub fn mock() -> Result<Self, BrokerError> {
        let mock = MockBroker::start()?;
        let settings = BrokerSettings {
            servers: mock.servers().to_owned(),
            ..BrokerSettings::default()
        };
        Ok(Self {
            settings: Arc::new(settings),
            mock: Some(mock),
        })
    }

    /// The mock cluster, if this is one.
    pub fn as_mock(&self) -> Option<&MockBroker> {
        self.mock.as_ref()
    }

    /// Where it is.
    pub fn servers(&self) -> &str {
        &self.settings.servers
    }

    /// What every client shares.
    pub(crate) fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        self.settings.apply(&mut config);
        config
    }

    /// A consumer of no group, for questions.
    pub(crate) fn observer(&self) -> Result<BaseConsumer<Quiet>, BrokerError> {
        let mut config = self.client();
        config
            .set("enable.auto.commit", "false")
            .set("isolation.level", "read_committed");
        config
            .create_with_context(Quiet)
            .map_err(|error| BrokerError::new("a client could not be made", error))
    }

    /// A consumer that is given its partitions and says where they end. Its group is never joined, nor committed for.
    pub(crate) fn reader(&self) -> Result<BaseConsumer<Quiet>, BrokerError> {
        let mut config = self.client();
        config
            .set("group.id", "messaging-lag")
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("enable.partition.eof", "true")
            .set("isolation.level", "read_committed")
            .set("queued.max.messages.kbytes", "1024");
        config
            .create_with_context(Quiet)
            .map_err(|error| BrokerError::new("a client could not be made", error))
    }

    /// The cluster's identity, for telling offsets of different clusters apart.
    pub fn cluster(&self, timeout: Duration) -> Result<String, BrokerError> {
        let observer = self.observer()?;
        observer
            .client()
            .fetch_cluster_id(timeout)
            .ok_or_else(|| BrokerError::away(format!("no broker answers at {}", self.servers())))
    }

    /// The number of partitions of a topic, or `None` if there is no such topic.
    pub fn partitions(&self, topic: &str, timeout: Duration) -> Result<Option<i32>, BrokerError> {
        partitions(&self.observer()?, topic, timeout)
    }
}

/// Passes what librdkafka says on to `tracing`.
pub(crate) fn log(level: RDKafkaLogLevel, facility: &str, message: &str) {
    use RDKafkaLogLevel::{Alert, Critical, Emerg, Error, Info, Notice, Warning};
    match level {
        Emerg | Alert | Critical | Error => tracing::error!(target: "librdkafka", facility, "{message}"),
        Warning => tracing::warn!(target: "librdkafka", facility, "{message}"),
        Notice | Info => tracing::info!(target: "librdkafka", facility, "{message}"),
        RDKafkaLogLevel::Debug => tracing::debug!(target: "librdkafka", facility, "{message}"),
    }
}

/// A context without callbacks, whose log goes to `tracing`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quiet;

impl ClientContext for Quiet {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        // Who asks where a partition ends is told so by an error.
        if !matches!(error, KafkaError::Global(RDKafkaErrorCode::PartitionEOF)) {
            tracing::error!(target: "librdkafka", %error, reason);
        }
    }
}

impl ConsumerContext for Quiet {}

pub(crate) fn partitions<C: ConsumerContext>(
    consumer: &BaseConsumer<C>,
    topic: &str,
    timeout: Duration,
) -> Result<Option<i32>, BrokerError> {
    let metadata = consumer
        .fetch_metadata(Some(topic), timeout)
        .map_err(|error| BrokerError::new(format!("the metadata of {topic} could not be read"), error))?;
    let found = metadata
        .topics()
        .iter()
        .find(|found| found.name() == topic && found.error().is_none());
    let count = found.map_or(0, |found| found.partitions().len());
    Ok((count > 0).then(|| i32::try_from(count).unwrap_or(i32::MAX)))
}

/// The broker could not do what it was asked.
#[derive(Debug)]
pub struct BrokerError {
    what: String,
    source: Option<KafkaError>,
}

impl BrokerError {
    pub(crate) fn new(what: impl Into<String>, source: KafkaError) -> Self {
        Self {
            what: what.into(),
            source: Some(source),
        }
    }

    pub(crate) fn away(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            source: None,
        }
    }

    /// librdkafka's code, if it came from there.
    pub fn code(&self) -> Option<RDKafkaErrorCode> {
        self.source.as_ref().and_then(KafkaError::rdkafka_error_code)
    }
}

impl std::fmt::Display for BrokerError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.what)?;
        match &self.source {
            Some(source) => write!(f, ": {source}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for BrokerError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}
