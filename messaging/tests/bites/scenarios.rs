//! One scenario for each mechanism, played with it and without it. Each says in a few words how it ended.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use messaging::redrive::{self, Redrive};
use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};

use crate::world::{World, order, wait};

/// What was seen of one mechanism.
pub struct Row {
    pub removed: &'static str,
    /// How it ended with the mechanism, and how it must end.
    pub with: String,
    pub right: &'static str,
    /// How it ended without it, and what of that must be seen.
    pub without: String,
    pub fault: &'static str,
}

/// Plays all of them.
pub async fn all(servers: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    macro_rules! play {
        ($removed:literal, $scenario:ident, $right:literal, $fault:literal) => {
            rows.push(Row {
                removed: $removed,
                with: $scenario(&Stage::new(servers, "").await).await,
                right: $right,
                without: $scenario(&Stage::new(servers, $removed).await).await,
                fault: $fault,
            });
        };
    }
    play!("inbox", copied, "1 effect", "2 effects");
    play!(
        "epoch",
        zombie,
        "effects in the order 1, 2, 3",
        "effects in the order 1, 3, 2"
    );
    // Alone, a missing barrier is mostly covered by the epoch check.
    play!(
        "barrier,epoch",
        joined,
        "no transaction fenced, no inbox hit",
        "inbox hits"
    );
    play!(
        "parking",
        retried,
        "1 effect, 0 dead letters",
        "0 effects, 0 dead letters"
    );
    play!(
        "dead-letter",
        poisoned,
        "0 effects, 1 dead letter",
        "0 effects, 0 dead letters"
    );
    play!("outbox", killed, "1 effect, 1 event", "1 effect, 0 events");
    rows
}

/// Topics, a database, and what is taken away from the processes on it.
struct Stage {
    world: World,
    removed: &'static str,
}

/// A child that does not outlive its scenario.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _reaped = self.0.wait();
    }
}

impl Process {
    fn id(&self) -> u32 {
        self.0.id()
    }

