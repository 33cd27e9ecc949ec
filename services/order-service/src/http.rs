//! `POST /orders` and `GET /orders/{id}`.

use axum::extract::{Json, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Router, body::Bytes};
use contract_events::TraceId;
use messaging::{Store, new_trace};
use serde_json::{Value, json};

use crate::place::{PlaceError, PlaceOrder, Placed, place};

pub(crate) fn routes(store: &Store) -> Router {
    Router::new()
        .route("/orders", post(accept))
        .route("/orders/{id}", get(show))
        .with_state(store.clone())
}

type Answer = (StatusCode, Json<Value>);

fn problem(status: StatusCode, what: impl std::fmt::Display) -> Answer {
    (status, Json(json!({ "problem": what.to_string() })))
}

/// 201 for a new order, 200 for one that was accepted before, 409 for a key of another order, 422 for what breaks the
/// contract, 503 while the store is away.
async fn accept(State(store): State<Store>, headers: HeaderMap, body: Bytes) -> Answer {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(key) = text("idempotency-key").filter(|key| !key.is_empty() && key.len() <= 200) else {
        let what = "the header idempotency-key is missing: a repeated request needs it to be one order";
        return problem(StatusCode::BAD_REQUEST, what);
    };
    let trace = text("traceparent")
        .and_then(|parent| parent.split('-').nth(1))
        .and_then(|id| TraceId::new(id).ok());
    let order: PlaceOrder = match serde_json::from_slice(&body) {
        Ok(order) => order,
        // What serde says may quote the request, which holds personal data.
        Err(error) => {
            let what = format!(
                "the request is no order (line {}, column {})",
                error.line(),
                error.column()
            );
            return problem(StatusCode::UNPROCESSABLE_ENTITY, what);
        }
    };
    match place(&store, key, trace.unwrap_or_else(new_trace), &order).await {
        Ok(Placed::New(id)) => (StatusCode::CREATED, Json(json!({ "orderId": id.as_str() }))),
        Ok(Placed::Before(id)) => (StatusCode::OK, Json(json!({ "orderId": id.as_str() }))),
        Err(PlaceError::Invalid(violation)) => problem(StatusCode::UNPROCESSABLE_ENTITY, violation),
        Err(PlaceError::KeyReused) => problem(
            StatusCode::CONFLICT,
            "the idempotency key was used for another order",
        ),
        Err(PlaceError::Store(error)) => problem(StatusCode::SERVICE_UNAVAILABLE, error),
        Err(PlaceError::Publish(error)) => problem(StatusCode::INTERNAL_SERVER_ERROR, error),
    }
}

async fn show(State(store): State<Store>, Path(id): Path<String>) -> Answer {
    let read = async {
        let mut tx = store.begin().await?;
        tx.query(
            "SELECT status, COALESCE(decision, '') FROM orders WHERE order_id = ?1",
            &[id.as_str().into()],
        )
        .await
    };
    match read.await {
        Err(error) => problem(StatusCode::SERVICE_UNAVAILABLE, error),
        Ok(rows) => match rows.first().map(|row| (row.text(0), row.text(1))) {
            Some((Ok(status), Ok(decision))) => (
                StatusCode::OK,
                Json(json!({ "orderId": id, "status": status, "decision": decision })),
            ),
            _ => problem(StatusCode::NOT_FOUND, "there is no such order"),
        },
    }
}
