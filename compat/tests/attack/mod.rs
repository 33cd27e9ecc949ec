//! Random schemas, random edits of them, and random documents from the same small universe, so that they meet.

#![allow(
    unreachable_pub,
    clippy::too_many_lines,
    clippy::range_plus_one,
    clippy::explicit_auto_deref,
    reason = "shared by a test and an example; one arm for each keyword and kind of edit"
)]
#![allow(
    dead_code,
    reason = "shared by a test, a benchmark and a fuzz target, none of which uses all of it"
)]

use compat::Draft;
use serde_json::{Map, Value, json};

/// A small generator with a seed (xorshift64*): the same seed gives the same schemas on every machine.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        let mut random = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        random.next();
        random.next();
        random
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap_or(0) % limit.max(1)
    }

    /// Once in `of` times.
    pub fn once_in(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }

    pub fn pick<'s, T>(&mut self, from: &'s [T]) -> &'s T {
        &from[self.below(from.len())]
    }
}

const NAMES: [&str; 5] = ["a", "b", "c", "ab", "x"];
const PATTERNS: [&str; 12] = [
    "^a",
    "b",
    "^[a-c]$",
    "^x",
    "c$",
    "^a+$",
    "^(ab)*$",
    r"^\d+$",
    "^.{2}$",
    "",
    "^(?!a)",
    r"^\w{1,3}$",
];
const TYPES: [&str; 7] = [
    "null", "boolean", "integer", "number", "string", "array", "object",
];
const FORMATS: [&str; 6] = ["date", "ipv4", "uuid", "uri", "email", "nonsense"];

/// Schemas of one draft.
pub struct Schemas<'r> {
    pub random: &'r mut Random,
    pub draft: Draft,
    /// Whether `#/$defs/A` and `#/$defs/B` exist.
    definitions: bool,
}

pub fn scalar(random: &mut Random) -> Value {
    match random.below(12) {
        0 => Value::Null,
        1 => Value::Bool(random.once_in(2)),
        2..=4 => json!(i64::try_from(random.below(7)).unwrap_or(0) - 2),
        5 => serde_json::from_str(*random.pick(&[
            "0.5",
            "1.0",
            "2.50",
            "1e1",
            "-1.5",
            "9007199254740993",
            "3.0",
        ]))
        .unwrap_or(Value::Null),
        6..=9 => json!(*random.pick(&["", "a", "b", "ab", "abc", "x", "aa", "1", "12", "é", "abab", "c"])),
        10 => json!(*random.pick(&[
            "2024-01-01",
            "192.0.2.1",
            "https://example.com",
            "a@b.co",
            "123e4567-e89b-12d3-a456-426614174000"
        ])),
        _ => json!(*random.pick(&[10, 4, 6, 12])),
    }
}

pub fn document(random: &mut Random, depth: usize) -> Value {
    match random.below(if depth == 0 { 4 } else { 10 }) {
        0..=3 => scalar(random),
        4..=6 => {
            let length = random.below(4);
            let same = random.once_in(4).then(|| document(random, depth - 1));
            Value::Array(
                (0..length)
                    .map(|_| same.clone().unwrap_or_else(|| document(random, depth - 1)))
                    .collect(),
            )
        }
        _ => {
            let mut members = Map::new();
            for _ in 0..random.below(4) {
                let name = *random.pick(&["a", "b", "c", "ab", "x", "y", "aaa", "1"]);
                members.insert(name.to_owned(), document(random, depth - 1));
            }
            Value::Object(members)
        }
    }
}

impl<'r> Schemas<'r> {
    pub fn root(random: &'r mut Random, draft: Draft) -> Value {
        let definitions = random.once_in(3);
        let mut schemas = Self {
            random,
            draft,
            definitions,
        };
        let mut root = schemas.schema(3);
        if definitions {
            let key = if draft >= Draft::V201909 {
                "$defs"
            } else {
                "definitions"
            };
            let (a, b) = (schemas.object(2), schemas.object(2));
            if let Value::Object(members) = &mut root {
                members.insert(key.to_owned(), json!({ "A": a, "B": b }));
            }
        }
        root
    }

