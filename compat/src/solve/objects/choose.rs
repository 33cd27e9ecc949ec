//! Objects: which members exist, and what they hold.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::{Map, Value};

use super::{Demands, Over, Wanted};
use crate::budget::Exhausted;
use crate::ir::Sym;
use crate::solve::names::Fresh;
use crate::solve::{Lit, Outcome, Solver, Why};

/// The largest object that is written down.
const SIZE_LIMIT: u64 = 2_000;
/// Assignments of wanted members to names that are tried.
const ASSIGNMENT_LIMIT: usize = 2_000;

/// A choice of members.
#[derive(Clone, Default)]
pub(super) struct Choice {
    /// Beyond what is asked of them by name.
    known: BTreeMap<Sym, Vec<Lit>>,
    fresh: Vec<(String, Rc<Value>)>,
    why: Option<Why>,
}

pub(super) enum Chosen {
    Object(Value, Option<Why>),
    Impossible,
    Unknown(Why),
}

impl Solver<'_> {
    /// Gives every wanted member a name, then completes the object.
    pub(super) fn choose(
        &mut self,
        demands: &Demands,
        wanted: &[Wanted],
        choice: Choice,
        tries: &mut usize,
    ) -> Result<Chosen, Exhausted> {
        *tries += 1;
        if *tries > ASSIGNMENT_LIMIT {
            return Ok(Chosen::Unknown("too many ways to choose members".into()));
        }
        self.budget.step()?;
        let Some((want, rest)) = wanted.split_first() else {
            return self.complete(demands, choice);
        };
        let mut unknown = None;
        let mut note = |chosen: Chosen| match chosen {
            Chosen::Object(_, None) => Some(chosen),
            Chosen::Impossible => None,
            other => {
                unknown = Some(other);
                None
            }
        };
        // A member that must exist anyway, or is new and so shares nothing, comes before one that need not exist.
        let mut later = Vec::new();
        for (name, known) in &demands.known {
            if known.required.is_none() && !choice.known.contains_key(name) {
                later.push(*name);
            } else if let Some(chosen) = self.on_known(demands, want, rest, &choice, *name, tries)?
                && let Some(done) = note(chosen)
            {
                return Ok(done);
            }
        }
        match self.fresh_member(demands, &want.over, want.lit, &choice.fresh)? {
            // Perhaps an earlier one took the only name.
            Fresh::None if !choice.fresh.is_empty() => {
                if !matches!(
                    self.fresh_member(demands, &want.over, want.lit, &[])?,
                    Fresh::None
                ) {
                    note(Chosen::Unknown("few names for several members".into()));
                }
            }
            Fresh::None => {}
            Fresh::Unknown(why) => {
                note(Chosen::Unknown(why));
            }
            Fresh::Member(name, value, why) => {
                let mut choice = choice.clone();
                choice.fresh.push((name, value));
                choice.why = choice.why.or(why);
                if let Some(done) = note(self.choose(demands, rest, choice, tries)?) {
                    return Ok(done);
                }
            }
        }
        for name in later {
            if let Some(chosen) = self.on_known(demands, want, rest, &choice, name, tries)?
                && let Some(done) = note(chosen)
            {
                return Ok(done);
            }
        }
        if !choice.fresh.is_empty() && demands.max.is_some() {
            // The new members could have been chosen to serve both.
            note(Chosen::Unknown("members that serve several demands".into()));
        }
        Ok(unknown.unwrap_or(Chosen::Impossible))
    }

    /// Lets the member of a known name be the wanted one. `None` if it cannot be.
    fn on_known(
        &mut self,
        demands: &Demands,
        want: &Wanted,
        rest: &[Wanted],
        choice: &Choice,
        name: Sym,
        tries: &mut usize,
    ) -> Result<Option<Chosen>, Exhausted> {
        let text = self.arena.text(name);
        let covered = self.covers(&want.over, name, &text)?;
        if covered == Some(false) {
            return Ok(None);
        }
        let member = self.member(demands, name)?;
        if member.barred.is_some() {
            return Ok(None);
        }
        let mut choice = choice.clone();
        if covered.is_none() {
            choice.why = Some("a pattern that is not understood".into());
        }
        let extra = choice.known.entry(name).or_default();
        extra.extend(want.lit);
        let mut lits = member.lits;
        lits.extend(extra.iter().copied());
        if matches!(self.solve(lits)?, Outcome::Unsat) {
            return Ok(None);
        }
        self.choose(demands, rest, choice, tries).map(Some)
    }

    /// All wanted members are named: finds values, and as many members as are asked for.
    fn complete(&mut self, demands: &Demands, mut choice: Choice) -> Result<Chosen, Exhausted> {
        let mut object = Map::new();
        let mut spare = Vec::new();
        let mut why = choice.why.take();
        for (name, known) in &demands.known {
            if known.required.is_none() && !choice.known.contains_key(name) {
                spare.push(*name);
                continue;
            }
            let member = self.member(demands, *name)?;
            let mut lits = member.lits;
            lits.extend(choice.known.get(name).into_iter().flatten());
            match self.solve(lits)? {
                Outcome::Unsat => return Ok(Chosen::Impossible),
                Outcome::Sat(value) => {
                    object.insert(self.arena.text(*name).to_string(), (*value).clone());
                }
                Outcome::Maybe(Some(value), reason) => {
                    object.insert(self.arena.text(*name).to_string(), (*value).clone());
                    why = Some(reason);
                }
                Outcome::Maybe(None, reason) => return Ok(Chosen::Unknown(reason)),
            }
        }
        for (name, value) in &choice.fresh {
            object.insert(name.clone(), (**value).clone());
        }
        if demands.max.is_some_and(|max| object.len() as u64 > max) {
            return Ok(Chosen::Impossible);
        }
        if demands.min > SIZE_LIMIT {
            return Ok(Chosen::Unknown("an object too large to write".into()));
        }
        let mut sure = true;
        for name in spare {
            if object.len() as u64 >= demands.min {
                break;
            }
            let member = self.member(demands, name)?;
            if member.barred.is_some() {
                continue;
            }
            match self.solve(member.lits)? {
                Outcome::Sat(value) => {
                    object.insert(self.arena.text(name).to_string(), (*value).clone());
                }
                Outcome::Unsat => {}
                Outcome::Maybe(..) => sure = false,
            }
        }
        while (object.len() as u64) < demands.min {
            self.budget.step()?;
            match self.fresh_member(demands, &Over::Any, None, &choice.fresh)? {
                Fresh::Member(name, value, reason) => {
                    object.insert(name.clone(), (*value).clone());
                    choice.fresh.push((name, value));
                    why = why.or(reason);
                }
                // All members that can exist do.
                Fresh::None if sure => return Ok(Chosen::Impossible),
                Fresh::None => {
                    return Ok(Chosen::Unknown(
                        "not enough members are known to be possible".into(),
                    ));
                }
                Fresh::Unknown(why) => return Ok(Chosen::Unknown(why)),
            }
        }
        Ok(Chosen::Object(Value::Object(object), why))
    }
}
