//! Searching a language for a word: breadth first over derivatives, so that the first word found is a shortest one.

use std::collections::{HashMap, HashSet, VecDeque};

use super::lang::{Kind, Languages, NOTHING, Re};
use crate::budget::{Budget, Exhausted};

/// Automaton states that one search may visit.
const STATE_LIMIT: usize = 20_000;

/// What a search ended with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A word.
    Word(String),
    /// The language has no word of an allowed length: every state was visited.
    None,
    /// The automaton is too large to say.
    TooLarge,
}

impl Languages {
    /// A shortest word of `re` of at least `min` and at most `max` characters.
    pub(crate) fn shortest(
        &mut self,
        re: Re,
        min: u64,
        max: Option<u64>,
        budget: &Budget,
    ) -> Result<Found, Exhausted> {
        if re == NOTHING || max.is_some_and(|max| max < min) {
            return Ok(Found::None);
        }
        let alphabet = self.alphabet(re, budget)?;
        // (state, characters still missing to `min`): beyond `min` the length does not matter, for the search is
        // breadth first and reaches each state at its least length.
        let mut nodes: Vec<(Re, u64, usize, char)> = vec![(re, min, usize::MAX, '\0')];
        let mut visited: HashSet<(Re, u64)> = HashSet::from([(re, min)]);
        let mut queue: VecDeque<(usize, u64)> = VecDeque::from([(0, 0)]);
        while let Some((at, depth)) = queue.pop_front() {
            let (state, missing, ..) = nodes[at];
            if missing == 0 && self.is_nullable(state) {
                let mut word = Vec::new();
                let mut walk = at;
                while nodes[walk].2 != usize::MAX {
                    word.push(nodes[walk].3);
                    walk = nodes[walk].2;
                }
                word.reverse();
                return Ok(Found::Word(word.into_iter().collect()));
            }
            if max.is_some_and(|max| depth >= max) {
                continue;
            }
            for c in &alphabet {
                budget.step()?;
                let next = self.derive(state, *c, budget)?;
                let missing = missing.saturating_sub(1);
                if next == NOTHING || !visited.insert((next, missing)) {
                    continue;
                }
                if nodes.len() >= STATE_LIMIT {
                    return Ok(Found::TooLarge);
                }
                nodes.push((next, missing, at, *c));
                queue.push_back((nodes.len() - 1, depth + 1));
            }
        }
        Ok(Found::None)
    }

