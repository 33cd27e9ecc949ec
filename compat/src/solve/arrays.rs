//! Arrays: items by position, counted items, distinct items.
//!
//! Positions up to the last one that is named are looked at one by one; all later positions are alike. What must occur
//! somewhere (`contains`, the negation of `items`) is assigned to positions by trying.

use std::rc::Rc;

use serde_json::Value;

use super::seal::Seal;
use super::search::Model;
use super::state::{Conflict, State};
use super::{Deps, Lit, Outcome, Solver, Why};
use crate::budget::Exhausted;
use crate::ir::{Id, Node, equal};

/// Positions that are looked at one by one.
const POSITION_LIMIT: u64 = 256;
/// The longest array that is written down.
const LENGTH_LIMIT: u64 = 20_000;
/// The longest array whose items are told apart.
const DISTINCT_LIMIT: usize = 64;
/// Assignments of wanted items to positions that are tried.
const ASSIGNMENT_LIMIT: usize = 2_000;

/// An assertion about all items of a range.
#[derive(Clone, Copy)]
struct Each {
    from: u64,
    /// One position only.
    single: bool,
    lit: Lit,
    deps: Deps,
    /// It forbids what is not declared.
    seal: bool,
}

/// Some item at or after an index satisfies something.
#[derive(Clone, Copy)]
struct Wanted {
    from: u64,
    single: bool,
    lit: Lit,
    /// Items wanted by one count are different items.
    group: Option<Id>,
}

/// At most so many items satisfy something.
#[derive(Clone, Copy)]
struct AtMost {
    schema: Id,
    max: u64,
}

#[derive(Default)]
struct Demands {
    each: Vec<Each>,
    somewhere: Vec<Wanted>,
    at_most: Vec<AtMost>,
    min: u64,
    max: Option<u64>,
    unique: bool,
    repeated: bool,
    deps: Deps,
    /// What brought the bounds on the length.
    bound_deps: Deps,
    sealed: bool,
    positions: u64,
    too_many: bool,
}

/// One position of the array to be.
#[derive(Clone)]
struct Slot {
    lits: Vec<Lit>,
    /// The counts that have an item here.
    groups: Vec<Id>,
}

/// How an attempt ended.
enum Built {
    Array(Vec<Rc<Value>>, Option<Why>),
    Impossible,
    Unknown(Why),
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

    fn want(&mut self, schema: Lit, count: u64, deps: Deps) {
        if count > POSITION_LIMIT {
            self.too_many = true;
        }
        // At least as many items as are wanted, even if nothing else is understood.
        self.raise(count, deps);
        let group = Some(schema.id());
        // Two counts of the same schema: the larger one.
        let known = self
            .somewhere
            .iter()
            .filter(|wanted| wanted.group == group)
            .count() as u64;
        for wanted in self.somewhere.iter_mut().filter(|wanted| wanted.group == group) {
            if schema.is_declaring() {
                wanted.lit = schema;
            }
        }
        for _ in known..count.min(POSITION_LIMIT) {
            self.somewhere.push(Wanted {
                from: 0,
                single: false,
                lit: schema,
                group,
            });
        }
    }
}

