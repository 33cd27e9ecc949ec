//! `waivers.toml`: findings that were accepted, and released versions that no longer count. Text to model, and the text
//! that adds an entry; no disk, no clock.

use std::ops::Range;

use jiff::civil::Date;
use semver::Version;
use serde::Deserialize;
use toml::Spanned;

/// The file's name, in the registry's root.
pub const FILE: &str = "waivers.toml";

/// The accepted findings and retired versions of a registry.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waivers {
    /// Accepted findings, in the order of the file.
    #[serde(default, rename = "waiver")]
    pub waivers: Vec<Waiver>,
    /// Released versions that are past their retention.
    #[serde(default)]
    pub retired: Vec<Retired>,
}

/// An accepted finding.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// The finding's fingerprint.
    pub fingerprint: Spanned<String>,
    /// What the finding was, for people; not used to match.
    #[serde(default)]
    pub finding: Option<String>,
    /// Why it is accepted.
    pub reason: String,
    /// Who accepts it.
    pub owner: String,
    /// The last day on which it may be released.
    pub until: Until,
}

/// A released version that is taken out of the comparison.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retired {
    /// The event type.
    #[serde(rename = "type")]
    pub event_type: Spanned<String>,
    /// The version.
    pub version: Version,
    /// Why it no longer counts.
    pub reason: String,
    /// Who says so.
    pub owner: String,
    /// The day it was retired.
    pub date: Until,
}

/// A day, written as a TOML date (`2027-01-31`) or as a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Until(pub Date);

impl<'de> Deserialize<'de> for Until {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Text(String),
            Date(toml::value::Datetime),
        }
        let text = match Written::deserialize(deserializer)? {
            Written::Text(text) => text,
            Written::Date(date) => date.to_string(),
        };
        text.parse()
            .map(Self)
            .map_err(|_| serde::de::Error::custom(format!("{text:?} is not a day: write it as 2027-01-31")))
    }
}

/// Why `waivers.toml` cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct WaiversError {
    /// What is wrong. Lower case, no final stop.
    pub message: String,
    /// What to do.
    pub help: &'static str,
    /// The bytes of the text that are to blame.
    pub span: Range<usize>,
}

/// What a waiver does to a finding.
#[derive(Clone, Copy, Debug)]
pub enum Standing<'w> {
    /// Nobody accepted it.
    Open,
    /// Accepted.
    Waived(&'w Waiver),
    /// Was accepted, and not released in time.
    Expired(&'w Waiver),
}

impl Waivers {
    /// Reads the text of `waivers.toml`.
    pub fn parse(text: &str) -> Result<Self, WaiversError> {
        if let Some(at) = registry::conflict::marker(text) {
            return Err(WaiversError {
                message: "merge conflict markers".to_owned(),
                help: "keep the entries of both sides: their order does not matter",
                span: at,
            });
        }
        let waivers: Self = toml::from_str(text).map_err(|error| WaiversError {
            message: error.message().to_owned(),
            help: "an entry is `[[waiver]]` with fingerprint, reason, owner and until, or `[[retired]]` with type, \
                   version, reason, owner and date; `contracts waive` and `contracts retire` write them",
            span: error.span().unwrap_or_default(),
        })?;
        for waiver in &waivers.waivers {
            if waiver.reason.trim().is_empty() || waiver.owner.trim().is_empty() {
                return Err(WaiversError {
                    message: format!(
                        "the waiver of {} has an empty reason or owner",
                        waiver.fingerprint.get_ref()
                    ),
                    help: "say why the finding is accepted, and who answers for it",
                    span: waiver.fingerprint.span(),
                });
            }
        }
        Ok(waivers)
    }

    /// What the waivers say of a finding on `today`. A live entry beats an expired one of the same fingerprint.
    pub fn standing(&self, fingerprint: &str, today: Date) -> Standing<'_> {
        let mut entries: Vec<&Waiver> = self
            .waivers
            .iter()
            .filter(|waiver| waiver.fingerprint.get_ref() == fingerprint)
            .collect();
        entries.sort_by_key(|waiver| waiver.until);
        match entries.last() {
            Some(waiver) if waiver.until.0 >= today => Standing::Waived(waiver),
            Some(waiver) => Standing::Expired(waiver),
            None => Standing::Open,
        }
    }

    /// Whether a released version no longer counts.
    pub fn is_retired(&self, event_type: &str, version: &Version) -> bool {
        self.retired
            .iter()
            .any(|retired| retired.event_type.get_ref() == event_type && retired.version == *version)
    }
}

