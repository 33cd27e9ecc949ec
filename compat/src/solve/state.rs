//! The state of one search: what has been assumed so far for a document of one type, with the decisions it depends on.

use std::rc::Rc;

use super::{Deps, Lit, Why};
use crate::budget::{Budget, Exhausted};
use crate::fast::FastMap;
use crate::ir::{Arena, Facts, Id, Node, Type, ValueId};

/// Pairs of `oneOf` alternatives beyond which "two of them hold" is not followed.
const PAIR_LIMIT: usize = 20_000;

/// Assumptions that contradict each other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Conflict {
    /// The decisions involved.
    pub(super) deps: Deps,
    /// Whether it rests on a member or item not being declared.
    pub(super) sealed: bool,
}

impl Conflict {
    pub(super) fn of(deps: Deps) -> Self {
        Self { deps, sealed: false }
    }
}

/// At least one of the alternatives is so; each is a conjunction.
#[derive(Clone, Debug)]
pub(super) struct Clause {
    pub(super) alternatives: Vec<Vec<Lit>>,
    pub(super) deps: Deps,
    /// Whether several alternatives may be so at once, each declaring what it names.
    pub(super) overlapping: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    holds: Option<Deps>,
    fails: Option<Deps>,
    declares: bool,
}

/// An assertion that is about the type at hand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Atom {
    pub(super) lit: Lit,
    pub(super) deps: Deps,
}

/// What is known of an alternative or an assertion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// Assumed, or always so.
    Settled,
    Open,
    /// Contradicted by what these decisions brought.
    Dead(Deps),
}

pub(super) struct State {
    pub(super) ty: Type,
    /// Whether members must be declared by the writer.
    pub(super) sealed: bool,
    /// Whether constants must be taken apart rather than compared.
    structural: bool,
    seen: FastMap<Id, Seen>,
    trail: Vec<(Id, Seen)>,
    pub(super) atoms: Vec<Atom>,
    pub(super) clauses: Vec<Clause>,
    /// The value is one of these.
    pub(super) enums: Vec<(Rc<[ValueId]>, Deps)>,
    /// The value is none of these.
    pub(super) excluded: Vec<(Rc<[ValueId]>, Deps)>,
    /// An assumption that is not understood, or too large to follow.
    pub(super) approximate: Vec<Why>,
}

/// A point to return to.
pub(super) struct Mark {
    trail: usize,
    atoms: usize,
    clauses: usize,
    enums: usize,
    excluded: usize,
    approximate: usize,
}

impl State {
    pub(super) fn new(ty: Type, sealed: bool, arena: &Arena) -> Self {
        Self {
            ty,
            sealed,
            structural: sealed || arena.spelling_matters,
            seen: FastMap::default(),
            trail: Vec::new(),
            atoms: Vec::new(),
            clauses: Vec::new(),
            enums: Vec::new(),
            excluded: Vec::new(),
            approximate: Vec::new(),
        }
    }

    pub(super) fn mark(&self) -> Mark {
        Mark {
            trail: self.trail.len(),
            atoms: self.atoms.len(),
            clauses: self.clauses.len(),
            enums: self.enums.len(),
            excluded: self.excluded.len(),
            approximate: self.approximate.len(),
        }
    }

    pub(super) fn undo(&mut self, mark: &Mark) {
        while self.trail.len() > mark.trail {
            if let Some((id, before)) = self.trail.pop() {
                self.seen.insert(id, before);
            }
        }
        self.atoms.truncate(mark.atoms);
        self.clauses.truncate(mark.clauses);
        self.enums.truncate(mark.enums);
        self.excluded.truncate(mark.excluded);
        self.approximate.truncate(mark.approximate);
    }

    fn can(&self, facts: Facts) -> (bool, bool) {
        (facts.holds.has(self.ty), facts.fails.has(self.ty))
    }

    /// What is known of one assertion.
    pub(super) fn status(&self, arena: &Arena, lit: Lit) -> Status {
        self.look(arena, lit, 3)
    }

    fn look(&self, arena: &Arena, lit: Lit, depth: usize) -> Status {
        let id = lit.id();
        let facts = arena.facts(id);
        let (can_hold, can_fail) = self.can(facts);
        let (possible, avoidable) = if lit.is_negative() {
            (can_fail, can_hold)
        } else {
            (can_hold, can_fail)
        };
        if !possible {
            return Status::Dead(0);
        }
        let seen = self.seen.get(&id).copied().unwrap_or_default();
        let (same, opposite) = if lit.is_negative() {
            (seen.fails, seen.holds)
        } else {
            (seen.holds, seen.fails)
        };
        if let Some(deps) = opposite {
            return Status::Dead(deps);
        }
        let declared = !lit.is_declaring() || seen.declares || !facts.declares;
        if declared && (!avoidable || same.is_some()) {
            return Status::Settled;
        }
        if depth > 0 {
            let part = |part: &Id| {
                if lit.is_negative() {
                    Lit::fails(*part)
                } else {
                    lit.pass(*part)
                }
            };
            match arena.get(id) {
                Node::And(parts) if !lit.is_negative() => {
                    return self.all(arena, parts.iter().map(part), depth - 1);
                }
                Node::Or(parts) if lit.is_negative() => {
                    return self.all(arena, parts.iter().map(part), depth - 1);
                }
                Node::Not(operand) => {
                    let flipped = if lit.is_negative() {
                        Lit::holds(*operand)
                    } else {
                        Lit::fails(*operand)
                    };
                    return self.look(arena, flipped, depth - 1);
                }
                _ => {}
            }
        }
        Status::Open
    }

