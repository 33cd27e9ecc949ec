//! The search for one type of document: case by case over what is left open, guided by documents that satisfy what is
//! settled, jumping back over decisions that had no part in a contradiction.

use std::rc::Rc;

use serde_json::Value;

use super::seal::{Declared, Seal};
use super::state::{Conflict, State, Status};
use super::{ALL_DEPS, Deps, Lit, Outcome, Solver, Why, better};
use crate::budget::Exhausted;
use crate::ir::Type;

/// Branches that ended undecided after which a search stops looking for a document.
const UNKNOWN_LIMIT: usize = 200;
/// Alternatives that hold beside the one chosen, and might declare what is missing, up to which all are tried.
const OPTIONAL_LIMIT: usize = 8;

/// What a theory says of the settled assertions.
pub(super) enum Model {
    Conflict(Conflict),
    Document(Rc<Value>),
    Maybe(Option<Rc<Value>>, Why),
}

/// How a branch ended.
enum Branch {
    Sat(Rc<Value>),
    Closed(Conflict),
    Open(Option<Rc<Value>>, Why),
}

/// What one search keeps across its branches.
struct Search<'g> {
    goal: &'g [Lit],
    /// What the writer's schemas could declare at most, whichever alternatives hold.
    declared: Option<Declared>,
    unknown: usize,
}

fn bit(level: usize) -> Deps {
    1 << level.min(127)
}

/// `deps` without the decision of `level`; the last bit stands for all deeper decisions and stays.
fn without(deps: Deps, level: usize) -> Deps {
    if level < 127 { deps & !bit(level) } else { deps }
}

