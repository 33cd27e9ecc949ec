//! What every service binary does around its handlers: configuration, subcommands, start, health, graceful stop.

use std::error::Error;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tracing_subscriber::EnvFilter;

use crate::broker::Broker;
use crate::cli::{self, Definition, Ended};
use crate::config::{Config, Span};
use crate::health::{self, Health};
use crate::metrics::Metrics;
use crate::relay::Relay;
use crate::store::Store;
use crate::subscriber::{Running, Subscriber, SubscriberSettings};
use crate::topics::{self, MorePartitions, TopicSpec};

/// How long a service may take to stop: below the half minute after which orchestrators kill.
const SHUTDOWN: Duration = Duration::from_secs(25);

type AnyError = Box<dyn Error + Send + Sync>;

/// HTTP routes, as a service adds them.
pub use axum::Router as Routes;

/// A service.
pub trait Service: 'static {
    /// Its name, and that of its consumer group unless the configuration says another.
    const NAME: &'static str;
    /// Creates its own tables where they are missing.
    const SCHEMA: &'static str;

    /// The topics that it reads.
    fn reads() -> Vec<TopicSpec>;

    /// The topics that it writes.
    fn writes() -> Vec<TopicSpec>;

    /// Adds its handlers. `consumer` is the name of its group.
    fn handlers(subscriber: Subscriber, consumer: &str) -> Subscriber;

    /// Its own HTTP routes.
    fn routes(store: &Store) -> Routes {
        let _ = store;
        Routes::new()
    }

    /// Settings that its kind of work wants; the configuration file wins over them.
    fn settings() -> SubscriberSettings {
        SubscriberSettings::default()
    }
}

/// What a service reads and writes, under the consumer name of this configuration.
pub fn definition<S: Service>(config: &Config) -> Definition {
    Definition {
        group: consumer::<S>(config),
        reads: S::reads(),
        writes: S::writes(),
    }
}

fn consumer<S: Service>(config: &Config) -> String {
    config.consumer.clone().unwrap_or_else(|| S::NAME.to_owned())
}

/// A service at work.
pub struct Started {
    subscriber: Option<Running>,
    relay: Relay,
    http: Option<Http>,
    health: Health,
    metrics: Metrics,
}

struct Http {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<std::io::Result<()>>,
}

/// Starts a service on a broker and a store that are there already.
pub async fn start<S: Service>(broker: &Broker, store: &Store, config: &Config) -> Result<Started, AnyError> {
    let (health, metrics) = (Health::default(), Metrics::default());
    store.script(S::SCHEMA).await?;
    if broker.as_mock().is_some() {
        let changes = topics::plan(broker, &definition::<S>(config).topics()).await?;
        topics::apply(broker, &changes, MorePartitions::Refuse).await?;
    }
    let http = match &config.http {
        Some(address) => {
            let listener = tokio::net::TcpListener::bind(address)
                .await
                .map_err(|error| format!("nothing can listen at {address}: {error}"))?;
            let address = listener.local_addr()?;
            let routes = health::routes(health.clone(), metrics.clone()).merge(S::routes(store));
            let (stop, stopped) = oneshot::channel::<()>();
            let until = async {
                let _asked = stopped.await;
            };
            let serving =
                tokio::spawn(async { axum::serve(listener, routes).with_graceful_shutdown(until).await });
            Some(Http {
                address,
                stop,
                serving,
            })
        }
        None => None,
    };
    let relay = Relay::start(broker, store, S::NAME, config.relay.settings(), &health, &metrics)?;
    let subscriber = if S::reads().is_empty() {
        None
    } else {
        let mut settings = S::settings();
        config.subscriber.apply(&mut settings);
        let name = consumer::<S>(config);
        let subscriber = Subscriber::new(broker, store, &name)
            .with_settings(settings)
            .observed_by(&health, &metrics);
        Some(S::handlers(subscriber, &name).start()?)
    };
    Ok(Started {
        subscriber,
        relay,
        http,
        health,
        metrics,
    })
}

