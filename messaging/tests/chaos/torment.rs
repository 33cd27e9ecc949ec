//! Hurts the services by a plan that its seed alone decides: which blow, whom, and at the how many-th hit of a place.

use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use messaging::core::Jitter;

use crate::harness::{Plan, Role, Services};
use crate::vandal::Vandal;

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

/// Blows between two restarts of the broker, and of PostgreSQL.
const SERVERS_EVERY: u64 = 60;
/// Copies of earlier records after each blow.
const COPIES: usize = 5;

/// What was done.
#[derive(Debug, Default)]
pub struct Hurt {
    /// Kills at each of the named places.
    pub places: [u64; PLACES.len()],
    /// Places that were not reached in time, because the others left their victim nothing to do.
    pub missed: u64,
    pub random: u64,
    pub stopped: u64,
    pub joined: u64,
    pub broker: u64,
    pub postgres: u64,
    pub copied: u64,
    pub garbage: u64,
}

impl Hurt {
    pub fn kills(&self) -> u64 {
        self.places.iter().sum::<u64>() + self.random
    }

    /// The fewest kills that a named place had.
    pub fn fewest(&self) -> u64 {
        self.places.into_iter().min().unwrap_or(0)
    }
}

impl std::fmt::Display for Hurt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} kills: {} at random", self.kills(), self.random)?;
        for ((place, ..), count) in PLACES.iter().zip(self.places) {
            write!(f, ", {count} at {place}")?;
        }
        write!(
            f,
            "; {} places missed; {} zombies, {} joined and left, {} restarts of the broker, {} of PostgreSQL; {} \
             copies, {} records of garbage",
            self.missed, self.stopped, self.joined, self.broker, self.postgres, self.copied, self.garbage
        )
    }
}

/// One blow of the plan.
#[derive(Debug, Clone, Copy)]
enum Blow {
    /// Kill itself at the `nth` hit of a place.
    Place {
        at: usize,
        nth: u64,
    },
    Kill,
    /// Beyond the session (3 s) and the relay's lease: a zombie when it goes on.
    Stop,
    Join,
}

/// The plan: an endless list, the same for the same seed.
struct Blows {
    dice: Jitter,
    next: usize,
}

impl Blows {
    /// The next blow, and dice for choosing its victim.
    fn next(&mut self) -> (Blow, Role, u64) {
        let number = self.next;
        self.next += 1;
        let (blow, role) = if number.is_multiple_of(2) {
            let at = (number / 2) % PLACES.len();
            let (_, role, latest) = PLACES[at];
            let nth = 1 + self.dice.up_to(latest - 1);
            (Blow::Place { at, nth }, role)
        } else {
            let role = if self.dice.up_to(3) == 0 {
                Role::Orders
            } else {
                Role::Inventory
            };
            match self.dice.up_to(9) {
                0..=5 => (Blow::Kill, role),
                6..=8 => (Blow::Stop, role),
                _ => (Blow::Join, Role::Inventory),
            }
        };
        (blow, role, self.dice.bits())
    }
}

/// Hurts the services until the plan's kills are done. Each blow lets some more orders in, so that work is in flight.
pub fn torment(services: &mut Services<'_>, plan: Plan, allowed: &AtomicU64, done: &AtomicBool) -> Hurt {
    let mut blows = Blows {
        dice: Jitter::new(plan.seed),
        next: 0,
    };
    let mut vandal = Vandal::new(services.servers, &services.names.orders, plan.seed);
    let mut hurt = Hurt::default();
    // About four blows in five kill; half of the orders are for the time in which a place is waited for.
    let step = (plan.orders * 3 / (plan.kills * 8 + 1)).max(1);
    let mut number = 0;
    while hurt.kills() < plan.kills {
        allowed.fetch_add(step, Ordering::Relaxed);
        let (blow, role, choice) = blows.next();
        strike(services, blow, role, choice, allowed, &mut hurt);
        number += 1;
        if number % SERVERS_EVERY == SERVERS_EVERY / 3 || number == plan.kills.div_ceil(2) {
            hurt.broker += u64::from(restart("kafka", "KAFKA_DIR"));
        }
        if number % SERVERS_EVERY == SERVERS_EVERY * 2 / 3 && services.on_postgres() {
            hurt.postgres += u64::from(restart("postgres", "POSTGRES_DIR"));
        }
        hurt.copied += vandal.copy(COPIES);
        hurt.garbage += vandal.spoil();
        services.revive();
        if number.is_multiple_of(25) {
            println!(
                "blow {number}: {} kills, {} orders may come",
                hurt.kills(),
                allowed.load(Ordering::Relaxed)
            );
        }
        assert!(
            number < plan.kills * 4 + 20,
            "too few blows kill: {hurt}; is there work for everybody?"
        );
    }
    allowed.store(u64::MAX, Ordering::Relaxed);
    while !done.load(Ordering::Relaxed) {
        services.revive();
        std::thread::sleep(Duration::from_millis(50));
    }
    hurt
}

fn strike(
    services: &mut Services<'_>,
    blow: Blow,
    role: Role,
    choice: u64,
    allowed: &AtomicU64,
    hurt: &mut Hurt,
) {
    let victim = services.pick(role, choice);
    match blow {
        Blow::Place { at, nth } => {
            services.restart(victim, Some(format!("{}:{nth}", PLACES[at].0)));
            let waited = Instant::now();
            let died = loop {
                if services.has_ended(victim) {
                    break true;
                }
                // The others may leave it nothing to do.
                if waited.elapsed() > Duration::from_secs(20) {
                    break false;
                }
                std::thread::sleep(Duration::from_millis(20));
                // Work keeps coming, a little at a time: the third batch needs more than one.
                allowed.fetch_add(1, Ordering::Relaxed);
            };
            hurt.places[at] += u64::from(died);
            hurt.missed += u64::from(!died);
            services.restart(victim, None);
        }
        Blow::Kill => {
            services.restart(victim, None);
            hurt.random += 1;
        }
        Blow::Stop => {
            services.signal(victim, "-STOP");
            std::thread::sleep(Duration::from_millis(4500));
            services.signal(victim, "-CONT");
            hurt.stopped += 1;
        }
        Blow::Join => {
            services.join_and_leave(Duration::from_secs(2));
            hurt.joined += 1;
        }
    }
}

/// Stops and starts a server that one of the scripts runs; says whether there was one.
fn restart(script: &str, folder: &str) -> bool {
    if std::env::var(folder).is_err() {
        return false;
    }
    let path = format!("{}/../scripts/{script}", env!("CARGO_MANIFEST_DIR"));
    for action in ["stop", "start"] {
        let status = Command::new(&path)
            .arg(action)
            .stdout(std::process::Stdio::null())
            .status()
            .expect("the script runs");
        assert!(status.success(), "scripts/{script} {action}");
    }
    true
}
