//! Pattern text to [`Ast`], agreeing with the validator on every pattern it accepts.
//!
//! The validator translates ECMA syntax to that of the `regex` crate and runs the result; so do we, on the same
//! translation. Patterns with look-around it hands to another engine untranslated: those are read by
//! [`lookaround`](super::lookaround).

use regex_syntax::hir::{Class, Hir, HirKind, Look};

use super::ast::Ast;
use super::chars::Chars;
use super::lookaround;

/// Why a pattern has no automaton.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NotRegular;

/// Nested groups beyond which a pattern is refused.
const NEST_LIMIT: u32 = 100;

pub(super) fn parse(pattern: &str) -> Result<Ast, NotRegular> {
    let translated = jsonschema_regex::to_rust_regex(pattern).map_err(|()| NotRegular)?;
    match hir(&translated) {
        Ok(hir) => lower(&hir),
        Err(NotRegular) => lookaround::parse(&translated),
    }
}

/// The `regex` crate's own reading of `text`.
pub(super) fn hir(text: &str) -> Result<Hir, NotRegular> {
    regex_syntax::ParserBuilder::new()
        .nest_limit(NEST_LIMIT)
        .build()
        .parse(text)
        .map_err(|_| NotRegular)
}

pub(super) fn lower(hir: &Hir) -> Result<Ast, NotRegular> {
    Ok(match hir.kind() {
        HirKind::Empty => Ast::Empty,
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).map_err(|_| NotRegular)?;
            Ast::Concat(text.chars().map(|c| Ast::Class(Chars::one(c))).collect())
        }
        HirKind::Class(class) => Ast::Class(lower_class(class)?),
        HirKind::Look(look) => match look {
            Look::Start => Ast::Start,
            Look::End => Ast::End,
            Look::WordUnicode => Ast::WordBoundary { negated: false },
            Look::WordUnicodeNegate => Ast::WordBoundary { negated: true },
            _ => return Err(NotRegular),
        },
        HirKind::Repetition(repetition) => Ast::Repeat {
            sub: Box::new(lower(&repetition.sub)?),
            min: repetition.min,
            max: repetition.max,
        },
        HirKind::Capture(capture) => lower(&capture.sub)?,
        HirKind::Concat(parts) => Ast::Concat(parts.iter().map(lower).collect::<Result<_, _>>()?),
        HirKind::Alternation(parts) => Ast::Alternation(parts.iter().map(lower).collect::<Result<_, _>>()?),
    })
}

fn lower_class(class: &Class) -> Result<Chars, NotRegular> {
    match class {
        Class::Unicode(class) => Ok(Chars::from_ranges(
            class.iter().map(|range| (range.start(), range.end())).collect(),
        )),
        Class::Bytes(class) => {
            if !class.is_ascii() {
                return Err(NotRegular);
            }
            Ok(Chars::from_ranges(
                class
                    .iter()
                    .map(|range| (char::from(range.start()), char::from(range.end())))
                    .collect(),
            ))
        }
    }
}

/// The characters that `\w` means in the `regex` crate; `\b` is defined by it.
pub(super) fn word_characters() -> Chars {
    match hir(r"\w").as_ref().map(Hir::kind) {
        Ok(HirKind::Class(class)) => lower_class(class).unwrap_or_default(),
        _ => Chars::default(),
    }
}
