//! All that several subschemas ask of one value, with the open questions (which branch, which side of an `if`) decided
//! by choice. What cannot be decided here is left to a validator: the demand is then *hard*.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::Documents;
use super::engine::Run;
use super::schema::Part;

/// JSON types as bits; a number is an integer or has a fraction.
pub(super) mod types {
    pub(in super::super) const NULL: u8 = 1;
    pub(in super::super) const BOOLEAN: u8 = 2;
    pub(in super::super) const INTEGER: u8 = 4;
    pub(in super::super) const FRACTION: u8 = 8;
    pub(in super::super) const STRING: u8 = 16;
    pub(in super::super) const ARRAY: u8 = 32;
    pub(in super::super) const OBJECT: u8 = 64;
    pub(in super::super) const ALL: u8 = 127;
}

/// The members that one schema object speaks of.
pub(super) struct MemberRule<'s> {
    pub(super) properties: Option<Part<'s>>,
    pub(super) patterns: Option<Part<'s>>,
    pub(super) additional: Option<Part<'s>>,
}

/// The items that one schema object speaks of.
pub(super) struct ItemRule<'s> {
    pub(super) prefix: Vec<Part<'s>>,
    pub(super) rest: Option<Part<'s>>,
}

/// A limit: its text, and whether it is itself outside.
pub(super) type Limit = (String, bool);

/// What is asked of one value.
pub(super) struct Demand<'s> {
    /// Where it comes from, references followed and branches chosen.
    pub(super) parts: Vec<Part<'s>>,
    pub(super) types: u8,
    pub(super) values: Option<Vec<Value>>,
    pub(super) low: Vec<Limit>,
    pub(super) high: Vec<Limit>,
    pub(super) multiples: Vec<String>,
    pub(super) min_length: usize,
    pub(super) max_length: usize,
    pub(super) patterns: Vec<&'s str>,
    pub(super) formats: Vec<&'s str>,
    pub(super) members: Vec<MemberRule<'s>>,
    pub(super) required: BTreeSet<String>,
    pub(super) absent: BTreeSet<String>,
    pub(super) names: Vec<Part<'s>>,
    pub(super) min_members: usize,
    pub(super) max_members: usize,
    pub(super) unevaluated_members: Option<Part<'s>>,
    pub(super) items: Vec<ItemRule<'s>>,
    pub(super) min_items: usize,
    pub(super) max_items: usize,
    pub(super) unique: bool,
    pub(super) contains: Vec<(Part<'s>, usize)>,
    pub(super) unevaluated_items: Option<Part<'s>>,
    pub(super) hard: bool,
}

impl<'s> Demand<'s> {
    fn new() -> Self {
        Self {
            parts: Vec::new(),
            types: types::ALL,
            values: None,
            low: Vec::new(),
            high: Vec::new(),
            multiples: Vec::new(),
            min_length: 0,
            max_length: usize::MAX,
            patterns: Vec::new(),
            formats: Vec::new(),
            members: Vec::new(),
            required: BTreeSet::new(),
            absent: BTreeSet::new(),
            names: Vec::new(),
            min_members: 0,
            max_members: usize::MAX,
            unevaluated_members: None,
            items: Vec::new(),
            min_items: 0,
            max_items: usize::MAX,
            unique: false,
            contains: Vec::new(),
            unevaluated_items: None,
            hard: false,
        }
    }