impl Solver<'_> {
    pub(super) fn arrays(&mut self, state: &State, seal: &Seal<'_>) -> Result<Model, Exhausted> {
        let mut demands = Demands::default();
        for atom in &state.atoms {
            demands.deps |= atom.deps;
            if !self.read(&mut demands, atom.lit, atom.deps)? {
                return Ok(Model::Conflict(Conflict::of(atom.deps)));
            }
        }
        self.seal_tail(&mut demands, state, seal)?;
        if demands.max.is_some_and(|max| max < demands.min) {
            return Ok(Model::Conflict(Conflict::of(demands.bound_deps)));
        }
        if demands.positions > POSITION_LIMIT {
            return Ok(Model::Maybe(None, "too many positions of an array".into()));
        }
        if let Some(conflict) = self.bound_by_items(&mut demands)? {
            return Ok(Model::Conflict(conflict));
        }
        let conflict = Conflict {
            deps: demands.deps,
            sealed: demands.sealed,
        };
        Ok(match self.assign(&demands)? {
            Built::Array(items, None) => {
                let document = array(&items);
                // Equal items and counts were looked at one by one; here they are looked at together.
                let lits: Vec<Lit> = state.atoms.iter().map(|atom| atom.lit).collect();
                let together = demands.repeated || !demands.at_most.is_empty();
                if together && self.satisfies(&lits, &document)? != Some(true) {
                    return Ok(Model::Maybe(None, "counted items".into()));
                }
                Model::Document(Rc::new(document))
            }
            Built::Array(items, Some(why)) => Model::Maybe(Some(Rc::new(array(&items))), why),
            Built::Impossible => Model::Conflict(conflict),
            Built::Unknown(why) => Model::Maybe(None, why),
        })
    }

    /// Takes down one assertion; `false` if it can never be met.
    fn read(&mut self, demands: &mut Demands, lit: Lit, deps: Deps) -> Result<bool, Exhausted> {
        let negative = lit.is_negative();
        match *self.arena.get(lit.id()) {
            Node::Item(index, schema) => {
                demands.positions = demands.positions.max(index + 1);
                if negative {
                    demands.raise(index + 1, deps);
                    demands.somewhere.push(Wanted {
                        from: index,
                        single: true,
                        lit: Lit::fails(schema),
                        group: None,
                    });
                } else {
                    demands.each.push(Each {
                        from: index,
                        single: true,
                        lit: lit.pass(schema),
                        deps,
                        seal: false,
                    });
                }
            }
            Node::Items(from, schema) => {
                demands.positions = demands.positions.max(from);
                if negative {
                    demands.raise(from + 1, deps);
                    demands.somewhere.push(Wanted {
                        from,
                        single: false,
                        lit: Lit::fails(schema),
                        group: None,
                    });
                } else {
                    demands.each.push(Each {
                        from,
                        single: false,
                        lit: lit.pass(schema),
                        deps,
                        seal: false,
                    });
                }
            }
            Node::ContainsMin(schema, min) => match (negative, min) {
                (true, 0) => return Ok(false),
                (true, _) => self.at_most(demands, schema, min - 1, deps)?,
                (false, _) => {
                    demands.want(lit.pass(schema), min, deps);
                    self.declared_by_contains(demands, lit, schema, deps)?;
                }
            },
            Node::ContainsMax(schema, max) => {
                if negative {
                    demands.want(Lit::holds(schema), max.saturating_add(1), deps);
                } else {
                    self.at_most(demands, schema, max, deps)?;
                    self.declared_by_contains(demands, lit, schema, deps)?;
                }
            }
            Node::MinItems(min) => match (negative, min) {
                (true, 0) => return Ok(false),
                (true, _) => demands.cap(min - 1, deps),
                (false, _) => demands.raise(min, deps),
            },
            Node::MaxItems(max) => match (negative, max) {
                (true, u64::MAX) => return Ok(false),
                (true, _) => demands.raise(max + 1, deps),
                (false, _) => demands.cap(max, deps),
            },
            Node::Unique if negative => {
                demands.repeated = true;
                demands.raise(2, deps);
            }
            Node::Unique => demands.unique = true,
            _ => {}
        }
        Ok(true)
    }

    fn at_most(&mut self, demands: &mut Demands, schema: Id, max: u64, deps: Deps) -> Result<(), Exhausted> {
        if max == 0 {
            demands.each.push(Each {
                from: 0,
                single: false,
                lit: Lit::fails(schema),
                deps,
                seal: false,
            });
        } else {
            demands.at_most.push(AtMost { schema, max });
        }
        self.budget.step()
    }

    /// An item that a writer's `contains` matches may hold what that schema declares.
    fn declared_by_contains(
        &mut self,
        demands: &mut Demands,
        lit: Lit,
        schema: Id,
        deps: Deps,
    ) -> Result<(), Exhausted> {
        if lit.is_declaring() && self.arena.facts(schema).declares {
            let fails = self.arena.not(schema, self.budget)?;
            let either = self.arena.or(vec![schema, fails], self.budget)?;
            demands.each.push(Each {
                from: 0,
                single: false,
                lit: Lit::declares(either),
                deps,
                seal: false,
            });
        }
        Ok(())
    }

    fn seal_tail(&mut self, demands: &mut Demands, state: &State, seal: &Seal<'_>) -> Result<(), Exhausted> {
        let Some(sealed) = seal
            .of(self.arena, state)
            .filter(|sealed| !sealed.declared.any_item())
        else {
            return Ok(());
        };
        let (declared, deps) = (&sealed.declared, sealed.why_no_item());
        let contained = declared.contained.iter().copied().collect();
        let allowed = self.arena.or(contained, self.budget)?;
        demands.positions = demands.positions.max(declared.tuple);
        demands.sealed = true;
        demands.deps |= deps;
        demands.each.push(Each {
            from: declared.tuple,
            single: false,
            lit: Lit::holds(allowed),
            deps,
            seal: true,
        });
        Ok(())
    }

    /// What every item at a position satisfies; `None` for the positions after all that are named.
    fn base(demands: &Demands, position: Option<u64>) -> (Vec<Lit>, Deps) {
        let mut lits = Vec::new();
        let mut deps = 0;
        for each in &demands.each {
            let applies = match position {
                Some(position) if each.single => each.from == position,
                Some(position) => each.from <= position,
                None => !each.single,
            };
            if applies {
                lits.push(each.lit);
                deps |= each.deps;
            }
        }
        (lits, deps)
    }

    /// Where no item can stand, the array ends.
    fn bound_by_items(&mut self, demands: &mut Demands) -> Result<Option<Conflict>, Exhausted> {
        for position in 0..=demands.positions {
            let tail = position == demands.positions;
            let (lits, deps) = Self::base(demands, (!tail).then_some(position));
            if lits.is_empty() || demands.max.is_some_and(|max| max <= position) {
                continue;
            }
            if matches!(self.solve(lits)?, Outcome::Unsat) {
                demands.cap(position, deps);
                if demands.min > position {
                    let sealed = demands.each.iter().any(|each| each.seal && each.from <= position);
                    return Ok(Some(Conflict {
                        deps: demands.bound_deps | deps,
                        sealed,
                    }));
                }
                break;
            }
        }
        Ok(None)
    }

    /// Tries to give every wanted item a position.
    fn assign(&mut self, demands: &Demands) -> Result<Built, Exhausted> {
        if demands.too_many {
            return Ok(Built::Unknown("too many wanted items".into()));
        }
        let length = demands.min;
        if length > LENGTH_LIMIT {
            return Ok(Built::Unknown("an array too long to write".into()));
        }
        let mut slots = Vec::new();
        let mut wanted = Vec::new();
        for want in &demands.somewhere {
            if want.single {
                while slots.len() as u64 <= want.from {
                    slots.push(self.slot(demands, slots.len() as u64));
                }
                let index = usize::try_from(want.from).unwrap_or(usize::MAX);
                slots[index].lits.push(want.lit);
            } else {
                wanted.push(*want);
            }
        }
        let mut tries = 0;
        let mut unknown = None;
        let pairs = if demands.repeated {
            self.pairs(demands)
        } else {
            vec![None]
        };
        for pair in pairs {
            let mut slots = slots.clone();
            if let Some((_, second)) = pair {
                while slots.len() <= second {
                    slots.push(self.slot(demands, slots.len() as u64));
                }
            }
            match self.place(demands, &mut slots, &wanted, pair, &mut tries)? {
                Built::Impossible => {}
                built @ Built::Array(_, None) => return Ok(built),
                other => unknown = Some(other),
            }
        }
        Ok(unknown.unwrap_or(Built::Impossible))
    }

    /// Pairs of positions that might hold equal items: each named one with each, and the first two after them.
    #[expect(clippy::unused_self, reason = "reads like its neighbours")]
    fn pairs(&self, demands: &Demands) -> Vec<Option<(usize, usize)>> {
        let named = usize::try_from(demands.positions).unwrap_or(usize::MAX);
        let last = demands
            .max
            .map_or(usize::MAX, |max| usize::try_from(max).unwrap_or(usize::MAX));
        let mut pairs = Vec::new();
        for second in 1..named.saturating_add(2).min(last) {
            for first in 0..second.min(named.saturating_add(1)) {
                pairs.push(Some((first, second)));
            }
        }
        pairs
    }

    #[expect(clippy::unused_self, reason = "reads like its neighbours")]
    fn slot(&self, demands: &Demands, position: u64) -> Slot {
        let position = (position < demands.positions).then_some(position);
        Slot {
            lits: Self::base(demands, position).0,
            groups: Vec::new(),
        }
    }

    fn place(
        &mut self,
        demands: &Demands,
        slots: &mut Vec<Slot>,
        wanted: &[Wanted],
        pair: Option<(usize, usize)>,
        tries: &mut usize,
    ) -> Result<Built, Exhausted> {
        *tries += 1;
        if *tries > ASSIGNMENT_LIMIT {
            return Ok(Built::Unknown("too many ways to place wanted items".into()));
        }
        self.budget.step()?;
        let Some((want, rest)) = wanted.split_first() else {
            return self.fill(demands, slots, pair);
        };
        let max = demands
            .max
            .map_or(usize::MAX, |max| usize::try_from(max).unwrap_or(usize::MAX));
        let from = usize::try_from(want.from).unwrap_or(usize::MAX);
        let mut unknown = None;
        // A new position first (it shares nothing), then each that exists; positions between are filled.
        let mut options: Vec<usize> = Vec::new();
        let fresh = slots.len().max(from);
        let named = usize::try_from(demands.positions).unwrap_or(usize::MAX);
        options.push(fresh);
        options.extend(fresh + 1..=named.max(fresh));
        options.extend(from..slots.len());
        for index in options {
            if index >= max {
                continue;
            }
            if want
                .group
                .is_some_and(|group| slots.get(index).is_some_and(|slot| slot.groups.contains(&group)))
            {
                continue;
            }
            let length = slots.len();
            while slots.len() <= index {
                slots.push(self.slot(demands, slots.len() as u64));
            }
            let before = slots[index].lits.len();
            slots[index].lits.push(want.lit);
            slots[index].groups.extend(want.group);
            let possible = !matches!(self.solve(slots[index].lits.clone())?, Outcome::Unsat);
            let built = if possible {
                self.place(demands, slots, rest, pair, tries)?
            } else {
                Built::Impossible
            };
            slots[index].lits.truncate(before);
            if want.group.is_some() {
                slots[index].groups.pop();
            }
            slots.truncate(length);
            match built {
                Built::Impossible => {}
                built @ Built::Array(_, None) => return Ok(built),
                other => unknown = Some(other),
            }
        }
        Ok(unknown.unwrap_or(Built::Impossible))
    }

    /// All wanted items have a position: finds values.
    fn fill(
        &mut self,
        demands: &Demands,
        slots: &[Slot],
        pair: Option<(usize, usize)>,
    ) -> Result<Built, Exhausted> {
        let mut slots = slots.to_vec();
        let needed = usize::try_from(demands.min).unwrap_or(usize::MAX);
        let named = usize::try_from(demands.positions).unwrap_or(usize::MAX);
        while slots.len() < needed.min(named.max(slots.len())) {
            slots.push(self.slot(demands, slots.len() as u64));
        }
        if let Some((first, second)) = pair {
            let other = slots[second].lits.clone();
            slots[first].lits.extend(other);
        }
        // The rest are all alike.
        let tail = self.slot(demands, u64::MAX);
        if demands.unique {
            while slots.len() < needed {
                if slots.len() > DISTINCT_LIMIT {
                    return Ok(Built::Unknown("many distinct items".into()));
                }
                slots.push(tail.clone());
            }
        }
        let mut more = None;
        if slots.len() < needed {
            more = Some(needed - slots.len());
            slots.push(tail);
        }
        match self.count(demands, &mut slots, more.unwrap_or(1), pair)? {
            None => {}
            Some(built) => return Ok(built),
        }
        let mut items = Vec::with_capacity(slots.len());
        let mut why = None;
        for (index, slot) in slots.iter().enumerate() {
            if pair.is_some_and(|(_, second)| index == second) {
                // Filled in below.
                items.push(Rc::new(Value::Null));
                continue;
            }
            match self.solve(slot.lits.clone())? {
                Outcome::Unsat => return Ok(Built::Impossible),
                Outcome::Sat(value) => items.push(value),
                Outcome::Maybe(Some(value), reason) => {
                    items.push(value);
                    why = Some(reason);
                }
                Outcome::Maybe(None, reason) => return Ok(Built::Unknown(reason)),
            }
        }
        if let Some((first, second)) = pair {
            items[second] = Rc::clone(&items[first]);
        }
        if let Some(more) = more {
            let last = Rc::clone(items.last().expect("a tail position was added"));
            items.extend(std::iter::repeat_n(last, more - 1));
        }
        if demands.unique {
            return Ok(match self.distinct(&slots, items, why)? {
                // Which items are counted could have been chosen otherwise.
                Built::Impossible if !demands.at_most.is_empty() => {
                    Built::Unknown("distinct, counted items".into())
                }
                built => built,
            });
        }
        Ok(Built::Array(items, why))
    }

    /// Keeps the number of items that satisfy a counted schema within bounds. `None`: done.
    fn count(
        &mut self,
        demands: &Demands,
        slots: &mut [Slot],
        last_weight: usize,
        pair: Option<(usize, usize)>,
    ) -> Result<Option<Built>, Exhausted> {
        let exact = demands.at_most.len() <= 1;
        for at_most in &demands.at_most {
            let mut counted = 0_u64;
            let length = slots.len();
            for (index, slot) in slots.iter_mut().enumerate() {
                let weight = if index + 1 == length {
                    last_weight as u64
                } else {
                    1
                };
                slot.lits.push(Lit::fails(at_most.schema));
                if matches!(self.solve(slot.lits.clone())?, Outcome::Unsat) {
                    slot.lits.pop();
                    counted += weight;
                }
            }
            if counted > at_most.max {
                // Equal items fail or satisfy together, which was not looked at; nor was the choice between counts.
                return Ok(Some(if exact && pair.is_none() {
                    Built::Impossible
                } else {
                    Built::Unknown("several counts at once".into())
                }));
            }
        }
        Ok(None)
    }

    /// Makes the items pairwise different.
    fn distinct(
        &mut self,
        slots: &[Slot],
        items: Vec<Rc<Value>>,
        why: Option<Why>,
    ) -> Result<Built, Exhausted> {
        let repeated = |items: &[Rc<Value>]| {
            (0..items.len()).any(|at| items[..at].iter().any(|other| equal(other, &items[at])))
        };
        if !repeated(&items) {
            return Ok(Built::Array(items, why));
        }
        // As many values for each position as there are positions: enough to choose different ones.
        let mut choices: Vec<Vec<Rc<Value>>> = Vec::with_capacity(slots.len());
        let mut complete = true;
        for slot in slots {
            let mut values: Vec<Rc<Value>> = Vec::new();
            let mut lits = slot.lits.clone();
            while values.len() < slots.len() {
                match self.solve(lits.clone())? {
                    Outcome::Unsat => break,
                    Outcome::Sat(value) => {
                        let id = self.arena.values.intern(&value);
                        let node = self.arena.node(Node::Enum(Rc::new([id])), self.budget)?;
                        lits.push(Lit::fails(node));
                        values.push(value);
                    }
                    Outcome::Maybe(..) => {
                        complete = false;
                        break;
                    }
                }
            }
            choices.push(values);
        }
        match matching(&choices) {
            Some(items) => Ok(Built::Array(items, why)),
            None if complete => Ok(Built::Impossible),
            None => Ok(Built::Unknown("distinct items".into())),
        }
    }
}