    fn all(&self, arena: &Arena, lits: impl Iterator<Item = Lit>, depth: usize) -> Status {
        let mut all = Status::Settled;
        for lit in lits {
            match self.look(arena, lit, depth) {
                Status::Settled => {}
                Status::Open => all = Status::Open,
                dead @ Status::Dead(_) => return dead,
            }
        }
        all
    }

    /// What is known of a conjunction.
    pub(super) fn status_of_all(&self, arena: &Arena, lits: &[Lit]) -> Status {
        self.all(arena, lits.iter().copied(), 3)
    }

    /// Adds an assumption and all that follows from it by shape.
    pub(super) fn assume(
        &mut self,
        arena: &mut Arena,
        budget: &Budget,
        lit: Lit,
        deps: Deps,
    ) -> Result<Result<(), Conflict>, Exhausted> {
        let mut stack = vec![lit];
        while let Some(lit) = stack.pop() {
            budget.step()?;
            let id = lit.id();
            let facts = arena.facts(id);
            let (can_hold, can_fail) = self.can(facts);
            let (possible, avoidable) = if lit.is_negative() {
                (can_fail, can_hold)
            } else {
                (can_hold, can_fail)
            };
            if !possible {
                return Ok(Err(Conflict::of(deps)));
            }
            if !(avoidable || lit.is_declaring() && facts.declares) {
                continue;
            }
            let seen = self.seen.get(&id).copied().unwrap_or_default();
            let mut now = seen;
            if lit.is_negative() {
                if let Some(other) = seen.holds {
                    return Ok(Err(Conflict::of(deps | other)));
                }
                if seen.fails.is_some() {
                    continue;
                }
                now.fails = Some(deps);
            } else {
                if let Some(other) = seen.fails {
                    return Ok(Err(Conflict::of(deps | other)));
                }
                if seen.holds.is_some() && (seen.declares || !lit.is_declaring()) {
                    continue;
                }
                now.holds = seen.holds.or(Some(deps));
                now.declares |= lit.is_declaring();
            }
            self.trail.push((id, seen));
            self.seen.insert(id, now);
            if let Err(conflict) = self.expand(arena, budget, lit, deps, &mut stack)? {
                return Ok(Err(conflict));
            }
        }
        Ok(Ok(()))
    }

    fn expand(
        &mut self,
        arena: &mut Arena,
        budget: &Budget,
        lit: Lit,
        deps: Deps,
        stack: &mut Vec<Lit>,
    ) -> Result<Result<(), Conflict>, Exhausted> {
        let negative = lit.is_negative();
        match arena.get(lit.id()) {
            Node::True | Node::Anything | Node::False | Node::Type(_) => {}
            Node::Not(operand) => {
                stack.push(if negative {
                    Lit::holds(*operand)
                } else {
                    Lit::fails(*operand)
                });
            }
            Node::And(parts) if !negative => stack.extend(parts.iter().map(|part| lit.pass(*part))),
            Node::Or(parts) if negative => stack.extend(parts.iter().map(|part| Lit::fails(*part))),
            Node::And(parts) => {
                let alternatives = parts.iter().map(|part| vec![Lit::fails(*part)]).collect();
                self.clauses.push(Clause {
                    alternatives,
                    deps,
                    overlapping: false,
                });
            }
            Node::Or(parts) => {
                let alternatives = parts.iter().map(|part| vec![lit.pass(*part)]).collect();
                self.clauses.push(Clause {
                    alternatives,
                    deps,
                    overlapping: lit.is_declaring(),
                });
            }
            Node::One(parts) => {
                let parts = Rc::clone(parts);
                return self.exactly_one(arena, budget, lit, &parts, deps);
            }
            Node::If(condition, then, otherwise) => {
                let (condition, then, otherwise) = (*condition, *then, *otherwise);
                let outcome = |id| if negative { Lit::fails(id) } else { lit.pass(id) };
                let declared = if negative {
                    Lit::holds(condition)
                } else {
                    lit.pass(condition)
                };
                let alternatives = vec![
                    vec![declared, outcome(then)],
                    vec![Lit::fails(condition), outcome(otherwise)],
                ];
                self.clauses.push(Clause {
                    alternatives,
                    deps,
                    overlapping: false,
                });
            }
            // About objects only; for other types it neither asserts nor declares.
            Node::When(..) if self.ty != Type::Object => {}
            Node::When(name, then) => {
                let (name, then) = (*name, *then);
                let present = arena.node(Node::Required(name), budget)?;
                if negative {
                    stack.push(Lit::holds(present));
                    stack.push(Lit::fails(then));
                } else {
                    let alternatives = vec![
                        vec![Lit::fails(present)],
                        vec![Lit::holds(present), lit.pass(then)],
                    ];
                    self.clauses.push(Clause {
                        alternatives,
                        deps,
                        overlapping: false,
                    });
                }
            }
            Node::Ref(definition) => match arena.body(*definition) {
                Some(body) => stack.push(if negative {
                    Lit::fails(body)
                } else {
                    lit.pass(body)
                }),
                None => self.approximate.push("a definition without body".into()),
            },
            Node::Opaque(what) => self.approximate.push(arena.described(*what)),
            Node::Enum(values) => {
                let values = Rc::clone(values);
                self.enumerated(arena, budget, values, negative, deps, stack)?;
            }
            _ => self.atoms.push(Atom { lit, deps }),
        }
        Ok(Ok(()))
    }

