//! Random schemas over all keywords of each draft.

use compat::Draft;
use serde_json::{Map, Value, json};

use super::documents::{document, scalar};
use super::random::Random;

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
    pub definitions: bool,
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
