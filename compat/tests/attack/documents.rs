//! Random documents, from the same small universe as the random schemas.

use serde_json::{Map, Value, json};

use super::random::Random;

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
