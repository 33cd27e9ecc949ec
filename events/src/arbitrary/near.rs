//! Documents that nearly satisfy a contract: satisfying ones with a few changes, for tests of what refuses them.

use serde_json::{Map, Value};

use super::{Choices, Documents, Generator};

/// JSON texts that stand in a value's place: the edges of every type.
const ODD: &[&str] = &[
    "null",
    "true",
    "0",
    "-1",
    "1",
    "1.0",
    "1.5",
    "-0",
    "1e2",
    "1e400",
    "9007199254740993",
    "18446744073709551616",
    "123456789012345678901234567890",
    "\"\"",
    "\"x\"",
    "\"\\u0000\"",
    "\"2026-02-30T00:00:00Z\"",
    "\"2026-02-28T23:59:60Z\"",
    "[]",
    "[null]",
    "{}",
    "{\"a\":{}}",
];

impl Generator {
    /// A document with one to three changes to it. It may still satisfy the contract.
    pub fn near(&self, documents: Documents, choices: &mut dyn Choices) -> Option<Value> {
        let mut document = self.document(documents, choices)?;
        for _ in 0..=choices.below(3) {
            change(&mut document, choices, 0);
        }
        Some(document)
    }
}

fn change(value: &mut Value, choices: &mut dyn Choices, depth: usize) {
    let deeper = depth < 32 && !choices.once_in(4);
    match value {
        Value::Object(members) if deeper && !members.is_empty() => {
            let at = choices.index(members.len());
            let name = members.keys().nth(at).cloned().unwrap_or_default();
            match choices.below(8) {
                0 => {
                    members.remove(&name);
                }
                1 => {
                    let moved = members.remove(&name).unwrap_or_default();
                    members.insert(format!("{name}2"), moved);
                }
                2 => {
                    members.insert("extra".to_owned(), odd(choices));
                }
                _ => {
                    if let Some(member) = members.get_mut(&name) {
                        change(member, choices, depth + 1);
                    }
                }
            }
        }
        Value::Array(items) if deeper && !items.is_empty() => {
            let at = choices.index(items.len());
            match choices.below(6) {
                0 => {
                    items.remove(at);
                }
                1 => {
                    let twice = items[at].clone();
                    items.push(twice);
                }
                2 => items.push(odd(choices)),
                3 => {
                    let all = items.clone();
                    while items.len() < 120 {
                        items.extend(all.iter().cloned());
                    }
                }
                _ => change(&mut items[at], choices, depth + 1),
            }
        }
        Value::String(text) if deeper => *text = changed(text, choices),
        Value::Number(number) if deeper => {
            let text = match choices.below(5) {
                0 => format!("-{number}"),
                1 => format!("{number}0"),
                2 => format!("{number}.0"),
                3 => format!("{number}.5"),
                _ => format!("{number}e3"),
            };
            if let Ok(other) = serde_json::from_str(&text) {
                *value = other;
            }
        }
        _ => *value = odd(choices),
    }
}

fn odd(choices: &mut dyn Choices) -> Value {
    let text = ODD[choices.index(ODD.len())];
    serde_json::from_str(text).unwrap_or_else(|_| Value::Object(Map::new()))
}

fn changed(text: &str, choices: &mut dyn Choices) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    let at = choices.index(letters.len().max(1));
    match choices.below(6) {
        0 => letters.truncate(at),
        1 => letters.insert(at.min(letters.len()), 'ß'),
        2 => letters.extend(std::iter::repeat_n('a', 64)),
        3 if at < letters.len() => {
            letters.remove(at);
        }
        4 if at < letters.len() => letters[at] = '-',
        _ => return text.to_uppercase(),
    }
    letters.into_iter().collect()
}
