//! Strings: lengths, patterns as automata, formats by known examples.

use std::collections::HashSet;
use std::rc::Rc;

use serde_json::Value;

use super::search::Model;
use super::state::{Conflict, State};
use super::{Deps, Solver};
use crate::budget::Exhausted;
use crate::ir::{Node, Plain, Texts};
use crate::pattern::{Found, Re};

/// Words of a language tried against exclusions, formats and patterns without automaton.
const WORD_TRIES: usize = 40;
/// The longest string that is written down.
const LENGTH_LIMIT: u64 = 200_000;

/// What is asked of a string.
struct Demands {
    min: u64,
    max: Option<u64>,
    language: Vec<Re>,
    /// Patterns without automaton and formats, and whether they must hold.
    checks: Vec<(Check, bool)>,
    deps: Deps,
}

#[derive(Clone, PartialEq, Eq)]
enum Check {
    Pattern(Rc<str>),
    Format(Rc<str>),
}

impl Solver<'_> {
    pub(super) fn strings(&mut self, state: &State) -> Result<Model, Exhausted> {
        let mut demands = Demands {
            min: 0,
            max: None,
            language: Vec::new(),
            checks: Vec::new(),
            deps: 0,
        };
        let mut impossible = false;
        for atom in &state.atoms {
            demands.deps |= atom.deps;
            let negative = atom.lit.is_negative();
            match self.arena.get(atom.lit.id()) {
                // Nothing is shorter than 0, nothing longer than 2^64.
                Node::MinLength(min) if negative => match min.checked_sub(1) {
                    Some(max) => demands.max = Some(demands.max.map_or(max, |known| known.min(max))),
                    None => impossible = true,
                },
                Node::MaxLength(max) if negative => match max.checked_add(1) {
                    Some(min) => demands.min = demands.min.max(min),
                    None => impossible = true,
                },
                Node::MinLength(min) => demands.min = demands.min.max(*min),
                Node::MaxLength(max) => demands.max = Some(demands.max.map_or(*max, |known| known.min(*max))),
                Node::Pattern(sym) => {
                    let pattern = self.arena.text(*sym);
                    match self.texts.regular(&pattern) {
                        Some(re) if negative => demands.language.push(self.texts.languages.not(re)),
                        Some(re) => demands.language.push(re),
                        None => demands.checks.push((Check::Pattern(pattern), !negative)),
                    }
                }
                Node::Format(sym) => {
                    let format = self.arena.text(*sym);
                    demands.checks.push((Check::Format(format), !negative));
                }
                _ => {}
            }
        }
        if impossible || demands.max.is_some_and(|max| max < demands.min) {
            return Ok(Model::Conflict(Conflict::of(demands.deps)));
        }
        let mut excluded: HashSet<Rc<str>> = HashSet::new();
        for (values, deps) in &state.excluded {
            demands.deps |= deps;
            for value in values.iter() {
                if let Plain::String(text) = self.arena.values.get(*value) {
                    excluded.insert(Rc::clone(text));
                }
            }
        }
        if demands.min > LENGTH_LIMIT {
            return Ok(Model::Maybe(None, "a string too long to write".into()));
        }
        if demands.language.is_empty() && demands.checks.is_empty() {
            return Ok(match free(&demands, &excluded) {
                Some(text) => Model::Document(Rc::new(Value::String(text))),
                None => Model::Conflict(Conflict::of(demands.deps)),
            });
        }
        self.word(&demands, &excluded)
    }

    fn word(&mut self, demands: &Demands, excluded: &HashSet<Rc<str>>) -> Result<Model, Exhausted> {
        let mut parts = demands.language.clone();
        for (check, wanted) in &demands.checks {
            if let Check::Format(format) = check {
                let bounds = super::formats::bounds(format);
                if *wanted && let Some(superset) = bounds.superset {
                    parts.extend(self.texts.regular(superset));
                }
                if !*wanted && let Some(subset) = bounds.subset {
                    let subset = self.texts.regular(subset);
                    parts.extend(subset.map(|re| self.texts.languages.not(re)));
                }
            }
        }
        if contradictory(&demands.checks) {
            return Ok(Model::Conflict(Conflict::of(demands.deps)));
        }
        let language = self.texts.languages.and(parts);
        // Known examples first: the only strings of some formats that are found at all, and the most telling ones.
        let mut examples: Vec<&str> = Vec::new();
        for (check, wanted) in &demands.checks {
            if let (Check::Format(format), true) = (check, *wanted) {
                examples.extend(super::formats::examples(format));
            }
        }
        for example in examples {
            if self.is_word(language, demands, excluded, example)? == Some(true) {
                return Ok(Model::Document(Rc::new(Value::String(example.to_owned()))));
            }
        }
        let mut rest = language;
        // Whether a word was taken out that is perhaps what is asked for.
        let mut unsure = false;
        for _ in 0..WORD_TRIES {
            match self
                .texts
                .languages
                .shortest(rest, demands.min, demands.max, self.budget)?
            {
                Found::None if unsure => break,
                Found::None => return Ok(Model::Conflict(Conflict::of(demands.deps))),
                Found::TooLarge => return Ok(Model::Maybe(None, "an automaton too large".into())),
                Found::Word(mut word) => {
                    // The empty string is rarely telling.
                    if word.is_empty()
                        && let Found::Word(longer) =
                            self.texts.languages.shortest(rest, 1, demands.max, self.budget)?
                    {
                        word = longer;
                    }
                    match self.is_word(language, demands, excluded, &word)? {
                        Some(true) => return Ok(Model::Document(Rc::new(Value::String(word)))),
                        Some(false) => {}
                        None => unsure = true,
                    }
                    let taken = self.texts.languages.literal(&word);
                    let taken = self.texts.languages.not(taken);
                    rest = self.texts.languages.and(vec![rest, taken]);
                }
            }
        }
        if excluded.len() >= WORD_TRIES && !unsure {
            let texts: Vec<Rc<str>> = self.within(language, excluded)?;
            let taken = self.texts.languages.literals(texts.iter().map(|text| &**text));
            let taken = self.texts.languages.not(taken);
            rest = self.texts.languages.and(vec![rest, taken]);
            match self
                .texts
                .languages
                .shortest(rest, demands.min, demands.max, self.budget)?
            {
                Found::None => return Ok(Model::Conflict(Conflict::of(demands.deps))),
                Found::Word(word) if self.is_word(language, demands, excluded, &word)? == Some(true) => {
                    return Ok(Model::Document(Rc::new(Value::String(word))));
                }
                _ => {}
            }
        }
        Ok(Model::Maybe(
            None,
            "no string was found for a format or an irregular pattern".into(),
        ))
    }

    fn within(&mut self, language: Re, texts: &HashSet<Rc<str>>) -> Result<Vec<Rc<str>>, Exhausted> {
        let mut inside = Vec::new();
        for text in texts {
            if self.texts.languages.matches(language, text, self.budget)? {
                inside.push(Rc::clone(text));
            }
        }
        inside.sort_unstable();
        Ok(inside)
    }

    /// Whether the string is what is asked for; `None` if that cannot be said.
    fn is_word(
        &mut self,
        language: Re,
        demands: &Demands,
        excluded: &HashSet<Rc<str>>,
        text: &str,
    ) -> Result<Option<bool>, Exhausted> {
        let length = text.chars().count() as u64;
        if length < demands.min
            || demands.max.is_some_and(|max| length > max)
            || excluded.contains(text)
            || !self.texts.languages.matches(language, text, self.budget)?
        {
            return Ok(Some(false));
        }
        let mut unsure = false;
        for (check, wanted) in &demands.checks {
            let holds = match check {
                Check::Pattern(pattern) => self.texts.pattern(pattern, text, self.budget)?,
                Check::Format(format) => self.texts.format(format, text, self.budget)?,
            };
            match holds {
                Some(holds) if holds != *wanted => return Ok(Some(false)),
                Some(_) => {}
                None => unsure = true,
            }
        }
        Ok((!unsure).then_some(true))
    }
}

