//! The loop of one member: poll, hand out, carry out, report. One thread, so that nothing overlaps a rebalance.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::Message;
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::BorrowedMessage;

use super::context::{Context, offsets};
use super::effect::{Done, Problem};
use super::{Shared, SubscriberError};
use crate::broker::Incoming;
use crate::core::{Core, Delivery, Failure, Jitter, Key, PartitionId, Work};
use crate::router::Prepared;
use crate::store::Tx;

/// How long a poll waits when there is nothing to do.
const IDLE: Duration = Duration::from_millis(100);

pub(super) fn run(shared: &Arc<Shared>, number: usize) -> Result<(), SubscriberError> {
    let part = format!("{} member {number}", shared.group);
    let result = Member::new(shared, number, &part).and_then(|mut member| {
        let ended = member.work();
        // Closing revokes what is held, through the same callback as a rebalance.
        drop(member);
        ended
    });
    match &result {
        Ok(()) => shared.health.well(&part),
        Err(error) => {
            tracing::error!(group = shared.group, member = number, %error, "a member stopped");
            shared.health.problem(&part, error.to_string());
        }
    }
    result
}

pub(super) struct Member<'a> {
    pub(super) shared: &'a Arc<Shared>,
    pub(super) consumer: BaseConsumer<Context>,
    part: &'a str,
    pub(super) number: usize,
    /// While the store is away: when to try again, and how long to wait the next time.
    pub(super) away: Option<(Instant, Duration)>,
    jitter: Jitter,
    pub(super) committed: Instant,
    pub(super) pruned: Instant,
    pub(super) more_to_prune: bool,
    pub(super) looked: Instant,
}

impl<'a> Member<'a> {
    fn new(shared: &'a Arc<Shared>, number: usize, part: &'a str) -> Result<Self, SubscriberError> {
        let settings = &shared.settings;
        let seed = seed();
        let core = Core::new(settings.policy, settings.limits, settings.breaker, seed);
        let mut config = shared.broker.client();
        let millis = |duration: Duration| duration.as_millis().to_string();
        config
            .set("group.id", &shared.group)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            // Where to start is the database's word; anything else must stop us.
            .set("auto.offset.reset", "error")
            .set("isolation.level", "read_committed")
            .set("partition.assignment.strategy", &settings.assignment)
            .set("session.timeout.ms", millis(settings.session_timeout))
            .set("heartbeat.interval.ms", millis(settings.session_timeout / 4))
            .set("max.poll.interval.ms", millis(settings.max_poll_interval))
            .set(
                "queued.max.messages.kbytes",
                (settings.prefetch_bytes / 1024).max(1).to_string(),
            )
            // Once the prefetch is full, the client waits so long until it fetches on: by default a second, in which a
            // fast handler reads it empty.
            .set("fetch.queue.backoff.ms", "10")
            .set("fetch.wait.max.ms", "100")
            // Otherwise a topic that appears later is found after five minutes.
            .set("topic.metadata.refresh.interval.ms", "10000")
            .set("allow.auto.create.topics", "false");
        if let Some(instance) = &settings.instance {
            config.set("group.instance.id", format!("{instance}-{number}"));
        }
        let stopped = |what: String| SubscriberError::new(&shared.group, what);
        let context = Context::new(Arc::clone(shared), core);
        let consumer = BaseConsumer::from_config_and_context(&config, context)
            .map_err(|error| stopped(format!("its consumer could not be made: {error}")))?;
        let topics = shared.effects.router.topics();
        let topics: Vec<&str> = topics.iter().map(String::as_str).collect();
        consumer
            .subscribe(&topics)
            .map_err(|error| stopped(format!("it could not subscribe: {error}")))?;
        Ok(Self {
            shared,
            consumer,
            part,
            number,
            away: None,
            jitter: Jitter::new(seed ^ 1),
            committed: Instant::now(),
            pruned: Instant::now(),
            more_to_prune: true,
            looked: Instant::now(),
        })
    }

    fn work(&mut self) -> Result<(), SubscriberError> {
        while !self.shared.is_stopping() {
            self.fetch()?;
            self.carry_out()?;
            self.throttle();
            self.housekeeping();
            if let Some(why) = self.consumer.context().state().fatal.take() {
                return Err(self.stopped(why));
            }
        }
        Ok(())
    }

    fn stopped(&self, what: impl Into<String>) -> SubscriberError {
        SubscriberError::new(&self.shared.group, what)
    }

