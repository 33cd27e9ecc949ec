//! Named places at which a test kills or stops the process, at the nth time it gets there.
//!
//! `MESSAGING_FAILPOINT=NAME:N` aborts the process, as suddenly as SIGKILL, when place `NAME` is reached for the `N`th
//! time; `NAME:N:stop` stops it (SIGSTOP) until somebody lets it go on. Without the variable a place costs one load of
//! a flag.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

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
            let begun = Instant::now();
            let sent = std::process::Command::new("kill").args(["-STOP", &own]).status();
            // Without `kill` the test that asked for it finds nothing stopped, and says so.
            if sent.is_ok_and(|status| status.success()) {
                until_stopped_and_continued(begun);
            }
        }
    }
}

/// The signal takes effect when any thread of the process next runs, which may be after this one went on: then the
/// process would stop somewhere behind the place, perhaps with a lock that nobody holds at the place. So this thread
/// stays here until time has passed without it.
fn until_stopped_and_continued(mut seen: Instant) {
    while seen.elapsed() < Duration::from_millis(500) {
        seen = Instant::now();
        std::thread::sleep(Duration::from_millis(10));
    }
}
