//! A service's configuration: a TOML file, and environment variables that win over it.
//!
//! `MESSAGING__BROKER__SERVERS=host:9092` sets `servers` in `[broker]`: two underscores go one table deeper, one
//! stands for a dash.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{self, Deserializer};
use toml::{Table, Value};

use crate::broker::{Broker, BrokerError, BrokerSettings};
use crate::core::OnDeadLetter;
use crate::relay::RelaySettings;
use crate::router::OnUnknownMajor;
use crate::subscriber::SubscriberSettings;

const PREFIX: &str = "MESSAGING__";

/// The configuration of a service.
#[derive(Debug, Clone, Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Config {
    /// The broker.
    pub broker: BrokerSettings,
    /// The database: a `postgres://` URL or the path of a SQLite file.
    pub database: Option<String>,
    /// Connections to PostgreSQL at a time; transactions wait for one. 16 where absent.
    pub database_connections: Option<usize>,
    /// The name of the consumer group, where it is not the service's: another name reads everything again.
    pub consumer: Option<String>,
    /// Where the service answers HTTP: `HOST:PORT`.
    pub http: Option<String>,
    /// How long all of the service may take to stop after SIGTERM; then the process ends as it is.
    pub shutdown: Option<Span>,
    /// Consuming.
    pub subscriber: SubscriberConfig,
    /// Sending the outbox.
    pub relay: RelayConfig,
}

/// What a file may say of a subscriber; the rest is the service's own business.
#[derive(Debug, Clone, Deserialize, Default, PartialEq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct SubscriberConfig {
    /// Members in this process.
    pub members: Option<usize>,
    /// Static membership.
    pub instance: Option<String>,
    /// Longest run of a handler.
    pub deadline: Option<Span>,
    /// Time after which a transaction takes in no further record.
    pub batch_time: Option<Span>,
    /// How long what is in hand may take after SIGTERM.
    pub shutdown: Option<Span>,
    /// How long the group waits for a silent member.
    pub session_timeout: Option<Span>,
    /// How long the group waits for a member that does not poll.
    pub max_poll_interval: Option<Span>,
    /// Attempts before a record is a dead letter.
    pub attempts: Option<u32>,
    /// Upper bound of the first delay.
    pub backoff_base: Option<Span>,
    /// Upper bound of every delay.
    pub backoff_cap: Option<Span>,
    /// `continue` or `hold-key`.
    pub on_dead_letter: Option<DeadLetterChoice>,
    /// `dead-letter` or `skip`.
    pub on_unknown_major: Option<UnknownMajorChoice>,
    /// Records in one transaction.
    pub batch_records: Option<usize>,
    /// Bytes in one transaction.
    pub batch_bytes: Option<usize>,
    /// Parked records of a partition at which it is paused.
    pub parked_records: Option<usize>,
    /// Bytes that each member's client prefetches; as much again waits for its batch.
    pub prefetch_bytes: Option<usize>,
    /// Larger values are dead letters.
    pub max_bytes: Option<usize>,
    /// How long inbox rows are kept.
    pub inbox_retention: Option<Span>,
}

/// What a file may say of the relay.
#[derive(Debug, Clone, Deserialize, Default, PartialEq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RelayConfig {
    /// How long a leader leads without renewing.
    pub lease: Option<Span>,
    /// How often the outbox is looked at.
    pub poll: Option<Span>,
    /// Rows sent at a time.
    pub batch: Option<i64>,
}

/// See [`OnDeadLetter`].
#[derive(Debug, Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum DeadLetterChoice {
    /// Later records go on.
    Continue,
    /// Later records of the key wait.
    HoldKey,
}

/// See [`OnUnknownMajor`].
#[derive(Debug, Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum UnknownMajorChoice {
    /// They are dead letters.
    DeadLetter,
    /// They are passed over.
    Skip,
}

