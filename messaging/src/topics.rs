//! Topics as contracts declare them: what is missing or different, and setting it right.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use contract_events::Event;
use rdkafka::admin::{
    AdminClient, AdminOptions, AlterConfig, ConfigSource, NewPartitions, NewTopic, ResourceSpecifier,
    TopicReplication,
};
use rdkafka::types::RDKafkaErrorCode;

use crate::broker::{Broker, BrokerError, Quiet};
use crate::names;
use crate::publisher::BATCH_BYTES;

const TIMEOUT: Duration = Duration::from_secs(15);

/// What happens to old records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cleanup {
    /// They are deleted after the retention.
    Delete,
    /// The last record of each key is kept.
    Compact,
}

impl Cleanup {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Compact => "compact",
        }
    }
}

/// A topic as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicSpec {
    /// Its name.
    pub name: String,
    /// Its partitions.
    pub partitions: i32,
    /// How long records are kept; `None` for ever.
    pub retention: Option<Duration>,
    /// What happens to old records.
    pub cleanup: Cleanup,
    /// The largest value, in bytes.
    pub max_bytes: u32,
    /// Copies of each partition.
    pub replication: i32,
}

impl TopicSpec {
    /// A topic of so many partitions: two weeks, 1 MiB, one copy.
    pub fn new(name: impl Into<String>, partitions: i32) -> Self {
        Self {
            name: name.into(),
            partitions,
            retention: Some(Duration::from_hours(14 * 24)),
            cleanup: Cleanup::Delete,
            max_bytes: 1 << 20,
            replication: 1,
        }
    }

    /// The topic that the contract of `T` declares; `None` if it declares none.
    pub fn of<T: Event>() -> Option<Self> {
        let schema: serde_json::Value = serde_json::from_str(T::SCHEMA).ok()?;
        let topic = schema.get("x-contract")?.get("topic")?;
        let text = |name: &str| topic.get(name).and_then(serde_json::Value::as_str);
        let mut spec = Self::new(
            text("name")?,
            i32::try_from(topic.get("partitions")?.as_i64()?).ok()?,
        );
        if let Some(retention) = text("retention") {
            spec.retention = Some(period(retention)?);
        }
        if text("cleanup") == Some("compact") {
            spec.cleanup = Cleanup::Compact;
        }
        if let Some(bytes) = topic.get("maxBytes") {
            spec.max_bytes = u32::try_from(bytes.as_u64()?).ok()?;
        }
        Some(spec)
    }

    /// The dead-letter topic of a group for this topic: as many partitions, so that keys keep theirs; the same
    /// largest record and room for the headers; four weeks, or as long as the topic.
    #[must_use]
    pub fn dead_letters(&self, group: &str) -> Self {
        let month = Duration::from_hours(28 * 24);
        Self {
            name: names::dead_letter_topic(&self.name, group),
            partitions: self.partitions,
            retention: self.retention.map(|retention| retention.max(month)),
            cleanup: Cleanup::Delete,
            max_bytes: self.max_bytes.saturating_add(64 << 10),
            replication: self.replication,
        }
    }

    /// What the broker has to take: its limit is for a batch of records, and a producer that is busy makes batches of
    /// many small events. One that it refuses stays refused however often it is sent.
    fn batch_bytes(&self) -> u32 {
        const HEADERS: u32 = 64 << 10;
        self.max_bytes.max(BATCH_BYTES).saturating_add(HEADERS)
    }

    fn settings(&self) -> BTreeMap<&'static str, String> {
        let retention = self
            .retention
            .map_or_else(|| "-1".into(), |retention| retention.as_millis().to_string());
        BTreeMap::from([
            ("cleanup.policy", self.cleanup.as_str().to_owned()),
            ("max.message.bytes", self.batch_bytes().to_string()),
            ("message.timestamp.type", "LogAppendTime".to_owned()),
            ("retention.ms", retention),
        ])
    }
}

