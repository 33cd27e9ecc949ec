//! Many readings: the last of each sensor is kept, in large batches, and what does not fit waits in the broker.

use std::time::{Duration, Instant};

use iot_events::telemetry::telemetry_raw_v1::{DeviceId, fixtures};
use iot_service::Iot;
use messaging::config::Config;
use messaging::metrics::Metrics;
use messaging::service;
use messaging::{Broker, Publisher, Store, envelope, new_trace};

#[tokio::test(flavor = "multi_thread")]
async fn the_last_reading_of_each_sensor_is_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let broker = Broker::mock().expect("it starts");
    let store = Store::open(&folder.path().join("iot.db").display().to_string())
        .await
        .expect("opens");
    let mut config = Config::default();
    // Room for a few dozen batches only: the rest must wait in the broker, and nothing is lost.
    config.subscriber.prefetch_bytes = Some(64 << 10);
    config.subscriber.batch_records = Some(50);
    let started = service::start::<Iot>(&broker, &store, &config)
        .await
        .expect("it starts");
    let publisher = Publisher::new(&broker, &Metrics::default()).expect("a publisher");
    let devices = 20_u64;
    let rounds = 30_u64;
    let mut sending = Vec::new();
    for device in 0..devices {
        let publisher = publisher.clone();
        sending.push(tokio::spawn(async move {
            for round in 1..=rounds {
                let mut telemetry = fixtures::every_kind_of_reading();
                telemetry.device_id = DeviceId::new(format!("device-{device}")).expect("well-formed");
                telemetry.batch = round;
                publisher
                    .publish(&envelope(new_trace(), telemetry))
                    .await
                    .expect("published");
            }
        }));
    }
    for device in sending {
        device.await.expect("sent");
    }
    let last = rounds.to_string();
    let begun = Instant::now();
    loop {
        let mut tx = store.begin().await.expect("begins");
        let sql = "SELECT COUNT(DISTINCT device_id), MIN(batch) FROM last_reading";
        let rows = tx.query(sql, &[]).await.expect("read");
        let seen = (
            rows[0].integer(0).expect("a number"),
            rows[0].optional_integer(1).expect("a number"),
        );
        if seen == (20, last.parse().ok()) {
            break;
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "{seen:?}");
        drop(tx);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    started.stop().await.expect("it stops");
    let positions = position_rows(&store).await;
    assert_eq!(positions, 0, "positions are left alone");
}

async fn position_rows(store: &Store) -> i64 {
    let mut tx = store.begin().await.expect("begins");
    let rows = tx
        .query("SELECT COUNT(*) FROM last_reading WHERE kind = 'position'", &[])
        .await
        .expect("read");
    rows[0].integer(0).expect("a number")
}
