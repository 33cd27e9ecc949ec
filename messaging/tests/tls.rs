//! TLS to PostgreSQL, as the URL asks for it, and TLS with SASL/SCRAM to Kafka.
//!
//! `KAFKA_TLS=1 scripts/kafka run scripts/postgres run cargo test -p messaging --features tls,zstd --test tls`; without
//! the feature or the servers it says what it left out.

#![cfg_attr(
    feature = "tls",
    expect(unreachable_pub, reason = "the events are those of another suite")
)]

#[cfg(feature = "tls")]
#[allow(dead_code, reason = "one of the events is enough here")]
#[path = "kafka/events.rs"]
mod events;

#[path = "support/left_out.rs"]
mod left_out;

use messaging::Store;
use messaging::store::StoreErrorKind;

#[cfg(not(feature = "tls"))]
#[tokio::test]
async fn a_build_without_tls_says_so_rather_than_going_on_without() {
    crate::left_out::left_out("TLS to PostgreSQL and Kafka, the feature `tls` is not on");
    for mode in ["require", "verify-ca", "verify-full"] {
        let url = format!("postgres://user:secret@127.0.0.1:1/db?sslmode={mode}");
        let error = Store::open(&url).await.expect_err("it cannot be had");
        assert_eq!(error.kind(), StoreErrorKind::Unusable, "{error}");
        let text = error.to_string();
        assert!(
            text.contains("feature `tls`") && !text.contains("secret"),
            "{text}"
        );
    }
}

#[cfg(feature = "tls")]
mod postgres {
    use super::*;

    /// Whether the server says that our connection is encrypted.
    async fn encrypted(url: &str) -> bool {
        let store = Store::open(url)
            .await
            .unwrap_or_else(|error| panic!("{url}: {error}"));
        let mut tx = store.begin().await.expect("begins");
        let rows = tx
            .query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", &[])
            .await
            .expect("read");
        rows[0].integer(0).expect("a truth value") == 1
    }

    #[tokio::test]
    async fn the_url_says_what_is_encrypted_and_verified() {
        let (Ok(url), Ok(authority)) = (std::env::var("DATABASE_URL"), std::env::var("POSTGRES_AUTHORITY"))
        else {
            crate::left_out::left_out("TLS to PostgreSQL, `scripts/postgres run` starts a server with it");
            return;
        };
        // The certificate is for the name; the address is the same server.
        let by_address = url;
        let by_name = by_address.replace("127.0.0.1", "localhost");
        let authority = format!("sslrootcert={}", authority.replace('/', "%2F"));
        assert!(!encrypted(&format!("{by_name}?sslmode=disable")).await);
        for url in [
            by_name.clone(),
            format!("{by_name}?sslmode=prefer"),
            format!("{by_address}?sslmode=require"),
            format!("{by_address}?sslmode=require&{authority}"),
            format!("{by_address}?sslmode=verify-ca&{authority}"),
            format!("{by_name}?sslmode=verify-full&{authority}&application_name=tls-test"),
        ] {
            assert!(encrypted(&url).await, "{url} is not encrypted");
        }
        for (url, why) in [
            // An authority that nobody trusts.
            (format!("{by_name}?sslmode=verify-full"), "certificate"),
            (format!("{by_name}?sslmode=verify-ca"), "certificate"),
            // A certificate of another name.
            (
                format!("{by_address}?sslmode=verify-full&{authority}"),
                "certificate",
            ),
            (
                format!("{by_name}?sslmode=verify-full&sslrootcert=/nowhere/ca.pem"),
                "/nowhere/ca.pem",
            ),
        ] {
            let error = Store::open(&url).await.expect_err("it must not be trusted");
            assert_eq!(error.kind(), StoreErrorKind::Unusable, "{url}: {error}");
            assert!(error.to_string().contains(why), "{url}: {error}");
        }
    }

    #[tokio::test]
    async fn a_server_that_is_away_is_away_whatever_is_verified() {
        let url = "postgres://u@127.0.0.1:1/db?sslmode=verify-full";
        let error = Store::open(url).await.expect_err("nobody listens");
        assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error}");
    }
}

#[cfg(feature = "tls")]
mod kafka {
    use std::time::Duration;

    use contract_events::Envelope;
    use messaging::config::Config;
    use messaging::metrics::Metrics;
    use messaging::topics::{self, MorePartitions, TopicSpec};
    use messaging::{Broker, Publisher, Store, Subscriber, Tx};

    use crate::events::{Order, envelope};

    /// A broker as a service's configuration names it.
    fn broker(servers: &str, authority: Option<&str>, password: &str) -> Broker {
        let mut variables = vec![
            ("MESSAGING__BROKER__SERVERS", servers),
            ("MESSAGING__BROKER__SASL__MECHANISM", "SCRAM-SHA-512"),
            ("MESSAGING__BROKER__SASL__USER", "contracts"),
            ("MESSAGING__BROKER__SASL__PASSWORD", password),
        ];
        let mut text = "[broker]\ntls = {}\n".to_owned();
        if let Some(authority) = authority {
            variables.push(("MESSAGING__BROKER__TLS__AUTHORITY", authority));
        }
        if cfg!(feature = "zstd") {
            text.push_str("properties = { \"compression.type\" = \"zstd\" }\n");
        }
        let variables = variables
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let config = Config::parse(&text, variables).expect("it can be read");
        config.broker().expect("well-formed")
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn events_go_over_tls_under_a_user_and_a_password() {
        let (Ok(servers), Ok(authority)) = (
            std::env::var("KAFKA_TLS_BOOTSTRAP"),
            std::env::var("KAFKA_AUTHORITY"),
        ) else {
            crate::left_out::left_out(
                "TLS to Kafka, `KAFKA_TLS=1 scripts/kafka run` starts a broker with it",
            );
            return;
        };
        let timeout = Duration::from_secs(5);
        let untrusted = broker(&servers, None, "test-only").cluster(timeout);
        untrusted.expect_err("an authority that nobody trusts");
        let stranger = broker(&servers, Some(&authority), "guessed").cluster(timeout);
        stranger.expect_err("another password");

        let broker = broker(&servers, Some(&authority), "test-only");
        let id = uuid::Uuid::new_v4().simple().to_string();
        let (topic, group) = (format!("tls-{id}"), format!("tls-{}", &id[..8]));
        let spec = TopicSpec::new(&topic, 1);
        let specs = [spec.dead_letters(&group), spec];
        let changes = topics::plan(&broker, &specs).await.expect("planned");
        topics::apply(&broker, &changes, MorePartitions::Refuse)
            .await
            .expect("applied");
        let publisher = Publisher::new(&broker, &Metrics::default()).expect("a publisher");
        for number in 0..3 {
            let order = Order {
                order_id: "a".into(),
                number,
                quantity: 1,
                behaviour: "ok".into(),
            };
            publisher
                .publish_to(&topic, &envelope(order))
                .await
                .expect("published");
        }
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&folder.path().join("tls.db").display().to_string())
            .await
            .expect("opens");
        let (sender, mut received) = tokio::sync::mpsc::unbounded_channel();
        let running = Subscriber::new(&broker, &store, &group)
            .on_topic(&topic, async move |_: &mut Tx, event: Envelope<Order>| {
                sender.send(event.data.number)?;
                Ok(())
            })
            .start()
            .expect("it starts");
        for number in 0..3 {
            let next = tokio::time::timeout(Duration::from_mins(1), received.recv()).await;
            assert_eq!(next, Ok(Some(number)));
        }
        running.stop().await.expect("it stops");
    }
}
