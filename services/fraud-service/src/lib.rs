//! `fraud-service`: scores the orders of another domain, by that domain's contract alone.
//!
//! The model is three rules, because the point is the event that crosses domains, not the model.

use contract_events::{Envelope, Number, Timestamp};
use ecommerce_events::OrderCreatedV2;
use messaging::service::Service;
use messaging::topics::TopicSpec;
use messaging::{HandlerError, Subscriber, Tx, envelope};
use ml_events::OrderScoredV1;
use ml_events::fraud::order_scored_v1::{Decision, Model, OrderScored, Reason};

/// The service.
pub struct Fraud;

impl Service for Fraud {
    const NAME: &'static str = "fraud-service";
    const SCHEMA: &'static str = "";

    fn reads() -> Vec<TopicSpec> {
        TopicSpec::of::<OrderCreatedV2>().into_iter().collect()
    }

    fn writes() -> Vec<TopicSpec> {
        TopicSpec::of::<OrderScoredV1>().into_iter().collect()
    }

    fn handlers(subscriber: Subscriber, _: &str) -> Subscriber {
        subscriber.on(score)
    }
}

/// Hundredths, so that sums are exact.
type Weight = i64;

/// The reasons for a score: code and weight.
fn reasons(order: &OrderCreatedV2) -> Vec<(&'static str, Weight)> {
    let mut reasons = Vec::new();
    let pieces: u64 = order.lines.iter().map(|line| line.quantity).sum();
    if pieces > 50 {
        reasons.push(("manyPieces", 35));
    }
    // Four digits before the point: the text is enough to see an amount of a thousand and more.
    let whole = order
        .totals
        .grand_total
        .as_str()
        .split('.')
        .next()
        .unwrap_or_default();
    if whole.len() >= 4 {
        reasons.push(("highAmount", 40));
    }
    if order.lines.len() > 20 {
        reasons.push(("manyLines", 10));
    }
    reasons
}

/// Scores an order and publishes the score.
pub async fn score(tx: &mut Tx, event: Envelope<OrderCreatedV2>) -> Result<(), HandlerError> {
    let attributes = event.attributes;
    let reasons = reasons(&event.data);
    let sum: Weight = reasons.iter().map(|(_, weight)| weight).sum();
    let decision = match sum {
        ..30 => Decision::Approve,
        30..70 => Decision::Review,
        70.. => Decision::Decline,
    };
    let hundredths = |weight: Weight| {
        Number::parse(&format!("{}.{:02}", weight / 100, weight % 100))
            .ok_or_else(|| HandlerError::fatal("a weight is a number"))
    };
    let mut parts = Vec::new();
    for (code, weight) in reasons {
        let part = Reason::builder()
            .code(code)
            .contribution(hundredths(weight)?)
            .build();
        parts.push(part.map_err(HandlerError::poison)?);
    }
    let model = Model::builder()
        .model_id("three-rules")
        .version("1.0.0")
        .build()
        .map_err(HandlerError::poison)?;
    let scored = OrderScored::builder()
        .decision(decision)
        .model(model)
        .order_id(event.data.order_id)
        .reasons(parts)
        .score(hundredths(sum)?)
        .scored_at(Timestamp::now())
        .scored_event_id(attributes.id)
        .build()
        .map_err(HandlerError::poison)?;
    tx.publish(&envelope(attributes.trace_id, scored)).await?;
    Ok(())
}