    /// Polls until there is a batch, a queue is full, or there is nothing more to get at once.
    fn fetch(&self) -> Result<(), SubscriberError> {
        let batch = self.shared.settings.limits.batch_records;
        let mut timeout = self.idle();
        for _ in 0..batch {
            match self.consumer.poll(timeout) {
                None => break,
                Some(Ok(message)) => {
                    if !self.deliver(&message) {
                        break;
                    }
                }
                Some(Err(error)) => self.complain(&error)?,
            }
            timeout = Duration::ZERO;
        }
        Ok(())
    }

    /// How long the next poll may wait.
    fn idle(&self) -> Duration {
        if let Some((until, _)) = self.away {
            return until.saturating_duration_since(Instant::now()).min(IDLE);
        }
        let context = self.consumer.context();
        let state = context.state();
        let queued = state
            .core
            .held()
            .any(|(partition, ..)| state.core.queued(partition) > 0);
        let due = state.core.due().map_or(IDLE, |due| {
            Duration::from_millis(due.saturating_sub(context.now()))
        });
        if queued { Duration::ZERO } else { due.min(IDLE) }
    }

    /// Says whether more of the partition is wanted.
    fn deliver(&self, message: &BorrowedMessage<'_>) -> bool {
        let context = self.consumer.context();
        let mut state = context.state();
        let names = state
            .names
            .get(message.topic())
            .and_then(|numbers| numbers.get(&message.partition()));
        // A record of a partition that was never taken over.
        let Some(partition) = names.cloned() else {
            return true;
        };
        let incoming = Incoming::copy(message, partition.clone());
        let (offset, bytes) = (incoming.offset, incoming.bytes());
        let key = Key::new(incoming.key.as_deref(), offset);
        let (verdict, payload) = self.shared.effects.router.judge(incoming, &self.shared.group);
        state.core.deliver(
            &partition,
            Delivery {
                offset,
                key,
                bytes,
                verdict,
                payload,
            },
        );
        state.core.wants(&partition)
    }

    fn complain(&self, error: &KafkaError) -> Result<(), SubscriberError> {
        let health = &self.shared.health;
        match error {
            KafkaError::MessageConsumptionFatal(code) => {
                return Err(self.stopped(format!("the broker ended its membership: {code}")));
            }
            KafkaError::MessageConsumption(
                code @ (RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange),
            ) => {
                return Err(self.stopped(format!(
                    "an offset that was not handled is no longer in the log ({code}); `offsets reset` sets progress \
                     by hand"
                )));
            }
            _ => {}
        }
        tracing::warn!(group = self.shared.group, %error, "the broker complains");
        health.problem(&format!("{} broker", self.shared.group), error.to_string());
        Ok(())
    }

    /// Carries out what the core plans, and returns to polling before the group misses us.
    fn carry_out(&mut self) -> Result<(), SubscriberError> {
        if self.away.is_some_and(|(until, _)| Instant::now() < until) {
            return Ok(());
        }
        let begun = Instant::now();
        while begun.elapsed() < IDLE && !self.shared.is_stopping() {
            let work = {
                let context = self.consumer.context();
                context.state().core.next(context.now())
            };
            let Some(mut work) = work else { return Ok(()) };
            self.shared.at_work(self.number, Some(Instant::now()));
            let result = self.shared.runtime.block_on(async {
                tokio::select! {
                    result = self.shared.effects.run(&mut work) => result,
                    () = self.shared.stopping_for(self.shared.settings.shutdown) => {
                        Err(Problem::Unavailable("the shutdown's deadline passed with work in hand".into()))
                    }
                }
            });
            self.shared.at_work(self.number, None);
            self.report(work, result)?;
            if self.away.is_some() {
                return Ok(());
            }
        }
        Ok(())
    }

