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
}

impl Health {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.problems.lock().unwrap_or_else(PoisonError::into_inner)
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

/// `/healthz` (the process answers), `/readyz` (no part has a problem; else 503 with the list) and `/metrics`.
pub fn routes(health: Health, metrics: Metrics) -> Router {
    let ready = move || {
        let problems = health.problems();
        async move {
            if problems.is_empty() {
                return (StatusCode::OK, "ready\n".to_owned());
            }
            let mut text = String::new();
            for (part, what) in problems {
                writeln!(text, "{part}: {what}").expect("strings take everything");
            }
            (StatusCode::SERVICE_UNAVAILABLE, text)
        }
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
        .route("/healthz", get(async || "alive\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(scrape))
}
