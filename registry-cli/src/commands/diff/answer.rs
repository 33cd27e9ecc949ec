//! Asks `compat` in the directions that the policy names and brings its pointers back to files.

use anyhow::{Context as _, Result};
use compat::{Break, Explanation, Verdict};
use diagnostics::JsonPointer;
use registry::Draft;
use registry::lower::{LowerOptions, Lowered, Role, lower};

use super::Policy;
use super::side::Side;
use crate::args::DiffMode;

/// Who writes and who reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// The old one writes, the new one reads.
    Backward,
    /// The new one writes, the old one reads.
    Forward,
}

impl Direction {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Backward => "backward",
            Self::Forward => "forward",
        }
    }

    pub(super) fn meaning(self) -> &'static str {
        match self {
            Self::Backward => "new readers, old events",
            Self::Forward => "old readers, new events",
        }
    }
}

/// A reason, with its places in the two files as they were written.
pub(super) struct Reason {
    pub(super) found: Break,
    pub(super) old: JsonPointer,
    pub(super) new: JsonPointer,
}

pub(super) struct Directed {
    pub(super) direction: Direction,
    pub(super) explanation: Explanation,
    pub(super) reasons: Vec<Reason>,
    pub(super) micros: u128,
}

pub(super) struct Answer {
    pub(super) directions: Vec<Directed>,
}

impl Answer {
    /// Whether every direction that was asked for is proved.
    pub(super) fn is_safe(&self) -> bool {
        self.directions
            .iter()
            .all(|directed| matches!(directed.explanation.verdict, Verdict::Compatible(_)))
    }
}

pub(super) fn ask(old: &Side, new: &Side, policy: &Policy) -> Result<Answer> {
    let directions: &[Direction] = match policy.mode {
        DiffMode::Backward => &[Direction::Backward],
        DiffMode::Forward => &[Direction::Forward],
        DiffMode::Full => &[Direction::Backward, Direction::Forward],
        DiffMode::None => &[],
    };
    let directions = directions
        .iter()
        .map(|direction| directed(*direction, old, new, policy))
        .collect::<Result<_>>()?;
    Ok(Answer { directions })
}

fn directed(direction: Direction, old: &Side, new: &Side, policy: &Policy) -> Result<Directed> {
    let start = std::time::Instant::now();
    let (writer, reader) = match direction {
        Direction::Backward => (old, new),
        Direction::Forward => (new, old),
    };
    let options = compat::Options {
        writer_draft: Some(compat_draft(writer.bundle.draft)),
        reader_draft: Some(compat_draft(reader.bundle.draft)),
        ..policy.options.clone()
    };
    let as_writer = lowered(writer, Role::Writer, policy)?;
    let as_reader = lowered(reader, Role::Reader, policy)?;
    let explanation = compat::explain(&as_writer.schema, &as_reader.schema, &options);
    let reasons = explanation
        .breaks
        .iter()
        .map(|found| {
            let (written, read) = (as_writer.origin(&found.writer), as_reader.origin(&found.reader));
            let (old, new) = match direction {
                Direction::Backward => (written, read),
                Direction::Forward => (read, written),
            };
            Reason {
                found: found.clone(),
                old,
                new,
            }
        })
        .collect();
    Ok(Directed {
        direction,
        explanation,
        reasons,
        micros: start.elapsed().as_micros(),
    })
}

fn lowered(side: &Side, role: Role, policy: &Policy) -> Result<Lowered> {
    let options = LowerOptions {
        role,
        discriminators: &policy.discriminators,
    };
    lower(&side.bundle.schema, side.bundle.draft, &options)
        .with_context(|| format!("cannot compare {}", side.name))
}

fn compat_draft(draft: Draft) -> compat::Draft {
    match draft {
        Draft::Draft4 => compat::Draft::V4,
        Draft::Draft6 => compat::Draft::V6,
        Draft::Draft7 => compat::Draft::V7,
        Draft::Draft201909 => compat::Draft::V201909,
        Draft::Draft202012 => compat::Draft::V202012,
    }
}

pub(super) fn registry_draft(draft: compat::Draft) -> Draft {
    match draft {
        compat::Draft::V4 => Draft::Draft4,
        compat::Draft::V6 => Draft::Draft6,
        compat::Draft::V7 => Draft::Draft7,
        compat::Draft::V201909 => Draft::Draft201909,
        compat::Draft::V202012 => Draft::Draft202012,
    }
}
