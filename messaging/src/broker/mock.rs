//! librdkafka's mock cluster, on a thread of its own because its handle cannot leave one.

use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};

use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;

use super::BrokerError;

type Cluster = MockCluster<'static, DefaultProducerContext>;
type Command = Box<dyn FnOnce(&Cluster) + Send>;

/// A mock cluster of one broker. It ends with the last clone of this handle.
#[derive(Clone)]
pub struct MockBroker {
    servers: Arc<str>,
    commands: Sender<Command>,
}

impl MockBroker {
    pub(super) fn start() -> Result<Self, BrokerError> {
        let (commands, received) = channel::<Command>();
        let (started, start) = channel();
        std::thread::Builder::new()
            .name("mock-broker".into())
            .spawn(move || {
                let cluster = match Cluster::new(1) {
                    Ok(cluster) => cluster,
                    Err(error) => {
                        let _gone = started.send(Err(error));
                        return;
                    }
                };
                let _gone = started.send(Ok(cluster.bootstrap_servers()));
                for command in received {
                    command(&cluster);
                }
            })
            .map_err(|error| BrokerError::away(format!("no thread for the mock broker: {error}")))?;
        match start.recv() {
            Ok(Ok(servers)) => Ok(Self {
                servers: servers.into(),
                commands,
            }),
            Ok(Err(error)) => Err(BrokerError::new("the mock broker did not start", error)),
            Err(_) => Err(BrokerError::away("the mock broker's thread ended at once")),
        }
    }

    /// Where it listens.
    pub fn servers(&self) -> &str {
        &self.servers
    }

    /// Does something with the cluster on its thread and gives back what came of it.
    pub fn with<T: Send + 'static>(
        &self,
        command: impl FnOnce(&Cluster) -> T + Send + 'static,
    ) -> Result<T, BrokerError> {
        let gone = || BrokerError::away("the mock broker's thread has ended");
        let (answer, answered) = channel();
        self.commands
            .send(Box::new(move |cluster| {
                let _gone = answer.send(command(cluster));
            }))
            .map_err(|_| gone())?;
        answered.recv().map_err(|_| gone())
    }

    /// Creates a topic; the mock knows no admin requests.
    pub fn create_topic(&self, topic: &str, partitions: i32) -> Result<(), BrokerError> {
        let name = topic.to_owned();
        self.with(move |cluster| cluster.create_topic(&name, partitions, 1))?
            .map_err(|error| BrokerError::new(format!("the topic {topic} could not be created"), error))
    }

    /// Takes the broker away, or brings it back.
    pub fn set_down(&self, down: bool) -> Result<(), BrokerError> {
        self.with(move |cluster| {
            if down {
                cluster.broker_down(-1)
            } else {
                cluster.broker_up(-1)
            }
        })?
        .map_err(|error| BrokerError::new("the mock broker's state could not be changed", error))
    }
}

impl fmt::Debug for MockBroker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MockBroker({})", self.servers)
    }
}
