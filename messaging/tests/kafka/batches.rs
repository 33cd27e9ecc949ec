//! What is small alone is large together: the broker's limit of a topic is for batches.

use messaging::topics::{self, MorePartitions, TopicSpec};

use super::events::{Adjusted, envelope};
use super::world::{World, wait};

pub async fn many_small_events_at_once_fit_into_a_topic_of_small_events(world: World) {
    let topic = format!("{}-small", world.adjusted);
    let spec = TopicSpec {
        max_bytes: 2000,
        ..TopicSpec::new(&topic, 1)
    };
    let changes = topics::plan(&world.broker, &[spec]).await.expect("planned");
    topics::apply(&world.broker, &changes, MorePartitions::Refuse)
        .await
        .expect("applied");
    let mut tx = world.store.begin().await.expect("begins");
    for number in 0..400 {
        let order_id = "a".to_owned();
        tx.publish_to(&topic, &envelope(Adjusted { order_id, number }))
            .await
            .expect("written");
    }
    tx.commit().await.expect("committed");
    let relay = world.relay();
    wait("all of them", async || world.read(&topic).len() == 400).await;
    relay.stop().await;
}
