//! Scores follow the rules and name the event that was scored.

use contract_events::Envelope;
use ecommerce_events::order::order_created_v2::fixtures;
use fraud_service::score;
use messaging::{Store, envelope, ledger, new_trace};
use ml_events::OrderScoredV1;
use ml_events::fraud::order_scored_v1::Decision;

#[tokio::test]
async fn an_order_is_scored_by_what_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("fraud.db").display().to_string())
        .await
        .expect("opens");
    for (order, decision, score_text) in [
        (fixtures::two_lines(), Decision::Approve, "0.00"),
        (fixtures::hundred_lines(), Decision::Decline, "0.85"),
    ] {
        let event = envelope(new_trace(), order);
        let id = event.attributes.id;
        let mut tx = store.begin().await.expect("begins");
        score(&mut tx, event).await.expect("scored");
        let rows = ledger::unsent(&mut tx, 10, usize::MAX).await.expect("read");
        let value = rows
            .last()
            .and_then(|(_, record)| record.value.clone())
            .expect("published");
        let scored = Envelope::<OrderScoredV1>::decode_strict(&value).expect("by its contract");
        assert_eq!(scored.data.scored_event_id, id);
        assert_eq!(scored.data.decision, decision);
        assert_eq!(scored.data.score.to_string(), score_text);
    }
}