    fn exactly_one(
        &mut self,
        arena: &Arena,
        budget: &Budget,
        lit: Lit,
        parts: &[Id],
        deps: Deps,
    ) -> Result<Result<(), Conflict>, Exhausted> {
        // Where an alternative cannot hold for this type, its failing says nothing.
        let possible: Vec<usize> = (0..parts.len())
            .filter(|at| arena.facts(parts[*at]).holds.has(self.ty))
            .collect();
        let mut alternatives: Vec<Vec<Lit>> = Vec::new();
        let repeated =
            |at: usize| at > 0 && parts[at - 1] == parts[at] || parts.get(at + 1) == Some(&parts[at]);
        if lit.is_negative() {
            alternatives.push(possible.iter().map(|at| Lit::fails(parts[*at])).collect());
            if possible.len() * possible.len() > PAIR_LIMIT * 2 {
                self.approximate.push("a oneOf with many alternatives".into());
                return Ok(Ok(()));
            }
            for (count, left) in possible.iter().enumerate() {
                for right in &possible[count + 1..] {
                    budget.step()?;
                    alternatives.push(vec![Lit::holds(parts[*left]), Lit::holds(parts[*right])]);
                }
            }
        } else {
            if possible.len() * possible.len() > PAIR_LIMIT * 10 {
                self.approximate.push("a oneOf with many alternatives".into());
                return Ok(Ok(()));
            }
            for chosen in &possible {
                budget.step()?;
                if repeated(*chosen) {
                    continue;
                }
                let mut all = vec![lit.pass(parts[*chosen])];
                all.extend(
                    possible
                        .iter()
                        .filter(|at| *at != chosen)
                        .map(|at| Lit::fails(parts[*at])),
                );
                alternatives.push(all);
            }
        }
        self.clauses.push(Clause {
            alternatives,
            deps,
            overlapping: false,
        });
        Ok(Ok(()))
    }

    fn enumerated(
        &mut self,
        arena: &mut Arena,
        budget: &Budget,
        values: Rc<[ValueId]>,
        negative: bool,
        deps: Deps,
        stack: &mut Vec<Lit>,
    ) -> Result<(), Exhausted> {
        let compound = matches!(self.ty, Type::Array | Type::Object);
        let alike: Vec<ValueId> = values
            .iter()
            .copied()
            .filter(|value| arena.values.type_of(*value) == self.ty)
            .collect();
        if negative && compound {
            for value in alike {
                stack.push(Lit::fails(super::enums::shape(arena, budget, value)?));
            }
        } else if negative {
            self.excluded.push((values, deps));
        } else if compound && self.structural {
            let mut alternatives = Vec::new();
            for value in alike {
                alternatives.push(vec![Lit::holds(super::enums::shape(arena, budget, value)?)]);
            }
            self.clauses.push(Clause {
                alternatives,
                deps,
                overlapping: false,
            });
        } else {
            self.enums.push((values, deps));
        }
        Ok(())
    }

    /// Draws the conclusions that clauses with one alternative left allow.
    pub(super) fn propagate(
        &mut self,
        arena: &mut Arena,
        budget: &Budget,
    ) -> Result<Result<(), Conflict>, Exhausted> {
        loop {
            let mut changed = false;
            let mut at = 0;
            while at < self.clauses.len() {
                budget.step()?;
                let clause = &self.clauses[at];
                let mut deps = clause.deps;
                let mut left: Option<usize> = None;
                let mut several = false;
                for (index, alternative) in clause.alternatives.iter().enumerate() {
                    match self.status_of_all(arena, alternative) {
                        Status::Dead(killers) => deps |= killers,
                        Status::Settled => {
                            several = true;
                            break;
                        }
                        Status::Open if left.is_some() => {
                            several = true;
                            break;
                        }
                        Status::Open => left = Some(index),
                    }
                }
                if !several {
                    let Some(index) = left else {
                        return Ok(Err(Conflict::of(deps)));
                    };
                    let lits = self.clauses[at].alternatives[index].clone();
                    for lit in lits {
                        if let Err(conflict) = self.assume(arena, budget, lit, deps)? {
                            return Ok(Err(conflict));
                        }
                    }
                    changed = true;
                }
                at += 1;
            }
            if !changed {
                return Ok(Ok(()));
            }
        }
    }
}
