//! The changelog: a dated section for each release, newest first, below a marker that keeps what people write apart.

use std::fmt::Write as _;

use jiff::civil::Date;

use super::{Entry, Plan};
use crate::changes::Kind;

/// The line below which releases are told.
pub const MARKER: &str = "<!-- contracts release: sections are added below this line -->";

/// Why a changelog cannot be written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangelogError {
    /// There is no line for it.
    #[error("it has no line `{MARKER}`")]
    NoMarker,
    /// It is in the middle of a merge.
    #[error("merge conflict markers: two branches changed the same lines")]
    Conflict,
}

impl ChangelogError {
    /// What to do, one line.
    pub const fn help(self) -> &'static str {
        match self {
            Self::NoMarker => "add that line where the sections of releases belong, newest first",
            Self::Conflict => "keep the sections of both sides and remove the markers, then release",
        }
    }
}

/// A changelog that has none yet.
pub fn template() -> String {
    format!("# Changes to the contracts\n\nWritten by `contracts release`, newest first.\n\n{MARKER}\n")
}

/// `text` with a section for the release below the marker.
pub fn insert(text: &str, plan: &Plan, today: Date) -> Result<String, ChangelogError> {
    if registry::conflict::marker(text).is_some() {
        return Err(ChangelogError::Conflict);
    }
    let at = text.find(MARKER).ok_or(ChangelogError::NoMarker)? + MARKER.len();
    let (before, after) = text.split_at(at);
    let after = after.trim_start_matches(['\r', '\n']);
    let mut out = format!("{before}\n\n{}", section(plan, today));
    if !after.is_empty() {
        out.push('\n');
        out.push_str(after);
    }
    Ok(out)
}

fn section(plan: &Plan, today: Date) -> String {
    let mut out = format!("## {today}\n");
    for entry in &plan.entries {
        entry_text(entry, &mut out);
    }
    out
}

fn entry_text(entry: &Entry, out: &mut String) {
    let header = &entry.snapshot.header;
    // Writing to a String cannot fail.
    let _ = write!(out, "\n### {} {}\n\n", header.event_type, header.version);
    match &entry.before {
        None => out.push_str("- first release\n"),
        Some(before) => {
            let _ = writeln!(out, "Since {before}:\n");
            if entry.changes.is_empty() {
                out.push_str("- changed: keywords that this list does not tell apart\n");
            }
            for change in entry
                .changes
                .iter()
                .filter(|change| change.kind != Kind::Documented)
            {
                let _ = writeln!(out, "- {}: {}", change.kind, plain(&change.words));
            }
            let documented = entry
                .changes
                .iter()
                .filter(|change| change.kind == Kind::Documented)
                .count();
            if documented > 0 {
                let what = if documented == 1 {
                    "one text"
                } else {
                    "several texts"
                };
                let _ = writeln!(out, "- documented: {what} for people changed");
            }
        }
    }
    for waiver in &header.waivers {
        let _ = writeln!(
            out,
            "- accepted: {} by {}: {}",
            waiver.fingerprint,
            plain(&waiver.owner),
            plain(&waiver.reason)
        );
    }
}

/// One line, whatever was written.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_stand_below_the_marker_newest_first() {
        let plan = Plan::default();
        let one = insert(&template(), &plan, jiff::civil::date(2026, 1, 2)).unwrap();
        let two = insert(&one, &plan, jiff::civil::date(2026, 3, 4)).unwrap();
        let (new, old) = (two.find("2026-03-04").unwrap(), two.find("2026-01-02").unwrap());
        assert!(two.find(MARKER).unwrap() < new && new < old, "{two}");
        assert_eq!(
            insert("# Changes\n", &plan, jiff::civil::date(2026, 1, 2)),
            Err(ChangelogError::NoMarker)
        );
    }
}
