//! Whether a set of assertions, some negated, has a document that satisfies all of them; and if so, one.
//!
//! A goal is a set of signed nodes. Goals about parts of a document are goals of their own, remembered, so the work is
//! shared; a goal met again while it is being solved has no *smaller* witness, so it counts as unsatisfiable there
//! (documents are finite). Every construct that is only approximated is approximated from above: "unsatisfiable" is
//! always a proof, "satisfiable" is confirmed by others.

mod arrays;
mod enums;
mod formats;
mod names;
mod numbers;
mod objects;
mod seal;
mod search;
mod state;
mod strings;
mod texts;

use std::rc::Rc;

use serde_json::Value;

use crate::budget::{Budget, Exhausted};
use crate::fast::FastMap;
use crate::ir::{Arena, Id, Type, Types};

pub(crate) use texts::TextWorld;

/// A signed node: it holds, or it does not. A *declaring* one comes from what the writer applies at this place of the
/// document, so the members that it names are the writer's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Lit(u32);

impl Lit {
    pub(crate) fn holds(id: Id) -> Self {
        Self(id.0 << 2)
    }

    pub(crate) fn fails(id: Id) -> Self {
        Self(id.0 << 2 | 1)
    }

    /// Holds, and declares what it names.
    pub(crate) fn declares(id: Id) -> Self {
        Self(id.0 << 2 | 2)
    }

    /// Holds; declares if `self` does.
    pub(crate) fn pass(self, id: Id) -> Self {
        Self(id.0 << 2 | self.0 & 2)
    }

    pub(crate) fn id(self) -> Id {
        Id(self.0 >> 2)
    }

    pub(crate) fn is_negative(self) -> bool {
        self.0 & 1 != 0
    }

    pub(crate) fn is_declaring(self) -> bool {
        self.0 & 2 != 0
    }
}

/// Which decisions of the current search something depends on, one bit a decision.
pub(crate) type Deps = u128;

/// Every decision.
pub(crate) const ALL_DEPS: Deps = Deps::MAX;

/// Why a goal was neither solved nor closed.
pub(crate) type Why = Rc<str>;

/// The answer to a goal.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// No document satisfies it.
    Unsat,
    /// This one does.
    Sat(Rc<Value>),
    /// Not known; the document, if any, satisfies what is understood.
    Maybe(Option<Rc<Value>>, Why),
}

enum Entry {
    /// Being solved, at this depth.
    Open(usize),
    /// Unsatisfiable provided that the open goal at that depth is.
    Provided(usize),
    Done(Outcome),
}

/// Nested goals and decisions beyond which nothing is said; bounded by the stack.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) frames: usize,
}

/// Solves goals over one arena.
pub(crate) struct Solver<'q> {
    pub(crate) arena: &'q mut Arena,
    pub(crate) budget: &'q Budget,
    pub(crate) texts: TextWorld,
    goals: FastMap<Box<[Lit]>, Entry>,
    /// Goals that are [`Entry::Provided`], oldest first.
    provided: Vec<Box<[Lit]>>,
    depth: usize,
    /// The shallowest open goal on which what is being solved depends.
    low: usize,
    frames: usize,
    limits: Limits,
    /// Whether something was cut short by the limits.
    pub(crate) hit_limits: bool,
}

impl<'q> Solver<'q> {
    pub(crate) fn new(arena: &'q mut Arena, budget: &'q Budget, texts: TextWorld, limits: Limits) -> Self {
        Self {
            arena,
            budget,
            texts,
            goals: FastMap::default(),
            provided: Vec::new(),
            depth: 0,
            low: usize::MAX,
            frames: 0,
            limits,
            hit_limits: false,
        }
    }

