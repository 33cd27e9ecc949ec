//! New members of an object: names that no assertion mentions, by the patterns that they match.

use std::collections::BTreeSet;
use std::rc::Rc;

use serde_json::Value;

use super::objects::{Demands, Over};
use super::{Lit, Outcome, Solver, Why};
use crate::budget::Exhausted;
use crate::ir::{Id, Node, Sym, Texts, Type, Types};

/// Patterns whose every combination is looked at.
const PATTERN_LIMIT: usize = 10;

/// A member with a new name.
pub(super) enum Fresh {
    Member(String, Rc<Value>, Option<Why>),
    /// There is none.
    None,
    Unknown(Why),
}

/// Names that read well where any would do.
const PLAIN: [&str; 4] = ["extra", "other", "more", "x"];

impl Solver<'_> {
    /// A member of the kind whose name is not mentioned and not among `taken`.
    pub(super) fn fresh_member(
        &mut self,
        demands: &Demands,
        over: &Over,
        lit: Option<Lit>,
        taken: &[(String, Rc<Value>)],
    ) -> Result<Fresh, Exhausted> {
        let mut relevant: BTreeSet<Sym> = BTreeSet::new();
        let mut collect = |over: &Over| match over {
            Over::Pattern(pattern) => {
                relevant.insert(*pattern);
            }
            Over::Rest(except) => relevant.extend(&except.patterns),
            _ => {}
        };
        collect(over);
        for index in &demands.general {
            collect(&demands.each[*index].over);
        }
        if let Some(sealed) = &demands.seal {
            relevant.extend(&sealed.declared.patterns);
        }
        let name = match over {
            Over::Name(_) => return Ok(Fresh::None),
            Over::NameFails(schema) => Some(Lit::fails(*schema)),
            _ => None,
        };
        let relevant: Vec<Sym> = relevant.into_iter().collect();
        if relevant.len() > PATTERN_LIMIT {
            return Ok(Fresh::Unknown("many patterns of member names".into()));
        }
        let mut unknown = None;
        let mut assignments: Vec<u32> = (0..1 << relevant.len()).collect();
        assignments.sort_by_key(|assignment: &u32| assignment.count_ones());
        for assignment in assignments {
            self.budget.step()?;
            let matches = |pattern: &Sym| {
                relevant
                    .iter()
                    .position(|other| other == pattern)
                    .is_some_and(|at| assignment & (1 << at) != 0)
            };
            let includes = |over: &Over| match over {
                Over::Name(_) => false,
                Over::Pattern(pattern) => matches(pattern),
                Over::Rest(except) => !except.patterns.iter().any(matches),
                Over::NameFails(_) | Over::Any => true,
            };
            if !includes(over) {
                continue;
            }
            if let Some(sealed) = &demands.seal
                && !sealed.declared.patterns.iter().any(matches)
            {
                continue;
            }
            let mut lits: Vec<Lit> = lit.into_iter().collect();
            for index in &demands.general {
                if includes(&demands.each[*index].over) {
                    lits.push(demands.each[*index].lit);
                }
            }
            let (value, value_why) = match self.solve(lits)? {
                Outcome::Unsat => continue,
                Outcome::Sat(value) => (value, None),
                Outcome::Maybe(Some(value), why) => (value, Some(why)),
                Outcome::Maybe(None, why) => {
                    unknown = Some(why);
                    continue;
                }
            };
            let classes: Vec<(Sym, bool)> = relevant
                .iter()
                .map(|pattern| (*pattern, matches(pattern)))
                .collect();
            match self.fresh_name(demands, &classes, name, taken)? {
                Outcome::Unsat => {}
                Outcome::Sat(text) => {
                    if let Value::String(text) = &*text {
                        return Ok(Fresh::Member(text.clone(), value, value_why));
                    }
                }
                Outcome::Maybe(Some(text), why) => {
                    if let Value::String(text) = &*text {
                        return Ok(Fresh::Member(text.clone(), value, Some(why)));
                    }
                }
                Outcome::Maybe(None, why) => unknown = Some(why),
            }
        }
        Ok(unknown.map_or(Fresh::None, Fresh::Unknown))
    }

    /// A new name that matches exactly the patterns it should.
    fn fresh_name(
        &mut self,
        demands: &Demands,
        classes: &[(Sym, bool)],
        extra: Option<Lit>,
        taken: &[(String, Rc<Value>)],
    ) -> Result<Outcome, Exhausted> {
        let mut lits: Vec<Lit> = demands.names.iter().map(|(lit, _)| *lit).chain(extra).collect();
        for plain in PLAIN {
            let is_new = !taken.iter().any(|(name, _)| name == plain)
                && !demands.known.keys().any(|name| *self.arena.text(*name) == *plain);
            if is_new && self.fits(classes, &lits, plain)? {
                return Ok(Outcome::Sat(Rc::new(Value::String(plain.to_owned()))));
            }
        }
        lits.push(Lit::holds(
            self.arena
                .node(Node::Type(Types::only(Type::String)), self.budget)?,
        ));
        for (pattern, matches) in classes {
            let node = self.arena.node(Node::Pattern(*pattern), self.budget)?;
            lits.push(if *matches {
                Lit::holds(node)
            } else {
                Lit::fails(node)
            });
        }
        let avoided = self.avoided(demands, taken)?;
        lits.push(Lit::fails(avoided));
        self.solve(lits)
    }

    fn fits(&mut self, classes: &[(Sym, bool)], lits: &[Lit], name: &str) -> Result<bool, Exhausted> {
        for (pattern, wanted) in classes {
            let pattern = self.arena.text(*pattern);
            if self.texts.pattern(&pattern, name, self.budget)? != Some(*wanted) {
                return Ok(false);
            }
        }
        Ok(self.satisfies(lits, &Value::String(name.to_owned()))? == Some(true))
    }

    /// Any of the names that are not new.
    fn avoided(&mut self, demands: &Demands, taken: &[(String, Rc<Value>)]) -> Result<Id, Exhausted> {
        let mut ids = Vec::with_capacity(demands.known.len() + taken.len());
        for name in demands.known.keys() {
            let text = self.arena.text(*name);
            ids.push(self.arena.values.plain(crate::ir::Plain::String(text)));
        }
        for (name, _) in taken {
            ids.push(
                self.arena
                    .values
                    .plain(crate::ir::Plain::String(name.as_str().into())),
            );
        }
        ids.sort_unstable();
        ids.dedup();
        self.arena.node(Node::Enum(ids.into()), self.budget)
    }
}
