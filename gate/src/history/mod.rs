//! The released history: all snapshots, by event type and major, each chained to the one before.

mod load;
mod snapshot;

use std::collections::BTreeMap;
use std::sync::Arc;

use diagnostics::{Diagnostic, Location};
use semver::Version;

use crate::rules::broken_history;

pub use load::{Histories, load};
pub use snapshot::{FORMAT, Header, Predecessor, ReleasedWaiver, Sealed, Snapshot, SnapshotError, metadata};

/// A snapshot and where it lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Released {
    /// The file, relative to the workspace.
    pub file: Arc<str>,
    /// Its content.
    pub snapshot: Sealed,
}

impl Released {
    /// All but the schema.
    pub fn header(&self) -> &Header {
        &self.snapshot.header
    }
}

/// Everything that was released.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// By event type and major, oldest first.
    lines: BTreeMap<(String, u64), Vec<Released>>,
}

impl History {
    /// Reads snapshots from (path relative to the workspace, path below `released/`, bytes). What is wrong with single
    /// files or with the chain is returned as findings; the rest is usable.
    pub fn parse<'f>(
        files: impl IntoIterator<Item = (Arc<str>, &'f str, Vec<u8>)>,
    ) -> (Self, Vec<Diagnostic>) {
        let parsed = files
            .into_iter()
            .map(|(file, below, bytes)| (file, below.to_owned(), Sealed::parse(&bytes)));
        Self::assemble(parsed)
    }

    /// Like [`Self::parse`], of files that were parsed already.
    pub(crate) fn assemble(
        parsed: impl IntoIterator<Item = (Arc<str>, String, Result<Sealed, SnapshotError>)>,
    ) -> (Self, Vec<Diagnostic>) {
        let mut history = Self::default();
        let mut findings = Vec::new();
        for (file, below, parsed) in parsed {
            match parsed {
                Ok(snapshot) if snapshot.header.path() == below => {
                    history.insert(Released { file, snapshot });
                }
                Ok(snapshot) => findings.push(
                    finding(
                        &file,
                        format!("this is the snapshot {}, not {below}", snapshot.header.path()),
                    )
                    .with_help("snapshots are not moved or renamed: restore the file from git history"),
                ),
                Err(error) => findings.push(finding(&file, error.to_string()).with_help(error.help())),
            }
        }
        history.check_chains(&mut findings);
        (history, findings)
    }

    pub(crate) fn insert(&mut self, released: Released) {
        let key = (
            released.header().event_type.clone(),
            released.header().version.major,
        );
        let line = self.lines.entry(key).or_default();
        let at = line.partition_point(|other| other.header().version < released.header().version);
        line.insert(at, released);
    }

    fn check_chains(&self, findings: &mut Vec<Diagnostic>) {
        for line in self.lines.values() {
            let mut before: Option<&Header> = None;
            let mut known: Vec<&Version> = Vec::new();
            for Released { file, snapshot } in line {
                let snapshot = &snapshot.header;
                let problem = match (&snapshot.predecessor, before) {
                    (None, None) => None,
                    (Some(named), Some(before)) if named.version == before.version => {
                        (named.digest != before.digest).then(|| {
                            format!(
                                "{} was another file when {} was released",
                                before.path(),
                                snapshot.version
                            )
                        })
                    }
                    // Both follow the same one: two branches released.
                    (Some(named), Some(before)) if known.contains(&&named.version) => {
                        findings.push(
                            finding(
                                file,
                                format!(
                                    "{} and {} were both released after {}: two branches released",
                                    before.version, snapshot.version, named.version
                                ),
                            )
                            .with_help(
                                "of the two delete the snapshot that the target branch does not have, and its section of \
                                 the changelog; then run `contracts bump` and release again",
                            ),
                        );
                        None
                    }
                    (Some(named), _) => Some(format!(
                        "the snapshot of {} is missing, after which {} was released",
                        named.version, snapshot.version
                    )),
                    (None, Some(before)) => Some(format!(
                        "{} says it is the first of its major, but {} is there",
                        snapshot.version, before.version
                    )),
                };
                if let Some(problem) = problem {
                    findings.push(finding(file, problem).with_help(
                        "restore the missing or edited snapshot from git history; if two branches released, keep the \
                         target branch's snapshots and release again",
                    ));
                }
                before = Some(snapshot);
                known.push(&snapshot.version);
            }
        }
    }

