//! How much work a validator that remembers nothing may have with a schema: references that are followed again and
//! again multiply. Such schemas are kept from validators that cannot be stopped.

use std::collections::HashMap;

use serde_json::{Map, Value};

/// Subschemas that apply to one and the same value beyond which a schema is too costly.
const LIMIT: u64 = 200_000;
/// References below which nothing can multiply that far.
const FEW: usize = 24;

/// Whether validating one value may take very many steps.
pub(crate) fn is_too_costly(root: &Value) -> bool {
    if references(root) < FEW {
        return false;
    }
    let mut costs = Costs {
        root,
        known: HashMap::new(),
        most: 0,
    };
    costs.all();
    costs.most > LIMIT
}

fn references(root: &Value) -> usize {
    let mut count = 0;
    let mut stack = vec![root];
    while let Some(value) = stack.pop() {
        match value {
            Value::Array(items) => stack.extend(items),
            Value::Object(members) => {
                count += usize::from(members.contains_key("$ref"));
                stack.extend(members.values());
            }
            _ => {}
        }
    }
    count
}

struct Costs<'a> {
    root: &'a Value,
    /// By address; `None` while it is being counted.
    known: HashMap<usize, Option<u64>>,
    most: u64,
}

/// What is left to do for one schema: its parts that apply to the same value.
struct Frame<'a> {
    address: usize,
    parts: Vec<&'a Value>,
    cost: u64,
}

impl<'a> Costs<'a> {
    /// Counts every object of the document as if it were a schema; those that are none are cheap.
    fn all(&mut self) {
        let mut stack = vec![self.root];
        while let Some(value) = stack.pop() {
            match value {
                Value::Array(items) => stack.extend(items),
                Value::Object(members) => {
                    self.count(value);
                    stack.extend(members.values());
                }
                _ => {}
            }
        }
    }

    fn count(&mut self, schema: &'a Value) {
        let mut frames: Vec<Frame<'a>> = Vec::new();
        let mut next = Some(schema);
        loop {
            if let Some(value) = next.take()
                && let Value::Object(members) = value
            {
                let address = std::ptr::from_ref(value) as usize;
                if let Some(cost) = self.known.get(&address) {
                    // A loop, which must pass through a part of the value, costs nothing more here.
                    if let Some(parent) = frames.last_mut() {
                        parent.cost = parent.cost.saturating_add(cost.unwrap_or(0));
                    }
                } else {
                    self.known.insert(address, None);
                    frames.push(Frame {
                        address,
                        parts: self.in_place(members),
                        cost: 1,
                    });
                }
            }
            let Some(frame) = frames.last_mut() else { return };
            if let Some(part) = frame.parts.pop() {
                next = Some(part);
                continue;
            }
            let (address, cost) = (frame.address, frame.cost);
            frames.pop();
            self.known.insert(address, Some(cost));
            self.most = self.most.max(cost);
            if let Some(parent) = frames.last_mut() {
                parent.cost = parent.cost.saturating_add(cost);
            }
        }
    }

    fn in_place(&self, members: &'a Map<String, Value>) -> Vec<&'a Value> {
        let mut parts = Vec::new();
        for (keyword, member) in members {
            match (keyword.as_str(), member) {
                ("allOf" | "anyOf" | "oneOf", Value::Array(schemas)) => parts.extend(schemas),
                ("not" | "if" | "then" | "else", schema) => parts.push(schema),
                ("dependentSchemas" | "dependencies", Value::Object(schemas)) => {
                    parts.extend(schemas.values());
                }
                ("$ref", Value::String(reference)) => {
                    parts.extend(
                        reference
                            .strip_prefix('#')
                            .and_then(|pointer| self.root.pointer(pointer)),
                    );
                }
                _ => {}
            }
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn chain(copies: usize) -> Value {
        let mut definitions = Map::new();
        for index in 0..40 {
            let next = json!({ "$ref": format!("#/$defs/d{}", index + 1) });
            definitions.insert(format!("d{index}"), json!({ "allOf": vec![next; copies] }));
        }
        definitions.insert("d40".to_owned(), json!({}));
        json!({ "$defs": definitions, "$ref": "#/$defs/d0" })
    }

    #[test]
    fn what_multiplies_is_told_from_what_adds_up() {
        assert!(is_too_costly(&chain(2)));
        assert!(!is_too_costly(&chain(1)));
        assert!(!is_too_costly(&json!({ "properties": { "a": { "$ref": "#" } } })));
    }
}
