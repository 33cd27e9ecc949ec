//! Connection settings, as in a configuration file.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use rdkafka::ClientConfig;
use serde::Deserialize;

/// How to reach the broker.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct BrokerSettings {
    /// `HOST:PORT`, separated by commas.
    pub servers: String,
    /// The name under which the broker's logs and quotas know the client.
    pub client_id: Option<String>,
    /// TLS, where the broker wants it. Needs the feature `tls`.
    pub tls: Option<Tls>,
    /// Who we are, where the broker asks.
    pub sasl: Option<Sasl>,
    /// Further properties of librdkafka; they win over everything that is derived.
    pub properties: BTreeMap<String, String>,
}

impl Default for BrokerSettings {
    fn default() -> Self {
        Self {
            servers: "127.0.0.1:9092".into(),
            client_id: None,
            tls: None,
            sasl: None,
            properties: BTreeMap::new(),
        }
    }
}

/// TLS.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Tls {
    /// Certificates (PEM) of the authorities that are trusted; the system's where absent.
    pub authority: Option<PathBuf>,
    /// Our certificate (PEM), where the broker asks for one.
    pub certificate: Option<PathBuf>,
    /// The key of our certificate (PEM).
    pub key: Option<PathBuf>,
}

/// User and password.
#[derive(Clone, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Sasl {
    /// `PLAIN`, `SCRAM-SHA-256` or `SCRAM-SHA-512`; SCRAM needs the feature `tls`.
    pub mechanism: String,
    /// The user.
    pub user: String,
    /// The password; better given by the environment than by a file.
    pub password: String,
}

impl fmt::Debug for Sasl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sasl({}, {})", self.mechanism, self.user)
    }
}

impl BrokerSettings {
    pub(super) fn apply(&self, config: &mut ClientConfig) {
        let Self {
            servers,
            client_id,
            tls,
            sasl,
            properties,
        } = self;
        config.set("bootstrap.servers", servers);
        // Names are resolved again after a broker has moved; backoff stays below what a person notices.
        config
            .set("reconnect.backoff.ms", "100")
            .set("reconnect.backoff.max.ms", "2000");
        config.set("socket.keepalive.enable", "true");
        if let Some(client_id) = client_id {
            config.set("client.id", client_id);
        }
        let protocol = match (tls, sasl) {
            (None, None) => "plaintext",
            (Some(_), None) => "ssl",
            (None, Some(_)) => "sasl_plaintext",
            (Some(_), Some(_)) => "sasl_ssl",
        };
        config.set("security.protocol", protocol);
        if let Some(Tls {
            authority,
            certificate,
            key,
        }) = tls
        {
            for (name, path) in [
                ("ssl.ca.location", authority),
                ("ssl.certificate.location", certificate),
                ("ssl.key.location", key),
            ] {
                if let Some(path) = path {
                    config.set(name, path.display().to_string());
                }
            }
        }
        if let Some(Sasl {
            mechanism,
            user,
            password,
        }) = sasl
        {
            config
                .set("sasl.mechanism", mechanism)
                .set("sasl.username", user)
                .set("sasl.password", password);
        }
        for (name, value) in properties {
            config.set(name, value);
        }
    }
}
