//! `chat-service`: the timeline of each conversation, in the order of its messages.
//!
//! A conversation's messages come in their order, because they have its key. A deletion comes by another topic and may
//! overtake its message: it is retriable, so it waits with its conversation, and the other conversations go on. Bodies
//! are not stored here, and never printed.

use chat_events::{MessageDeletedV1, MessageSentV1};
use contract_events::Envelope;
use messaging::service::Service;
use messaging::topics::TopicSpec;
use messaging::{HandlerError, Subscriber, Tx};

/// The service.
pub struct Chat;

impl Service for Chat {
    const NAME: &'static str = "chat-service";
    const SCHEMA: &'static str = "
        CREATE TABLE IF NOT EXISTS timeline (
            conversation_id TEXT NOT NULL, sequence BIGINT NOT NULL, message_id TEXT NOT NULL, author_id TEXT NOT NULL,
            deleted BIGINT NOT NULL, PRIMARY KEY (conversation_id, sequence)
        );
        CREATE INDEX IF NOT EXISTS timeline_message ON timeline (message_id);
    ";

    fn reads() -> Vec<TopicSpec> {
        TopicSpec::of::<MessageSentV1>()
            .into_iter()
            .chain(TopicSpec::of::<MessageDeletedV1>())
            .collect()
    }

    fn writes() -> Vec<TopicSpec> {
        Vec::new()
    }

    fn handlers(subscriber: Subscriber, _: &str) -> Subscriber {
        subscriber.on(sent).on(deleted)
    }
}

/// Appends a message to its conversation.
pub async fn sent(tx: &mut Tx, event: Envelope<MessageSentV1>) -> Result<(), HandlerError> {
    let message = event.data;
    let conversation = message.conversation_id.as_str();
    let sequence = i64::try_from(message.sequence).map_err(HandlerError::poison)?;
    let rows = tx
        .query(
            "SELECT COALESCE(MAX(sequence), 0) FROM timeline WHERE conversation_id = ?1",
            &[conversation.into()],
        )
        .await?;
    let last = rows.first().map(|row| row.integer(0)).transpose()?.unwrap_or(0);
    if sequence != last + 1 {
        // The topic's order is the conversation's, so that waiting would not help: its writer skipped or repeated one.
        return Err(HandlerError::poison(format!(
            "message {sequence} came after {last}"
        )));
    }
    tx.execute(
        "INSERT INTO timeline (conversation_id, sequence, message_id, author_id, deleted) VALUES (?1, ?2, ?3, ?4, 0)",
        &[
            conversation.into(),
            sequence.into(),
            message.message_id.as_str().into(),
            message.author_id.as_str().into(),
        ],
    )
    .await?;
    Ok(())
}

/// Marks a message as deleted. The two topics are read side by side, so it may come before the message: then it waits.
pub async fn deleted(tx: &mut Tx, event: Envelope<MessageDeletedV1>) -> Result<(), HandlerError> {
    let changed = tx
        .execute(
            "UPDATE timeline SET deleted = 1 WHERE conversation_id = ?1 AND message_id = ?2",
            &[
                event.data.conversation_id.as_str().into(),
                event.data.message_id.as_str().into(),
            ],
        )
        .await?;
    if changed == 0 {
        return Err(HandlerError::retriable(
            "the deleted message is not in its timeline yet",
        ));
    }
    Ok(())
}
