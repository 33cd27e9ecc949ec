//! Consumes events with an exactly-once effect: builds a subscriber, runs its members, watches its lag.

mod context;
mod effect;
mod housekeeping;
mod lag;
mod member;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use contract_events::{Envelope, Event};
use tokio::sync::{oneshot, watch};

use crate::broker::Broker;
use crate::core::{BreakerLimits, Limits, Policy};
use crate::handler::{HandlerError, Typed};
use crate::health::Health;
use crate::metrics::Metrics;
use crate::router::{OnUnknownMajor, Router};
use crate::store::{Store, Tx};

use effect::Effects;
pub use lag::{Lag, LagError, measure};

/// Settings of a subscriber.
#[derive(Debug, Clone)]
pub struct SubscriberSettings {
    /// Retries.
    pub policy: Policy,
    /// Bounds of batches, queues and parked rows.
    pub limits: Limits,
    /// When to stop for too many dead letters.
    pub breaker: BreakerLimits,
    /// Longest run of one handler.
    pub deadline: Duration,
    /// Time after which a transaction takes in no further record: with slow handlers a batch is smaller.
    pub batch_time: Duration,
    /// How long what is in hand may take when the subscriber is asked to stop; then it is rolled back, for the next
    /// owner.
    pub shutdown: Duration,
    /// Members in this process; each has a thread and partitions of its own.
    pub members: usize,
    /// Static membership: a name for this process that survives its restart, so that a restart moves no partitions.
    pub instance: Option<String>,
    /// How long the group waits for a member that says nothing.
    pub session_timeout: Duration,
    /// How long the group waits for a member that does not poll: must exceed the longest batch.
    pub max_poll_interval: Duration,
    /// Bytes that each member's client prefetches; as much again waits for its batch
    /// ([`Limits::queue_bytes`](crate::core::Limits::queue_bytes)).
    pub prefetch_bytes: usize,
    /// Larger values are dead letters, unread.
    pub max_bytes: usize,
    /// What to do with unknown majors of known types.
    pub on_unknown_major: OnUnknownMajor,
    /// How long inbox rows are kept: at least the topics' retention, a segment, the dead letters' retention and the
    /// age of the outbox together. `None` keeps them for ever, as compacted and endless topics need.
    pub inbox_retention: Option<Duration>,
    /// How often lag is measured.
    pub lag_interval: Duration,
    /// librdkafka's name of the way in which partitions are shared out.
    pub assignment: String,
}

impl Default for SubscriberSettings {
    fn default() -> Self {
        Self {
            policy: Policy::default(),
            limits: Limits::default(),
            breaker: BreakerLimits::default(),
            deadline: Duration::from_secs(30),
            batch_time: Duration::from_secs(1),
            shutdown: Duration::from_secs(10),
            members: 1,
            instance: None,
            session_timeout: Duration::from_secs(45),
            max_poll_interval: Duration::from_mins(5),
            prefetch_bytes: 16 << 20,
            max_bytes: 8 << 20,
            on_unknown_major: OnUnknownMajor::default(),
            inbox_retention: None,
            lag_interval: Duration::from_secs(5),
            assignment: "cooperative-sticky".into(),
        }
    }
}

/// A subscriber: handlers for event types, under the name of a consumer group.
pub struct Subscriber {
    broker: Broker,
    store: Store,
    group: String,
    settings: SubscriberSettings,
    router: Router<Tx>,
    health: Health,
    metrics: Metrics,
}

impl Subscriber {
    /// A subscriber without handlers. `group` is the consumer group and the name in inbox and dead letters.
    pub fn new(broker: &Broker, store: &Store, group: &str) -> Self {
        Self {
            broker: broker.clone(),
            store: store.clone(),
            group: group.to_owned(),
            settings: SubscriberSettings::default(),
            router: Router::default(),
            health: Health::default(),
            metrics: Metrics::default(),
        }
    }

    /// With these settings.
    #[must_use]
    pub fn with_settings(mut self, settings: SubscriberSettings) -> Self {
        self.settings = settings;
        self
    }

    /// Tells its state and counts there.
    #[must_use]
    pub fn observed_by(mut self, health: &Health, metrics: &Metrics) -> Self {
        self.health = health.clone();
        self.metrics = metrics.clone();
        self
    }