    fn reference(&mut self) -> Value {
        let key = if self.draft >= Draft::V201909 {
            "$defs"
        } else {
            "definitions"
        };
        let target = match self.random.below(5) {
            0 => "#".to_owned(),
            1 | 2 => format!("#/{key}/A"),
            _ => format!("#/{key}/B"),
        };
        json!({ "$ref": target })
    }

    /// A subschema that applies to a part of the document: the only place for a reference, which then cannot loop.
    fn inner(&mut self, depth: usize) -> Value {
        if self.definitions && self.random.once_in(3) {
            self.reference()
        } else {
            self.schema(depth)
        }
    }

    pub fn schema(&mut self, depth: usize) -> Value {
        if self.draft > Draft::V4 && self.random.once_in(12) {
            return Value::Bool(self.random.once_in(2));
        }
        self.object(depth)
    }

    fn object(&mut self, depth: usize) -> Value {
        let mut members = Map::new();
        for _ in 0..1 + self.random.below(3) {
            self.keyword(&mut members, depth);
        }
        Value::Object(members)
    }

    fn count(&mut self) -> Value {
        json!(self.random.below(4))
    }

    fn list(&mut self, depth: usize) -> Value {
        Value::Array(
            (0..1 + self.random.below(3))
                .map(|_| self.schema(depth))
                .collect(),
        )
    }

    fn inner_list(&mut self, depth: usize) -> Value {
        Value::Array((0..1 + self.random.below(3)).map(|_| self.inner(depth)).collect())
    }

    fn map(&mut self, names: &[&str], depth: usize) -> Value {
        let mut members = Map::new();
        for _ in 0..1 + self.random.below(3) {
            let name = (*self.random.pick(names)).to_owned();
            let schema = self.inner(depth);
            members.insert(name, schema);
        }
        Value::Object(members)
    }

    fn names(&mut self) -> Value {
        let mut names: Vec<&str> = (0..1 + self.random.below(2))
            .map(|_| *self.random.pick(&NAMES))
            .collect();
        names.sort_unstable();
        names.dedup();
        json!(names)
    }

