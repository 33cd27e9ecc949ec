//! Texts that match a pattern: a walk through the syntax tree that `regex-syntax` makes of it.
//!
//! Anchors are taken as met and look-around is left out: what comes out is asked of the contract afterwards.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use regex::Regex;
use regex_syntax::Parser;
use regex_syntax::hir::{Class, Hir, HirKind, Look};

use super::Choices;

/// How often a repetition without end is repeated beyond its least number.
const MORE: u64 = 4;
/// Longer texts are not built.
const LONGEST: usize = 10_000;

/// Patterns, read once.
#[derive(Default)]
pub(super) struct Patterns(Mutex<BTreeMap<String, Arc<Pattern>>>);

/// One pattern: its syntax tree, and the engine that knows whether a text matches.
pub(super) struct Pattern {
    tree: Option<Hir>,
    regex: Option<Regex>,
}

impl Patterns {
    pub(super) fn get(&self, source: &str) -> Arc<Pattern> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pattern) = known.get(source) {
            return Arc::clone(pattern);
        }
        let pattern = Arc::new(Pattern::new(source));
        known.insert(source.to_owned(), Arc::clone(&pattern));
        pattern
    }
}

impl Pattern {
    fn new(source: &str) -> Self {
        let translated = jsonschema_regex::to_rust_regex(source).ok();
        let regex = translated.as_deref().and_then(|text| Regex::new(text).ok());
        let translated = translated.as_deref().unwrap_or(source);
        let parse = |text: &str| Parser::new().parse(text).ok();
        Self {
            tree: parse(translated).or_else(|| parse(&without_look_around(translated))),
            regex,
        }
    }

    /// Whether [`matches`](Self::matches) can tell.
    pub(super) fn is_known(&self) -> bool {
        self.regex.is_some()
    }

    /// Whether a part of `text` matches. Patterns that the engine does not know match nothing.
    pub(super) fn matches(&self, text: &str) -> bool {
        self.regex.as_ref().is_some_and(|regex| regex.is_match(text))
    }

    /// A text that matches, of about `least` characters if the pattern leaves that open.
    pub(super) fn text(&self, least: usize, choices: &mut dyn Choices) -> Option<String> {
        let tree = self.tree.as_ref()?;
        let mut out = String::new();
        // A part of the text has to match: now and then there is more around it.
        let open_start = !tree.properties().look_set_prefix().contains(Look::Start);
        let open_end = !tree.properties().look_set_suffix().contains(Look::End);
        if open_start && choices.once_in(4) {
            out.push('x');
        }
        write(tree, least, choices, &mut out);
        if open_end && choices.once_in(4) {
            out.push('x');
        }
        let missing = least.saturating_sub(out.chars().count());
        if open_end && missing <= LONGEST {
            out.extend(std::iter::repeat_n('a', missing));
        }
        (out.len() <= LONGEST).then_some(out)
    }
}

/// The pattern without `(?=…)`, `(?!…)`, `(?<=…)` and `(?<!…)`, and without references to groups.
fn without_look_around(source: &str) -> String {
    let bytes: Vec<char> = source.chars().collect();
    let mut out = String::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest: String = bytes[at..].iter().take(4).collect();
        if ["(?=", "(?!", "(?<=", "(?<!"]
            .iter()
            .any(|start| rest.starts_with(start))
        {
            at = group_end(&bytes, at);
            continue;
        }
        if bytes[at] == '\\' && at + 1 < bytes.len() {
            if !bytes[at + 1].is_ascii_digit() {
                out.push(bytes[at]);
                out.push(bytes[at + 1]);
            }
            at += 2;
            continue;
        }
        out.push(bytes[at]);
        at += 1;
    }
    out
}