    /// Handles `T` with `handler`, from the topic that its contract names.
    ///
    /// # Panics
    ///
    /// If the contract names no topic: use [`Subscriber::on_topic`].
    #[must_use]
    pub fn on<T: Event>(
        self,
        handler: impl AsyncFn(&mut Tx, Envelope<T>) -> Result<(), HandlerError> + Send + Sync + 'static,
    ) -> Self {
        let topic = T::TOPIC.expect("the contract names a topic, or the subscriber does with `on_topic`");
        self.on_topic(topic, handler)
    }

    /// Handles `T` with `handler`, from `topic`.
    #[must_use]
    pub fn on_topic<T: Event>(
        mut self,
        topic: &str,
        handler: impl AsyncFn(&mut Tx, Envelope<T>) -> Result<(), HandlerError> + Send + Sync + 'static,
    ) -> Self {
        self.router
            .add(topic, T::TYPE, T::MAJOR, Arc::new(Typed::<T, _>::new(handler)));
        self
    }

    /// Starts the members; they run until [`Running::stop`] or until one of them cannot go on.
    ///
    /// # Panics
    ///
    /// If called outside of a tokio runtime.
    pub fn start(self) -> Result<Running, SubscriberError> {
        let Self {
            broker,
            store,
            group,
            settings,
            mut router,
            health,
            metrics,
        } = self;
        router.on_unknown_major = settings.on_unknown_major;
        router.max_bytes = settings.max_bytes;
        let router = Arc::new(router);
        if router.topics().is_empty() {
            return Err(SubscriberError::new(&group, "it has no handlers"));
        }
        // The last record of a batch begins at its time at the latest.
        let longest = settings.deadline + settings.batch_time;
        if settings.max_poll_interval < longest.saturating_mul(2) {
            let what = "max-poll-interval is below twice the handlers' deadline and batch-time, so that a slow \
                        handler would cost the member its partitions";
            return Err(SubscriberError::new(&group, what));
        }
        store.expect_transactions_of(longest);
        let members = settings.members.max(1);
        let shared = Arc::new(Shared {
            effects: Effects {
                store,
                group: group.clone(),
                router,
                deadline: settings.deadline,
                batch_time: settings.batch_time,
                handler_seconds: metrics
                    .handler_seconds
                    .get_or_create_owned(&vec![("group", group.clone())]),
            },
            broker,
            group,
            settings,
            health,
            metrics,
            runtime: tokio::runtime::Handle::current(),
            stopping: watch::channel(None).0,
            at_work: (0..members).map(|_| Mutex::default()).collect(),
        });
        let mut threads = Vec::new();
        for number in 0..members {
            threads.push(spawn(&shared, &number.to_string(), move |shared| {
                member::run(shared, number)
            })?);
        }
        threads.push(spawn(&shared, "lag", |shared| {
            lag::watch(shared);
            Ok(())
        })?);
        shared.runtime.spawn(watch_handlers(Arc::clone(&shared)));
        Ok(Running { shared, threads })
    }
}

/// Looks for blocked handlers until the subscriber stops.
async fn watch_handlers(shared: Arc<Shared>) {
    let mut rounds = tokio::time::interval(Duration::from_millis(500));
    loop {
        tokio::select! {
            _ = rounds.tick() => shared.find_blocked(),
            () = shared.stopping_for(Duration::ZERO) => return,
        }
    }
}

/// How a thread of a subscriber ended.
type Ended = oneshot::Receiver<Result<(), SubscriberError>>;

/// Starts a thread. One that cannot go on stops the others: they must not go on as if the group were whole.
fn spawn(
    shared: &Arc<Shared>,
    name: &str,
    run: impl FnOnce(&Arc<Shared>) -> Result<(), SubscriberError> + Send + 'static,
) -> Result<Ended, SubscriberError> {
    let (ended, end) = oneshot::channel();
    let own = Arc::clone(shared);
    let body = move || {
        let result = catch_unwind(AssertUnwindSafe(|| run(&own))).unwrap_or_else(|_| {
            let what = "a thread of it panicked, which is a defect of messaging";
            Err(SubscriberError::new(&own.group, what))
        });
        if result.is_err() {
            own.stop();
        }
        // Nobody may be waiting.
        let _told = ended.send(result);
    };
    std::thread::Builder::new()
        .name(format!("{}-{name}", shared.group))
        .spawn(body)
        .map_err(|error| {
            shared.stop();
            SubscriberError::new(&shared.group, format!("no thread could be started: {error}"))
        })?;
    Ok(end)
}

/// Time beyond the shutdown's deadline for letting partitions go.
const LET_GO: Duration = Duration::from_secs(10);