    /// The snapshots of one major, oldest first.
    pub fn of(&self, event_type: &str, major: u64) -> &[Released] {
        self.lines
            .get(&(event_type.to_owned(), major))
            .map_or(&[], Vec::as_slice)
    }

    /// The newest snapshot of one major.
    pub fn latest(&self, event_type: &str, major: u64) -> Option<&Released> {
        self.of(event_type, major).last()
    }

    /// The snapshot of exactly this version.
    pub fn version(&self, event_type: &str, version: &Version) -> Option<&Released> {
        self.of(event_type, version.major)
            .iter()
            .find(|released| released.header().version == *version)
    }

    /// Every line: (event type, major) and its snapshots, oldest first.
    pub fn lines(&self) -> impl Iterator<Item = (&str, u64, &[Released])> {
        self.lines
            .iter()
            .map(|((event_type, major), line)| (event_type.as_str(), *major, line.as_slice()))
    }
}

fn finding(file: &Arc<str>, message: String) -> Diagnostic {
    Diagnostic::new(
        broken_history::RULE.id,
        broken_history::RULE.severity,
        Location::file(Arc::clone(file)),
        message,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(version: Version, before: Option<&Snapshot>) -> Snapshot {
        let schema = serde_json::json!({"x-contract": {"version": version.to_string()}});
        let predecessor = before.map(|before| Predecessor {
            version: before.header.version.clone(),
            digest: before.header.digest.clone(),
        });
        Snapshot::new(
            "a.b.made".to_owned(),
            version,
            jiff::civil::date(2026, 1, 2),
            predecessor,
            Vec::new(),
            schema,
        )
    }

    fn parse(snapshots: &[&Snapshot]) -> (History, Vec<Diagnostic>) {
        let paths: Vec<String> = snapshots.iter().map(|snapshot| snapshot.path()).collect();
        History::parse(snapshots.iter().zip(&paths).map(|(snapshot, path)| {
            (
                Arc::from(format!("released/{path}")),
                path.as_str(),
                snapshot.render().into_bytes(),
            )
        }))
    }

    #[test]
    fn a_whole_chain_is_clean_in_any_order_of_files() {
        let first = snapshot(Version::new(1, 0, 0), None);
        let second = snapshot(Version::new(1, 2, 0), Some(&first));
        let third = snapshot(Version::new(1, 10, 0), Some(&second));
        let (history, findings) = parse(&[&third, &first, &second]);
        assert_eq!(findings, []);
        assert_eq!(*history.latest("a.b.made", 1).unwrap().header(), third.header);
        assert_eq!(history.of("a.b.made", 1).len(), 3);
        assert!(history.version("a.b.made", &Version::new(1, 2, 0)).is_some());
        assert!(history.latest("a.b.made", 2).is_none());
    }

    #[test]
    fn a_gap_and_two_firsts_are_found_without_git() {
        let first = snapshot(Version::new(1, 0, 0), None);
        let second = snapshot(Version::new(1, 1, 0), Some(&first));
        let third = snapshot(Version::new(1, 2, 0), Some(&second));
        let (_, findings) = parse(&[&first, &third]);
        assert_eq!(findings.len(), 1);
        assert!(
            findings[0].message.contains("the snapshot of 1.1.0 is missing"),
            "{}",
            findings[0].message
        );
        let other = snapshot(Version::new(1, 1, 0), None);
        assert!(
            parse(&[&first, &other]).1[0]
                .message
                .contains("says it is the first")
        );
    }

    #[test]
    fn two_releases_on_two_branches_are_found_after_the_merge() {
        let first = snapshot(Version::new(1, 0, 0), None);
        let edited = Snapshot::new(
            first.header.event_type.clone(),
            first.header.version.clone(),
            jiff::civil::date(2026, 1, 3),
            None,
            Vec::new(),
            first.schema.clone(),
        );
        let second = snapshot(Version::new(1, 1, 0), Some(&edited));
        let (_, findings) = parse(&[&first, &second]);
        assert!(
            findings[0]
                .message
                .contains("was another file when 1.1.0 was released"),
            "{findings:?}"
        );
    }

    #[test]
    fn a_renamed_snapshot_is_found() {
        let first = snapshot(Version::new(1, 0, 0), None);
        let (history, findings) = History::parse([(
            Arc::from("released/x"),
            "a.b.made/1.0.1.json",
            first.render().into_bytes(),
        )]);
        assert!(findings[0].message.contains("not a.b.made/1.0.1.json"));
        assert!(history.latest("a.b.made", 1).is_none());
    }
}
