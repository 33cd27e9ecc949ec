//! Messages keep the order of their conversation; a deletion that overtakes its message waits for it.

use std::time::{Duration, Instant};

use chat_events::message::message_deleted_v1::Reason;
use chat_events::message::message_sent_v1::fixtures;
use chat_events::{MessageDeletedV1, MessageSentV1};
use chat_service::Chat;
use contract_events::{Envelope, Timestamp, Uuid};
use messaging::config::Config;
use messaging::metrics::Metrics;
use messaging::service;
use messaging::{Broker, Publisher, Store, envelope, new_id, new_trace};

fn message(conversation: Uuid, sequence: u64, id: Uuid) -> Envelope<MessageSentV1> {
    let mut message = fixtures::text();
    (message.conversation_id, message.sequence, message.message_id) = (conversation, sequence, id);
    envelope(new_trace(), message)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_waits_for_its_message_and_stops_no_other_conversation() {
    let folder = tempfile::tempdir().expect("a folder");
    let broker = Broker::mock().expect("it starts");
    let store = Store::open(&folder.path().join("chat.db").display().to_string())
        .await
        .expect("opens");
    let started = service::start::<Chat>(&broker, &store, &Config::default())
        .await
        .expect("it starts");
    let publisher = Publisher::new(&broker, &Metrics::default()).expect("a publisher");
    let (one, other, third) = (new_id(), new_id(), new_id());
    let deleted = MessageDeletedV1::builder()
        .conversation_id(one)
        .deleted_at(Timestamp::now())
        .message_id(third)
        .reason(Reason::Author)
        .build()
        .expect("by its contract");
    publisher
        .publish(&envelope(new_trace(), deleted))
        .await
        .expect("published");
    wait(&started, "the deletion to wait", async |_| {
        started.metrics().render().contains("parked_total{")
    })
    .await;
    for sequence in 1..=4 {
        let id = if sequence == 3 { third } else { new_id() };
        publisher
            .publish(&message(one, sequence, id))
            .await
            .expect("published");
        publisher
            .publish(&message(other, sequence, new_id()))
            .await
            .expect("published");
    }
    let timeline = async |conversation: Uuid| {
        let mut tx = store.begin().await.expect("begins");
        let sql = "SELECT sequence, deleted FROM timeline WHERE conversation_id = ?1 ORDER BY rowid";
        let rows = tx
            .query(sql, &[conversation.as_str().into()])
            .await
            .expect("read");
        let pair =
            |row: &messaging::store::Row| (row.integer(0).expect("number"), row.integer(1).expect("number"));
        rows.iter().map(pair).collect::<Vec<_>>()
    };
    wait(&started, "the deletion", async |_| {
        timeline(one).await.contains(&(3, 1))
    })
    .await;
    wait(&started, "both conversations", async |_| {
        timeline(one).await.len() + timeline(other).await.len() == 8
    })
    .await;
    started.stop().await.expect("it stops");
    assert_eq!(timeline(one).await, [(1, 0), (2, 0), (3, 1), (4, 0)]);
    assert_eq!(timeline(other).await, [(1, 0), (2, 0), (3, 0), (4, 0)]);
}

async fn wait(started: &service::Started, what: &str, condition: impl AsyncFn(&service::Started) -> bool) {
    let begun = Instant::now();
    while !condition(started).await {
        assert!(
            begun.elapsed() < Duration::from_mins(1),
            "waited in vain for {what}"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