impl Started {
    /// Where it answers HTTP.
    pub fn address(&self) -> Option<SocketAddr> {
        self.http.as_ref().map(|http| http.address)
    }

    /// Its health.
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// Its metrics.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Stops in the order of the flow: no more requests, no more records, then what they left in the outbox.
    pub async fn stop(self) -> Result<(), AnyError> {
        let Self {
            subscriber,
            relay,
            http,
            health: _,
            metrics: _,
        } = self;
        if let Some(Http {
            stop,
            serving,
            address: _,
        }) = http
        {
            // It may have ended by itself; then there is nobody to tell.
            let _told = stop.send(());
            serving.await??;
        }
        let ended = match subscriber {
            Some(subscriber) => subscriber.stop().await,
            None => Ok(()),
        };
        relay.stop().await;
        Ok(ended?)
    }
}

#[derive(Parser)]
struct Arguments {
    /// The configuration file; environment variables (MESSAGING__…) win over it
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Run the service
    Run,
    #[command(flatten)]
    Operate(cli::Command),
}

/// The `main` of a service binary. Exit codes: 0 clean, 1 findings, 2 could not run.
pub fn main<S: Service>() -> ExitCode {
    let matches = Arguments::command()
        .name(S::NAME)
        .version(env!("CARGO_PKG_VERSION"))
        .get_matches();
    let arguments = match Arguments::from_arg_matches(&matches) {
        Ok(arguments) => arguments,
        Err(error) => error.exit(),
    };
    // To the error output as JSON lines; RUST_LOG chooses, `info` where it is not set.
    let level = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(level)
        .with_writer(std::io::stderr)
        .init();
    let result = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(AnyError::from)
        .and_then(|runtime| {
            let result = runtime.block_on(run::<S>(arguments));
            // What did not stop in time must not keep the process.
            runtime.shutdown_background();
            result
        });
    match result {
        Ok(Ended::Clean) => ExitCode::SUCCESS,
        Ok(Ended::Findings) => ExitCode::from(1),
        Err(error) => {
            eprintln!("{}: {error}", S::NAME);
            ExitCode::from(2)
        }
    }
}

async fn run<S: Service>(arguments: Arguments) -> Result<Ended, AnyError> {
    let config = Config::load(arguments.config.as_deref())?;
    let broker = config.broker()?;
    let path = format!("{}.db", S::NAME);
    let url = config.database.as_deref().unwrap_or(&path);
    let store = Store::open_with(url, config.database_connections).await?;
    match arguments.verb {
        Verb::Operate(command) => {
            let mut text = Vec::new();
            let ended = cli::run(&command, &broker, &store, &definition::<S>(&config), &mut text).await;
            std::io::stdout().write_all(&text)?;
            ended
        }
        Verb::Run => {
            let mut started = start::<S>(&broker, &store, &config).await?;
            let (mut terminate, mut interrupt) =
                (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
            let subscriber = started.subscriber.take();
            let stopper = subscriber.as_ref().map(Running::stopper);
            let mut joined = std::pin::pin!(async {
                match subscriber {
                    Some(subscriber) => subscriber.join().await,
                    None => std::future::pending().await,
                }
            });
            tokio::select! {
                ended = &mut joined => {
                    started.stop().await?;
                    ended?;
                    return Ok(Ended::Clean);
                }
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            let ended = async {
                if let Some(stopper) = stopper {
                    stopper.stop();
                    joined.await?;
                }
                started.stop().await
            };
            let deadline = config.shutdown.map_or(SHUTDOWN, |Span(duration)| duration);
            match tokio::time::timeout(deadline, ended).await {
                Ok(ended) => ended.map(|()| Ended::Clean),
                Err(_) => Err(format!(
                    "it did not stop within {} ms; what was in hand is rolled back and comes again",
                    deadline.as_millis()
                )
                .into()),
            }
        }
    }
}