/// An ISO 8601 duration of days, hours, minutes and seconds.
fn period(text: &str) -> Option<Duration> {
    let (days, time) = match text.strip_prefix('P')?.split_once('T') {
        Some((days, time)) => (days, time),
        None => (text.strip_prefix('P')?, ""),
    };
    let mut seconds = 0_u64;
    for (part, units) in [
        (days, &[('W', 604_800), ('D', 86_400)][..]),
        (time, &[('H', 3600), ('M', 60), ('S', 1)][..]),
    ] {
        let mut number = String::new();
        for character in part.chars() {
            if character.is_ascii_digit() {
                number.push(character);
                continue;
            }
            let (_, each) = units.iter().find(|(unit, _)| *unit == character)?;
            seconds = seconds.checked_add(number.parse::<u64>().ok()?.checked_mul(*each)?)?;
            number.clear();
        }
        if !number.is_empty() {
            return None;
        }
    }
    Some(Duration::from_secs(seconds))
}

/// A difference between what is declared and what there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The topic is missing.
    Create(TopicSpec),
    /// It has fewer partitions than declared. More of them break the order of keys: old and new records of a key may
    /// stand in different partitions.
    MorePartitions {
        /// The topic.
        topic: String,
        /// What it has.
        from: i32,
        /// What is declared.
        to: i32,
    },
    /// It has more partitions than declared, which cannot be undone: the declaration must follow.
    TooManyPartitions {
        /// The topic.
        topic: String,
        /// What it has.
        from: i32,
        /// What is declared.
        to: i32,
    },
    /// A setting differs.
    Setting {
        /// The topic.
        topic: String,
        /// The setting's name.
        name: String,
        /// What it is.
        from: String,
        /// What is declared.
        to: String,
    },
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create(spec) => write!(f, "create {} with {} partitions", spec.name, spec.partitions),
            Self::MorePartitions { topic, from, to } => write!(
                f,
                "{topic}: {from} partitions become {to}; records of a key that are on both sides of the change lose \
                 their order, so this needs --allow-more-partitions"
            ),
            Self::TooManyPartitions { topic, from, to } => write!(
                f,
                "{topic}: has {from} partitions and {to} are declared; partitions cannot be taken away, so declare \
                 {from} or move to a new topic"
            ),
            Self::Setting {
                topic,
                name,
                from,
                to,
            } => write!(f, "{topic}: {name} {from} becomes {to}"),
        }
    }
}

fn admin(broker: &Broker) -> Result<AdminClient<Quiet>, BrokerError> {
    broker
        .client()
        .create_with_context(Quiet)
        .map_err(|error| BrokerError::new("the admin client could not be made", error))
}

fn options() -> AdminOptions {
    AdminOptions::new()
        .request_timeout(Some(TIMEOUT))
        .operation_timeout(Some(TIMEOUT))
}

/// Compares what is declared with what there is. A mock cluster has no settings to compare.
pub async fn plan(broker: &Broker, specs: &[TopicSpec]) -> Result<Vec<Change>, BrokerError> {
    let mut changes = Vec::new();
    let mut present = Vec::new();
    for spec in specs {
        let (asked, name) = (broker.clone(), spec.name.clone());
        let found = tokio::task::spawn_blocking(move || asked.partitions(&name, TIMEOUT))
            .await
            .map_err(|error| BrokerError::away(error.to_string()))??;
        let topic = spec.name.clone();
        match found {
            None => changes.push(Change::Create(spec.clone())),
            Some(from) if from < spec.partitions => {
                changes.push(Change::MorePartitions {
                    topic,
                    from,
                    to: spec.partitions,
                });
                present.push(spec);
            }
            Some(from) if from > spec.partitions => {
                changes.push(Change::TooManyPartitions {
                    topic,
                    from,
                    to: spec.partitions,
                });
                present.push(spec);
            }
            Some(_) => present.push(spec),
        }
    }
    if broker.as_mock().is_some() || present.is_empty() {
        return Ok(changes);
    }
    let admin = admin(broker)?;
    let names = present.iter().map(|spec| ResourceSpecifier::Topic(&spec.name));
    let names: Vec<ResourceSpecifier<'_>> = names.collect();
    let found = admin
        .describe_configs(&names, &options())
        .await
        .map_err(|error| BrokerError::new("the topics' settings could not be read", error))?;
    for (spec, found) in present.into_iter().zip(found) {
        let found = found.map_err(|code| {
            BrokerError::away(format!("the settings of {} could not be read: {code}", spec.name))
        })?;
        for (name, to) in spec.settings() {
            let from = found
                .get(name)
                .and_then(|entry| entry.value.clone())
                .unwrap_or_default();
            if from != to {
                changes.push(Change::Setting {
                    topic: spec.name.clone(),
                    name: name.into(),
                    from,
                    to,
                });
            }
        }
    }
    Ok(changes)
}

