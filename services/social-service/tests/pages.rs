//! Pages are built, and built anew under another consumer name.

use std::time::{Duration, Instant};

use contract_events::{Timestamp, Uuid};
use messaging::config::Config;
use messaging::metrics::Metrics;
use messaging::service;
use messaging::{Broker, Publisher, Store, envelope, new_id, new_trace};
use social_events::PostRemovedV1;
use social_events::post::post_published_v1::fixtures;
use social_events::post::post_removed_v1::Reason;
use social_service::Social;

async fn posts(store: &Store, consumer: &str) -> usize {
    let mut tx = store.begin().await.expect("begins");
    let sql = "SELECT post_id FROM page WHERE consumer = ?1 AND page = '#schnee'";
    tx.query(sql, &[consumer.into()]).await.expect("read").len()
}

async fn wait_for(store: &Store, consumer: &str, count: usize) {
    let begun = Instant::now();
    while posts(store, consumer).await != count {
        assert!(
            begun.elapsed() < Duration::from_mins(1),
            "{} posts",
            posts(store, consumer).await
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_consumer_name_builds_everything_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let broker = Broker::mock().expect("it starts");
    let store = Store::open(&folder.path().join("social.db").display().to_string())
        .await
        .expect("opens");
    let first = service::start::<Social>(&broker, &store, &Config::default())
        .await
        .expect("it starts");
    let publisher = Publisher::new(&broker, &Metrics::default()).expect("a publisher");
    let mut ids: Vec<Uuid> = Vec::new();
    for _ in 0..5 {
        let mut post = fixtures::text_with_hashtags();
        post.post_id = new_id();
        ids.push(post.post_id);
        publisher
            .publish(&envelope(new_trace(), post))
            .await
            .expect("published");
    }
    wait_for(&store, "social-service", 5).await;
    let removed = PostRemovedV1::builder()
        .author_id(fixtures::text_with_hashtags().author_id)
        .post_id(ids[0])
        .reason(Reason::Author)
        .removed_at(Timestamp::now())
        .build()
        .expect("by its contract");
    publisher
        .publish(&envelope(new_trace(), removed))
        .await
        .expect("published");
    wait_for(&store, "social-service", 4).await;
    // The new pages are built beside the old ones.
    let config = Config {
        consumer: Some("social-pages-2".into()),
        ..Config::default()
    };
    let second = service::start::<Social>(&broker, &store, &config)
        .await
        .expect("it starts");
    wait_for(&store, "social-pages-2", 4).await;
    assert_eq!(
        posts(&store, "social-service").await,
        4,
        "the old ones are untouched"
    );
    first.stop().await.expect("it stops");
    second.stop().await.expect("it stops");
}
