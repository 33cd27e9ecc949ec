//! A pattern after parsing, whichever syntax it came from.

use super::chars::Chars;

/// A pattern. Captures are gone: they do not change which strings match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ast {
    /// The empty string.
    Empty,
    /// One character of a set.
    Class(Chars),
    /// One after the other.
    Concat(Vec<Ast>),
    /// Any of them.
    Alternation(Vec<Ast>),
    /// `sub{min,max}`.
    Repeat {
        sub: Box<Ast>,
        min: u32,
        max: Option<u32>,
    },
    /// `^`.
    Start,
    /// `$`.
    End,
    /// `\b`, or `\B` where negated.
    WordBoundary { negated: bool },
    /// `(?=sub)`, or `(?!sub)` where negated.
    LookAhead { sub: Box<Ast>, negated: bool },
}

impl Ast {
    /// Whether what it matches depends on what stands around it.
    pub(super) fn has_assertion(&self) -> bool {
        match self {
            Self::Empty | Self::Class(_) => false,
            Self::Concat(parts) | Self::Alternation(parts) => parts.iter().any(Self::has_assertion),
            Self::Repeat { sub, .. } => sub.has_assertion(),
            Self::Start | Self::End | Self::WordBoundary { .. } | Self::LookAhead { .. } => true,
        }
    }

    pub(super) fn has_word_boundary(&self) -> bool {
        match self {
            Self::Empty | Self::Class(_) | Self::Start | Self::End => false,
            Self::Concat(parts) | Self::Alternation(parts) => parts.iter().any(Self::has_word_boundary),
            Self::Repeat { sub, .. } | Self::LookAhead { sub, .. } => sub.has_word_boundary(),
            Self::WordBoundary { .. } => true,
        }
    }

    /// Whether it can match without consuming a character.
    pub(super) fn may_be_empty(&self) -> bool {
        match self {
            Self::Class(_) => false,
            Self::Concat(parts) => parts.iter().all(Self::may_be_empty),
            Self::Alternation(parts) => parts.iter().any(Self::may_be_empty),
            Self::Repeat { sub, min, .. } => *min == 0 || sub.may_be_empty(),
            Self::Empty | Self::Start | Self::End | Self::WordBoundary { .. } | Self::LookAhead { .. } => {
                true
            }
        }
    }
}