/// What the members of a subscriber share.
struct Shared {
    effects: Effects,
    broker: Broker,
    group: String,
    settings: SubscriberSettings,
    health: Health,
    metrics: Metrics,
    runtime: tokio::runtime::Handle,
    /// When it was asked to stop.
    stopping: watch::Sender<Option<Instant>>,
    /// Since when each member is at its piece of work, while it is.
    at_work: Vec<Mutex<Option<Instant>>>,
}

impl Shared {
    fn is_stopping(&self) -> bool {
        self.stopping.borrow().is_some()
    }

    fn stop(&self) {
        self.stopping.send_if_modified(|asked| {
            let first = asked.is_none();
            asked.get_or_insert_with(Instant::now);
            first
        });
    }

    /// Notes that a member begins a piece of work, or has ended it.
    fn at_work(&self, member: usize, since: Option<Instant>) {
        *self.at_work[member]
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = since;
    }

    /// Finds members whose handler does not let go of its thread: no deadline reaches those, and on SQLite nobody else
    /// can write meanwhile. Only the end of the process helps; `/healthz` asks for it.
    fn find_blocked(&self) {
        let longest = (self.settings.deadline + self.settings.batch_time).saturating_mul(2);
        for (member, since) in self.at_work.iter().enumerate() {
            let since = *since.lock().unwrap_or_else(PoisonError::into_inner);
            let part = format!("{} handler of member {member}", self.group);
            match since.map(|since| since.elapsed()).filter(|time| *time > longest) {
                Some(time) => {
                    let what = format!("has blocked its thread for {} s", time.as_secs());
                    self.health.hung(&part, what);
                }
                None => self.health.not_hung(&part),
            }
        }
    }

    /// Returns when it was asked to stop and so much time has passed since.
    async fn stopping_for(&self, time: Duration) {
        let mut asked = self.stopping.subscribe();
        let asked = match asked.wait_for(Option::is_some).await {
            Ok(asked) => asked.unwrap_or_else(Instant::now),
            // Its sender is `self`'s.
            Err(_) => return,
        };
        tokio::time::sleep_until((asked + time).into()).await;
    }

    fn labels(&self) -> Vec<(&'static str, String)> {
        vec![("group", self.group.clone())]
    }
}

/// A subscriber at work.
pub struct Running {
    shared: Arc<Shared>,
    threads: Vec<Ended>,
}

impl Running {
    /// Stops gracefully: nothing more is handed out, work in hand is committed if it ends within the shutdown's
    /// deadline and rolled back if not, partitions are let go. Waits for it.
    pub async fn stop(self) -> Result<(), SubscriberError> {
        self.shared.stop();
        self.join().await
    }

    /// Waits until the subscriber ends by itself (a member cannot go on) or is stopped from elsewhere.
    pub async fn join(self) -> Result<(), SubscriberError> {
        let Self { shared, threads } = self;
        let all = async {
            let mut first = Ok(());
            for thread in threads {
                let ended = thread.await.unwrap_or_else(|_| {
                    Err(SubscriberError::new(
                        &shared.group,
                        "one of its threads has vanished",
                    ))
                });
                first = first.and(ended);
            }
            first
        };
        tokio::select! {
            ended = all => ended,
            // A thread cannot be ended from outside; its transaction ends with the process.
            () = shared.stopping_for(shared.settings.shutdown + LET_GO) => {
                let what = "it was asked to stop and did not in time: a handler blocks its thread, or the broker or \
                            the store does not answer; what is in hand is rolled back when the process ends";
                Err(SubscriberError::new(&shared.group, what))
            }
        }
    }

    /// A handle that stops it from elsewhere.
    pub fn stopper(&self) -> Stopper {
        Stopper(Arc::clone(&self.shared))
    }
}

/// Stops a subscriber from elsewhere; who waits with [`Running::join`] sees it end.
#[derive(Clone)]
pub struct Stopper(Arc<Shared>);

impl Stopper {
    /// Stops gracefully, without waiting.
    pub fn stop(&self) {
        self.0.stop();
    }
}

/// Why a subscriber could not go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriberError {
    group: String,
    what: String,
}

impl SubscriberError {
    fn new(group: &str, what: impl Into<String>) -> Self {
        Self {
            group: group.to_owned(),
            what: what.into(),
        }
    }
}

impl std::fmt::Display for SubscriberError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "subscriber {} stopped: {}", self.group, self.what)
    }
}

impl std::error::Error for SubscriberError {}
