//! A pattern of a contract, compiled on first use by an engine whose time is linear in its input.

use std::sync::OnceLock;

use regex::Regex;
use regex_automata::dfa::Automaton;
use regex_automata::dfa::dense::{Builder, Config, DFA};
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;

/// A `pattern`, already translated from ECMA-262 to the syntax of the `regex` crate.
#[derive(Debug)]
pub struct Pattern {
    source: &'static str,
    compiled: OnceLock<Engine>,
}

#[derive(Debug)]
enum Engine {
    /// A table: on the short texts of events three times as fast as what follows, which borrows a cache for each match.
    Table(Box<Table>),
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
            Engine::Table(table) => table.is_match(text.as_bytes()),
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
        Ok(states) => match Table::new(states) {
            Some(table) => Engine::Table(Box::new(table)),
            None => by_regex(source),
        },
        Err(_) => by_regex(source),
    }
}

fn by_regex(source: &str) -> Engine {
    Regex::new(source).map_or(Engine::None, Engine::Regex)
}

/// All states of a pattern, and the one in which every search begins: at the start of a text.
#[derive(Debug)]
struct Table {
    states: DFA<Vec<u32>>,
    start: StateID,
}

impl Table {
    /// `None` never happens for a table that has an unanchored start, which is what is built.
    fn new(states: DFA<Vec<u32>>) -> Option<Self> {
        let start = states.start_state(&start::Config::new()).ok()?;
        Some(Self { states, start })
    }

    /// Walks the table itself: `try_search_fwd` takes longer to begin than texts of events take to match.
    fn is_match(&self, text: &[u8]) -> bool {
        let mut state = self.start;
        for byte in text {
            state = self.states.next_state(state, *byte);
            if self.states.is_special_state(state) {
                if self.states.is_match_state(state) {
                    return true;
                }
                // A table without quit bytes never quits.
                if self.states.is_dead_state(state) {
                    return false;
                }
            }
        }
        // Matches are told one byte late.
        self.states.is_match_state(self.states.next_eoi_state(state))
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
