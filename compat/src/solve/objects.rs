//! Objects: members by name, by pattern and the rest.
//!
//! Every name that some assertion mentions is looked at by itself. All other names fall into classes by the patterns
//! that they match; a member of such a class stands for any other. Which members exist is the least that is asked for.

mod choose;

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::Value;

use choose::{Choice, Chosen};

use super::seal::{Declared, Seal, Sealed};
use super::search::Model;
use super::state::{Conflict, State};
use super::{Deps, Lit, Outcome, Solver};
use crate::budget::Exhausted;
use crate::fast::FastMap;
use crate::ir::{Except, Id, Node, Plain, Sym, Texts};

/// Which members an assertion is about.
#[derive(Clone)]
pub(super) enum Over {
    Name(Sym),
    Pattern(Sym),
    Rest(Rc<Except>),
    /// Members whose name, as a string, fails the schema.
    NameFails(Id),
    Any,
}

/// All members of a kind satisfy something.
pub(super) struct Each {
    pub(super) over: Over,
    pub(super) lit: Lit,
    pub(super) deps: Deps,
}

/// Some member of a kind satisfies something.
#[derive(Clone)]
pub(super) struct Wanted {
    pub(super) over: Over,
    pub(super) lit: Option<Lit>,
    deps: Deps,
}

/// All that is asked of an object.
#[derive(Default)]
pub(super) struct Demands {
    pub(super) each: Vec<Each>,
    by_name: FastMap<Sym, Vec<usize>>,
    /// Those of `each` that are about patterns or the rest.
    pub(super) general: Vec<usize>,
    /// What every name satisfies, as a string.
    pub(super) names: Vec<(Lit, Deps)>,
    /// Names that some assertion mentions.
    pub(super) known: BTreeMap<Sym, Known>,
    wanted: Vec<Wanted>,
    min: u64,
    max: Option<u64>,
    bound_deps: Deps,
    general_deps: Deps,
    pub(super) seal: Option<Sealed>,
}

/// What is asked of the member of one name.
#[derive(Clone, Default)]
pub(super) struct Known {
    required: Option<Deps>,
    forbidden: Option<Deps>,
    /// What it must satisfy beyond what all members of the name satisfy, and why.
    lits: Vec<(Lit, Deps)>,
}

/// What the member of a known name must satisfy.
struct Member {
    lits: Vec<Lit>,
    deps: Deps,
    /// It may not exist, for this reason.
    barred: Option<Conflict>,
}

impl Demands {
    fn cap(&mut self, max: u64, deps: Deps) {
        if self.max.is_none_or(|known| max < known) {
            self.max = Some(max);
            self.bound_deps |= deps;
        }
    }

    fn raise(&mut self, min: u64, deps: Deps) {
        if min > self.min {
            self.min = min;
            self.bound_deps |= deps;
        }
    }

    fn each(&mut self, over: Over, lit: Lit, deps: Deps) {
        let index = self.each.len();
        match &over {
            Over::Name(name) => {
                self.known.entry(*name).or_default();
                self.by_name.entry(*name).or_default().push(index);
            }
            Over::Rest(except) => {
                for name in &except.names {
                    self.known.entry(*name).or_default();
                }
                self.general.push(index);
            }
            _ => self.general.push(index),
        }
        self.each.push(Each { over, lit, deps });
    }

    fn want(&mut self, over: Over, lit: Lit, deps: Deps) {
        if let Over::Name(name) = over {
            let known = self.known.entry(name).or_default();
            known.required = Some(known.required.map_or(deps, |other| shorter(other, deps)));
            known.lits.push((lit, deps));
        } else {
            if let Over::Rest(except) = &over {
                for name in &except.names {
                    self.known.entry(*name).or_default();
                }
            }
            self.wanted.push(Wanted {
                over,
                lit: Some(lit),
                deps,
            });
        }
    }
}

fn shorter(left: Deps, right: Deps) -> Deps {
    if left.count_ones() <= right.count_ones() {
        left
    } else {
        right
    }
}

