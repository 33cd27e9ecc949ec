//! A finding as a value.

use crate::{Location, Severity};

/// A second place that explains a finding: the other file of a clash, a step of a reference chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// Where.
    pub location: Location,
    /// Why it matters here. Lower case, no final stop.
    pub message: String,
}

/// One finding: which rule, how bad, what is wrong where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The id of the [`Rule`](crate::Rule).
    pub rule: &'static str,
    /// The effective severity; never [`Severity::Off`].
    pub severity: Severity,
    /// The primary place.
    pub location: Location,
    /// What is wrong and why, naming the contract or file and the pointer where that helps. Lower case, no final stop.
    pub message: String,
    /// The text under the underlined place in a code frame, where it differs from the message.
    pub label: Option<String>,
    /// What to do, one line.
    pub help: Option<String>,
    /// Other places that explain it.
    pub related: Vec<Related>,
}

impl Diagnostic {
    /// A finding of `rule` at `location`, without label, help or related places.
    pub fn new(
        rule: &'static str,
        severity: Severity,
        location: Location,
        message: impl Into<String>,
    ) -> Self {
        Self {
            rule,
            severity,
            location,
            message: message.into(),
            label: None,
            help: None,
            related: Vec::new(),
        }
    }

    /// Sets the help line.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Sets the label of the primary place.
    #[must_use]
    pub fn with_label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Adds a related place.
    #[must_use]
    pub fn with_related(mut self, location: Location, message: impl Into<String>) -> Self {
        self.related.push(Related {
            location,
            message: message.into(),
        });
        self
    }
}

/// Sorts by file, then by position (`offset` gives the byte offset of a location; whole-file findings come first),
/// then by rule and message, and removes exact repetitions.
pub fn sort(diagnostics: &mut Vec<Diagnostic>, mut offset: impl FnMut(&Location) -> usize) {
    let mut keyed: Vec<_> = std::mem::take(diagnostics)
        .into_iter()
        .map(|found| (offset(&found.location), found))
        .collect();
    keyed.sort_by(|(left_offset, left), (right_offset, right)| {
        (
            &left.location.file,
            left_offset,
            left.rule,
            &left.message,
            &left.location,
        )
            .cmp(&(
                &right.location.file,
                right_offset,
                right.rule,
                &right.message,
                &right.location,
            ))
    });
    keyed.dedup_by(|(_, left), (_, right)| left == right);
    diagnostics.extend(keyed.into_iter().map(|(_, found)| found));
}
