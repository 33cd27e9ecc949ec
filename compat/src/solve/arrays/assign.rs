//! Arrays: which item goes to which position, and whether the items can all differ.

use std::rc::Rc;

use serde_json::Value;

use super::{Demands, Wanted};
use crate::budget::Exhausted;
use crate::ir::{Id, Node, equal};
use crate::solve::{Lit, Outcome, Solver, Why};

/// The longest array that is written down.
const LENGTH_LIMIT: u64 = 20_000;
/// The longest array whose items are told apart.
const DISTINCT_LIMIT: usize = 64;
/// Assignments of wanted items to positions that are tried.
const ASSIGNMENT_LIMIT: usize = 2_000;

/// One position of the array to be.
#[derive(Clone)]
struct Slot {
    lits: Vec<Lit>,
    /// The counts that have an item here.
    groups: Vec<Id>,
}

/// How an attempt ended.
pub(super) enum Built {
    Array(Vec<Rc<Value>>, Option<Why>),
    Impossible,
    Unknown(Why),
}

impl Solver<'_> {
    /// Tries to give every wanted item a position.
    pub(super) fn assign(&mut self, demands: &Demands) -> Result<Built, Exhausted> {
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

pub(super) fn array(items: &[Rc<Value>]) -> Value {
    Value::Array(items.iter().map(|item| (**item).clone()).collect())
}
