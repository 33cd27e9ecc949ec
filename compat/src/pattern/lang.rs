//! Extended regular expressions with intersection and complement, interned, and their Brzozowski derivatives.

use std::collections::HashMap;
use std::rc::Rc;

use super::chars::Chars;
use super::parse::NotRegular;
use crate::budget::{Budget, Exhausted};

/// An interned expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Re(pub(super) u32);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// No string.
    Nothing,
    /// The empty string.
    Empty,
    /// One character of a set.
    Class(Rc<Chars>),
    /// One after the other.
    Concat(Re, Re),
    /// Between `min` and `max` times.
    Repeat { sub: Re, min: u64, max: Option<u64> },
    /// Union; sorted, at least two.
    Or(Rc<[Re]>),
    /// Intersection; sorted, at least two.
    And(Rc<[Re]>),
    /// Complement.
    Not(Re),
    /// A recursive definition, by number: how a star over look-ahead is written.
    Name(u32),
}

/// The expressions of one question.
pub(crate) struct Languages {
    pub(super) kinds: Vec<Kind>,
    nullable: Vec<bool>,
    /// How deep deriving recurses at most.
    depths: Vec<u32>,
    interned: HashMap<Kind, Re>,
    pub(super) definitions: Vec<Re>,
    derivatives: HashMap<(Re, char), Re>,
    patterns: HashMap<Rc<str>, Result<Re, NotRegular>>,
    pub(super) word: Option<Rc<Chars>>,
}

/// The longest pattern that gets an automaton, in bytes.
const PATTERN_LIMIT: usize = 20_000;
/// Nested expressions beyond which a pattern gets no automaton: deriving recurses.
const DEPTH_LIMIT: u32 = 300;

pub(super) const NOTHING: Re = Re(0);
pub(super) const EMPTY: Re = Re(1);
const ANY_CHAR: Re = Re(2);
/// Every string.
pub(super) const ANYTHING: Re = Re(3);

impl Default for Languages {
    fn default() -> Self {
        Self::new()
    }
}

impl Languages {
    pub(crate) fn new() -> Self {
        let mut languages = Self {
            kinds: Vec::new(),
            nullable: Vec::new(),
            depths: Vec::new(),
            interned: HashMap::new(),
            definitions: Vec::new(),
            derivatives: HashMap::new(),
            patterns: HashMap::new(),
            word: None,
        };
        languages.intern(Kind::Nothing, false);
        languages.intern(Kind::Empty, true);
        languages.intern(Kind::Class(Rc::new(Chars::all())), false);
        languages.intern(
            Kind::Repeat {
                sub: ANY_CHAR,
                min: 0,
                max: None,
            },
            true,
        );
        languages
    }

    fn intern(&mut self, kind: Kind, nullable: bool) -> Re {
        if let Some(known) = self.interned.get(&kind) {
            return *known;
        }
        let re = Re(u32::try_from(self.kinds.len()).expect("the budget stops long before 2^32 expressions"));
        let depth = |re: &Re| self.depths[re.0 as usize];
        let inner = match &kind {
            Kind::Nothing | Kind::Empty | Kind::Class(_) | Kind::Name(_) => 0,
            Kind::Concat(first, second) if self.is_nullable(*first) => depth(first).max(depth(second)),
            Kind::Concat(sub, _) | Kind::Repeat { sub, .. } | Kind::Not(sub) => depth(sub),
            Kind::Or(parts) | Kind::And(parts) => parts.iter().map(depth).max().unwrap_or(0),
        };
        self.depths.push(inner + 1);
        self.kinds.push(kind.clone());
        self.nullable.push(nullable);
        self.interned.insert(kind, re);
        re
    }

    pub(super) fn kind(&self, re: Re) -> &Kind {
        &self.kinds[re.0 as usize]
    }

    /// Whether the empty string belongs to it.
    pub(crate) fn is_nullable(&self, re: Re) -> bool {
        self.nullable[re.0 as usize]
    }

    /// How deep deriving recurses at most.
    pub(super) fn depth(&self, re: Re) -> u32 {
        self.depths[re.0 as usize]
    }

    /// How many expressions there are.
    pub(crate) fn len(&self) -> usize {
        self.kinds.len()
    }

    /// The strings in which `pattern` is found.
    pub(crate) fn pattern(&mut self, pattern: &str) -> Result<Re, NotRegular> {
        if let Some(known) = self.patterns.get(pattern) {
            return known.clone();
        }
        let compiled = if pattern.len() > PATTERN_LIMIT {
            Err(NotRegular)
        } else {
            super::parse::parse(pattern).and_then(|ast| super::compile::compile(self, &ast))
        };
        let compiled = compiled.and_then(|re| {
            if self.depth(re) > DEPTH_LIMIT {
                Err(NotRegular)
            } else {
                Ok(re)
            }
        });
        self.patterns.insert(pattern.into(), compiled.clone());
        compiled
    }

