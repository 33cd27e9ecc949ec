//! Starts the services, hurts them by a seeded plan while orders come in, lets them finish, and asks the oracle.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use messaging::Broker;
use messaging::core::Jitter;
use messaging::topics::{self, MorePartitions, TopicSpec};

use crate::generator;
use crate::oracle::{self, Books};
use crate::roles::Databases;

pub const PARTITIONS: i32 = 6;

/// Size and schedule.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub seed: u64,
    pub orders: u64,
    pub kills: u64,
}

/// Places at which a service kills itself, which service gets there, and at which time at the latest.
const PLACES: [(&str, Role, u64); 8] = [
    ("order-before-commit", Role::Orders, 20),
    ("handler-after-publish", Role::Inventory, 10),
    ("order-after-commit", Role::Orders, 20),
    ("effect-before-commit", Role::Inventory, 3),
    ("relay-before-commit", Role::Orders, 3),
    ("effect-after-commit", Role::Inventory, 3),
    ("relay-after-send", Role::Orders, 3),
    ("relay-after-remove", Role::Orders, 3),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Orders,
    Inventory,
}

#[derive(Debug, Clone)]
pub struct Names {
    pub orders: String,
    pub adjusted: String,
    pub group: String,
}

struct Services<'a> {
    servers: &'a str,
    databases: &'a Databases,
    names: Names,
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

    fn restart(&mut self, at: usize, failpoint: Option<String>) {
        let role = self.children[at].0;
        let child = self.spawn(role, failpoint);
        let mut old = std::mem::replace(&mut self.children[at].1, child);
        let _already = old.kill();
        old.wait().expect("a child can be waited for");
    }

    /// Restarts what has ended by itself; returns how many.
    fn revive(&mut self) -> u64 {
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

    fn signal(&self, at: usize, signal: &str) {
        let pid = self.children[at].1.id().to_string();
        Command::new("kill")
            .args([signal, &pid])
            .status()
            .expect("kill runs");
    }

    fn pick(&self, role: Role, dice: &mut Jitter) -> usize {
        let of_role: Vec<usize> = (0..self.children.len())
            .filter(|at| self.children[*at].0 == role)
            .collect();
        let last = u64::try_from(of_role.len()).expect("few") - 1;
        of_role[usize::try_from(dice.up_to(last)).expect("few")]
    }
}

/// Counts of what was done.
#[derive(Debug, Default)]
struct Hurt {
    places: u64,
    random: u64,
    stopped: u64,
    joined: u64,
    broker: u64,
    copied: u64,
    garbage: u64,
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
        "{} orders accepted in {} s; {hurt:?}",
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
    let tried = plan.kills.div_ceil(2);
    assert!(
        hurt.places * 10 >= tried * 7,
        "only {} of {tried} named places were reached",
        hurt.places
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
            finish.elapsed() < Duration::from_mins(4),
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

/// Hurts the services again and again. Each blow lets some more orders in, so that work is in flight at each.
fn torment(services: &mut Services<'_>, plan: Plan, allowed: &AtomicU64, done: &AtomicBool) -> Hurt {
    let mut dice = Jitter::new(plan.seed);
    let mut hurt = Hurt::default();
    let step = (plan.orders / (plan.kills + 1)).max(1);
    let restart_broker = std::env::var("KAFKA_DIR").is_ok();
    for blow in 0..plan.kills {
        allowed.fetch_add(step, Ordering::Relaxed);
        if blow % 2 == 0 {
            // A named place, the nth time that the service gets there.
            let at = usize::try_from(blow / 2).expect("few") % PLACES.len();
            let (place, role, latest) = PLACES[at];
            let nth = 1 + dice.up_to(latest - 1);
            let victim = services.pick(role, &mut dice);
            services.restart(victim, Some(format!("{place}:{nth}")));
            let waited = Instant::now();
            // It dies of it, unless the others leave it nothing to do.
            while waited.elapsed() < Duration::from_secs(20) {
                if services.children[victim].1.try_wait().expect("asked").is_some() {
                    hurt.places += 1;
                    break;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            services.restart(victim, None);
        } else {
            let role = if dice.up_to(3) == 0 {
                Role::Orders
            } else {
                Role::Inventory
            };
            let victim = services.pick(role, &mut dice);
            match dice.up_to(9) {
                0..=5 => {
                    services.restart(victim, None);
                    hurt.random += 1;
                }
                6..=8 => {
                    // Beyond the session (3 s) and the relay's lease: a zombie when it goes on.
                    services.signal(victim, "-STOP");
                    std::thread::sleep(Duration::from_millis(4500));
                    services.signal(victim, "-CONT");
                    hurt.stopped += 1;
                }
                _ => {
                    let extra = services.spawn(Role::Inventory, None);
                    services.children.push((Role::Inventory, extra));
                    std::thread::sleep(Duration::from_secs(2));
                    services.signal(services.children.len() - 1, "-TERM");
                    let (_, mut extra) = services.children.pop().expect("just pushed");
                    extra.wait().expect("it ends");
                    hurt.joined += 1;
                }
            }
        }
        if restart_broker && blow == plan.kills / 2 {
            broker_restarts();
            hurt.broker += 1;
        }
        hurt.copied += oracle::copy_some(services.servers, &services.names.orders, 10, &mut dice);
        hurt.garbage += oracle::spoil(services.servers, &services.names.orders);
        services.revive();
    }
    allowed.store(u64::MAX, Ordering::Relaxed);
    while !done.load(Ordering::Relaxed) {
        services.revive();
        std::thread::sleep(Duration::from_millis(50));
    }
    hurt
}

fn broker_restarts() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/kafka");
    for action in ["stop", "start"] {
        let status = Command::new(script)
            .arg(action)
            .stdout(Stdio::null())
            .status()
            .expect("the script runs");
        assert!(status.success(), "scripts/kafka {action}");
    }
}
