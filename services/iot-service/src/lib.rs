//! `iot-service`: the last reading of every sensor, at a high rate.
//!
//! Large batches, one row for each sensor; what the database cannot take waits in the broker, because a member fetches
//! no more than it has room for. Positions are left alone: where people are is not this service's business.

use contract_events::Envelope;
use iot_events::TelemetryRawV1;
use iot_events::telemetry::telemetry_raw_v1::Reading;
use messaging::core::Limits;
use messaging::service::Service;
use messaging::subscriber::SubscriberSettings;
use messaging::topics::TopicSpec;
use messaging::{HandlerError, Subscriber, Tx};

/// The service.
pub struct Iot;

impl Service for Iot {
    const NAME: &'static str = "iot-service";
    const SCHEMA: &'static str = "CREATE TABLE IF NOT EXISTS last_reading (
        device_id TEXT NOT NULL, sensor TEXT NOT NULL, kind TEXT NOT NULL, measured_at TEXT NOT NULL,
        value TEXT NOT NULL, batch BIGINT NOT NULL, PRIMARY KEY (device_id, sensor, kind)
    )";

    fn reads() -> Vec<TopicSpec> {
        TopicSpec::of::<TelemetryRawV1>().into_iter().collect()
    }

    fn writes() -> Vec<TopicSpec> {
        Vec::new()
    }

    fn handlers(subscriber: Subscriber, _: &str) -> Subscriber {
        subscriber.on(measured)
    }

    fn settings() -> SubscriberSettings {
        SubscriberSettings {
            limits: Limits {
                batch_records: 1000,
                batch_bytes: 16 << 20,
                queue_records: 1000,
                ..Limits::default()
            },
            prefetch_bytes: 32 << 20,
            ..SubscriberSettings::default()
        }
    }
}

/// Keeps what is newer than what is there; a device's batches count up.
pub async fn measured(tx: &mut Tx, event: Envelope<TelemetryRawV1>) -> Result<(), HandlerError> {
    let telemetry = event.data;
    let batch = i64::try_from(telemetry.batch).map_err(HandlerError::poison)?;
    for reading in &telemetry.readings {
        let (kind, sensor, at, value) = match reading {
            Reading::Temperature(it) => (
                "temperature",
                it.sensor.as_str(),
                &it.measured_at,
                it.celsius.to_string(),
            ),
            Reading::Humidity(it) => (
                "humidity",
                it.sensor.as_str(),
                &it.measured_at,
                it.percent.to_string(),
            ),
            Reading::Battery(it) => (
                "battery",
                it.sensor.as_str(),
                &it.measured_at,
                it.percent.to_string(),
            ),
            Reading::Contact(it) => (
                "contact",
                it.sensor.as_str(),
                &it.measured_at,
                it.open.to_string(),
            ),
            Reading::Counter(it) => (
                "counter",
                it.sensor.as_str(),
                &it.measured_at,
                it.total.to_string(),
            ),
            // Positions, and kinds that a newer firmware measures.
            _ => continue,
        };
        tx.execute(
            "INSERT INTO last_reading (device_id, sensor, kind, measured_at, value, batch) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (device_id, sensor, kind) DO UPDATE SET \
             measured_at = excluded.measured_at, value = excluded.value, batch = excluded.batch \
             WHERE last_reading.batch <= excluded.batch",
            &[
                telemetry.device_id.as_str().into(),
                sensor.into(),
                kind.into(),
                at.as_str().into(),
                value.into(),
                batch.into(),
            ],
        )
        .await?;
    }
    Ok(())
}
