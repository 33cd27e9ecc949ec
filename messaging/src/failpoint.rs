//! Named places at which a test kills the process, at the nth time it gets there.
//!
//! `MESSAGING_FAILPOINT=NAME:N` aborts the process, as suddenly as SIGKILL, when place `NAME` is reached for the `N`th
//! time. Without the variable a place costs one load of a flag.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

struct Plan {
    place: String,
    at: u64,
    reached: AtomicU64,
}

static PLAN: OnceLock<Option<Plan>> = OnceLock::new();

fn plan() -> Option<Plan> {
    let text = std::env::var("MESSAGING_FAILPOINT").ok()?;
    let (place, at) = text.split_once(':')?;
    Some(Plan {
        place: place.to_owned(),
        at: at.parse().ok()?,
        reached: AtomicU64::new(0),
    })
}

/// The process got to `place`.
pub fn hit(place: &'static str) {
    let Some(plan) = PLAN.get_or_init(plan) else {
        return;
    };
    if plan.place == place && plan.reached.fetch_add(1, Ordering::Relaxed) + 1 == plan.at {
        std::process::abort();
    }
}
