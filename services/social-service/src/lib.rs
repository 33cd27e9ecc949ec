//! `social-service`: a page for each hashtag and author, built from what was published.
//!
//! A page belongs to the consumer that built it. Building anew, say after a change of what is shown, is running the
//! service under a new consumer name: it reads everything from the beginning beside the old one, which goes on serving
//! until the new pages are complete.

use contract_events::Envelope;
use messaging::service::Service;
use messaging::topics::TopicSpec;
use messaging::{HandlerError, Subscriber, Tx};
use social_events::post::post_published_v1::Visibility;
use social_events::{PostPublishedV1, PostRemovedV1};

/// The service.
pub struct Social;

impl Service for Social {
    const NAME: &'static str = "social-service";
    const SCHEMA: &'static str = "
        CREATE TABLE IF NOT EXISTS page (
            consumer TEXT NOT NULL, page TEXT NOT NULL, post_id TEXT NOT NULL, published_at TEXT NOT NULL,
            PRIMARY KEY (consumer, page, post_id)
        );
        CREATE TABLE IF NOT EXISTS removed (
            consumer TEXT NOT NULL, post_id TEXT NOT NULL, PRIMARY KEY (consumer, post_id)
        );
    ";

    fn reads() -> Vec<TopicSpec> {
        TopicSpec::of::<PostPublishedV1>()
            .into_iter()
            .chain(TopicSpec::of::<PostRemovedV1>())
            .collect()
    }

    fn writes() -> Vec<TopicSpec> {
        Vec::new()
    }

    fn handlers(subscriber: Subscriber, consumer: &str) -> Subscriber {
        let (one, other) = (consumer.to_owned(), consumer.to_owned());
        subscriber
            .on(async move |tx: &mut Tx, event: Envelope<PostPublishedV1>| published(tx, &one, event).await)
            .on(async move |tx: &mut Tx, event: Envelope<PostRemovedV1>| removed(tx, &other, event).await)
    }
}

/// Puts a public post on the pages of its author and hashtags. A removal that came first keeps it off.
pub async fn published(
    tx: &mut Tx,
    consumer: &str,
    event: Envelope<PostPublishedV1>,
) -> Result<(), HandlerError> {
    let post = event.data;
    if post.visibility != Visibility::Public {
        return Ok(());
    }
    let gone = tx
        .query(
            "SELECT 1 FROM removed WHERE consumer = ?1 AND post_id = ?2",
            &[consumer.into(), post.post_id.as_str().into()],
        )
        .await?;
    if !gone.is_empty() {
        return Ok(());
    }
    let mut pages = vec![format!("@{}", post.author_id.as_str())];
    pages.extend(
        post.hashtags
            .iter()
            .flatten()
            .map(|tag| format!("#{}", tag.as_str().to_lowercase())),
    );
    for page in pages {
        tx.execute(
            "INSERT INTO page (consumer, page, post_id, published_at) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (consumer, page, post_id) DO NOTHING",
            &[
                consumer.into(),
                page.into(),
                post.post_id.as_str().into(),
                post.published_at.as_str().into(),
            ],
        )
        .await?;
    }
    Ok(())
}

/// Takes a post off every page. The two topics are read side by side, so the removal is remembered for a post that
/// comes later.
pub async fn removed(
    tx: &mut Tx,
    consumer: &str,
    event: Envelope<PostRemovedV1>,
) -> Result<(), HandlerError> {
    let post = [consumer.into(), event.data.post_id.as_str().into()];
    tx.execute("DELETE FROM page WHERE consumer = ?1 AND post_id = ?2", &post)
        .await?;
    tx.execute(
        "INSERT INTO removed (consumer, post_id) VALUES (?1, ?2) ON CONFLICT (consumer, post_id) DO NOTHING",
        &post,
    )
    .await?;
    Ok(())
}