/// A duration as people write it: `250ms`, `30s`, `5m`, `12h`, `14d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span(pub Duration);

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let split = text
            .find(|character: char| !character.is_ascii_digit())
            .unwrap_or(text.len());
        let (number, unit) = text.split_at(split);
        let number: u64 = number.parse().map_err(|_| de::Error::custom(wrong(&text)))?;
        let seconds = |each: u64| number.checked_mul(each).map(Duration::from_secs);
        let duration = match unit {
            "ms" => Some(Duration::from_millis(number)),
            "s" => seconds(1),
            "m" => seconds(60),
            "h" => seconds(3600),
            "d" => seconds(86_400),
            _ => None,
        };
        duration.map(Self).ok_or_else(|| de::Error::custom(wrong(&text)))
    }
}

fn wrong(text: &str) -> String {
    format!("`{text}` is not a duration such as 250ms, 30s, 5m, 12h or 14d")
}

/// Why a configuration could not be read.
#[derive(Debug)]
pub struct ConfigError(String);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Reads the file, where one is named, and this process's environment.
    pub fn load(path: Option<&Path>) -> Result<Self, ConfigError> {
        let text = match path {
            None => String::new(),
            Some(path) => std::fs::read_to_string(path)
                .map_err(|error| ConfigError(format!("{} could not be read: {error}", path.display())))?,
        };
        let place = path.map_or_else(|| "the environment".to_owned(), |path| path.display().to_string());
        Self::parse(&text, std::env::vars())
            .map_err(|ConfigError(what)| ConfigError(format!("{place}: {what}")))
    }

    /// Reads a text and variables.
    pub fn parse(text: &str, variables: impl Iterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        let mut table: Table = text.parse().map_err(|error| ConfigError(format!("{error}")))?;
        let mut variables: Vec<_> = variables.filter(|(name, _)| name.starts_with(PREFIX)).collect();
        variables.sort();
        for (name, value) in variables {
            set(&mut table, &name, value)?;
        }
        Value::Table(table)
            .try_into()
            .map_err(|error| ConfigError(format!("{error}")))
    }

    /// The broker that it names.
    pub fn broker(&self) -> Result<Broker, BrokerError> {
        if self.broker.servers == "mock" {
            Broker::mock()
        } else {
            Ok(Broker::new(self.broker.clone()))
        }
    }
}

fn set(table: &mut Table, name: &str, value: String) -> Result<(), ConfigError> {
    let path = name[PREFIX.len()..]
        .to_ascii_lowercase()
        .replace("__", "\0")
        .replace('_', "-");
    let mut steps: Vec<&str> = path.split('\0').collect();
    let last = steps.pop().unwrap_or_default();
    let mut table = table;
    for step in steps {
        let next = table.entry(step).or_insert_with(|| Value::Table(Table::new()));
        table = next
            .as_table_mut()
            .ok_or_else(|| ConfigError(format!("{name}: `{step}` is not a table")))?;
    }
    // librdkafka's properties are all text; elsewhere what looks like a number or a truth value is one.
    let text = path.starts_with("broker\0");
    let value = match value.parse::<i64>() {
        Ok(number) if !text => Value::Integer(number),
        _ if value == "true" && !text => Value::Boolean(true),
        _ if value == "false" && !text => Value::Boolean(false),
        _ => Value::String(value),
    };
    table.insert(last.to_owned(), value);
    Ok(())
}