    /// Adds one keyword, or a few that belong together.
    pub fn keyword(&mut self, members: &mut Map<String, Value>, depth: usize) {
        let leaf = depth == 0;
        let (name, value) = match self.random.below(if leaf { 16 } else { 40 }) {
            0..=2 => {
                let one = json!(self.random.pick(&TYPES));
                let value = if self.random.once_in(3) {
                    let other = json!(self.random.pick(&TYPES));
                    if other == one { one } else { json!([one, other]) }
                } else {
                    one
                };
                ("type", value)
            }
            3 => {
                let mut values: Vec<Value> = Vec::new();
                for _ in 0..1 + self.random.below(4) {
                    let value = if self.random.once_in(4) {
                        document(self.random, 2)
                    } else {
                        scalar(self.random)
                    };
                    if !values.contains(&value) {
                        values.push(value);
                    }
                }
                ("enum", Value::Array(values))
            }
            4 if self.draft > Draft::V4 => {
                let value = if self.random.once_in(3) {
                    document(self.random, 2)
                } else {
                    scalar(self.random)
                };
                ("const", value)
            }
            5 => ("minimum", self.number()),
            6 => ("maximum", self.number()),
            7 if self.draft > Draft::V4 => (
                *self.random.pick(&["exclusiveMinimum", "exclusiveMaximum"]),
                self.number(),
            ),
            7 => {
                members.insert("minimum".to_owned(), self.number());
                ("exclusiveMinimum", json!(true))
            }
            8 => {
                let text = *self.random.pick(&["1", "2", "3", "0.5", "1.5", "0.1", "4"]);
                ("multipleOf", serde_json::from_str(text).unwrap_or(Value::Null))
            }
            9 => ("minLength", self.count()),
            10 => ("maxLength", self.count()),
            11 => ("pattern", json!(self.random.pick(&PATTERNS))),
            12 => ("format", json!(self.random.pick(&FORMATS))),
            13 => ("minItems", self.count()),
            14 => ("maxItems", self.count()),
            15 => ("uniqueItems", json!(true)),
            16 => ("minProperties", self.count()),
            17 => ("maxProperties", self.count()),
            18 | 19 => ("required", self.names()),
            20..=22 => ("properties", self.map(&NAMES, depth - 1)),
            23 => ("patternProperties", self.map(&PATTERNS, depth - 1)),
            24 | 25 => {
                if !self.random.once_in(4) {
                    members.insert("properties".to_owned(), self.map(&NAMES, depth - 1));
                }
                let value = if self.random.once_in(2) {
                    json!(false)
                } else {
                    self.inner(depth - 1)
                };
                ("additionalProperties", value)
            }
            26 if self.draft > Draft::V4 => ("propertyNames", self.schema(depth - 1)),
            27 if self.draft >= Draft::V202012 => ("prefixItems", self.inner_list(depth - 1)),
            27 => ("items", self.inner_list(depth - 1)),
            28 => ("items", self.inner(depth - 1)),
            29 if self.draft > Draft::V4 => {
                if self.draft >= Draft::V201909 && self.random.once_in(2) {
                    members.insert("minContains".to_owned(), self.count());
                }
                if self.draft >= Draft::V201909 && self.random.once_in(2) {
                    members.insert("maxContains".to_owned(), self.count());
                }
                ("contains", self.inner(depth - 1))
            }
            30 => ("allOf", self.list(depth - 1)),
            31 | 32 => ("anyOf", self.list(depth - 1)),
            33 | 34 => ("oneOf", self.list(depth - 1)),
            35 => ("not", self.schema(depth - 1)),
            36 if self.draft >= Draft::V7 => {
                members.insert("then".to_owned(), self.schema(depth - 1));
                if self.random.once_in(2) {
                    members.insert("else".to_owned(), self.schema(depth - 1));
                }
                ("if", self.schema(depth - 1))
            }
            37 if self.draft >= Draft::V201909 => {
                let key = (*self.random.pick(&NAMES)).to_owned();
                if self.random.once_in(2) {
                    let names = self.names();
                    (
                        "dependentRequired",
                        Value::Object([(key, names)].into_iter().collect()),
                    )
                } else {
                    let schema = self.schema(depth - 1);
                    (
                        "dependentSchemas",
                        Value::Object([(key, schema)].into_iter().collect()),
                    )
                }
            }
            37 => {
                let key = (*self.random.pick(&NAMES)).to_owned();
                let value = if self.random.once_in(2) {
                    self.names()
                } else {
                    self.object(depth - 1)
                };
                (
                    "dependencies",
                    Value::Object([(key, value)].into_iter().collect()),
                )
            }
            38 if self.draft >= Draft::V201909 => {
                let value = if self.random.once_in(2) {
                    json!(false)
                } else {
                    self.inner(depth - 1)
                };
                ("unevaluatedProperties", value)
            }
            39 if self.draft >= Draft::V202012 => {
                let value = if self.random.once_in(2) {
                    json!(false)
                } else {
                    self.inner(depth - 1)
                };
                ("unevaluatedItems", value)
            }
            _ => ("description", json!("nothing")),
        };
        members.insert(name.to_owned(), value);
    }

    fn number(&mut self) -> Value {
        let text = *self
            .random
            .pick(&["-1", "0", "1", "2", "3", "5", "0.5", "1.5", "10", "2.0"]);
        serde_json::from_str(text).unwrap_or(Value::Null)
    }
}