    /// Collects what `goal` asks; `None` when the choices made contradict each other.
    pub(super) fn collect(run: &mut Run<'s, '_>, goal: &[Part<'s>], depth: usize) -> Option<Self> {
        let mut demand = Self::new();
        let mut open: Vec<Part<'s>> = goal.iter().rev().cloned().collect();
        let mut seen = BTreeSet::new();
        while let Some(part) = open.pop() {
            if !seen.insert(part.at.clone()) {
                continue;
            }
            match part.schema {
                Value::Bool(false) => return None,
                Value::Object(members) => {
                    demand.object(run, &part, members, &mut open, depth)?;
                    demand.parts.push(part);
                }
                _ => {}
            }
        }
        if demand.required.iter().any(|name| demand.absent.contains(name)) {
            return None;
        }
        demand.narrow_types();
        (demand.types != 0).then_some(demand)
    }

    fn object(
        &mut self,
        run: &mut Run<'s, '_>,
        part: &Part<'s>,
        schema: &'s Map<String, Value>,
        open: &mut Vec<Part<'s>>,
        depth: usize,
    ) -> Option<()> {
        for keyword in ["$ref", "$dynamicRef", "$recursiveRef"] {
            if let Some(reference) = schema.get(keyword).and_then(Value::as_str) {
                open.extend(run.engine.schema.target(&part.at, reference));
                self.hard |= keyword != "$ref";
            }
        }
        if run.engine.schema.reference_alone && schema.contains_key("$ref") {
            return Some(());
        }
        if let Some(all) = part.child("allOf") {
            open.extend(all.items().into_iter().rev());
        }
        for keyword in ["anyOf", "oneOf"] {
            let Some(list) = part.child(keyword) else {
                continue;
            };
            let mut branches = list.items();
            if run.documents == Documents::Emitted {
                without_unlisted(&mut branches);
            }
            branches.retain(|branch| branch.schema != &Value::Bool(false));
            // Which branch it is not decides `oneOf` as well.
            self.hard |= keyword == "oneOf" && branches.len() > 1;
            open.push(run.branch(branches, depth)?);
        }
        if let Some(condition) = part.child("if") {
            self.hard = true;
            if run.choices.once_in(2) {
                open.extend(part.child("then"));
                open.push(condition);
            } else {
                open.extend(part.child("else"));
            }
        }
        if let Some(not) = schema.get("not") {
            self.not(not);
        }
        self.asserted(schema);
        self.about_members(run, part, schema, open);
        self.about_items(run, part, schema);
        Some(())
    }

    fn asserted(&mut self, schema: &'s Map<String, Value>) {
        match schema.get("type") {
            Some(Value::String(name)) => self.types &= bits(name),
            Some(Value::Array(names)) => {
                let all = names.iter().filter_map(Value::as_str).map(bits);
                self.types &= all.fold(0, |all, one| all | one);
            }
            _ => {}
        }
        let constant = schema.get("const").map(std::slice::from_ref);
        let listed = schema.get("enum").and_then(Value::as_array).map(Vec::as_slice);
        for values in [constant, listed].into_iter().flatten() {
            self.hard |= self.values.is_some();
            match &mut self.values {
                Some(known) => {
                    known.retain(|value| values.iter().any(|other| crate::json::same(value, other)));
                }
                None => self.values = Some(values.to_vec()),
            }
        }
        let number = |name: &str| {
            schema
                .get(name)
                .filter(|value| value.is_number())
                .map(Value::to_string)
        };
        let flag = |name: &str| schema.get(name) == Some(&Value::Bool(true));
        self.low
            .extend(number("minimum").map(|text| (text, flag("exclusiveMinimum"))));
        self.high
            .extend(number("maximum").map(|text| (text, flag("exclusiveMaximum"))));
        self.low
            .extend(number("exclusiveMinimum").map(|text| (text, true)));
        self.high
            .extend(number("exclusiveMaximum").map(|text| (text, true)));
        self.multiples.extend(number("multipleOf"));
        self.multiples.extend(number("divisibleBy"));
        let text = |name: &str| schema.get(name).and_then(Value::as_str);
        self.patterns.extend(text("pattern"));
        self.formats.extend(text("format"));
        self.min_length = self.min_length.max(count(schema, "minLength").unwrap_or(0));
        self.max_length = self
            .max_length
            .min(count(schema, "maxLength").unwrap_or(usize::MAX));
        self.min_items = self.min_items.max(count(schema, "minItems").unwrap_or(0));
        self.max_items = self
            .max_items
            .min(count(schema, "maxItems").unwrap_or(usize::MAX));
        self.min_members = self.min_members.max(count(schema, "minProperties").unwrap_or(0));
        self.max_members = self
            .max_members
            .min(count(schema, "maxProperties").unwrap_or(usize::MAX));
        self.unique |= flag("uniqueItems");
        self.hard |= ["contentEncoding", "contentMediaType"]
            .iter()
            .any(|keyword| schema.contains_key(*keyword));
    }

    fn about_members(
        &mut self,
        run: &mut Run<'s, '_>,
        part: &Part<'s>,
        schema: &'s Map<String, Value>,
        open: &mut Vec<Part<'s>>,
    ) {
        self.required.extend(strings(schema.get("required")));
        let rule = MemberRule {
            properties: part.child("properties"),
            patterns: part.child("patternProperties"),
            additional: part.child("additionalProperties"),
        };
        if rule.properties.is_some() || rule.patterns.is_some() || rule.additional.is_some() {
            self.members.push(rule);
        }
        self.names.extend(part.child("propertyNames"));
        if let Some(unevaluated) = part.child("unevaluatedProperties") {
            self.hard = true;
            self.unevaluated_members = Some(unevaluated);
        }
        for keyword in ["dependentRequired", "dependentSchemas", "dependencies"] {
            let Some(list) = part.child(keyword) else {
                continue;
            };
            self.hard = true;
            for name in list.schema.as_object().into_iter().flat_map(Map::keys) {
                let present =
                    self.required.contains(name) || (!self.absent.contains(name) && run.choices.once_in(2));
                if !present {
                    self.absent.insert(name.clone());
                    continue;
                }
                self.required.insert(name.clone());
                match list.child(name) {
                    Some(names) if names.schema.is_array() => {
                        self.required.extend(strings(Some(names.schema)));
                    }
                    Some(schema) => open.push(schema),
                    None => {}
                }
            }
        }
    }

    fn about_items(&mut self, run: &Run<'s, '_>, part: &Part<'s>, schema: &'s Map<String, Value>) {
        let items = part.child("items");
        let listed = items.as_ref().filter(|items| items.schema.is_array());
        let (prefix, rest) = match (listed, part.child("prefixItems")) {
            (Some(items), _) => (items.items(), part.child("additionalItems")),
            (None, Some(prefix)) => (prefix.items(), items),
            (None, None) => (Vec::new(), items),
        };
        if !prefix.is_empty() || rest.is_some() {
            self.items.push(ItemRule { prefix, rest });
        }
        if let Some(contains) = part.child("contains") {
            self.hard = true;
            let least = count(schema, "minContains").filter(|_| !run.engine.schema.reference_alone);
            self.contains.push((contains, least.unwrap_or(1)));
        }
        if let Some(unevaluated) = part.child("unevaluatedItems") {
            self.hard = true;
            self.unevaluated_items = Some(unevaluated);
        }
    }

    /// The simple cases of `not`; the rest is for the validator.
    fn not(&mut self, schema: &Value) {
        self.hard = true;
        let Some(members) = schema.as_object().filter(|members| members.len() == 1) else {
            return;
        };
        if let Some(name) = members.get("type").and_then(Value::as_str) {
            self.types &= !bits(name);
        }
        let names: Vec<String> = strings(members.get("required")).collect();
        if let [name] = names.as_slice() {
            self.absent.insert(name.clone());
        }
    }

    /// Without a `type`, the keywords say what is meant; anything else would satisfy them by not being spoken of.
    fn narrow_types(&mut self) {
        if self.types != types::ALL || self.values.is_some() {
            return;
        }
        let mut meant = 0;
        let objects = !self.members.is_empty()
            || !self.required.is_empty()
            || !self.names.is_empty()
            || self.min_members > 0
            || self.max_members < usize::MAX
            || self.unevaluated_members.is_some();
        let arrays = !self.items.is_empty()
            || self.min_items > 0
            || self.max_items < usize::MAX
            || self.unique
            || !self.contains.is_empty()
            || self.unevaluated_items.is_some();
        let numbers = !self.low.is_empty() || !self.high.is_empty() || !self.multiples.is_empty();
        let strings = self.min_length > 0
            || self.max_length < usize::MAX
            || !self.patterns.is_empty()
            || !self.formats.is_empty();
        for (is_meant, kind) in [
            (objects, types::OBJECT),
            (arrays, types::ARRAY),
            (numbers, types::INTEGER | types::FRACTION),
            (strings, types::STRING),
        ] {
            meant |= if is_meant { kind } else { 0 };
        }
        if meant != 0 {
            self.types = meant;
        }
    }
}

/// Drops the branches that stand for what a version does not list: any string beside a list, any other tag.
fn without_unlisted(branches: &mut Vec<Part<'_>>) {
    let any_string = |branch: &Part<'_>| {
        branch.schema.as_object().is_some_and(|members| {
            members.len() == 1 && members.get("type").and_then(Value::as_str) == Some("string")
        })
    };
    let lists = branches.iter().any(|branch| branch.schema.get("enum").is_some());
    if lists {
        branches.retain(|branch| !any_string(branch));
    }
    let any_tag = |branch: &Part<'_>| {
        let properties = branch.schema.get("properties").and_then(Value::as_object);
        properties.is_some_and(|properties| {
            properties.len() == 1 && properties.values().all(|tag| tag.pointer("/not/enum").is_some())
        })
    };
    if branches.len() > 1 && branches.last().is_some_and(any_tag) {
        branches.pop();
    }
}