impl SubscriberConfig {
    /// Sets what the file says, and leaves the rest.
    pub fn apply(&self, settings: &mut SubscriberSettings) {
        fn put<T: Clone>(place: &mut T, value: Option<&T>) {
            if let Some(value) = value {
                place.clone_from(value);
            }
        }
        let span = |span: Option<Span>| span.map(|Span(duration)| duration);
        put(&mut settings.members, self.members.as_ref());
        if self.instance.is_some() {
            settings.instance.clone_from(&self.instance);
        }
        put(&mut settings.deadline, span(self.deadline).as_ref());
        put(&mut settings.batch_time, span(self.batch_time).as_ref());
        put(&mut settings.shutdown, span(self.shutdown).as_ref());
        put(&mut settings.session_timeout, span(self.session_timeout).as_ref());
        put(
            &mut settings.max_poll_interval,
            span(self.max_poll_interval).as_ref(),
        );
        put(&mut settings.policy.attempts, self.attempts.as_ref());
        put(&mut settings.policy.base, span(self.backoff_base).as_ref());
        put(&mut settings.policy.cap, span(self.backoff_cap).as_ref());
        put(&mut settings.limits.batch_records, self.batch_records.as_ref());
        put(&mut settings.limits.batch_bytes, self.batch_bytes.as_ref());
        put(&mut settings.limits.parked_records, self.parked_records.as_ref());
        put(&mut settings.prefetch_bytes, self.prefetch_bytes.as_ref());
        put(&mut settings.limits.queue_bytes, self.prefetch_bytes.as_ref());
        put(&mut settings.max_bytes, self.max_bytes.as_ref());
        if let Some(retention) = span(self.inbox_retention) {
            settings.inbox_retention = Some(retention);
        }
        match self.on_dead_letter {
            Some(DeadLetterChoice::Continue) => settings.policy.on_dead_letter = OnDeadLetter::Continue,
            Some(DeadLetterChoice::HoldKey) => settings.policy.on_dead_letter = OnDeadLetter::HoldKey,
            None => {}
        }
        match self.on_unknown_major {
            Some(UnknownMajorChoice::DeadLetter) => settings.on_unknown_major = OnUnknownMajor::DeadLetter,
            Some(UnknownMajorChoice::Skip) => settings.on_unknown_major = OnUnknownMajor::Skip,
            None => {}
        }
    }
}

impl RelayConfig {
    /// The settings, with what the file says.
    pub fn settings(&self) -> RelaySettings {
        let defaults = RelaySettings::default();
        RelaySettings {
            lease: self.lease.map_or(defaults.lease, |Span(duration)| duration),
            poll: self.poll.map_or(defaults.poll, |Span(duration)| duration),
            batch: self.batch.unwrap_or(defaults.batch),
            ..defaults
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::parse(
            text,
            variables
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        )
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let text = "database = 'a.db'\n[broker]\nservers = 'one:9092'\n[subscriber]\ndeadline = '5s'\n";
        let variables = [
            ("MESSAGING__BROKER__SERVERS", "two:9092"),
            ("MESSAGING__BROKER__SASL__MECHANISM", "SCRAM-SHA-512"),
            ("MESSAGING__BROKER__SASL__USER", "orders"),
            ("MESSAGING__BROKER__SASL__PASSWORD", "1234"),
            ("MESSAGING__SUBSCRIBER__MAX_BYTES", "1000"),
            ("OTHER__BROKER__SERVERS", "three:9092"),
        ];
        let config = parse(text, &variables).expect("it can be read");
        assert_eq!(config.broker.servers, "two:9092");
        assert_eq!(
            config.broker.sasl.as_ref().map(|sasl| sasl.password.as_str()),
            Some("1234")
        );
        assert!(
            !format!("{config:?}").contains("1234"),
            "passwords are not printed"
        );
        let mut settings = SubscriberSettings::default();
        config.subscriber.apply(&mut settings);
        assert_eq!(
            (settings.max_bytes, settings.deadline),
            (1000, Duration::from_secs(5))
        );
    }

    #[test]
    fn what_is_not_known_is_refused() {
        let error = parse("[broker]\nserver = 'x'\n", &[]).expect_err("a misspelt key");
        assert!(error.to_string().contains("server"), "{error}");
        let error = parse("[subscriber]\ndeadline = '5 parsecs'\n", &[]).expect_err("not a duration");
        assert!(error.to_string().contains("250ms"), "{error}");
        parse("", &[("MESSAGING__DATABASE__X", "1")]).expect_err("a database is no table");
    }
}