/// The schema with something changed somewhere.
pub fn edited(random: &mut Random, draft: Draft, schema: &Value) -> Value {
    let mut pointers = Vec::new();
    collect(schema, String::new(), &mut pointers, true);
    let mut edited = schema.clone();
    for _ in 0..1 + random.below(2) {
        let pointer = random.pick(&pointers).clone();
        let Some(target) = edited.pointer_mut(&pointer) else {
            continue;
        };
        let mut schemas = Schemas {
            random: &mut *random,
            draft,
            definitions: false,
        };
        match schemas.random.below(10) {
            0 if !pointer.is_empty() => *target = schemas.schema(2),
            1 if !pointer.is_empty() => {
                let kept = target.take();
                *target = match schemas.random.below(5) {
                    0 => json!({ "allOf": [kept] }),
                    1 => json!({ "anyOf": [kept, schemas.schema(1)] }),
                    2 => json!({ "oneOf": [kept, schemas.schema(1)] }),
                    3 => json!({ "not": { "not": kept } }),
                    _ => json!({ "allOf": [kept, schemas.schema(1)] }),
                };
            }
            2..=4 => {
                if let Value::Object(members) = target {
                    let names: Vec<String> = members.keys().cloned().collect();
                    if !names.is_empty() {
                        members.remove(schemas.random.pick(&names));
                    }
                }
            }
            _ => {
                if let Value::Object(members) = target {
                    schemas.keyword(members, 2);
                }
            }
        }
    }
    edited
}

/// The pointers of the schemas inside a schema.
fn collect(value: &Value, pointer: String, pointers: &mut Vec<String>, is_schema: bool) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let inside = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
                match name.as_str() {
                    _ if !is_schema => collect(member, inside, pointers, true),
                    "properties" | "patternProperties" | "dependentSchemas" | "$defs" | "definitions" => {
                        collect(member, inside, pointers, false);
                    }
                    "allOf" | "anyOf" | "oneOf" | "prefixItems" => {
                        for (index, item) in member.as_array().into_iter().flatten().enumerate() {
                            collect(item, format!("{inside}/{index}"), pointers, true);
                        }
                    }
                    "items" if member.is_array() => {
                        for (index, item) in member.as_array().into_iter().flatten().enumerate() {
                            collect(item, format!("{inside}/{index}"), pointers, true);
                        }
                    }
                    "items"
                    | "not"
                    | "if"
                    | "then"
                    | "else"
                    | "contains"
                    | "propertyNames"
                    | "additionalProperties"
                    | "unevaluatedProperties"
                    | "unevaluatedItems" => {
                        collect(member, inside, pointers, true);
                    }
                    _ => {}
                }
            }
            if is_schema {
                pointers.push(pointer);
            }
        }
        _ if is_schema => pointers.push(pointer),
        _ => {}
    }
}

/// Smaller pairs that still have the property: members and items are left out while it holds.
pub fn shrunk(pair: (Value, Value), holds: impl Fn(&Value, &Value) -> bool) -> (Value, Value) {
    let (mut left, mut right) = pair;
    loop {
        let smaller_left = smaller(&left)
            .into_iter()
            .find(|candidate| holds(candidate, &right));
        if let Some(candidate) = smaller_left {
            left = candidate;
            continue;
        }
        let smaller_right = smaller(&right)
            .into_iter()
            .find(|candidate| holds(&left, candidate));
        match smaller_right {
            Some(candidate) => right = candidate,
            None => return (left, right),
        }
    }
}

fn smaller(value: &Value) -> Vec<Value> {
    let mut candidates = Vec::new();
    match value {
        Value::Object(members) => {
            for name in members.keys() {
                let mut fewer = members.clone();
                fewer.remove(name);
                candidates.push(Value::Object(fewer));
            }
            for (name, member) in members {
                if member.is_object() {
                    candidates.push(member.clone());
                }
                for inside in smaller(member) {
                    let mut changed = members.clone();
                    changed.insert(name.clone(), inside);
                    candidates.push(Value::Object(changed));
                }
            }
        }
        Value::Array(items) => {
            for index in 0..items.len() {
                let mut fewer = items.clone();
                fewer.remove(index);
                candidates.push(Value::Array(fewer));
                for inside in smaller(&items[index]) {
                    let mut changed = items.clone();
                    changed[index] = inside;
                    candidates.push(Value::Array(changed));
                }
            }
        }
        _ => {}
    }
    candidates
}