/// Whether a string would have to be of a format and not of it, or not of one that the first implies.
fn contradictory(checks: &[(Check, bool)]) -> bool {
    checks.iter().filter(|(_, wanted)| *wanted).any(|(check, _)| {
        checks
            .iter()
            .filter(|(_, wanted)| !*wanted)
            .any(|(unwanted, _)| match (check, unwanted) {
                (Check::Format(format), Check::Format(other)) => {
                    format == other || super::formats::implied(format).contains(&&**other)
                }
                _ => check == unwanted,
            })
    })
}

/// A string of an allowed length that is not excluded. `None`: there is none.
fn free(demands: &Demands, excluded: &HashSet<Rc<str>>) -> Option<String> {
    let admits = |length: u64| length >= demands.min && demands.max.is_none_or(|max| length <= max);
    let fits = |text: &&str| admits(text.chars().count() as u64) && !excluded.contains(*text);
    if let Some(text) = ["x", "text", "other", ""].iter().find(|text| fits(text)) {
        return Some((*text).to_owned());
    }
    // There are more strings of each length but zero than any schema can list.
    let length = usize::try_from(demands.min.max(1))
        .ok()
        .filter(|length| admits(*length as u64))?;
    let mut fill = "x".repeat(length - 1);
    let letters = ('a'..='z')
        .chain('A'..='Z')
        .chain('0'..='9')
        .chain('\u{100}'..=char::MAX);
    for c in letters {
        fill.push(c);
        if !excluded.contains(fill.as_str()) {
            return Some(fill);
        }
        fill.pop();
    }
    None
}
