//! The languages of strings that `pattern`, `patternProperties` and lengths describe, as automata.
//!
//! A pattern is read the way the validator reads it ([`parse`]), turned into an extended regular expression with
//! intersection and complement ([`compile`]), and searched by derivatives ([`lang`], [`search`]). What is not regular
//! (back references, look-behind) is refused, never approximated.

mod ast;
mod chars;
mod compile;
mod lang;
mod lookaround;
mod parse;
mod search;

pub(crate) use lang::{Languages, Re};
pub(crate) use search::Found;
