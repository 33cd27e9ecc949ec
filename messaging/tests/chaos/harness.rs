//! Starts the services, has them hurt while orders come in, lets them finish, and asks the oracle.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use messaging::Broker;
use messaging::topics::{self, MorePartitions, TopicSpec};

use crate::generator;
use crate::oracle::{self, Books};
use crate::roles::Databases;
use crate::torment::torment;

pub const PARTITIONS: i32 = 6;

/// Size and schedule.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub seed: u64,
    pub orders: u64,
    pub kills: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Orders,
    Inventory,
}

#[derive(Debug, Clone)]
pub struct Names {
    pub orders: String,
    pub adjusted: String,
    pub group: String,
}

pub struct Services<'a> {
    pub servers: &'a str,
    databases: &'a Databases,
    pub names: Names,
    http: SocketAddr,
    /// One order service and three consumers.
    children: Vec<(Role, Child)>,
}

impl Services<'_> {
    fn spawn(&self, role: Role, failpoint: Option<String>) -> Child {
        let mut command = Command::new(std::env::current_exe().expect("this binary has a path"));
        let (name, database) = match role {
            Role::Orders => ("orders", &self.databases.orders),
            Role::Inventory => ("inventory", &self.databases.inventory),
        };
        command
            .args(["role", "--exact", "--nocapture"])
            .env("CHAOS_ROLE", name)
            .env("CHAOS_SERVERS", self.servers)
            .env("CHAOS_DATABASE", database)
            .env("CHAOS_TOPIC", &self.names.orders)
            .env("CHAOS_ADJUSTED", &self.names.adjusted)
            .env(
                "CHAOS_GROUP",
                if role == Role::Orders {
                    "orders".to_owned()
                } else {
                    self.names.group.clone()
                },
            )
            .env("CHAOS_HTTP", self.http.to_string())
            .env_remove("MESSAGING_FAILPOINT")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if let Some(failpoint) = failpoint {
            command.env("MESSAGING_FAILPOINT", failpoint);
        }
        command.spawn().expect("a child starts")
    }

    pub fn restart(&mut self, at: usize, failpoint: Option<String>) {
        let role = self.children[at].0;
        let child = self.spawn(role, failpoint);
        let mut old = std::mem::replace(&mut self.children[at].1, child);
        let _already = old.kill();
        old.wait().expect("a child can be waited for");
    }

    /// Restarts what has ended by itself; returns how many.
    pub fn revive(&mut self) -> u64 {
        let mut ended = 0;
        for at in 0..self.children.len() {
            if self.children[at]
                .1
                .try_wait()
                .expect("a child can be asked")
                .is_some()
            {
                self.restart(at, None);
                ended += 1;
            }
        }
        ended
    }

    pub fn signal(&self, at: usize, signal: &str) {
        let pid = self.children[at].1.id().to_string();
        Command::new("kill")
            .args([signal, &pid])
            .status()
            .expect("kill runs");
    }

    /// One of the processes of a role, by any number.
    pub fn pick(&self, role: Role, choice: u64) -> usize {
        let of_role: Vec<usize> = (0..self.children.len())
            .filter(|at| self.children[*at].0 == role)
            .collect();
        of_role[usize::try_from(choice % of_role.len() as u64).expect("few")]
    }

    pub fn has_ended(&mut self, at: usize) -> bool {
        let ended = self.children[at].1.try_wait().expect("a child can be asked");
        ended.is_some()
    }

    /// One more consumer for a while.
    pub fn join_and_leave(&mut self, stay: Duration) {
        let extra = self.spawn(Role::Inventory, None);
        self.children.push((Role::Inventory, extra));
        std::thread::sleep(stay);
        self.signal(self.children.len() - 1, "-TERM");
        let (_, mut extra) = self.children.pop().expect("just pushed");
        extra.wait().expect("it ends");
    }

    pub fn on_postgres(&self) -> bool {
        self.databases.orders.starts_with("postgres")
    }
}

/// A test that fails leaves no processes behind.
impl Drop for Services<'_> {
    fn drop(&mut self) {
        for (_, child) in &mut self.children {
            let _ended = child.kill();
            let _reaped = child.wait();
        }
    }
}

/// Runs the whole of it.
pub fn run(servers: &str, databases: &Databases, plan: Plan) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let broker = Broker::at(servers).expect("the address is well-formed");
    let id = uuid::Uuid::new_v4().simple().to_string();
    let names = Names {
        orders: format!("chaos-orders-{id}"),
        adjusted: format!("chaos-adjusted-{id}"),
        group: format!("chaos-{}", &id[..8]),
    };
    let spec = TopicSpec::new(&names.orders, PARTITIONS);
    let specs = [
        spec.dead_letters(&names.group),
        spec,
        TopicSpec::new(&names.adjusted, PARTITIONS),
    ];
    runtime.block_on(async {
        let changes = topics::plan(&broker, &specs).await.expect("planned");
        topics::apply(&broker, &changes, MorePartitions::Refuse)
            .await
            .expect("applied");
    });
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let http = listener.local_addr().expect("bound");
    drop(listener);
    let mut services = Services {
        servers,
        databases,
        names: names.clone(),
        http,
        children: Vec::new(),
    };
    for role in [Role::Orders, Role::Inventory, Role::Inventory, Role::Inventory] {
        let child = services.spawn(role, None);
        services.children.push((role, child));
    }
    let accepted = AtomicU64::new(0);
    let allowed = AtomicU64::new(0);
    let done = AtomicBool::new(false);
    let begun = Instant::now();
    let (journal, hurt) = std::thread::scope(|scope| {
        let orders = scope.spawn(|| {
            let journal = generator::generate(http, plan.orders, plan.seed, &accepted, &allowed);
            done.store(true, Ordering::Relaxed);
            journal
        });
        let hurt = torment(&mut services, plan, &allowed, &done);
        (orders.join().expect("the generator does not panic"), hurt)
    });
    println!(
        "seed {}, {} orders accepted in {} s; {hurt}",
        plan.seed,
        accepted.load(Ordering::Relaxed),
        begun.elapsed().as_secs()
    );
    let books = Books {
        servers,
        databases,
        names: &names,
        journal: &journal,
        garbage: hurt.garbage,
    };
    // Five at each of the eight places for 200 kills; they are a half of the blows.
    let least = plan.kills / 40;
    assert!(
        hurt.fewest() >= least,
        "a named place was reached fewer than {least} times: {hurt}"
    );
    // Everything is left to finish; then everything must end when asked.
    let finish = Instant::now();
    loop {
        services.revive();
        let problems = oracle::check(&runtime, &books);
        if problems.is_empty() {
            break;
        }
        assert!(
            finish.elapsed() < Duration::from_mins(10),
            "seed {}: {problems:#?}",
            plan.seed
        );
        std::thread::sleep(Duration::from_secs(2));
    }
    for at in 0..services.children.len() {
        services.signal(at, "-TERM");
    }
    for (role, child) in &mut services.children {
        let ended = Instant::now();
        while child.try_wait().expect("a child can be asked").is_none() {
            assert!(
                ended.elapsed() < Duration::from_secs(30),
                "{role:?} does not end when asked"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    let problems = oracle::check(&runtime, &books);
    assert!(problems.is_empty(), "seed {}: {problems:#?}", plan.seed);
    println!("the books are right, {} s in all", begun.elapsed().as_secs());
}
