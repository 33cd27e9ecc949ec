//! TLS to PostgreSQL, as `sslmode` and `sslrootcert` of the URL ask for it; both are read as libpq reads them.
//!
//! `tokio-postgres` knows no more than `disable`, `prefer` and `require`, so both parameters are taken out of the URL
//! here, and what is verified is decided here.

use tokio_postgres::Config;
use tokio_postgres::config::SslMode;

use super::error::{StoreError, StoreErrorKind};

/// What of the server's certificate is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verify {
    /// Nothing: who listens is kept out, who pretends to be the server is not.
    Nothing,
    /// That an authority that is trusted signed it.
    Authority,
    /// That, and that it is of the host that was asked for.
    Host,
}

/// What a URL asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) mode: SslMode,
    pub(super) verify: Verify,
    /// Certificates (PEM) of the authorities that are trusted; the system's where absent.
    pub(super) authority: Option<String>,
}

/// Why TLS cannot be had.
#[derive(Debug)]
struct Refused(String);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

fn refused(what: String) -> StoreError {
    StoreError::new(
        StoreErrorKind::Unusable,
        "TLS to PostgreSQL cannot be set up",
        Refused(what),
    )
}

/// Takes the parameters of TLS out of a URL.
pub(super) fn take(url: &str) -> Result<(String, Wanted), StoreError> {
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let (mut mode, mut authority) = (None, None);
    let mut others = Vec::new();
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        match parameter.split_once('=') {
            Some(("sslmode", value)) => mode = Some(value.to_owned()),
            Some(("sslrootcert", value)) => authority = Some(decoded(value)),
            _ => others.push(parameter),
        }
    }
    let (mode, verify) = match mode.as_deref() {
        Some("disable") => (SslMode::Disable, Verify::Nothing),
        None | Some("prefer") => (SslMode::Prefer, Verify::Nothing),
        // An authority that is named and not asked would be worse than none.
        Some("require") if authority.is_some() => (SslMode::Require, Verify::Authority),
        Some("require") => (SslMode::Require, Verify::Nothing),
        Some("verify-ca") => (SslMode::Require, Verify::Authority),
        Some("verify-full") => (SslMode::Require, Verify::Host),
        Some(other) => {
            return Err(refused(format!(
                "sslmode is `{other}`; it can be disable, prefer, require, verify-ca or verify-full"
            )));
        }
    };
    let rest = if others.is_empty() {
        base.to_owned()
    } else {
        format!("{base}?{}", others.join("&"))
    };
    Ok((
        rest,
        Wanted {
            mode,
            verify,
            authority,
        },
    ))
}

/// `%2F` → `/`; what is no escape stays as it is.
fn decoded(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escape = (*first == b'%')
            .then(|| std::str::from_utf8(after.get(..2)?).ok())
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(escape.unwrap_or(*first));
        rest = if escape.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(not(feature = "tls"))]
mod connector {
    use super::{Config, SslMode, StoreError, Wanted, refused};

    pub(in crate::store) type Connector = tokio_postgres::NoTls;

    /// Refuses what this build cannot do; `prefer` goes on without.
    pub(in crate::store) fn connector(wanted: &Wanted, config: &mut Config) -> Result<Connector, StoreError> {
        if wanted.mode == SslMode::Require {
            let what = "the URL requires TLS, and this program was built without it: build it with the feature `tls`";
            return Err(refused(what.into()));
        }
        config.ssl_mode(SslMode::Disable);
        Ok(tokio_postgres::NoTls)
    }
}

#[cfg(feature = "tls")]
mod connector {
    use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode};
    use postgres_openssl::MakeTlsConnector;

    use super::{Config, StoreError, Verify, Wanted, refused};

    pub(in crate::store) type Connector = MakeTlsConnector;

    /// A connector that verifies what is wanted.
    pub(in crate::store) fn connector(wanted: &Wanted, config: &mut Config) -> Result<Connector, StoreError> {
        config.ssl_mode(wanted.mode);
        let failed = |error: openssl::error::ErrorStack| refused(error.to_string());
        let mut builder = SslConnector::builder(SslMethod::tls_client()).map_err(failed)?;
        if let Some(authority) = &wanted.authority {
            builder.set_ca_file(authority).map_err(|error| {
                refused(format!(
                    "the certificates in {authority} (sslrootcert) could not be read: {error}"
                ))
            })?;
        }
        if wanted.verify == Verify::Nothing {
            builder.set_verify(SslVerifyMode::NONE);
        }
        let mut connector = MakeTlsConnector::new(builder.build());
        if wanted.verify != Verify::Host {
            connector.set_callback(|connection, _| {
                connection.set_verify_hostname(false);
                Ok(())
            });
        }
        Ok(connector)
    }
}

pub(super) use connector::{Connector, connector};

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(query: &str) -> (String, Wanted) {
        take(&format!("postgres://u:p@h/d{query}")).expect("it can be read")
    }

    #[test]
    fn modes_are_read_as_libpq_reads_them() {
        for (query, mode, verify) in [
            ("", SslMode::Prefer, Verify::Nothing),
            ("?sslmode=disable", SslMode::Disable, Verify::Nothing),
            ("?sslmode=require", SslMode::Require, Verify::Nothing),
            (
                "?sslrootcert=/ca.pem&sslmode=require",
                SslMode::Require,
                Verify::Authority,
            ),
            ("?sslmode=verify-ca", SslMode::Require, Verify::Authority),
            ("?sslmode=verify-full", SslMode::Require, Verify::Host),
        ] {
            let (_, found) = wanted(query);
            assert_eq!((found.mode, found.verify), (mode, verify), "{query}");
        }
    }

    #[test]
    fn other_parameters_stay_in_the_url() {
        let (url, found) =
            wanted("?sslmode=verify-full&application_name=orders&sslrootcert=%2Fetc%2Fca%20one.pem&x=%zz");
        assert_eq!(url, "postgres://u:p@h/d?application_name=orders&x=%zz");
        assert_eq!(found.authority.as_deref(), Some("/etc/ca one.pem"));
        assert_eq!(wanted("?sslmode=disable").0, "postgres://u:p@h/d");
    }

    #[test]
    fn an_unknown_mode_is_refused() {
        let error = take("postgres://u:secret@h/d?sslmode=maybe").expect_err("no such mode");
        assert!(error.to_string().contains("verify-full"), "{error}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
