//! Consumes events with an exactly-once effect: builds a subscriber, runs its members, watches its lag.

mod context;
mod effect;
mod lag;
mod member;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use contract_events::{Envelope, Event};
use tokio::sync::Notify;

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
    /// Longest run of one handler; a batch may take this long for each of its records.
    pub deadline: Duration,
    /// Members in this process; each has a thread and partitions of its own.
    pub members: usize,
    /// Static membership: a name for this process that survives its restart, so that a restart moves no partitions.
    pub instance: Option<String>,
    /// How long the group waits for a member that says nothing.
    pub session_timeout: Duration,
    /// How long the group waits for a member that does not poll: must exceed the longest batch.
    pub max_poll_interval: Duration,
    /// Bytes that each member prefetches.
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
        let longest = settings.deadline.saturating_mul(2);
        if settings.max_poll_interval < longest {
            let what = "max-poll-interval is below twice the handlers' deadline, so that a slow handler would cost \
                        the member its partitions";
            return Err(SubscriberError::new(&group, what));
        }
        let shared = Arc::new(Shared {
            effects: Effects {
                store,
                group: group.clone(),
                router,
                deadline: settings.deadline,
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
            stopping: AtomicBool::new(false),
            stopped: Notify::new(),
        });
        let mut members = Vec::new();
        for number in 0..shared.settings.members.max(1) {
            let shared_by_member = Arc::clone(&shared);
            let thread = std::thread::Builder::new()
                .name(format!("{}-{number}", shared.group))
                .spawn(move || member::run(&shared_by_member, number))
                .map_err(|error| {
                    SubscriberError::new(&shared.group, format!("no thread for a member: {error}"))
                })?;
            members.push(thread);
        }
        let watch = Arc::clone(&shared);
        let lag = std::thread::Builder::new()
            .name(format!("{}-lag", shared.group))
            .spawn(move || lag::watch(&watch))
            .map_err(|error| {
                SubscriberError::new(&shared.group, format!("no thread for the lag: {error}"))
            })?;
        Ok(Running { shared, members, lag })
    }
}

/// What the members of a subscriber share.
struct Shared {
    effects: Effects,
    broker: Broker,
    group: String,
    settings: SubscriberSettings,
    health: Health,
    metrics: Metrics,
    runtime: tokio::runtime::Handle,
    stopping: AtomicBool,
    stopped: Notify,
}

impl Shared {
    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.stopped.notify_waiters();
    }

    fn labels(&self) -> Vec<(&'static str, String)> {
        vec![("group", self.group.clone())]
    }
}

/// A subscriber at work.
pub struct Running {
    shared: Arc<Shared>,
    members: Vec<std::thread::JoinHandle<Result<(), SubscriberError>>>,
    lag: std::thread::JoinHandle<()>,
}

impl Running {
    /// Stops gracefully: nothing more is handed out, work in hand is committed, partitions are let go. Waits for it.
    pub async fn stop(self) -> Result<(), SubscriberError> {
        self.shared.stop();
        self.join().await
    }

    /// Waits until the subscriber ends by itself: until a member cannot go on.
    pub async fn join(self) -> Result<(), SubscriberError> {
        let Self { shared, members, lag } = self;
        let group = shared.group.clone();
        let wait = move || {
            let mut first = Ok(());
            for member in members {
                let ended = member.join().unwrap_or_else(|_| {
                    Err(SubscriberError::new(
                        &shared.group,
                        "a member panicked, which is a defect of messaging",
                    ))
                });
                // The others must not go on as if the group were whole.
                shared.stop();
                first = first.and(ended);
            }
            let _ended = lag.join();
            first
        };
        match tokio::task::spawn_blocking(wait).await {
            Ok(ended) => ended,
            Err(error) => Err(SubscriberError::new(
                &group,
                format!("waiting for it failed: {error}"),
            )),
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
