//! Objects: which members, and what each of them has to satisfy.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::Documents;
use super::demand::Demand;
use super::engine::Run;
use super::schema::Part;
use super::text;

/// Names of members that a contract does not declare.
const UNDECLARED: &[&str] = &["extra", "addedLater", "x-note", "später"];

impl<'s> Run<'s, '_> {
    pub(super) fn object(&mut self, demand: &Demand<'s>, depth: usize) -> Option<Value> {
        let mut names: BTreeSet<String> = demand.required.clone();
        let declared: BTreeSet<&str> = demand
            .members
            .iter()
            .filter_map(|rule| rule.properties.as_ref()?.schema.as_object())
            .flat_map(Map::keys)
            .map(String::as_str)
            .filter(|name| !demand.absent.contains(*name))
            .collect();
        let sparing = self.sparing(depth);
        for name in &declared {
            if names.len() < demand.max_members
                && !names.contains(*name)
                && !sparing
                && self.choices.once_in(2)
            {
                names.insert((*name).to_owned());
            }
        }
        // What is missing to the least number: declared members first.
        for name in &declared {
            if names.len() < demand.min_members {
                names.insert((*name).to_owned());
            }
        }
        let more = if sparing || names.len() >= demand.max_members {
            0
        } else {
            let undeclared = self.documents == Documents::Received && self.choices.once_in(4);
            if maps(demand, declared.is_empty()) {
                self.choices.between(0, 3)
            } else {
                usize::from(undeclared)
            }
        };
        let target = (names.len() + more)
            .max(demand.min_members)
            .min(demand.max_members);
        for _ in 0..target * 8 {
            if names.len() >= target {
                break;
            }
            if let Some(name) = self.name(demand, depth)
                && !demand.absent.contains(&name)
            {
                names.insert(name);
            }
        }
        let mut members = Map::new();
        for name in names {
            let goal = self.member(demand, &name)?;
            match self.value(&goal, depth + 1) {
                Some(value) => {
                    members.insert(name, value);
                }
                // An optional member that nothing satisfies is left out.
                None if demand.required.contains(&name) => return None,
                None => {}
            }
        }
        (members.len() >= demand.min_members && members.len() <= demand.max_members)
            .then_some(Value::Object(members))
    }

    /// What a member of this name has to satisfy; `None` when nothing can.
    fn member(&self, demand: &Demand<'s>, name: &str) -> Option<Vec<Part<'s>>> {
        let mut goal = Vec::new();
        let mut spoken_of = false;
        for rule in &demand.members {
            let mut known = false;
            if let Some(schema) = rule.properties.as_ref().and_then(|list| list.child(name)) {
                goal.push(schema);
                known = true;
            }
            let patterns = rule.patterns.as_ref().and_then(|list| list.schema.as_object());
            for source in patterns.into_iter().flat_map(Map::keys) {
                if self.engine.patterns.get(source).matches(name) {
                    goal.extend(rule.patterns.as_ref().and_then(|list| list.child(source)));
                    known = true;
                }
            }
            if !known && let Some(additional) = &rule.additional {
                goal.push(additional.clone());
                known = true;
            }
            spoken_of |= known;
        }
        if !spoken_of && let Some(unevaluated) = &demand.unevaluated_members {
            goal.push(unevaluated.clone());
        }
        goal.iter()
            .all(|part| part.schema != &Value::Bool(false))
            .then_some(goal)
    }

    /// A name for a member that is not declared.
    fn name(&mut self, demand: &Demand<'s>, depth: usize) -> Option<String> {
        let sources: Vec<&'s str> = demand
            .members
            .iter()
            .filter_map(|rule| rule.patterns.as_ref()?.schema.as_object())
            .flat_map(Map::keys)
            .map(String::as_str)
            .collect();
        let name = if !sources.is_empty() {
            let at = self.choices.index(sources.len());
            self.engine.patterns.get(sources[at]).text(0, self.choices)?
        } else if !demand.names.is_empty() {
            self.value(&demand.names, depth + 1)?.as_str()?.to_owned()
        } else if self.choices.once_in(4) {
            UNDECLARED[self.choices.index(UNDECLARED.len())].to_owned()
        } else {
            text::word(self.choices, 1, 8)
        };
        let named = demand.names.is_empty()
            || self
                .engine
                .schema
                .accepts(&demand.names, &Value::String(name.clone()));
        let allowed = self.member(demand, &name).is_some();
        (named && allowed).then_some(name)
    }
}

/// Whether members of any name are what the object is for: it says of what type they are, or declares none.
fn maps(demand: &Demand<'_>, declares_none: bool) -> bool {
    let says = |part: &Option<Part<'_>>| {
        part.as_ref()
            .and_then(|part| part.schema.as_object())
            .is_some_and(|schema| !schema.is_empty())
    };
    let typed = demand
        .members
        .iter()
        .any(|rule| says(&rule.additional) || says(&rule.patterns));
    let closed = demand.members.iter().any(|rule| {
        rule.patterns.is_none()
            && rule
                .additional
                .as_ref()
                .is_some_and(|part| part.schema == &Value::Bool(false))
    });
    !closed && (typed || declares_none || says(&demand.unevaluated_members))
}
