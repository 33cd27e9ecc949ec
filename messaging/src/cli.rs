//! The subcommands that every service has: topics, offsets, dead letters. Rendering is here, the work is elsewhere.

use std::error::Error;
use std::io::Write;

use clap::{Args, Subcommand};

use crate::broker::Broker;
use crate::offsets::{self, Target};
use crate::redrive::{self, Redrive};
use crate::store::Store;
use crate::subscriber::measure;
use crate::topics::{self, MorePartitions, TopicSpec};

/// What a service reads and writes.
#[derive(Debug, Clone)]
pub struct Definition {
    /// Its consumer group.
    pub group: String,
    /// The topics that it reads.
    pub reads: Vec<TopicSpec>,
    /// The topics that it writes.
    pub writes: Vec<TopicSpec>,
}

impl Definition {
    /// Every topic that must be there: read, dead-lettered and written, sorted, each once.
    pub fn topics(&self) -> Vec<TopicSpec> {
        let dead = self.reads.iter().map(|spec| spec.dead_letters(&self.group));
        let mut all: Vec<TopicSpec> = self
            .reads
            .iter()
            .cloned()
            .chain(dead)
            .chain(self.writes.iter().cloned())
            .collect();
        all.sort_by(|one, other| one.name.cmp(&other.name));
        all.dedup_by(|one, other| one.name == other.name);
        all
    }

    fn read_names(&self) -> Vec<String> {
        self.reads.iter().map(|spec| spec.name.clone()).collect()
    }
}

/// The subcommands.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// What the topics are and should be
    #[command(subcommand)]
    Topics(Topics),
    /// How far the consumer group got
    #[command(subcommand)]
    Offsets(Offsets),
    /// Dead letters of the consumer group
    #[command(subcommand)]
    Dlq(Dlq),
}

/// `topics`.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum Topics {
    /// Show what `apply` would change
    Plan,
    /// Create topics and change settings
    Apply {
        /// Add partitions as well, although it breaks the order of keys
        #[arg(long)]
        allow_more_partitions: bool,
    },
}

/// `offsets`.
#[derive(Debug, Clone, Subcommand)]
pub enum Offsets {
    /// Show progress and lag of every partition
    Show,
    /// Set progress by hand; a running member goes on from there
    Reset {
        /// The topic
        topic: String,
        /// Only this partition
        #[arg(long)]
        partition: Option<i32>,
        /// `beginning`, `end`, an offset, or `time:` and milliseconds since 1970
        #[arg(long)]
        to: Target,
    },
}

/// `dlq`.
#[derive(Debug, Clone, Subcommand)]
pub enum Dlq {
    /// List dead letters
    List(Filter),
    /// Show one dead letter with its headers
    Show {
        /// The topic where it failed
        topic: String,
        /// The partition of the dead-letter topic
        partition: i32,
        /// The offset in the dead-letter topic
        offset: i64,
        /// Print the value too; it may hold personal data
        #[arg(long)]
        value: bool,
    },
    /// Send dead letters back to where they failed
    Redrive {
        /// Which
        #[command(flatten)]
        filter: Filter,
        /// At most so many a second
        #[arg(long)]
        rate: Option<u32>,
        /// Only say what would be sent
        #[arg(long)]
        dry_run: bool,
    },
}

/// Which dead letters.
#[derive(Debug, Clone, Args)]
pub struct Filter {
    /// The topic where they failed; every topic that is read where absent
    #[arg(long)]
    topic: Option<String>,
    /// Only this error class, for example `exhausted`
    #[arg(long)]
    class: Option<String>,
    /// Only this event type
    #[arg(long = "type")]
    event_type: Option<String>,
    /// Only this partition of the dead-letter topic
    #[arg(long)]
    partition: Option<i32>,
    /// Only this offset of the dead-letter topic
    #[arg(long, requires = "partition")]
    offset: Option<i64>,
}

impl Filter {
    fn redrive(&self) -> Redrive {
        Redrive {
            class: self.class.clone(),
            event_type: self.event_type.clone(),
            partition: self.partition,
            offset: self.offset,
            rate: None,
            dry_run: false,
        }
    }

    fn topics(&self, definition: &Definition) -> Vec<String> {
        self.topic
            .clone()
            .map_or_else(|| definition.read_names(), |topic| vec![topic])
    }
}

/// How a subcommand ended, as an exit code: 0 or 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Nothing is left to do.
    Clean,
    /// Something differs, or was left out.
    Findings,
}

/// Carries out a subcommand and prints to `out`. An error means that it could not be carried out.
pub async fn run(
    command: &Command,
    broker: &Broker,
    store: &Store,
    definition: &Definition,
    out: &mut (dyn Write + Send),
) -> Result<Ended, Box<dyn Error + Send + Sync>> {
    match command {
        Command::Topics(command) => topics(*command, broker, definition, out).await,
        Command::Offsets(command) => offsets(command, broker, store, definition, out).await,
        Command::Dlq(command) => dead_letters(command, broker, definition, out).await,
    }
}

