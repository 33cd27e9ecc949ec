//! The released history: all snapshots, by event type and major, each chained to the one before.

mod snapshot;

use std::collections::BTreeMap;
use std::sync::Arc;

use diagnostics::{Diagnostic, Location, Rule, Scope, Severity};
use semver::Version;

pub use snapshot::{FORMAT, Predecessor, ReleasedWaiver, Snapshot, SnapshotError};

/// A snapshot and where it lies.
#[derive(Clone, Debug, PartialEq)]
pub struct Released {
    /// The file, relative to the workspace.
    pub file: Arc<str>,
    /// Its content.
    pub snapshot: Snapshot,
}

/// Everything that was released.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// By event type and major, oldest first.
    lines: BTreeMap<(String, u64), Vec<Released>>,
}

/// The rule behind every finding about the history itself.
pub const BROKEN_HISTORY: Rule = Rule {
    id: "broken-history",
    severity: Severity::Error,
    scope: Scope::Any,
    summary: "a snapshot that was edited, is missing, or does not follow the one before it",
    docs: "## What it does

Reports a file under `released/` that is not a snapshot, whose digest does not match its content, whose name is not its \
type and version, or whose predecessor is missing or has another digest.

## Why

Snapshots say what other services rely on. One that can be edited, deleted or reordered unnoticed protects nothing.

## Example

`released/ecommerce.order.created/1.1.0.json` names 1.0.0 with one digest as its predecessor, but the file 1.0.0 has \
another: it was edited after its release, or two branches released on top of different files.

## How to fix

Restore the file from git history. After a merge of two branches that both released: keep the snapshots of the target \
branch, delete those of the other, and run `contracts release` again.
",
};

impl History {
    /// Reads snapshots from (path relative to the workspace, path below `released/`, bytes). What is wrong with single
    /// files or with the chain is returned as findings; the rest is usable.
    pub fn parse<'f>(
        files: impl IntoIterator<Item = (Arc<str>, &'f str, Vec<u8>)>,
    ) -> (Self, Vec<Diagnostic>) {
        let mut history = Self::default();
        let mut findings = Vec::new();
        for (file, below, bytes) in files {
            match Snapshot::parse(&bytes) {
                Ok(snapshot) if snapshot.path() == below => history.insert(Released { file, snapshot }),
                Ok(snapshot) => findings.push(
                    finding(
                        &file,
                        format!("this is the snapshot {}, not {below}", snapshot.path()),
                    )
                    .with_help("snapshots are not moved or renamed: restore the file from git history"),
                ),
                Err(error) => findings.push(finding(&file, error.to_string()).with_help(error.help())),
            }
        }
        history.check_chains(&mut findings);
        (history, findings)
    }

    fn insert(&mut self, released: Released) {
        let key = (
            released.snapshot.event_type.clone(),
            released.snapshot.version.major,
        );
        let line = self.lines.entry(key).or_default();
        let at = line.partition_point(|other| other.snapshot.version < released.snapshot.version);
        line.insert(at, released);
    }

    fn check_chains(&self, findings: &mut Vec<Diagnostic>) {
        for line in self.lines.values() {
            let mut before: Option<&Snapshot> = None;
            for Released { file, snapshot } in line {
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
                    (Some(named), _) => Some(format!(
                        "{} was released after {}, but that is not the snapshot before it",
                        snapshot.version, named.version
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
            .find(|released| released.snapshot.version == *version)
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
        BROKEN_HISTORY.id,
        BROKEN_HISTORY.severity,
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
            version: before.version.clone(),
            digest: before.digest.clone(),
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
        assert_eq!(history.latest("a.b.made", 1).unwrap().snapshot, third);
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
            findings[0].message.contains("1.2.0 was released after 1.1.0"),
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
        let mut edited = first.clone();
        edited.released = jiff::civil::date(2026, 1, 3);
        let edited = Snapshot::new(
            edited.event_type,
            edited.version,
            edited.released,
            None,
            Vec::new(),
            edited.schema,
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
