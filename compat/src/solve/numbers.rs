//! Numbers: bounds, steps and spelling, with exact decimals.

use std::rc::Rc;

use num_bigint::BigInt;
use serde_json::Value;

use super::search::Model;
use super::state::{Conflict, State};
use super::{Deps, Solver};
use crate::budget::Exhausted;
use crate::decimal::Decimal;
use crate::ir::{Node, Plain};

/// Multiples, or decimal places, tried before giving up.
const TRIES: usize = 2_000;

/// What is asked of a number.
#[derive(Default)]
struct Demands {
    low: Option<(Decimal, bool)>,
    high: Option<(Decimal, bool)>,
    steps: Vec<Decimal>,
    avoided_steps: Vec<Decimal>,
    /// Written as an integer, or not.
    spelling: Option<bool>,
    deps: Deps,
}

impl Demands {
    fn raise(&mut self, bound: &Decimal, exclusive: bool) {
        let tighter = match &self.low {
            None => true,
            Some((low, open)) => bound > low || (bound == low && exclusive && !open),
        };
        if tighter {
            self.low = Some((bound.clone(), exclusive));
        }
    }

    fn lower(&mut self, bound: &Decimal, exclusive: bool) {
        let tighter = match &self.high {
            None => true,
            Some((high, open)) => bound < high || (bound == high && exclusive && !open),
        };
        if tighter {
            self.high = Some((bound.clone(), exclusive));
        }
    }

    fn admits(&self, value: &Decimal) -> bool {
        let above = self
            .low
            .as_ref()
            .is_none_or(|(low, open)| value > low || (value == low && !open));
        let below = self
            .high
            .as_ref()
            .is_none_or(|(high, open)| value < high || (value == high && !open));
        above && below && !self.avoided_steps.iter().any(|step| value.is_multiple_of(step))
    }

    fn is_empty(&self) -> bool {
        match (&self.low, &self.high) {
            (Some((low, low_open)), Some((high, high_open))) => {
                low > high || (low == high && (*low_open || *high_open))
            }
            _ => false,
        }
    }
}