async fn topics(
    command: Topics,
    broker: &Broker,
    definition: &Definition,
    out: &mut (dyn Write + Send),
) -> Result<Ended, Box<dyn Error + Send + Sync>> {
    let changes = topics::plan(broker, &definition.topics()).await?;
    for change in &changes {
        writeln!(out, "{change}")?;
    }
    if changes.is_empty() {
        writeln!(out, "every topic is as declared")?;
        return Ok(Ended::Clean);
    }
    let Topics::Apply {
        allow_more_partitions,
    } = command
    else {
        return Ok(Ended::Findings);
    };
    let more = if allow_more_partitions {
        MorePartitions::Allow
    } else {
        MorePartitions::Refuse
    };
    let left = topics::apply(broker, &changes, more).await?;
    writeln!(
        out,
        "{} of {} changes made",
        changes.len() - left.len(),
        changes.len()
    )?;
    Ok(if left.is_empty() {
        Ended::Clean
    } else {
        Ended::Findings
    })
}

async fn offsets(
    command: &Offsets,
    broker: &Broker,
    store: &Store,
    definition: &Definition,
    out: &mut (dyn Write + Send),
) -> Result<Ended, Box<dyn Error + Send + Sync>> {
    match command {
        Offsets::Show => {
            writeln!(
                out,
                "{:<60} {:>12} {:>12} {:>10} {:>8} {:>6}",
                "partition", "next", "end", "unread", "parked", "held"
            )?;
            for lag in measure(broker, store, &definition.group, definition.read_names()).await? {
                let next = lag.next.map_or_else(|| "-".to_owned(), |next| next.to_string());
                let partition = lag.partition.to_string();
                let unread = lag.unread;
                writeln!(
                    out,
                    "{partition:<60} {next:>12} {:>12} {unread:>10} {:>8} {:>6}",
                    lag.high, lag.parked, lag.held
                )?;
            }
        }
        Offsets::Reset { topic, partition, to } => {
            for reset in offsets::reset(broker, store, &definition.group, topic, *partition, *to).await? {
                writeln!(out, "{reset}")?;
            }
        }
    }
    Ok(Ended::Clean)
}

async fn dead_letters(
    command: &Dlq,
    broker: &Broker,
    definition: &Definition,
    out: &mut (dyn Write + Send),
) -> Result<Ended, Box<dyn Error + Send + Sync>> {
    let group = &definition.group;
    match command {
        Dlq::List(filter) => {
            let wanted = filter.redrive();
            let mut count = 0;
            for topic in filter.topics(definition) {
                for letter in redrive::list(broker, &topic, group).await? {
                    if !wanted.takes(&letter) {
                        continue;
                    }
                    count += 1;
                    let origin = letter
                        .origin
                        .as_ref()
                        .map_or_else(|| "-".to_owned(), ToString::to_string);
                    let event_type = letter.event_type.as_deref().unwrap_or("-");
                    let (partition, offset) = (&letter.record.partition, letter.record.offset);
                    writeln!(
                        out,
                        "{partition}@{offset} from {origin}: {} after {} attempts, {event_type}",
                        letter.class, letter.attempts
                    )?;
                }
            }
            writeln!(out, "{count} dead letters")?;
            Ok(if count == 0 { Ended::Clean } else { Ended::Findings })
        }
        Dlq::Show {
            topic,
            partition,
            offset,
            value,
        } => {
            let all = redrive::list(broker, topic, group).await?;
            let found = all
                .iter()
                .find(|it| it.record.partition.partition == *partition && it.record.offset == *offset);
            let Some(letter) = found else {
                return Err(
                    format!("there is no dead letter at partition {partition}, offset {offset}").into(),
                );
            };
            for (name, header) in letter.record.headers.iter() {
                let header = header.map_or_else(|| "-".into(), String::from_utf8_lossy);
                writeln!(out, "{name}: {header}")?;
            }
            if *value {
                let value = letter
                    .record
                    .value
                    .as_deref()
                    .map_or_else(|| "-".into(), String::from_utf8_lossy);
                writeln!(out, "\n{value}")?;
            }
            Ok(Ended::Clean)
        }
        Dlq::Redrive {
            filter,
            rate,
            dry_run,
        } => {
            let wanted = Redrive {
                rate: *rate,
                dry_run: *dry_run,
                ..filter.redrive()
            };
            let mut left = 0;
            for topic in filter.topics(definition) {
                let done = redrive::redrive(broker, &topic, group, &wanted).await?;
                writeln!(out, "{topic}: {} found, {} sent", done.found, done.sent)?;
                if done.without_origin > 0 {
                    writeln!(
                        out,
                        "{topic}: {} carry no origin and cannot be sent back",
                        done.without_origin
                    )?;
                }
                left += done.without_origin;
            }
            Ok(if left == 0 { Ended::Clean } else { Ended::Findings })
        }
    }
}