fn bits(name: &str) -> u8 {
    match name {
        "null" => types::NULL,
        "boolean" => types::BOOLEAN,
        "integer" => types::INTEGER,
        "number" => types::INTEGER | types::FRACTION,
        "string" => types::STRING,
        "array" => types::ARRAY,
        "object" => types::OBJECT,
        _ => 0,
    }
}

/// The type of a value, as bit; `1.0` is an integer.
pub(super) fn bit_of(value: &Value) -> u8 {
    match value {
        Value::Null => types::NULL,
        Value::Bool(_) => types::BOOLEAN,
        Value::Number(number) => match crate::Decimal::parse(&number.to_string()) {
            Some(decimal) if decimal.is_integer() => types::INTEGER,
            _ => types::FRACTION,
        },
        Value::String(_) => types::STRING,
        Value::Array(_) => types::ARRAY,
        Value::Object(_) => types::OBJECT,
    }
}

fn count(schema: &Map<String, Value>, name: &str) -> Option<usize> {
    let value = schema.get(name)?;
    let whole = value
        .as_u64()
        .or_else(|| crate::Decimal::parse(&value.to_string())?.to_u64())?;
    usize::try_from(whole).ok()
}

fn strings(list: Option<&Value>) -> impl Iterator<Item = String> {
    let items = list.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned)
}
