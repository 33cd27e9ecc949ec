//! Goals with a finite set of values: each is tried. And constants taken apart into assertions about their shape.

use std::rc::Rc;

use serde_json::Value;

use super::{Lit, Outcome, Solver, better};
use crate::budget::{Budget, Exhausted};
use crate::ir::{Arena, Id, Node, Plain, Type, Types, ValueId, evaluate};

/// An array or object as assertions about its parts: equal to it is what has this shape.
pub(super) fn shape(arena: &mut Arena, budget: &Budget, value: ValueId) -> Result<Id, Exhausted> {
    let plain = arena.values.get(value).clone();
    let mut parts = Vec::new();
    match plain {
        Plain::Array(items) => {
            parts.push(arena.node(Node::Type(Types::only(Type::Array)), budget)?);
            parts.push(arena.node(Node::MinItems(items.len() as u64), budget)?);
            parts.push(arena.node(Node::MaxItems(items.len() as u64), budget)?);
            for (index, item) in items.iter().enumerate() {
                let constant = arena.node(Node::Enum(Rc::new([*item])), budget)?;
                parts.push(arena.node(Node::Item(index as u64, constant), budget)?);
            }
        }
        Plain::Object(members) => {
            parts.push(arena.node(Node::Type(Types::only(Type::Object)), budget)?);
            parts.push(arena.node(Node::MaxProperties(members.len() as u64), budget)?);
            for (name, member) in members.iter() {
                let constant = arena.node(Node::Enum(Rc::new([*member])), budget)?;
                let sym = arena.symbol(name);
                parts.push(arena.node(Node::Required(sym), budget)?);
                parts.push(arena.node(Node::Property(sym, constant), budget)?);
            }
        }
        _ => return arena.node(Node::Enum(Rc::new([value])), budget),
    }
    arena.and(parts, budget)
}

impl Solver<'_> {
    /// Whether `value` satisfies all of `goal`.
    pub(super) fn satisfies(&mut self, goal: &[Lit], value: &Value) -> Result<Option<bool>, Exhausted> {
        let mut unknown = false;
        for lit in goal {
            match evaluate(self.arena, &mut self.texts, self.budget, lit.id(), value)? {
                Some(holds) if holds == lit.is_negative() => return Ok(Some(false)),
                Some(_) => {}
                None => unknown = true,
            }
        }
        Ok((!unknown).then_some(true))
    }

    /// The first of all possible values that satisfies the goal.
    pub(super) fn first_of(&mut self, goal: &[Lit], values: Vec<Value>) -> Result<Outcome, Exhausted> {
        let mut open = None;
        for value in values {
            match self.satisfies(goal, &value)? {
                Some(true) => return Ok(Outcome::Sat(Rc::new(value))),
                Some(false) => {}
                None => {
                    let why = self.arena.opaque_below(goal.iter().map(|lit| lit.id()));
                    let why = why.unwrap_or_else(|| "a pattern or format that is not understood".into());
                    let unknown = Outcome::Maybe(Some(Rc::new(value)), why);
                    open = Some(better(open, unknown));
                }
            }
        }
        Ok(open.unwrap_or(Outcome::Unsat))
    }

    /// The first of `values`, which are all that is possible, that satisfies the goal.
    pub(super) fn first_constant(
        &mut self,
        goal: &[Lit],
        values: &[ValueId],
        ty: Type,
    ) -> Result<Outcome, Exhausted> {
        let mut open = None;
        for id in values {
            if self.arena.values.type_of(*id) != ty {
                continue;
            }
            self.budget.step()?;
            let mut spellings = vec![self.arena.values.to_json(*id)];
            if self.arena.spelling_matters
                && let Plain::Number(number) = self.arena.values.get(*id)
                && number.is_integer()
            {
                spellings.extend(number.to_fraction_number().map(Value::Number));
            }
            match self.first_of(goal, spellings)? {
                Outcome::Unsat => {}
                sat @ Outcome::Sat(_) => return Ok(sat),
                unknown => open = Some(better(open, unknown)),
            }
        }
        Ok(open.unwrap_or(Outcome::Unsat))
    }
}