    /// One character for each set of characters that `re` and all its derivatives treat alike, the most readable
    /// first.
    fn alphabet(&self, re: Re, budget: &Budget) -> Result<Vec<char>, Exhausted> {
        let mut classes = Vec::new();
        let mut seen = HashSet::from([re]);
        let mut stack = vec![re];
        while let Some(re) = stack.pop() {
            budget.step()?;
            let mut visit = |re: Re| {
                if seen.insert(re) {
                    stack.push(re);
                }
            };
            match self.kind(re) {
                Kind::Nothing | Kind::Empty => {}
                Kind::Class(chars) => classes.push(chars.clone()),
                Kind::Concat(first, second) => {
                    visit(*first);
                    visit(*second);
                }
                Kind::Repeat { sub, .. } | Kind::Not(sub) => visit(*sub),
                Kind::Or(parts) | Kind::And(parts) => parts.iter().for_each(|part| visit(*part)),
                Kind::Name(number) => visit(self.definitions[*number as usize]),
            }
        }
        let mut borders: Vec<char> = vec!['\0'];
        for class in &classes {
            for (low, high) in class.ranges() {
                borders.push(*low);
                let after = u32::from(*high) + 1;
                // Past the last character before the surrogates, the next one is the first after them.
                borders.extend(char::from_u32(if after == 0xd800 { 0xe000 } else { after }));
            }
        }
        // Readable characters are tried as representatives first; they are borders of nothing.
        let readable = ('a'..='z')
            .chain('0'..='9')
            .chain('A'..='Z')
            .chain("-_ .:/@".chars())
            .chain('!'..='~');
        borders.sort_unstable();
        borders.dedup();
        let mut by_signature: HashMap<Vec<bool>, ()> = HashMap::new();
        let mut alphabet = Vec::new();
        for c in readable.chain(borders) {
            budget.step()?;
            let signature: Vec<bool> = classes.iter().map(|class| class.contains(c)).collect();
            if by_signature.insert(signature, ()).is_none() {
                alphabet.push(c);
            }
        }
        Ok(alphabet)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn budget() -> Budget {
        Budget::new(Duration::from_secs(10))
    }

    fn found(languages: &mut Languages, yes: &[&str], no: &[&str]) -> Found {
        let mut parts = Vec::new();
        for pattern in yes {
            parts.push(languages.pattern(pattern).unwrap());
        }
        for pattern in no {
            let re = languages.pattern(pattern).unwrap();
            parts.push(languages.not(re));
        }
        let all = languages.and(parts);
        languages.shortest(all, 0, None, &budget()).unwrap()
    }

    #[test]
    fn inclusion() {
        for (narrow, wide) in [
            ("^a+$", "^a*$"),
            ("^(ab){0,3}$", "^(ab)*$"),
            ("aaa*", "aa"),
            ("^[0-9a-f]{8}$", "^[0-9a-fA-F]{8}$"),
            ("^(?=x$)x$", "^x$"),
            ("^x$", "^(?=x$)x$"),
            (r"^\d+$", r"^\w+$"),
            ("^(?!abc)[a-z]+$", "^[a-z]+$"),
            (r"^(?:(?!b)[abc])*$", "^[ac]*$"),
            ("^[ac]*$", r"^(?:(?!b)[abc])*$"),
            (r"\bfoo\b", "foo"),
            (r"^foo$", r"\bfoo\b"),
            (r"^a foo b$", r"\bfoo\b"),
            ("^(a|b)*abb$", "abb$"),
        ] {
            assert_eq!(
                found(&mut Languages::new(), &[narrow], &[wide]),
                Found::None,
                "{narrow} in {wide}"
            );
        }
    }

    #[test]
    fn counterexamples() {
        for (narrow, wide, word) in [
            ("^a*$", "^a+$", ""),
            ("^[a-z]+$", "^(?!abc)[a-z]+$", "abc"),
            ("foo", r"\bfoo\b", "afoo"),
            ("^(ab)*$", "^(ab){0,3}$", "abababab"),
            ("", "^[^\n]*$", "\n"),
        ] {
            assert_eq!(
                found(&mut Languages::new(), &[narrow], &[wide]),
                Found::Word(word.to_owned()),
                "{narrow} {wide}"
            );
        }
    }

    #[test]
    fn what_is_not_regular_is_refused() {
        for pattern in [r"(a)\1", "(?<=a)b", "(?>a)", "(?=a)*"] {
            assert!(Languages::new().pattern(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn lengths() {
        let mut languages = Languages::new();
        let re = languages.pattern("^(ab)+$").unwrap();
        assert_eq!(
            languages.shortest(re, 3, Some(5), &budget()).unwrap(),
            Found::Word("abab".to_owned())
        );
        assert_eq!(
            languages.shortest(re, 3, Some(3), &budget()).unwrap(),
            Found::None
        );
    }

    #[test]
    fn agrees_with_the_validator() {
        for pattern in [
            "^a.c$",
            r"\d{2}",
            r"^[^\s]+$",
            r"^\S*$",
            "^(x|yz?)*$",
            r"\bq",
            r"^(?!.*b).*$",
            "[^a]",
            "",
        ] {
            let validator = jsonschema::options()
                .build(&serde_json::json!({ "pattern": pattern }))
                .expect("valid pattern");
            let mut languages = Languages::new();
            let re = languages.pattern(pattern).unwrap();
            for text in [
                "", "a", "abc", "a\nc", "a\rc", "12", "x1٣3", "xyzy", " q", "qq", "b", "\u{2028}", "é q",
            ] {
                assert_eq!(
                    languages.matches(re, text, &budget()).unwrap(),
                    validator.is_valid(&serde_json::Value::from(text)),
                    "{pattern:?} on {text:?}"
                );
            }
        }
    }
}
