//! Smaller pairs of schemas that still show the same.

use serde_json::Value;

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