    async fn ended(&mut self) {
        for _ in 0..1200 {
            if self.0.try_wait().expect("a child can be asked").is_some() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the process did not get to the place where it was to end");
    }

    /// Waits until it has stopped itself.
    async fn stopped(&self) {
        let status = format!("/proc/{}/status", self.id());
        let has_stopped = async || {
            let text = std::fs::read_to_string(&status).expect("the process is there");
            text.lines().any(|line| line.starts_with("State:\tT"))
        };
        wait("the process to stop itself", has_stopped).await;
    }
}

fn plural(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

impl Stage {
    async fn new(servers: &str, removed: &'static str) -> Self {
        Self {
            world: World::new(servers).await,
            removed,
        }
    }

    fn spawn(&self, role: &str, more: &[(&str, &str)]) -> Process {
        let world = &self.world;
        let mut command = Command::new(std::env::current_exe().expect("this binary has a path"));
        command
            .args(["role", "--exact", "--nocapture"])
            .env("MESSAGING_SABOTAGE", self.removed)
            .env("BITES_ROLE", role)
            .env("BITES_SERVERS", world.broker.servers())
            .env("BITES_DATABASE", world.path())
            .env("BITES_GROUP", &world.group)
            .env("BITES_ORDERS", &world.orders)
            .env("BITES_ADJUSTED", &world.adjusted)
            .env_remove("MESSAGING_FAILPOINT")
            .stdout(Stdio::null())
            .stderr(if std::env::var("BITES_LOG").is_ok() {
                Stdio::inherit()
            } else {
                Stdio::null()
            });
        command.envs(more.iter().copied());
        Process(command.spawn().expect("a child starts"))
    }

    /// Publishes records of key `a` in one batch.
    fn publish(&self, values: &[Vec<u8>]) {
        let producer: BaseProducer = ClientConfig::new()
            .set("bootstrap.servers", self.world.broker.servers())
            .set("partitioner", "murmur2_random")
            .set("linger.ms", "50")
            .create()
            .expect("a producer");
        for value in values {
            let record = BaseRecord::to(&self.world.orders).key("a").payload(value);
            producer.send(record).expect("taken");
        }
        producer.flush(Duration::from_secs(10)).expect("delivered");
    }

    /// Waits until everything that was published is behind the group, and nothing waits anywhere.
    async fn at_rest(&self, records: i64) {
        let rested = async || {
            let mut tx = self.world.store.begin().await.expect("begins");
            let mut number = async |sql: &str| {
                let rows = tx.query(sql, &[]).await.expect("read");
                rows[0].integer(0).expect("a number")
            };
            let progress = "SELECT CAST(COALESCE(SUM(next_offset), 0) AS BIGINT) FROM partition_state \
                            WHERE next_offset > 0";
            number(progress).await >= records
                && number("SELECT COUNT(*) FROM parked").await == 0
                && number("SELECT COUNT(*) FROM outbox").await == 0
        };
        wait("everything to come to rest", rested).await;
        // Without a mechanism something may come to rest too early; it is given a moment.
        tokio::time::sleep(Duration::from_millis(500)).await;
    }

    async fn effects(&self) -> usize {
        self.world.effects().await.len()
    }
}

fn value(number: i64, behaviour: &str) -> Vec<u8> {
    order("a", number, behaviour).encode().expect("encodes")
}

/// An event comes twice.
async fn copied(stage: &Stage) -> String {
    let event = value(1, "ok");
    stage.publish(&[event.clone(), event]);
    let _consumer = stage.spawn("consumer", &[("BITES_RELAY", "r")]);
    stage.at_rest(2).await;
    plural(stage.effects().await, "effect")
}

/// A process is stopped beyond its session with a batch in hand. Its successor refuses the first event of the batch,
/// holds its key, and is to see the refused event redriven before what comes behind it.
async fn zombie(stage: &Stage) -> String {
    let world = &stage.world;
    let first = stage.spawn("consumer", &[("MESSAGING_FAILPOINT", "work-in-hand:2:stop")]);
    stage.publish(&[value(1, "ok")]);
    world.wait_for_effects(1).await;
    stage.publish(&[value(2, "contested"), value(3, "ok")]);
    first.stopped().await;
    let second = stage.spawn("consumer", &[("BITES_RELAY", "r"), ("BITES_REFUSES", "yes")]);
    world.wait_for_dead_letters(1).await;
    let id = first.id().to_string();
    let status = Command::new("kill").args(["-CONT", &id]).status();
    assert!(status.is_ok_and(|status| status.success()), "kill runs");
    tokio::time::sleep(Duration::from_secs(2)).await;
    drop((first, second));
    let _third = stage.spawn("consumer", &[("BITES_RELAY", "r")]);
    let redriven = redrive::redrive(&world.broker, &world.orders, &world.group, &Redrive::default()).await;
    assert_eq!(redriven.expect("redriven").sent, 1);
    let effects = world.wait_for_effects(3).await;
    let order: Vec<String> = effects.iter().map(|(_, number)| number.to_string()).collect();
    format!("effects in the order {}", order.join(", "))
}

/// A second member joins, gracefully, while the first is at work.
async fn joined(stage: &Stage) -> String {
    let world = &stage.world;
    let total = 400;
    for number in 0..total {
        world
            .publish(&order(&format!("key-{}", number % 30), number, "ok"))
            .await;
    }
    let report = format!("{}.report", world.path());
    let more = [
        ("BITES_SLOW", "yes"),
        ("BITES_TOTAL", "400"),
        ("BITES_REPORT", report.as_str()),
    ];
    let mut pair = stage.spawn("pair", &more);
    pair.ended().await;
    let text = std::fs::read_to_string(&report).expect("the pair reported");
    let counts: Vec<u64> = text.split(' ').filter_map(|word| word.parse().ok()).collect();
    match counts[..] {
        [0, 0] => "no transaction fenced, no inbox hit".to_owned(),
        [fenced, hits] => format!("{fenced} transactions fenced, {hits} inbox hits"),
        _ => panic!("not a report: {text}"),
    }
}

async fn ends(stage: &Stage) -> String {
    let dead = stage.world.dead_letters().len();
    format!(
        "{}, {}",
        plural(stage.effects().await, "effect"),
        plural(dead, "dead letter")
    )
}

/// An event fails once.
async fn retried(stage: &Stage) -> String {
    stage.publish(&[value(1, "flaky")]);
    let _consumer = stage.spawn("consumer", &[("BITES_RELAY", "r")]);
    stage.at_rest(1).await;
    ends(stage).await
}

/// The process dies right after it committed the end of a poison event.
async fn poisoned(stage: &Stage) -> String {
    stage.publish(&[value(1, "poison")]);
    let failpoint = ("MESSAGING_FAILPOINT", "effect-after-commit:1");
    stage
        .spawn("consumer", &[("BITES_RELAY", "r"), failpoint])
        .ended()
        .await;
    let held = stage.world.store.begin().await;
    let mut tx = held.expect("begins");
    // The row of a held key is not what this is about.
    tx.execute("DELETE FROM parked WHERE held = 1", &[])
        .await
        .expect("deleted");
    tx.commit().await.expect("committed");
    let _consumer = stage.spawn("consumer", &[("BITES_RELAY", "r")]);
    stage.at_rest(1).await;
    ends(stage).await
}

/// The process dies right after it committed an effect.
async fn killed(stage: &Stage) -> String {
    stage.publish(&[value(1, "ok")]);
    let failpoint = ("MESSAGING_FAILPOINT", "effect-after-commit:1");
    stage
        .spawn("consumer", &[("BITES_RELAY", "r"), failpoint])
        .ended()
        .await;
    let _consumer = stage.spawn("consumer", &[("BITES_RELAY", "r")]);
    stage.at_rest(1).await;
    let published = stage.world.read(&stage.world.adjusted).len();
    format!(
        "{}, {}",
        plural(stage.effects().await, "effect"),
        plural(published, "event")
    )
}