/// Whether partitions may be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MorePartitions {
    /// No: the order of keys is worth more.
    Refuse,
    /// Yes: who says so knows what it does to the order of keys.
    Allow,
}

/// Carries out what can be, and returns what was left out.
pub async fn apply(
    broker: &Broker,
    changes: &[Change],
    more_partitions: MorePartitions,
) -> Result<Vec<Change>, BrokerError> {
    let mut left = Vec::new();
    let mut settings: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    for change in changes {
        match change {
            Change::Create(spec) => create(broker, spec).await?,
            Change::MorePartitions { topic, to, .. } if more_partitions == MorePartitions::Allow => {
                let count = usize::try_from(*to).unwrap_or(0);
                let wanted = NewPartitions::new(topic, count);
                let answer = admin(broker)?
                    .create_partitions([&wanted], &options())
                    .await
                    .map_err(|error| {
                        BrokerError::new(format!("no partitions were added to {topic}"), error)
                    })?;
                expect_done(answer, "partitions were not added to")?;
            }
            Change::MorePartitions { .. } | Change::TooManyPartitions { .. } => left.push(change.clone()),
            Change::Setting { topic, name, to, .. } => settings.entry(topic).or_default().push((name, to)),
        }
    }
    for (topic, wanted) in settings {
        set(broker, topic, &wanted).await?;
    }
    Ok(left)
}

async fn create(broker: &Broker, spec: &TopicSpec) -> Result<(), BrokerError> {
    if let Some(mock) = broker.as_mock() {
        return mock.create_topic(&spec.name, spec.partitions);
    }
    let settings = spec.settings();
    let mut topic = NewTopic::new(
        &spec.name,
        spec.partitions,
        TopicReplication::Fixed(spec.replication),
    );
    for (name, value) in &settings {
        topic = topic.set(name, value);
    }
    let answer = admin(broker)?
        .create_topics([&topic], &options())
        .await
        .map_err(|error| BrokerError::new(format!("the topic {} was not created", spec.name), error))?;
    // Two services that apply at once are both right.
    let answer = answer.into_iter().map(|done| match done {
        Err((name, RDKafkaErrorCode::TopicAlreadyExists)) => Ok(name),
        other => other,
    });
    expect_done(answer.collect(), "the topic was not created:")
}

/// The broker replaces all of a topic's own settings at once, so the others are sent along.
async fn set(broker: &Broker, topic: &str, wanted: &[(&str, &str)]) -> Result<(), BrokerError> {
    let admin = admin(broker)?;
    let failed = |error| BrokerError::new(format!("the settings of {topic} were not changed"), error);
    let found = admin
        .describe_configs([&ResourceSpecifier::Topic(topic)], &options())
        .await
        .map_err(failed)?;
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    for resource in found.into_iter().flatten() {
        for entry in resource.entries {
            if entry.source == ConfigSource::DynamicTopic {
                all.extend(entry.value.map(|value| (entry.name, value)));
            }
        }
    }
    all.extend(
        wanted
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    );
    let mut alter = AlterConfig::new(ResourceSpecifier::Topic(topic));
    for (name, value) in &all {
        alter = alter.set(name, value);
    }
    let answer = admin.alter_configs([&alter], &options()).await.map_err(failed)?;
    for done in answer {
        done.map_err(|(_, code)| {
            BrokerError::away(format!("the settings of {topic} were not changed: {code}"))
        })?;
    }
    Ok(())
}

fn expect_done(
    answer: Vec<Result<String, (String, RDKafkaErrorCode)>>,
    what: &str,
) -> Result<(), BrokerError> {
    for done in answer {
        done.map_err(|(topic, code)| BrokerError::away(format!("{what} {topic}: {code}")))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_read_as_contracts_write_them() {
        assert_eq!(period("P14D"), Some(Duration::from_hours(14 * 24)));
        assert_eq!(
            period("PT36H30M5S"),
            Some(Duration::from_secs(36 * 3600 + 30 * 60 + 5))
        );
        assert_eq!(period("P1W1DT1S"), Some(Duration::from_secs(8 * 86_400 + 1)));
        for wrong in ["14D", "P14", "P14H", "PT3D", "P1Y", "P-1D"] {
            assert_eq!(period(wrong), None, "{wrong}");
        }
    }
}