impl Solver<'_> {
    pub(super) fn search(&mut self, goal: &[Lit], ty: Type) -> Result<Outcome, Exhausted> {
        let sealed = matches!(ty, Type::Array | Type::Object) && goal.iter().any(|lit| lit.is_declaring());
        let mut state = State::new(ty, sealed, self.arena);
        for lit in goal {
            if state.assume(self.arena, self.budget, *lit, 0)?.is_err() {
                return Ok(Outcome::Unsat);
            }
        }
        let declared = if sealed {
            Some(Declared::at_most(self.arena, goal))
        } else {
            None
        };
        let mut search = Search {
            goal,
            declared,
            unknown: 0,
        };
        Ok(match self.branch(&mut state, &mut search, 0)? {
            Branch::Sat(document) => Outcome::Sat(document),
            Branch::Closed(_) => Outcome::Unsat,
            Branch::Open(document, why) => Outcome::Maybe(document, why),
        })
    }

    fn branch(
        &mut self,
        state: &mut State,
        search: &mut Search<'_>,
        level: usize,
    ) -> Result<Branch, Exhausted> {
        self.budget.step()?;
        if self.frames >= self.limits.frames {
            self.hit_limits = true;
            return Ok(Branch::Open(None, "nested too deeply".into()));
        }
        self.frames += 1;
        let branch = self.branch_within(state, search, level);
        self.frames -= 1;
        branch
    }

    fn branch_within(
        &mut self,
        state: &mut State,
        search: &mut Search<'_>,
        level: usize,
    ) -> Result<Branch, Exhausted> {
        if let Err(conflict) = state.propagate(self.arena, self.budget)? {
            return Ok(Branch::Closed(conflict));
        }
        if let Some((values, deps)) = state.enums.iter().min_by_key(|(values, _)| values.len()).cloned() {
            return Ok(match self.first_constant(search.goal, &values, state.ty)? {
                Outcome::Sat(document) => Branch::Sat(document),
                Outcome::Unsat => Branch::Closed(Conflict::of(deps)),
                Outcome::Maybe(document, why) => Branch::Open(document, why),
            });
        }
        let open = self.open_clauses(state);
        let undeclared = open.iter().any(|at| self.may_declare(state, *at));
        let seal = match &search.declared {
            None => Seal::Off,
            Some(at_most) if undeclared => Seal::AtMost(at_most),
            Some(_) => Seal::Exact,
        };
        let exact = matches!(seal, Seal::Exact);
        if exact && self.is_free_unless(state)? {
            return self.with_optional(
                state,
                search,
                level,
                Conflict {
                    deps: ALL_DEPS,
                    sealed: true,
                },
            );
        }
        let model = self.theory(state, &seal)?;
        let mut left_open: Option<Outcome> = None;
        let violated = match model {
            Model::Conflict(conflict) if conflict.sealed && exact && !undeclared => {
                return self.with_optional(state, search, level, conflict);
            }
            Model::Conflict(conflict) => return Ok(Branch::Closed(conflict)),
            Model::Document(document) => {
                let mut violated = Vec::new();
                for at in &open {
                    if !self.is_met(state, *at, &document)? {
                        violated.push(*at);
                    }
                }
                if violated.is_empty() && !undeclared {
                    if let Some(why) = state.approximate.first() {
                        return Ok(self.undecided(search, Some(document), Rc::clone(why)));
                    }
                    return Ok(Branch::Sat(document));
                }
                if violated.is_empty() { open } else { violated }
            }
            Model::Maybe(document, why) => {
                if open.is_empty() {
                    return Ok(self.undecided(search, document, why));
                }
                left_open = Some(Outcome::Maybe(document, why));
                open
            }
        };
        self.split(state, search, level, &violated, left_open)
    }

    fn undecided(&self, search: &mut Search<'_>, document: Option<Rc<Value>>, why: Why) -> Branch {
        search.unknown += 1;
        let _ = self;
        Branch::Open(document, why)
    }

    /// Tries each alternative of the clause with the fewest left.
    fn split(
        &mut self,
        state: &mut State,
        search: &mut Search<'_>,
        level: usize,
        clauses: &[usize],
        mut left_open: Option<Outcome>,
    ) -> Result<Branch, Exhausted> {
        let mut best: Option<(usize, usize)> = None;
        for at in clauses {
            self.budget.step()?;
            let count = state.clauses[*at]
                .alternatives
                .iter()
                .filter(|alternative| {
                    !matches!(state.status_of_all(self.arena, alternative), Status::Dead(_))
                })
                .count();
            if best.is_none_or(|(least, _)| count < least) {
                best = Some((count, *at));
            }
        }
        let Some((_, at)) = best else {
            return Ok(Branch::Open(None, "no case to split on".into()));
        };
        let mut deps = state.clauses[at].deps;
        let mut sealed = false;
        for index in 0..state.clauses[at].alternatives.len() {
            let alternative = state.clauses[at].alternatives[index].clone();
            if let Status::Dead(killers) = state.status_of_all(self.arena, &alternative) {
                deps |= killers;
                continue;
            }
            if search.unknown > UNKNOWN_LIMIT {
                return Ok(Branch::Open(None, "too many undecided cases".into()));
            }
            let mark = state.mark();
            let mut branch = None;
            for lit in alternative {
                if let Err(conflict) = state.assume(self.arena, self.budget, lit, bit(level))? {
                    branch = Some(Branch::Closed(conflict));
                    break;
                }
            }
            let branch = match branch {
                Some(branch) => branch,
                None => self.branch(state, search, level + 1)?,
            };
            state.undo(&mark);
            match branch {
                Branch::Sat(document) => return Ok(Branch::Sat(document)),
                Branch::Open(document, why) => {
                    left_open = Some(better(left_open, Outcome::Maybe(document, why)));
                }
                Branch::Closed(conflict) => {
                    if conflict.deps & bit(level) == 0 {
                        return Ok(Branch::Closed(conflict));
                    }
                    deps |= without(conflict.deps, level);
                    sealed |= conflict.sealed;
                }
            }
        }
        Ok(match left_open {
            Some(Outcome::Maybe(document, why)) => Branch::Open(document, why),
            _ => Branch::Closed(Conflict { deps, sealed }),
        })
    }

    /// Alternatives that may hold beside the chosen ones, and would declare something.
    fn optional(&self, state: &State) -> Vec<Lit> {
        let mut optional = Vec::new();
        for clause in state.clauses.iter().filter(|clause| clause.overlapping) {
            for lit in clause.alternatives.iter().flatten() {
                if self.arena.facts(lit.id()).declares && state.status(self.arena, *lit) == Status::Open {
                    optional.push(*lit);
                }
            }
        }
        optional.sort_unstable();
        optional.dedup();
        optional
    }

    /// Whether nothing is declared so far, so that any member or item goes, unless an optional alternative holds too.
    fn is_free_unless(&self, state: &State) -> Result<bool, Exhausted> {
        self.budget.step()?;
        let is_free = Seal::Exact
            .of(self.arena, state)
            .is_some_and(|sealed| match state.ty {
                Type::Object => sealed.declared.is_map(),
                _ => sealed.declared.tuple == 0,
            });
        Ok(is_free && !self.optional(state).is_empty())
    }

    /// Every clause is decided, and it matters which other alternatives hold: more hold, more is declared. Tries each
    /// combination.
    fn with_optional(
        &mut self,
        state: &mut State,
        search: &mut Search<'_>,
        level: usize,
        conflict: Conflict,
    ) -> Result<Branch, Exhausted> {
        let optional = self.optional(state);
        if optional.is_empty() {
            return Ok(Branch::Closed(conflict));
        }
        if optional.len() > OPTIONAL_LIMIT {
            return Ok(self.undecided(search, None, "many alternatives may hold together".into()));
        }
        let mut left_open = None;
        // The small sets first.
        let mut sets: Vec<u32> = (0..1 << optional.len()).collect();
        sets.sort_by_key(|set: &u32| set.count_ones());
        for set in sets {
            let mark = state.mark();
            let mut contradicted = false;
            for (at, lit) in optional.iter().enumerate() {
                let lit = if set & (1 << at) != 0 {
                    *lit
                } else {
                    Lit::fails(lit.id())
                };
                if state.assume(self.arena, self.budget, lit, ALL_DEPS)?.is_err() {
                    contradicted = true;
                    break;
                }
            }
            let branch = if contradicted {
                Branch::Closed(conflict)
            } else {
                self.branch(state, search, (level + 1).max(127))?
            };
            state.undo(&mark);
            match branch {
                Branch::Sat(document) => return Ok(Branch::Sat(document)),
                Branch::Open(document, why) => {
                    left_open = Some(better(left_open, Outcome::Maybe(document, why)));
                }
                Branch::Closed(_) => {}
            }
        }
        Ok(match left_open {
            Some(Outcome::Maybe(document, why)) => Branch::Open(document, why),
            _ => Branch::Closed(Conflict {
                deps: ALL_DEPS,
                sealed: false,
            }),
        })
    }

    /// The clauses of which no alternative is settled.
    fn open_clauses(&self, state: &State) -> Vec<usize> {
        (0..state.clauses.len())
            .filter(|at| {
                !state.clauses[*at]
                    .alternatives
                    .iter()
                    .any(|alternative| state.status_of_all(self.arena, alternative) == Status::Settled)
            })
            .collect()
    }

    fn may_declare(&self, state: &State, at: usize) -> bool {
        state.sealed
            && state.clauses[at]
                .alternatives
                .iter()
                .flatten()
                .any(|lit| lit.is_declaring() && self.arena.facts(lit.id()).declares)
    }

    /// Whether `document` satisfies some alternative of the clause, for sure.
    fn is_met(&mut self, state: &State, at: usize, document: &Value) -> Result<bool, Exhausted> {
        for alternative in &state.clauses[at].alternatives {
            if self.satisfies(alternative, document)? == Some(true) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn theory(&mut self, state: &State, seal: &Seal<'_>) -> Result<Model, Exhausted> {
        match state.ty {
            Type::Number => self.numbers(state),
            Type::String => self.strings(state),
            Type::Array => self.arrays(state, seal),
            Type::Object => self.objects(state, seal),
            Type::Null | Type::Boolean => Ok(Model::Maybe(None, "a type with few values".into())),
        }
    }
}