impl Solver<'_> {
    pub(super) fn numbers(&mut self, state: &State) -> Result<Model, Exhausted> {
        let mut demands = Demands::default();
        let one = Decimal::from(1);
        let mut spelling_conflict = false;
        for atom in &state.atoms {
            demands.deps |= atom.deps;
            let negative = atom.lit.is_negative();
            match self.arena.get(atom.lit.id()) {
                Node::Min(bound, exclusive) if negative => demands.lower(bound, !exclusive),
                Node::Min(bound, exclusive) => demands.raise(bound, *exclusive),
                Node::Max(bound, exclusive) if negative => demands.raise(bound, !exclusive),
                Node::Max(bound, exclusive) => demands.lower(bound, *exclusive),
                Node::Integer if negative => demands.avoided_steps.push(one.clone()),
                Node::Integer => demands.steps.push(one.clone()),
                Node::MultipleOf(step) if negative => demands.avoided_steps.push(step.clone()),
                Node::MultipleOf(step) => demands.steps.push(step.clone()),
                Node::IntegerSpelling => {
                    if !negative {
                        demands.steps.push(one.clone());
                    }
                    spelling_conflict |= demands.spelling.is_some_and(|integer| integer == negative);
                    demands.spelling = Some(!negative);
                }
                _ => {}
            }
        }
        if spelling_conflict || demands.is_empty() {
            return Ok(Model::Conflict(Conflict::of(demands.deps)));
        }
        let mut excluded = Vec::new();
        for (values, deps) in &state.excluded {
            demands.deps |= deps;
            for value in values.iter() {
                if let Plain::Number(number) = self.arena.values.get(*value) {
                    excluded.push(number.clone());
                }
            }
        }
        excluded.sort_unstable();
        let step = demands
            .steps
            .iter()
            .try_fold(None::<Decimal>, |all, step| match all {
                None => Some(Some(step.clone())),
                Some(all) => all.lcm(step).map(Some),
            });
        if demands.spelling == Some(false) && step.is_none() {
            // A number with a fraction is no integer to anybody; one like 1.0 only to those who look at the spelling.
            demands.avoided_steps.push(one);
            if let Ok(Some(number)) = self.dense(&demands, &excluded)?
                && let Some(value) = spelled(&number, None)
            {
                return Ok(Model::Document(Rc::new(value)));
            }
            demands.avoided_steps.pop();
        }
        let found = match step {
            None => Err("numbers too long to follow"),
            Some(Some(step)) => self.stepped(&demands, &step, &excluded)?,
            Some(None) => self.dense(&demands, &excluded)?,
        };
        Ok(match found {
            Ok(Some(number)) => match spelled(&number, demands.spelling) {
                Some(value) => Model::Document(Rc::new(value)),
                None => Model::Maybe(None, "a number too long to write".into()),
            },
            Ok(None) => Model::Conflict(Conflict::of(demands.deps)),
            Err(why) => Model::Maybe(None, why.into()),
        })
    }

    /// A multiple of `step`. `Ok(None)`: there is none.
    fn stepped(
        &self,
        demands: &Demands,
        step: &Decimal,
        excluded: &[Decimal],
    ) -> Result<Result<Option<Decimal>, &'static str>, Exhausted> {
        // k × step avoids a step iff k is no multiple of its period.
        let periods: Vec<BigInt> = demands
            .avoided_steps
            .iter()
            .map(|avoided| avoided.period_in(step))
            .collect();
        if periods.contains(&BigInt::from(1)) {
            return Ok(Ok(None));
        }
        let first = demands.low.as_ref().map(|(low, open)| {
            let k = low.ceil_div(step);
            if *open && low.is_multiple_of(step) {
                k + 1
            } else {
                k
            }
        });
        let last = demands.high.as_ref().map(|(high, open)| {
            let k = high.floor_div(step);
            if *open && high.is_multiple_of(step) {
                k - 1
            } else {
                k
            }
        });
        if let (Some(first), Some(last)) = (&first, &last)
            && first > last
        {
            return Ok(Ok(None));
        }
        // From zero if it is within the bounds, else from the bound nearest to it; first away from zero upwards.
        let zero = BigInt::from(0);
        let start = match (&first, &last) {
            (Some(first), _) if *first > zero => first.clone(),
            (_, Some(last)) if *last < zero => last.clone(),
            _ => zero,
        };
        let good = |k: &BigInt| -> Option<Decimal> {
            if periods.iter().any(|period| (k % period) == BigInt::from(0)) {
                return None;
            }
            step.times(k)
                .filter(|value| demands.admits(value) && excluded.binary_search(value).is_err())
        };
        let tries = TRIES + excluded.len();
        let mut complete = true;
        for direction in [1, -1] {
            let mut k = if direction > 0 { start.clone() } else { &start - 1 };
            for attempt in 0.. {
                self.budget.step()?;
                let outside = if direction > 0 {
                    last.as_ref().is_some_and(|last| k > *last)
                } else {
                    first.as_ref().is_some_and(|first| k < *first)
                };
                if outside {
                    break;
                }
                if attempt > tries {
                    complete = false;
                    break;
                }
                if let Some(value) = good(&k) {
                    return Ok(Ok(Some(value)));
                }
                k += direction;
            }
        }
        Ok(if complete {
            Ok(None)
        } else {
            Err("multiples are sparse")
        })
    }

    /// Any number within the bounds. `Ok(None)`: there is none.
    fn dense(
        &self,
        demands: &Demands,
        excluded: &[Decimal],
    ) -> Result<Result<Option<Decimal>, &'static str>, Exhausted> {
        let good = |value: &Decimal| demands.admits(value) && excluded.binary_search(value).is_err();
        if let (Some((low, false)), Some((high, false))) = (&demands.low, &demands.high)
            && low == high
        {
            return Ok(Ok(good(low).then(|| low.clone())));
        }
        // At ever finer decimal places, a few multiples from the lower bound (or zero) up, or from the upper bound down.
        let anchor = match (&demands.low, &demands.high) {
            (Some((low, _)), _) if !low.is_negative() => low.clone(),
            (_, Some((high, _))) if high.is_negative() => high.clone(),
            _ => Decimal::from(0),
        };
        let down = demands.high.as_ref().is_some_and(|(high, _)| *high <= anchor);
        let places = [&demands.low, &demands.high];
        let finest = places
            .iter()
            .filter_map(|bound| bound.as_ref().map(|(at, _)| at.last_place()))
            .min();
        let bottom = finest.unwrap_or(0).min(0) - 60;
        let each = 12 + excluded.len() / 8;
        let mut place = 0;
        while place >= bottom {
            self.budget.step()?;
            let Some(unit) = Decimal::power_of_ten(place) else {
                break;
            };
            let start = if down {
                anchor.floor_div(&unit)
            } else {
                anchor.ceil_div(&unit)
            };
            for offset in 0..each {
                let k = if down { &start - offset } else { &start + offset };
                let Some(value) = unit.times(&k) else { break };
                if good(&value) {
                    return Ok(Ok(Some(value)));
                }
            }
            place -= 1;
        }
        Ok(Err("numbers are dense, but none was found"))
    }
}

fn spelled(number: &Decimal, as_integer: Option<bool>) -> Option<Value> {
    let number = if as_integer == Some(false) {
        number.to_fraction_number()
    } else {
        number.to_number()
    };
    number.map(Value::Number)
}
