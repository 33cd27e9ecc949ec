//! The answer to a question, and what it rests on.

use std::fmt;

use serde_json::Value;

/// Whether everything the writer emits is accepted by the reader.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It is, and this is why.
    Compatible(Proof),
    /// It is not, and this document shows it.
    Breaking(Witness),
    /// Neither was established.
    Undecided(Reason),
}

/// How compatibility was established.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Both schemas assert the same, word for word, once annotations are set aside.
    Identical,
    /// No document satisfies the writer and the negation of the reader: every case was closed.
    Exhausted,
}

/// A document that the writer emits and the reader rejects. Validators compiled from both schemas agreed before it
/// was reported.
#[derive(Clone, Debug, PartialEq)]
pub struct Witness {
    /// The document.
    pub document: Value,
}

/// Which of the two schemas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The schema of the service that emits.
    Writer,
    /// The schema of the service that consumes.
    Reader,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Writer => "writer",
            Self::Reader => "reader",
        })
    }
}

/// Why a question was left open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Time or memory ran out.
    Budget,
    /// The schema nests deeper than is followed.
    Depth,
    /// A schema is not a valid schema of its draft.
    InvalidSchema {
        /// Which one.
        side: Side,
        /// A JSON Pointer into it.
        pointer: String,
        /// What is wrong with it.
        message: String,
    },
    /// The writer's schema lets it emit nothing at all: that is a finding about the writer, not compatibility.
    EmptyWriter {
        /// JSON Pointers to the parts of the writer's schema that rule each other out; the first few.
        places: Vec<String>,
        /// Whether there are documents that the schema accepts, but all of them have members or items that the
        /// writer does not declare.
        undeclared: bool,
    },
    /// A construct that neither proof nor refutation gets past; the text names it.
    Unsupported(String),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Budget => f.write_str("budget"),
            Self::Depth => f.write_str("nested too deeply"),
            Self::InvalidSchema {
                side,
                pointer,
                message,
            } => {
                write!(f, "the {side}'s schema is invalid at {pointer:?}: {message}")
            }
            Self::EmptyWriter { places, undeclared } => {
                f.write_str("the writer's schema lets it emit nothing")?;
                let places: Vec<String> = places.iter().map(|place| format!("{place:?}")).collect();
                match (places.as_slice(), undeclared) {
                    ([only], false) if *only != "\"\"" => write!(f, ": {only} rules out every document"),
                    ([] | [_], false) => f.write_str(": it accepts no document"),
                    (several, false) => write!(f, ": no document satisfies {} together", several.join(", ")),
                    ([], true) => f.write_str(
                        ": every document that it accepts has members that it does not declare; declare them",
                    ),
                    (several, true) => write!(
                        f,
                        ": {} ask for members that it does not declare; declare them",
                        several.join(", ")
                    ),
                }?;
                if *undeclared {
                    Ok(())
                } else {
                    f.write_str("; correct the writer's schema first")
                }
            }
            Self::Unsupported(what) => write!(f, "not decided: {what}"),
        }
    }
}
