//! Named places at which a test kills or stops the process, at the nth time it gets there.
//!
//! `MESSAGING_FAILPOINT=NAME:N` aborts the process, as suddenly as SIGKILL, when place `NAME` is reached for the `N`th
//! time; `NAME:N:stop` stops it (SIGSTOP) until somebody lets it go on. Without the variable a place costs one load of
//! a flag.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Clone, Copy)]
enum Action {
    Abort,
    Stop,
}

struct Plan {
    place: String,
    at: u64,
    action: Action,
    reached: AtomicU64,
}

static PLAN: OnceLock<Option<Plan>> = OnceLock::new();

fn plan() -> Option<Plan> {
    let text = std::env::var("MESSAGING_FAILPOINT").ok()?;
    let mut parts = text.split(':');
    let (place, at) = (parts.next()?.to_owned(), parts.next()?.parse().ok()?);
    let action = match parts.next() {
        None => Action::Abort,
        Some("stop") => Action::Stop,
        Some(_) => return None,
    };
    Some(Plan {
        place,
        at,
        action,
        reached: AtomicU64::new(0),
    })
}

/// The process got to `place`.
pub fn hit(place: &'static str) {
    let Some(plan) = PLAN.get_or_init(plan) else {
        return;
    };
    if plan.place != place || plan.reached.fetch_add(1, Ordering::Relaxed) + 1 != plan.at {
        return;
    }
    match plan.action {
        Action::Abort => std::process::abort(),
        Action::Stop => {
            let own = std::process::id().to_string();
            // Without `kill` the test that asked for it finds nothing stopped, and says so.
            let _status = std::process::Command::new("kill").args(["-STOP", &own]).status();
        }
    }
}