/// One value from each list, all different, by augmenting paths.
fn matching(choices: &[Vec<Rc<Value>>]) -> Option<Vec<Rc<Value>>> {
    let mut values: Vec<Rc<Value>> = Vec::new();
    let mut indexed: Vec<Vec<usize>> = Vec::with_capacity(choices.len());
    for list in choices {
        let mut indices = Vec::with_capacity(list.len());
        for value in list {
            let index = values
                .iter()
                .position(|known| equal(known, value))
                .unwrap_or_else(|| {
                    values.push(Rc::clone(value));
                    values.len() - 1
                });
            indices.push(index);
        }
        indexed.push(indices);
    }
    let mut owner: Vec<Option<usize>> = vec![None; values.len()];
    for slot in 0..indexed.len() {
        let mut visited = vec![false; values.len()];
        if !augment(slot, &indexed, &mut owner, &mut visited) {
            return None;
        }
    }
    let mut chosen: Vec<Option<Rc<Value>>> = vec![None; indexed.len()];
    for (value, slot) in owner.iter().enumerate() {
        if let Some(slot) = slot {
            chosen[*slot] = Some(Rc::clone(&values[value]));
        }
    }
    chosen.into_iter().collect()
}

fn augment(slot: usize, choices: &[Vec<usize>], owner: &mut [Option<usize>], visited: &mut [bool]) -> bool {
    for value in &choices[slot] {
        if std::mem::replace(&mut visited[*value], true) {
            continue;
        }
        if owner[*value].is_none_or(|other| augment(other, choices, owner, visited)) {
            owner[*value] = Some(slot);
            return true;
        }
    }
    false
}

fn array(items: &[Rc<Value>]) -> Value {
    Value::Array(items.iter().map(|item| (**item).clone()).collect())
}