    /// Exactly `text`.
    pub(crate) fn literal(&mut self, text: &str) -> Re {
        let mut re = EMPTY;
        for c in text.chars().rev() {
            let class = self.class(Chars::one(c));
            re = self.concat(class, re);
        }
        re
    }

    /// Any of `texts`.
    pub(crate) fn literals<'t>(&mut self, texts: impl IntoIterator<Item = &'t str>) -> Re {
        let all = texts.into_iter().map(|text| self.literal(text)).collect();
        self.or(all)
    }

    pub(super) fn class(&mut self, chars: Chars) -> Re {
        if chars.is_empty() {
            NOTHING
        } else {
            self.intern(Kind::Class(Rc::new(chars)), false)
        }
    }

    pub(super) fn concat(&mut self, first: Re, second: Re) -> Re {
        if first == NOTHING || second == NOTHING {
            return NOTHING;
        }
        if first == EMPTY {
            return second;
        }
        if second == EMPTY {
            return first;
        }
        if first == ANYTHING && second == ANYTHING {
            return ANYTHING;
        }
        if let Kind::Concat(head, tail) = *self.kind(first) {
            let rest = self.concat(tail, second);
            return self.concat(head, rest);
        }
        let nullable = self.is_nullable(first) && self.is_nullable(second);
        self.intern(Kind::Concat(first, second), nullable)
    }

    pub(super) fn repeat(&mut self, sub: Re, min: u64, max: Option<u64>) -> Re {
        if max == Some(0) || sub == EMPTY {
            return EMPTY;
        }
        if sub == NOTHING {
            return if min == 0 { EMPTY } else { NOTHING };
        }
        if (min, max) == (1, Some(1)) {
            return sub;
        }
        let min = if self.is_nullable(sub) { 0 } else { min };
        if min <= 1
            && max.is_none()
            && let Kind::Repeat {
                min: inner @ 0..=1,
                max: None,
                ..
            } = *self.kind(sub)
        {
            // (x*)* = (x*)+ = x*; (x+)+ = x+. `(x+)*` is `x*`.
            if inner == 0 || min == 1 {
                return sub;
            }
        }
        self.intern(Kind::Repeat { sub, min, max }, min == 0)
    }

    pub(crate) fn or(&mut self, parts: Vec<Re>) -> Re {
        let mut flat = Vec::with_capacity(parts.len());
        let mut chars: Option<Chars> = None;
        for part in parts {
            match self.kind(part) {
                Kind::Nothing => {}
                Kind::Or(inner) => {
                    let inner = Rc::clone(inner);
                    for re in inner.iter() {
                        match self.kind(*re) {
                            Kind::Class(more) => {
                                chars = Some(chars.map_or_else(|| (**more).clone(), |c| c.union(more)));
                            }
                            _ => flat.push(*re),
                        }
                    }
                }
                Kind::Class(more) => {
                    chars = Some(chars.map_or_else(|| (**more).clone(), |c| c.union(more)));
                }
                _ => flat.push(part),
            }
        }
        if let Some(chars) = chars {
            flat.push(self.class(chars));
        }
        flat.sort_unstable();
        flat.dedup();
        if flat.contains(&ANYTHING) {
            return ANYTHING;
        }
        if flat
            .iter()
            .any(|re| matches!(self.kind(*re), Kind::Not(inner) if flat.binary_search(inner).is_ok()))
        {
            return ANYTHING;
        }
        match flat.len() {
            0 => NOTHING,
            1 => flat[0],
            _ => {
                let nullable = flat.iter().any(|re| self.is_nullable(*re));
                if flat.contains(&EMPTY) && flat.iter().any(|re| *re != EMPTY && self.is_nullable(*re)) {
                    flat.retain(|re| *re != EMPTY);
                    if flat.len() == 1 {
                        return flat[0];
                    }
                }
                self.intern(Kind::Or(flat.into()), nullable)
            }
        }
    }

    pub(crate) fn and(&mut self, parts: Vec<Re>) -> Re {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match self.kind(part) {
                Kind::And(inner) => flat.extend_from_slice(inner),
                _ => flat.push(part),
            }
        }
        flat.retain(|re| *re != ANYTHING);
        flat.sort_unstable();
        flat.dedup();
        if flat.contains(&NOTHING) {
            return NOTHING;
        }
        if flat.contains(&EMPTY) {
            return if flat.iter().all(|re| self.is_nullable(*re)) {
                EMPTY
            } else {
                NOTHING
            };
        }
        if flat
            .iter()
            .any(|re| matches!(self.kind(*re), Kind::Not(inner) if flat.binary_search(inner).is_ok()))
        {
            return NOTHING;
        }
        let classes: Vec<Rc<Chars>> = flat
            .iter()
            .filter_map(|re| {
                if let Kind::Class(chars) = self.kind(*re) {
                    Some(Rc::clone(chars))
                } else {
                    None
                }
            })
            .collect();
        if classes.len() > 1 {
            let meet = classes[1..]
                .iter()
                .fold((*classes[0]).clone(), |meet, chars| meet.intersection(chars));
            flat.retain(|re| !matches!(self.kind(*re), Kind::Class(_)));
            flat.push(self.class(meet));
            return self.and(flat);
        }
        match flat.len() {
            0 => ANYTHING,
            1 => flat[0],
            _ => {
                let nullable = flat.iter().all(|re| self.is_nullable(*re));
                self.intern(Kind::And(flat.into()), nullable)
            }
        }
    }

    pub(crate) fn not(&mut self, re: Re) -> Re {
        match *self.kind(re) {
            Kind::Not(inner) => inner,
            _ if re == NOTHING => ANYTHING,
            _ if re == ANYTHING => NOTHING,
            _ => {
                let nullable = !self.is_nullable(re);
                self.intern(Kind::Not(re), nullable)
            }
        }
    }

    /// A name to be defined by [`define`](Self::define); `nullable` says whether its definition will be.
    pub(super) fn name(&mut self, nullable: bool) -> Re {
        let number = u32::try_from(self.definitions.len()).expect("fewer names than expressions");
        self.definitions.push(NOTHING);
        self.intern(Kind::Name(number), nullable)
    }

    pub(super) fn define(&mut self, name: Re, definition: Re) {
        if let Kind::Name(number) = *self.kind(name) {
            self.definitions[number as usize] = definition;
        }
    }

    /// What may follow `c` in a string of `re`.
    pub(crate) fn derive(&mut self, re: Re, c: char, budget: &Budget) -> Result<Re, Exhausted> {
        match *self.kind(re) {
            Kind::Nothing | Kind::Empty => return Ok(NOTHING),
            Kind::Class(ref chars) => return Ok(if chars.contains(c) { EMPTY } else { NOTHING }),
            _ if re == ANYTHING => return Ok(ANYTHING),
            _ => {}
        }
        if let Some(known) = self.derivatives.get(&(re, c)) {
            return Ok(*known);
        }
        let before = self.kinds.len();
        let derived = match self.kind(re).clone() {
            Kind::Nothing | Kind::Empty | Kind::Class(_) => NOTHING,
            Kind::Concat(first, second) => {
                let head = self.derive(first, c, budget)?;
                let left = self.concat(head, second);
                if self.is_nullable(first) {
                    let right = self.derive(second, c, budget)?;
                    self.or(vec![left, right])
                } else {
                    left
                }
            }
            Kind::Repeat { sub, min, max } => {
                let head = self.derive(sub, c, budget)?;
                if head == NOTHING {
                    NOTHING
                } else {
                    let rest = self.repeat(sub, min.saturating_sub(1), max.map(|max| max - 1));
                    self.concat(head, rest)
                }
            }
            Kind::Or(parts) => {
                let parts = parts
                    .iter()
                    .map(|part| self.derive(*part, c, budget))
                    .collect::<Result<_, _>>()?;
                self.or(parts)
            }
            Kind::And(parts) => {
                let parts = parts
                    .iter()
                    .map(|part| self.derive(*part, c, budget))
                    .collect::<Result<_, _>>()?;
                self.and(parts)
            }
            Kind::Not(inner) => {
                let inner = self.derive(inner, c, budget)?;
                self.not(inner)
            }
            Kind::Name(number) => self.derive(self.definitions[number as usize], c, budget)?,
        };
        budget.keep(1 + self.kinds.len() - before)?;
        self.derivatives.insert((re, c), derived);
        Ok(derived)
    }

    /// Whether `text` belongs to `re`.
    pub(crate) fn matches(&mut self, re: Re, text: &str, budget: &Budget) -> Result<bool, Exhausted> {
        let mut state = re;
        for c in text.chars() {
            state = self.derive(state, c, budget)?;
            if state == NOTHING || state == ANYTHING {
                break;
            }
        }
        Ok(self.is_nullable(state))
    }
}
