//! Whether a service is alive and ready, as every part of it says, and the HTTP routes that tell.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;

use crate::metrics::Metrics;

/// What is wrong, by part. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Health {
    problems: Arc<Mutex<BTreeMap<String, String>>>,
    hung: Arc<Mutex<BTreeMap<String, String>>>,
}

impl Health {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.problems.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_hung(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.hung.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The part will not go on by itself; only a restart of the process helps.
    pub fn hung(&self, part: &str, what: impl Into<String>) {
        self.lock_hung().insert(part.to_owned(), what.into());
    }

    /// The part goes on.
    pub fn not_hung(&self, part: &str) {
        self.lock_hung().remove(part);
    }

    /// Every part that is hung.
    pub fn all_hung(&self) -> BTreeMap<String, String> {
        self.lock_hung().clone()
    }

    /// The part has a problem.
    pub fn problem(&self, part: &str, what: impl Into<String>) {
        self.lock().insert(part.to_owned(), what.into());
    }

    /// The part is well.
    pub fn well(&self, part: &str) {
        self.lock().remove(part);
    }

    /// Every problem, by part.
    pub fn problems(&self) -> BTreeMap<String, String> {
        self.lock().clone()
    }
}

/// 200 where there is nothing to tell, else 503 with the list.
fn answer(well: &str, parts: BTreeMap<String, String>) -> (StatusCode, String) {
    if parts.is_empty() {
        return (StatusCode::OK, format!("{well}\n"));
    }
    let mut text = String::new();
    for (part, what) in parts {
        writeln!(text, "{part}: {what}").expect("strings take everything");
    }
    (StatusCode::SERVICE_UNAVAILABLE, text)
}

/// `/healthz` (503 if only a restart helps), `/readyz` (503 if any part has a problem) and `/metrics`.
pub fn routes(health: Health, metrics: Metrics) -> Router {
    let alive = health.clone();
    let alive = move || {
        let hung = alive.all_hung();
        async move { answer("alive", hung) }
    };
    let ready = move || {
        let mut problems = health.problems();
        problems.extend(health.all_hung());
        async move { answer("ready", problems) }
    };
    let scrape = move || {
        let text = metrics.render();
        async move {
            (
                [(
                    "content-type",
                    "application/openmetrics-text; version=1.0.0; charset=utf-8",
                )],
                text,
            )
        }
    };
    Router::new()
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .route("/metrics", get(scrape))
}