    /// Solves the goal that all of `lits` be so.
    pub(crate) fn solve(&mut self, lits: Vec<Lit>) -> Result<Outcome, Exhausted> {
        let Some(goal) = normalised(lits) else {
            return Ok(Outcome::Unsat);
        };
        if goal.is_empty() {
            return Ok(Outcome::Sat(Rc::new(Value::String("x".to_owned()))));
        }
        match self.goals.get(goal.as_slice()) {
            Some(Entry::Done(outcome)) => return Ok(outcome.clone()),
            Some(Entry::Open(depth) | Entry::Provided(depth)) => {
                self.low = self.low.min(*depth);
                return Ok(Outcome::Unsat);
            }
            None => {}
        }
        if self.frames >= self.limits.frames {
            self.hit_limits = true;
            return Ok(Outcome::Maybe(None, "nested too deeply".into()));
        }
        self.budget.keep(3 + goal.len() / 8)?;
        let goal: Box<[Lit]> = goal.into();
        self.goals.insert(goal.clone(), Entry::Open(self.depth));
        let outer_low = std::mem::replace(&mut self.low, usize::MAX);
        let first_provided = self.provided.len();
        self.depth += 1;
        self.frames += 1;
        let outcome = self.by_type(&goal);
        self.frames -= 1;
        self.depth -= 1;
        let outcome = outcome?;
        let low = std::mem::replace(&mut self.low, outer_low);
        self.settle(goal, &outcome, low, first_provided);
        Ok(outcome)
    }

    /// Remembers the outcome of `goal`, and what becomes of the answers that were provided it has none.
    fn settle(&mut self, goal: Box<[Lit]>, outcome: &Outcome, low: usize, first_provided: usize) {
        let is_unsat = matches!(outcome, Outcome::Unsat);
        // `low` is this goal's own depth when it met itself; that is settled now.
        if is_unsat && low < self.depth {
            self.low = self.low.min(low);
            for provided in &self.provided[first_provided..] {
                self.goals.insert(provided.clone(), Entry::Provided(low));
            }
            self.goals.insert(goal.clone(), Entry::Provided(low));
            self.provided.push(goal);
            return;
        }
        for provided in self.provided.drain(first_provided..) {
            if is_unsat {
                self.goals.insert(provided, Entry::Done(Outcome::Unsat));
            } else {
                self.goals.remove(&provided);
            }
        }
        self.goals.insert(goal, Entry::Done(outcome.clone()));
    }

    fn by_type(&mut self, goal: &[Lit]) -> Result<Outcome, Exhausted> {
        let mut types = Types::ALL;
        for lit in goal {
            let facts = self.arena.facts(lit.id());
            types = types.and(if lit.is_negative() {
                facts.fails
            } else {
                facts.holds
            });
        }
        let mut open: Option<Outcome> = None;
        for ty in Type::ALL {
            if !types.has(ty) {
                continue;
            }
            self.budget.step()?;
            let outcome = match ty {
                Type::Null => self.first_of(goal, vec![Value::Null])?,
                Type::Boolean => self.first_of(goal, vec![Value::Bool(true), Value::Bool(false)])?,
                _ => self.search(goal, ty)?,
            };
            match outcome {
                Outcome::Unsat => {}
                Outcome::Sat(_) => return Ok(outcome),
                Outcome::Maybe(..) => open = Some(better(open, outcome)),
            }
        }
        Ok(open.unwrap_or(Outcome::Unsat))
    }
}

/// Sorted, without repetitions and what always holds; `None` if two contradict each other outright.
fn normalised(mut lits: Vec<Lit>) -> Option<Vec<Lit>> {
    lits.sort_unstable();
    lits.dedup();
    let mut goal: Vec<Lit> = Vec::with_capacity(lits.len());
    for lit in lits {
        match lit.id() {
            Arena::TRUE | Arena::ANYTHING if lit.is_negative() => return None,
            Arena::FALSE if !lit.is_negative() => return None,
            Arena::TRUE | Arena::FALSE | Arena::ANYTHING => continue,
            _ => {}
        }
        match goal.last() {
            // The order is: holds, fails, declares.
            Some(last) if last.id() == lit.id() => {
                if last.is_negative() || lit.is_negative() {
                    return None;
                }
                goal.pop();
                goal.push(lit);
            }
            _ => goal.push(lit),
        }
    }
    Some(goal)
}

/// Of two unknown outcomes the one with a document to try.
fn better(known: Option<Outcome>, other: Outcome) -> Outcome {
    match known {
        Some(known @ Outcome::Maybe(Some(_), _)) => known,
        Some(known) if matches!(other, Outcome::Maybe(None, _)) => known,
        _ => other,
    }
}