impl Solver<'_> {
    pub(super) fn objects(&mut self, state: &State, seal: &Seal<'_>) -> Result<Model, Exhausted> {
        let mut demands = Demands::default();
        for atom in &state.atoms {
            if !self.read_member(&mut demands, atom.lit, atom.deps) {
                return Ok(Model::Conflict(Conflict::of(atom.deps)));
            }
        }
        demands.seal = seal
            .of(self.arena, state)
            .filter(|sealed| !sealed.declared.any_name());
        if let Some(sealed) = &demands.seal {
            for name in &sealed.declared.names {
                demands.known.entry(*name).or_default();
            }
        }
        demands.general_deps = demands
            .general
            .iter()
            .fold(0, |deps, index| deps | demands.each[*index].deps)
            | demands.names.iter().fold(0, |deps, (_, other)| deps | other);
        if demands.max.is_some_and(|max| max < demands.min) {
            return Ok(Model::Conflict(Conflict::of(demands.bound_deps)));
        }
        if let Some(conflict) = self.required_members(&demands)? {
            return Ok(Model::Conflict(conflict));
        }
        let mut tries = 0;
        Ok(
            match self.choose(&demands, &demands.wanted, Choice::default(), &mut tries)? {
                Chosen::Object(value, None) => Model::Document(Rc::new(value)),
                Chosen::Object(value, Some(why)) => Model::Maybe(Some(Rc::new(value)), why),
                Chosen::Unknown(why) => Model::Maybe(None, why),
                Chosen::Impossible => Model::Conflict(self.whole_conflict(&demands)),
            },
        )
    }

    /// Takes down one assertion; `false` if it can never be met.
    fn read_member(&mut self, demands: &mut Demands, lit: Lit, deps: Deps) -> bool {
        let negative = lit.is_negative();
        let sign = |id| if negative { Lit::fails(id) } else { lit.pass(id) };
        match &self.arena.get(lit.id()).clone() {
            Node::Property(name, schema) if negative => demands.want(Over::Name(*name), sign(*schema), deps),
            Node::Property(name, schema) => demands.each(Over::Name(*name), sign(*schema), deps),
            Node::PatternProperty(pattern, schema) if negative => {
                demands.want(Over::Pattern(*pattern), sign(*schema), deps);
            }
            Node::PatternProperty(pattern, schema) => {
                demands.each(Over::Pattern(*pattern), sign(*schema), deps);
            }
            Node::Rest(except, schema) if negative => {
                demands.want(Over::Rest(Rc::clone(except)), sign(*schema), deps);
            }
            Node::Rest(except, schema) => demands.each(Over::Rest(Rc::clone(except)), sign(*schema), deps),
            Node::Names(schema) if negative => {
                demands.wanted.push(Wanted {
                    over: Over::NameFails(*schema),
                    lit: None,
                    deps,
                });
            }
            Node::Names(schema) => {
                demands.names.push((Lit::holds(*schema), deps));
                for name in self.listed_names(*schema) {
                    demands.known.entry(name).or_default();
                }
            }
            Node::Required(name) => {
                let known = demands.known.entry(*name).or_default();
                let place = if negative {
                    &mut known.forbidden
                } else {
                    &mut known.required
                };
                *place = Some(place.map_or(deps, |other| shorter(other, deps)));
            }
            Node::MinProperties(min) => match (negative, min) {
                (true, 0) => return false,
                (true, _) => demands.cap(min - 1, deps),
                (false, _) => demands.raise(*min, deps),
            },
            Node::MaxProperties(max) => match (negative, *max) {
                (true, u64::MAX) => return false,
                (true, max) => demands.raise(max + 1, deps),
                (false, max) => demands.cap(max, deps),
            },
            _ => {}
        }
        true
    }

    /// The names that a schema for names lists outright.
    fn listed_names(&mut self, schema: Id) -> Vec<Sym> {
        let lists: Vec<Id> = match self.arena.get(schema) {
            Node::And(parts) => parts.to_vec(),
            _ => vec![schema],
        };
        let mut names = Vec::new();
        for id in lists {
            let Node::Enum(values) = self.arena.get(id).clone() else {
                continue;
            };
            for value in values.iter() {
                if let Plain::String(text) = self.arena.values.get(*value).clone() {
                    names.push(self.arena.symbol(&text));
                }
            }
        }
        names
    }

    fn whole_conflict(&self, demands: &Demands) -> Conflict {
        let _ = self;
        let mut deps = demands.bound_deps | demands.general_deps;
        for known in demands.known.values() {
            deps |= known.required.unwrap_or(0) | known.forbidden.unwrap_or(0);
            deps |= known.lits.iter().fold(0, |deps, (_, other)| deps | other);
        }
        for each in &demands.each {
            deps |= each.deps;
        }
        for wanted in &demands.wanted {
            deps |= wanted.deps;
        }
        if let Some(sealed) = &demands.seal {
            // A new member would need a pattern; a known one is looked at by its name.
            deps |= sealed.why_no_name(None, |_| true);
            for name in demands
                .known
                .keys()
                .filter(|name| !sealed.declared.names.contains(name))
            {
                deps |= sealed.why_no_name(Some(*name), |_| false);
            }
        }
        Conflict {
            deps,
            sealed: demands.seal.is_some(),
        }
    }

    /// What the member named `name` must satisfy.
    fn member(&mut self, demands: &Demands, name: Sym) -> Result<Member, Exhausted> {
        let text = self.arena.text(name);
        let known = demands.known.get(&name).cloned().unwrap_or_default();
        let mut member = Member {
            lits: Vec::new(),
            deps: 0,
            barred: known.forbidden.map(Conflict::of),
        };
        for (lit, deps) in &known.lits {
            member.lits.push(*lit);
            member.deps |= deps;
        }
        for index in demands.by_name.get(&name).into_iter().flatten() {
            member.lits.push(demands.each[*index].lit);
            member.deps |= demands.each[*index].deps;
        }
        for index in &demands.general {
            let each = &demands.each[*index];
            // Where a pattern cannot be decided, leaving its assertion out only makes the search wider.
            if self.covers(&each.over, name, &text)? == Some(true) {
                member.lits.push(each.lit);
                member.deps |= each.deps;
            }
        }
        for (lit, deps) in &demands.names {
            if self.satisfies(&[*lit], &Value::String(text.to_string()))? == Some(false) {
                member.barred = Some(Conflict::of(*deps));
            }
        }
        if member.barred.is_none()
            && let Some(sealed) = &demands.seal
            && !self.is_declared(&sealed.declared, name, &text)?
        {
            member.barred = Some(Conflict {
                deps: sealed.why_no_name(Some(name), |_| true),
                sealed: true,
            });
        }
        Ok(member)
    }

    fn is_declared(&mut self, declared: &Declared, name: Sym, text: &str) -> Result<bool, Exhausted> {
        if declared.names.contains(&name) {
            return Ok(true);
        }
        for pattern in &declared.patterns {
            let pattern = self.arena.text(*pattern);
            if self.texts.pattern(&pattern, text, self.budget)? != Some(false) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a kind of members includes the one of that name.
    pub(super) fn covers(&mut self, over: &Over, name: Sym, text: &str) -> Result<Option<bool>, Exhausted> {
        match over {
            Over::Name(other) => Ok(Some(*other == name)),
            Over::Any => Ok(Some(true)),
            Over::Pattern(pattern) => {
                let pattern = self.arena.text(*pattern);
                self.texts.pattern(&pattern, text, self.budget)
            }
            Over::Rest(except) => {
                if except.names.binary_search(&name).is_ok() {
                    return Ok(Some(false));
                }
                let mut unknown = false;
                for pattern in &except.patterns {
                    let pattern = self.arena.text(*pattern);
                    match self.texts.pattern(&pattern, text, self.budget)? {
                        Some(true) => return Ok(Some(false)),
                        Some(false) => {}
                        None => unknown = true,
                    }
                }
                Ok((!unknown).then_some(true))
            }
            Over::NameFails(schema) => {
                Ok(self.satisfies(&[Lit::fails(*schema)], &Value::String(text.to_owned()))?)
            }
        }
    }

    /// The members that must exist, each by itself: a contradiction here needs no choice.
    fn required_members(&mut self, demands: &Demands) -> Result<Option<Conflict>, Exhausted> {
        let mut required: Vec<(Sym, &Known)> = demands
            .known
            .iter()
            .filter(|(_, known)| known.required.is_some())
            .map(|(name, known)| (*name, known))
            .collect();
        // Those of which something must fail are the likeliest to be impossible.
        required.sort_by_key(|(name, known)| (known.lits.is_empty(), *name));
        let mut required_deps = 0;
        for (name, known) in &required {
            let deps = known.required.unwrap_or(0);
            required_deps |= deps;
            let member = self.member(demands, *name)?;
            if let Some(barred) = member.barred {
                return Ok(Some(Conflict {
                    deps: barred.deps | deps,
                    sealed: barred.sealed,
                }));
            }
            if matches!(self.solve(member.lits)?, Outcome::Unsat) {
                return Ok(Some(Conflict::of(member.deps | deps)));
            }
        }
        if demands.max.is_some_and(|max| (required.len() as u64) > max) {
            return Ok(Some(Conflict::of(demands.bound_deps | required_deps)));
        }
        Ok(None)
    }
}
