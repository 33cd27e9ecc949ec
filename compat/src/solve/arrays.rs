//! Arrays: items by position, counted items, distinct items.
//!
//! Positions up to the last one that is named are looked at one by one; all later positions are alike. What must occur
//! somewhere (`contains`, the negation of `items`) is assigned to positions by trying.

mod assign;

use std::rc::Rc;

use assign::{Built, array};

use super::seal::Seal;
use super::search::Model;
use super::state::{Conflict, State};
use super::{Deps, Lit, Outcome, Solver};
use crate::budget::Exhausted;
use crate::ir::{Id, Node};

/// Positions that are looked at one by one.
const POSITION_LIMIT: u64 = 256;

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
}