/// The place behind the group that begins at `at`.
fn group_end(text: &[char], at: usize) -> usize {
    let (mut depth, mut in_class, mut at) = (0_usize, false, at);
    while at < text.len() {
        match text[at] {
            '\\' => at += 1,
            '[' => in_class = true,
            ']' => in_class = false,
            '(' if !in_class => depth += 1,
            ')' if !in_class => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
        at += 1;
    }
    at
}

fn write(tree: &Hir, least: usize, choices: &mut dyn Choices, out: &mut String) {
    if out.len() > LONGEST {
        return;
    }
    match tree.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => out.push_str(&String::from_utf8_lossy(&literal.0)),
        HirKind::Class(class) => out.extend(character(class, choices)),
        HirKind::Capture(group) => write(&group.sub, least, choices, out),
        HirKind::Concat(parts) => {
            for part in parts {
                write(part, least, choices, out);
            }
        }
        HirKind::Alternation(branches) => {
            let at = choices.index(branches.len());
            if let Some(branch) = branches.get(at) {
                write(branch, least, choices, out);
            }
        }
        HirKind::Repetition(repetition) => {
            let missing = u64::try_from(least.saturating_sub(out.chars().count())).unwrap_or(0);
            let low = u64::from(repetition.min);
            let most = repetition.max.map_or(u64::MAX, u64::from);
            let low = low.max(if repetition.max.is_none() {
                missing.min(most)
            } else {
                0
            });
            let span = most.saturating_sub(low).min(MORE);
            // Now and then as many as there may be.
            let times = if repetition.max.is_some() && most <= 64 && choices.once_in(6) {
                most
            } else {
                low + choices.below(span + 1)
            };
            for _ in 0..times {
                write(&repetition.sub, 0, choices, out);
            }
        }
    }
}

fn character(class: &Class, choices: &mut dyn Choices) -> Option<char> {
    match class {
        Class::Unicode(class) => {
            let ranges: Vec<(u32, u32)> = class
                .iter()
                .map(|range| (u32::from(range.start()), u32::from(range.end())))
                .collect();
            pick(&ranges, choices)
        }
        Class::Bytes(class) => {
            let ranges: Vec<(u32, u32)> = class
                .iter()
                .map(|range| (u32::from(range.start()), u32::from(range.end())))
                .collect();
            pick(&ranges, choices)
        }
    }
}

/// A character of the ranges: mostly one that can be printed and typed.
fn pick(ranges: &[(u32, u32)], choices: &mut dyn Choices) -> Option<char> {
    let plain: Vec<(u32, u32)> = ranges
        .iter()
        .map(|(low, high)| ((*low).max(0x20), (*high).min(0x7E)))
        .filter(|(low, high)| low <= high)
        .collect();
    let ranges = if plain.is_empty() || choices.once_in(16) {
        ranges
    } else {
        &plain
    };
    // Letters and digits before signs, so that the simplest text is readable.
    let mut ranges: Vec<(u32, u32)> = ranges.to_vec();
    ranges.sort_by_key(|(low, high)| !(*low <= 0x7A && *high >= 0x30));
    let at = choices.index(ranges.len());
    let (low, high) = *ranges.get(at)?;
    let first = if low < 0x61 && high >= 0x7A { 0x61 } else { low };
    let offset = choices.below(u64::from(high - low) + 1);
    let size = high - low + 1;
    let code = low + (first - low + u32::try_from(offset).unwrap_or(0)) % size;
    char::from_u32(code).or_else(|| char::from_u32(low))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting(u64);

    impl Choices for Counting {
        fn below(&mut self, limit: u64) -> u64 {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) % limit
        }
    }

    #[test]
    fn texts_match_their_patterns() {
        let mut choices = Counting(1);
        for source in [
            "^[A-Z0-9]+(-[A-Z0-9]+)*$",
            "^(0|[1-9][0-9]{0,14})(\\.[0-9]{1,4})?$",
            "^\\p{Lu}\\w{2,5}$",
            "foo|bar",
            "^$",
            "[^a-z]{3}",
            "^urn:[a-z0-9][a-z0-9-]{0,31}:",
            "^\\d{4}-\\d{2}$",
        ] {
            let pattern = Pattern::new(source);
            for least in [0, 3] {
                for _ in 0..200 {
                    let made = pattern.text(least, &mut choices).expect("it can be built");
                    assert!(pattern.matches(&made), "{source} {made:?}");
                }
            }
        }
    }

    #[test]
    fn look_around_is_left_out() {
        assert_eq!(without_look_around("^(?!x(y|z))[a-z]+(?<=q[)])\\1$"), "^[a-z]+$");
        let pattern = Pattern::new("^(?=.*\\d)[a-z0-9]{4}$");
        let made = pattern.text(0, &mut Counting(7)).expect("it can be built");
        assert_eq!(made.len(), 4);
    }
}