    fn report(
        &mut self,
        mut work: Work<Prepared<Tx>>,
        result: Result<Done, Problem>,
    ) -> Result<(), SubscriberError> {
        let context = Arc::clone(self.consumer.context());
        let now = context.now();
        let mut state = context.state();
        if matches!(result, Err(Problem::Unavailable(_))) {
            self.shared.count_failure("unavailable");
        } else {
            self.away = None;
            self.shared.health.well(self.part);
        }
        match result {
            Ok(done) => {
                state.core.cut(&mut work, done.ended);
                self.shared.count(&work, done);
                state.core.committed(work, now);
                if let Some((dead, seen)) = state.core.tripped() {
                    return Err(self.stopped(format!(
                        "{dead} of the last {seen} records ended as dead letters, which is more than its circuit \
                         breaker allows"
                    )));
                }
            }
            Err(Problem::Failed { at, failure, why }) => {
                let (partition, offset) = place(&work, at);
                let class = match failure {
                    Failure::Poison(reason) => reason.as_str(),
                    _ => "retriable",
                };
                tracing::warn!(group = self.shared.group, %partition, offset, class, why, "a record failed");
                self.shared.count_failure(class);
                state.core.failed(work, at, failure, now);
            }
            Err(Problem::Unavailable(why)) => {
                state.core.unavailable(work);
                let pause = self.away.map_or(Duration::from_millis(50), |(_, last)| last * 2);
                let pause = pause.min(Duration::from_secs(5));
                tracing::warn!(group = self.shared.group, why, "tried again");
                self.shared.health.problem(self.part, why);
                let jitter = Duration::from_millis(self.jitter.up_to(20));
                self.away = Some((Instant::now() + pause + jitter, pause));
            }
            Err(Problem::Fenced(partitions)) => {
                tracing::warn!(
                    group = self.shared.group,
                    ?partitions,
                    "another member owns the partitions"
                );
                self.shared
                    .metrics
                    .fenced
                    .get_or_create(&self.shared.labels())
                    .inc();
                state.core.fenced(work, &partitions);
                state.fenced.extend(
                    partitions
                        .into_iter()
                        .map(|partition| (partition, Instant::now())),
                );
            }
            Err(Problem::Fatal(why)) => {
                state.core.unavailable(work);
                return Err(self.stopped(why));
            }
        }
        Ok(())
    }

    /// Pauses partitions whose queue or parked rows are full, and resumes the others.
    fn throttle(&self) {
        let context = self.consumer.context();
        let mut state = context.state();
        let mut pause = Vec::new();
        let mut resume = Vec::new();
        for (partition, ..) in state.core.held() {
            match (state.core.wants(partition), state.paused.contains(partition)) {
                (false, false) => pause.push(partition.clone()),
                (true, true) => resume.push(partition.clone()),
                _ => {}
            }
        }
        if !pause.is_empty() {
            tracing::debug!(group = self.shared.group, ?pause, "paused");
            if self
                .consumer
                .pause(&offsets(pause.iter().map(|partition| (partition, 0))))
                .is_ok()
            {
                state.paused.extend(pause);
            }
        }
        if !resume.is_empty()
            && self
                .consumer
                .resume(&offsets(resume.iter().map(|it| (it, 0))))
                .is_ok()
        {
            for partition in resume {
                state.paused.remove(&partition);
            }
        }
    }
}

impl Shared {
    fn count(&self, work: &Work<Prepared<Tx>>, done: Done) {
        let Done {
            ended: _,
            handled,
            inbox_hits,
            parked,
            dead,
            skipped: _,
        } = done;
        let labels = self.labels();
        for (family, count) in [
            (&self.metrics.handled, handled),
            (&self.metrics.inbox_hits, inbox_hits),
            (&self.metrics.parked, parked),
            (&self.metrics.dead, dead),
        ] {
            if count > 0 {
                family.get_or_create(&labels).inc_by(count);
            }
        }
        if let Work::Batch(entries) = work {
            #[expect(clippy::cast_precision_loss, reason = "batches are far below 2^52")]
            self.metrics
                .batch_records
                .get_or_create(&labels)
                .observe(entries.len() as f64);
        }
    }

    fn count_failure(&self, class: &str) {
        let mut labels = self.labels();
        labels.push(("class", class.to_owned()));
        self.metrics.failures.get_or_create(&labels).inc();
    }
}

/// Which record of a piece of work failed, for messages.
fn place(work: &Work<Prepared<Tx>>, at: usize) -> (PartitionId, i64) {
    match work {
        Work::Batch(entries) => (entries[at].partition.clone(), entries[at].record.offset),
        Work::Unpark {
            partition, offsets, ..
        } => (partition.clone(), offsets[at]),
        Work::Attempt {
            partition, offset, ..
        }
        | Work::Bury {
            partition, offset, ..
        } => (partition.clone(), *offset),
    }
}

/// Members of a group must not retry in step.
fn seed() -> u64 {
    let (high, low) = uuid::Uuid::new_v4().as_u64_pair();
    high ^ low
}