/// The entry that `contracts waive` appends, from a blank line on.
pub fn waiver_entry(fingerprint: &str, finding: &str, reason: &str, owner: &str, until: Date) -> String {
    format!(
        "\n[[waiver]]\nfingerprint = {}\nfinding = {}\nreason = {}\nowner = {}\nuntil = {until}\n",
        quoted(fingerprint),
        quoted(finding),
        quoted(reason),
        quoted(owner)
    )
}

/// The entry that `contracts retire` appends, from a blank line on.
pub fn retired_entry(event_type: &str, version: &Version, reason: &str, owner: &str, date: Date) -> String {
    format!(
        "\n[[retired]]\ntype = {}\nversion = {}\nreason = {}\nowner = {}\ndate = {date}\n",
        quoted(event_type),
        quoted(&version.to_string()),
        quoted(reason),
        quoted(owner)
    )
}

/// `text` of `waivers.toml` without the waivers of these fingerprints. Entries of people stay as they wrote them, with the
/// comments around them.
pub fn without(text: &str, fingerprints: &std::collections::BTreeSet<String>) -> String {
    let mut out = String::with_capacity(text.len());
    for block in blocks(text) {
        let is_used = block.trim_start().starts_with("[[waiver]]")
            && Waivers::parse(block).is_ok_and(|parsed| {
                parsed
                    .waivers
                    .iter()
                    .all(|waiver| fingerprints.contains(waiver.fingerprint.get_ref()))
            });
        if !is_used {
            out.push_str(block);
        }
    }
    let mut out = out.trim_end().to_owned();
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

/// The text cut before each table header.
fn blocks(text: &str) -> Vec<&str> {
    let mut cuts = vec![0];
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.starts_with("[[") && at > 0 {
            cuts.push(at);
        }
        at += line.len();
    }
    cuts.push(text.len());
    cuts.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect()
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn entries_written_are_entries_read() {
        let hostile = "a \"quoted\" reason\n[[waiver]]\u{202e}";
        let text = format!(
            "# accepted\n{}{}",
            waiver_entry("abc", "lint x", hostile, "team", date(2027, 1, 31)),
            retired_entry("a.b", &Version::new(1, 0, 0), "old", "team", date(2026, 1, 1))
        );
        let waivers = Waivers::parse(&text).unwrap();
        assert_eq!(waivers.waivers.len(), 1);
        assert_eq!(waivers.waivers[0].reason, hostile);
        assert_eq!(waivers.waivers[0].until, Until(date(2027, 1, 31)));
        assert!(waivers.is_retired("a.b", &Version::new(1, 0, 0)));
        assert!(!waivers.is_retired("a.b", &Version::new(1, 0, 1)));
    }

    #[test]
    fn released_waivers_leave_and_the_rest_stays() {
        let entry = |fingerprint: &str| waiver_entry(fingerprint, "f", "r", "o", date(2027, 1, 31));
        let text = format!("# mine\n{}{}{}", entry("a"), entry("b"), entry("c"));
        let used = std::collections::BTreeSet::from(["b".to_owned()]);
        assert_eq!(
            without(&text, &used),
            format!("# mine\n{}{}", entry("a"), entry("c"))
        );
    }

    #[test]
    fn a_waiver_ends_after_its_day() {
        let text = waiver_entry("abc", "f", "r", "o", date(2027, 1, 31));
        let waivers = Waivers::parse(&text).unwrap();
        assert!(matches!(
            waivers.standing("abc", date(2027, 1, 31)),
            Standing::Waived(_)
        ));
        assert!(matches!(
            waivers.standing("abc", date(2027, 2, 1)),
            Standing::Expired(_)
        ));
        assert!(matches!(
            waivers.standing("abd", date(2027, 1, 1)),
            Standing::Open
        ));
    }

    #[test]
    fn what_cannot_be_used_says_where() {
        let conflict = "[[waiver]]\n<<<<<<< HEAD\nreason = 1\n=======\n";
        let error = Waivers::parse(conflict).unwrap_err();
        assert_eq!(&conflict[error.span], "<<<<<<< HEAD");
        let unknown = "[[waiver]]\nfingerprnt = \"a\"\n";
        let error = Waivers::parse(unknown).unwrap_err();
        assert!(error.message.contains("fingerprnt"), "{}", error.message);
        assert!(!unknown[error.span].is_empty());
        let no_day = "[[waiver]]\nfingerprint = \"a\"\nreason = \"r\"\nowner = \"o\"\nuntil = \"soon\"\n";
        assert!(Waivers::parse(no_day).unwrap_err().message.contains("2027-01-31"));
        let no_reason =
            "[[waiver]]\nfingerprint = \"a\"\nreason = \" \"\nowner = \"o\"\nuntil = 2027-01-31\n";
        assert!(
            Waivers::parse(no_reason)
                .unwrap_err()
                .message
                .contains("empty reason")
        );
    }
}
