//! From a goal, the subschemas that one value has to satisfy, to the value: with attempts, a bounded depth and a bounded
//! number of steps.

use std::collections::BTreeMap;

use serde_json::Value;

use super::demand::{Demand, bit_of, types};
use super::pattern::Patterns;
use super::schema::{Part, Schema};
use super::{Choices, Documents, number, text};

/// Deeper than this only what is required is built.
const SHALLOW: usize = 5;
/// Deeper than this nothing is built.
const DEEPEST: usize = 48;
/// How many values one document may try.
const STEPS: usize = 4_000;
/// How often one value is tried again.
const ATTEMPTS: usize = 12;

/// A contract's schema, ready to build documents from.
pub(super) struct Engine {
    pub(super) schema: Schema,
    pub(super) patterns: Patterns,
    /// Whether keywords are there that a demand leaves to the validator as a whole.
    dynamic: bool,
}

/// One document on its way.
pub(super) struct Run<'s, 'c> {
    pub(super) engine: &'s Engine,
    pub(super) documents: Documents,
    pub(super) choices: &'c mut dyn Choices,
    heights: BTreeMap<String, usize>,
    steps: usize,
}

impl Engine {
    pub(super) fn new(text: &str) -> Option<Self> {
        let schema = Schema::parse(text)?;
        let dynamic = text.contains("\"$dynamicRef\"") || text.contains("\"$recursiveRef\"");
        Some(Self {
            schema,
            patterns: Patterns::default(),
            dynamic,
        })
    }

    pub(super) fn document(&self, documents: Documents, choices: &mut dyn Choices) -> Option<Value> {
        let mut run = Run {
            engine: self,
            documents,
            choices,
            heights: BTreeMap::new(),
            steps: 0,
        };
        run.value(&[self.schema.whole()], 0)
    }
}

impl<'s> Run<'s, '_> {
    /// A value that satisfies every part of the goal.
    pub(super) fn value(&mut self, goal: &[Part<'s>], depth: usize) -> Option<Value> {
        if depth > DEEPEST {
            return None;
        }
        for _ in 0..ATTEMPTS {
            if !self.step() {
                return None;
            }
            let Some(demand) = Demand::collect(self, goal, depth) else {
                continue;
            };
            let Some(value) = self.of_demand(&demand, depth) else {
                continue;
            };
            let asks_more = demand.hard || self.engine.dynamic;
            if !asks_more || self.engine.schema.accepts(goal, &value) {
                return Some(value);
            }
        }
        None
    }

    /// Counts a step; whether there may be another.
    pub(super) fn step(&mut self) -> bool {
        self.steps += 1;
        self.steps <= STEPS
    }

    fn of_demand(&mut self, demand: &Demand<'s>, depth: usize) -> Option<Value> {
        if let Some(values) = &demand.values {
            return self.listed(demand, values);
        }
        let mut kinds: Vec<u8> = [
            types::STRING,
            types::INTEGER,
            types::OBJECT,
            types::ARRAY,
            types::BOOLEAN,
            types::FRACTION,
            types::NULL,
        ]
        .into_iter()
        .filter(|kind| demand.types & kind != 0)
        .collect();
        if kinds.len() > 1 && depth > SHALLOW {
            kinds.retain(|kind| !matches!(*kind, types::OBJECT | types::ARRAY));
        }
        let at = self.choices.index(kinds.len());
        match *kinds.get(at)? {
            types::STRING => text::string(self, demand).map(Value::String),
            types::INTEGER => number::number(self.choices, demand, true),
            types::FRACTION => number::number(self.choices, demand, false),
            types::OBJECT => self.object(demand, depth),
            types::ARRAY => self.array(demand, depth),
            types::BOOLEAN => Some(Value::Bool(self.choices.once_in(2))),
            _ => Some(Value::Null),
        }
    }

    /// One of the listed values that satisfies the rest.
    fn listed(&mut self, demand: &Demand<'s>, values: &[Value]) -> Option<Value> {
        let fitting: Vec<&Value> = values
            .iter()
            .filter(|value| demand.types & bit_of(value) != 0)
            .collect();
        let first = self.choices.index(fitting.len());
        (0..fitting.len())
            .map(|step| fitting[(first + step) % fitting.len()])
            .find(|value| self.engine.schema.accepts(&demand.parts, value))
            .cloned()
    }

    /// Whether only what is required is built at this depth.
    pub(super) fn sparing(&self, depth: usize) -> bool {
        depth > SHALLOW || self.steps > STEPS / 2
    }

    /// One of the branches: any, and deep down the one that ends soonest.
    pub(super) fn branch(&mut self, branches: Vec<Part<'s>>, depth: usize) -> Option<Part<'s>> {
        if self.sparing(depth) {
            let heights: Vec<usize> = branches.iter().map(|branch| self.height(branch)).collect();
            let least = heights.iter().min().copied()?;
            let lowest: Vec<Part<'s>> = branches
                .into_iter()
                .zip(heights)
                .filter(|(_, height)| *height == least)
                .map(|(branch, _)| branch)
                .collect();
            let at = self.choices.index(lowest.len());
            return lowest.into_iter().nth(at);
        }
        let at = self.choices.index(branches.len());
        branches.into_iter().nth(at)
    }

    /// How many levels a value has at least; approximate, known to end.
    fn height(&mut self, part: &Part<'s>) -> usize {
        if let Some(known) = self.heights.get(&part.at) {
            return *known;
        }
        let height = height(self.engine, part, 12);
        self.heights.insert(part.at.clone(), height);
        height
    }
}

fn height<'s>(engine: &'s Engine, part: &Part<'s>, fuel: usize) -> usize {
    const HIGH: usize = 100;
    if fuel == 0 {
        return HIGH;
    }
    let Value::Object(schema) = part.schema else {
        return 0;
    };
    let mut least = 0;
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str)
        && let Some(target) = engine.schema.target(&part.at, reference)
    {
        least = least.max(height(engine, &target, fuel - 1));
    }
    for branch in part.child("allOf").iter().flat_map(Part::items) {
        least = least.max(height(engine, &branch, fuel - 1));
    }
    for keyword in ["anyOf", "oneOf"] {
        let branches = part.child(keyword).map(|list| list.items()).unwrap_or_default();
        let lowest = branches
            .iter()
            .map(|branch| height(engine, branch, fuel - 1))
            .min();
        least = least.max(lowest.unwrap_or(0));
    }
    let required = schema.get("required").and_then(Value::as_array);
    for name in required.into_iter().flatten().filter_map(Value::as_str) {
        if let Some(member) = part.child("properties").and_then(|list| list.child(name)) {
            least = least.max(1 + height(engine, &member, fuel - 1));
        }
    }
    let asks_items = schema.get("minItems").and_then(Value::as_u64).unwrap_or(0) > 0;
    if asks_items && let Some(items) = part.child("items") {
        least = least.max(1 + height(engine, &items, fuel - 1));
    }
    least.min(HIGH)
}
