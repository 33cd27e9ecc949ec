//! A pattern of a contract, compiled on first use by an engine whose time is linear in its input.

use std::sync::OnceLock;

use regex::Regex;
use regex_automata::Input;
use regex_automata::dfa::Automaton;
use regex_automata::dfa::dense::{Builder, Config, DFA};

/// A `pattern`, already translated from ECMA-262 to the syntax of the `regex` crate.
#[derive(Debug)]
pub struct Pattern {
    source: &'static str,
    compiled: OnceLock<Engine>,
}

#[derive(Debug)]
enum Engine {
    /// A table: on the short texts of events three times as fast as what follows, which borrows a cache for each match.
    Table(Box<DFA<Vec<u32>>>),
    Regex(Regex),
    /// Does not compile; the generator has made sure that this does not happen.
    None,
}

/// A table that grows beyond this is not built. Patterns of identifiers and amounts stay below 10 KiB.
const TABLE_LIMIT: usize = 64 * 1024;

impl Pattern {
    /// A pattern; the generator has made sure that it compiles.
    pub const fn new(source: &'static str) -> Self {
        Self {
            source,
            compiled: OnceLock::new(),
        }
    }

    /// Whether some part of `text` matches. A pattern that does not compile matches nothing.
    pub fn is_match(&self, text: &str) -> bool {
        match self.compiled.get_or_init(|| compile(self.source)) {
            // A table without quit bytes cannot fail.
            Engine::Table(table) => matches!(
                table.try_search_fwd(&Input::new(text).earliest(true)),
                Ok(Some(_))
            ),
            Engine::Regex(regex) => regex.is_match(text),
            Engine::None => false,
        }
    }
}

fn compile(source: &str) -> Engine {
    let limits = Config::new()
        .dfa_size_limit(Some(TABLE_LIMIT))
        .determinize_size_limit(Some(TABLE_LIMIT));
    match Builder::new().configure(limits).build(source) {
        Ok(table) => Engine::Table(Box::new(table)),
        Err(_) => Regex::new(source).map_or(Engine::None, Engine::Regex),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_and_regexes_agree() {
        let amount = Pattern::new("^(0|[1-9][0-9]{0,14})(\\.[0-9]{1,4})?$");
        for (text, matches) in [
            ("10.50", true),
            ("0", true),
            ("00", false),
            ("1.", false),
            ("1.00000", false),
            ("", false),
        ] {
            assert_eq!(amount.is_match(text), matches, "{text:?}");
        }
        assert!(matches!(amount.compiled.get(), Some(Engine::Table(_))));
        let large = Pattern::new("^\\p{L}{1,50}$");
        assert!(large.is_match("größe") && !large.is_match("1"));
        assert!(matches!(large.compiled.get(), Some(Engine::Regex(_))));
        assert!(Pattern::new("b").is_match("abc"));
        assert!(!Pattern::new("(").is_match("("));
    }
}
