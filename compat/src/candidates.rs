//! Documents worth trying where the prover does not know: the values that the schemas themselves name, and small
//! changes of them. Only ever a way to refute; nothing is concluded from their failing.

use serde_json::{Map, Value, json};

use crate::budget::Budget;

/// Documents that are tried at most.
const LIMIT: usize = 3_000;

/// Candidates from both schemas and from documents that are known to be near.
pub(crate) fn candidates(schemas: [&Value; 2], near: &[Value], budget: &Budget) -> Vec<Value> {
    let mut found = Found {
        values: Vec::new(),
        names: Vec::new(),
    };
    for schema in schemas {
        found.collect(schema, budget);
    }
    let mut seeds: Vec<Value> = near.to_vec();
    seeds.append(&mut found.values);
    seeds.extend([
        Value::Null,
        json!(true),
        json!(false),
        json!(0),
        json!(1),
        json!(-1),
        json!(0.5),
        json!(""),
        json!("x"),
        json!([]),
        json!([null]),
        json!({}),
    ]);
    let mut all = Vec::new();
    for seed in &seeds {
        if all.len() >= LIMIT || budget.look().is_err() {
            break;
        }
        all.push(seed.clone());
        changes(seed, &found.names, &mut all);
    }
    // One member of each name, with each plain value.
    for name in found.names.iter().take(40) {
        for value in [
            Value::Null,
            json!(true),
            json!(1),
            json!("x"),
            json!([]),
            json!({}),
        ] {
            all.push(Value::Object(
                [(name.clone(), value)].into_iter().collect::<Map<_, _>>(),
            ));
        }
    }
    all.truncate(LIMIT);
    all
}

struct Found {
    values: Vec<Value>,
    names: Vec<String>,
}

impl Found {
    fn collect(&mut self, schema: &Value, budget: &Budget) {
        let mut stack = vec![schema];
        while let Some(value) = stack.pop() {
            if budget.step().is_err() || self.values.len() > LIMIT {
                return;
            }
            match value {
                Value::Array(items) => stack.extend(items),
                Value::Object(members) => {
                    for (keyword, member) in members {
                        match (keyword.as_str(), member) {
                            ("enum" | "examples", Value::Array(values)) => {
                                self.values.extend(values.iter().take(50).cloned());
                            }
                            ("const" | "default" | "example", value) => self.values.push(value.clone()),
                            (
                                "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum"
                                | "multipleOf",
                                bound,
                            ) => {
                                self.values.push(bound.clone());
                            }
                            ("properties", Value::Object(properties)) => {
                                self.names.extend(properties.keys().take(50).cloned());
                            }
                            _ => {}
                        }
                        stack.push(member);
                    }
                }
                _ => {}
            }
        }
    }
}

/// The document with one member or item left out, replaced or added.
fn changes(document: &Value, names: &[String], into: &mut Vec<Value>) {
    let plain = [
        Value::Null,
        json!(true),
        json!(1),
        json!("x"),
        json!([]),
        json!({}),
    ];
    match document {
        Value::Object(members) => {
            for name in members.keys() {
                let mut fewer = members.clone();
                fewer.remove(name);
                into.push(Value::Object(fewer));
                for value in &plain {
                    let mut changed = members.clone();
                    changed.insert(name.clone(), value.clone());
                    into.push(Value::Object(changed));
                }
            }
            for name in names.iter().map(String::as_str).take(20).chain(["extra"]) {
                if members.contains_key(name) {
                    continue;
                }
                for value in &plain {
                    let mut more = members.clone();
                    more.insert(name.to_owned(), value.clone());
                    into.push(Value::Object(more));
                }
            }
        }
        Value::Array(items) => {
            for index in 0..items.len().min(8) {
                let mut fewer = items.clone();
                fewer.remove(index);
                into.push(Value::Array(fewer));
            }
            for value in plain.iter().chain(items.first()) {
                let mut more = items.clone();
                more.push(value.clone());
                into.push(Value::Array(more));
            }
        }
        _ => into.push(Value::Array(vec![document.clone()])),
    }
}
