//! Makes a witness small and readable: no member and no item that is not needed, words instead of control characters,
//! short numbers.
//!
//! Every step is confirmed by whoever confirmed the witness; nothing here knows schemas. How much is tried depends on
//! the document alone, so the result is the same on every machine unless time runs out.

use serde_json::{Map, Value, json};

/// Documents that are tried at most.
const TRIES: usize = 400;
/// Values in all tried documents together.
const WORK: usize = 40_000;
/// Rounds over the whole document.
const ROUNDS: usize = 3;
/// The longest text that is left alone.
const LONG: usize = 40;
/// The longest number that is left alone.
const LONG_NUMBER: usize = 4;
/// Words tried for a text or a name that cannot be read.
const WORDS: [&str; 6] = ["x", "a", "A", "1", "other", "2024-01-01"];

/// A smaller document for which `confirm` still holds; the document itself if there is none.
pub(crate) fn shrunk(document: &Value, confirm: &mut dyn FnMut(&Value) -> bool) -> Value {
    let mut shrinking = Shrinking {
        document: document.clone(),
        tries: TRIES,
        work: WORK,
        size: size(document),
        confirm,
    };
    for _ in 0..ROUNDS {
        if !shrinking.value(&mut Vec::new()) {
            break;
        }
    }
    shrinking.document
}

/// Tried for an identifier that is made of one letter.
const IDENTIFIERS: [&str; 3] = [
    "123e4567-e89b-12d3-a456-426614174000",
    "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d",
    "01890a5d-ac96-774b-bcce-b302099a8057",
];

/// One step into a document.
#[derive(Clone)]
enum Step {
    Member(String),
    Item(usize),
}

struct Shrinking<'c> {
    /// The smallest confirmed so far.
    document: Value,
    tries: usize,
    work: usize,
    /// Of the document.
    size: usize,
    confirm: &'c mut dyn FnMut(&Value) -> bool,
}

fn size(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Object(members) => 1 + members.values().map(size).sum::<usize>(),
        _ => 1,
    }
}

fn at<'v>(document: &'v mut Value, path: &[Step]) -> Option<&'v mut Value> {
    path.iter().try_fold(document, |value, step| match (value, step) {
        (Value::Object(members), Step::Member(name)) => members.get_mut(name),
        (Value::Array(items), Step::Item(index)) => items.get_mut(*index),
        _ => None,
    })
}

impl Shrinking<'_> {
    /// Keeps `value` at `path` if the document is still confirmed with it.
    fn try_value(&mut self, path: &[Step], value: Value) -> bool {
        if self.tries == 0 || self.work < self.size {
            return false;
        }
        let mut candidate = self.document.clone();
        let Some(place) = at(&mut candidate, path) else {
            return false;
        };
        if *place == value {
            return false;
        }
        *place = value;
        self.tries -= 1;
        self.work -= self.size;
        let confirmed = (self.confirm)(&candidate);
        if confirmed {
            self.document = candidate;
            self.size = size(&self.document);
        }
        confirmed
    }

    fn first_of(&mut self, path: &[Step], candidates: impl IntoIterator<Item = Value>) -> bool {
        candidates
            .into_iter()
            .any(|candidate| self.try_value(path, candidate))
    }

    /// Shrinks what stands at `path`; whether anything changed.
    fn value(&mut self, path: &mut Vec<Step>) -> bool {
        let mut document = std::mem::take(&mut self.document);
        let current = at(&mut document, path).map(|value| value.clone());
        self.document = document;
        match current {
            Some(Value::Object(members)) => self.object(path, members),
            Some(Value::Array(items)) => self.array(path, items),
            Some(Value::String(text)) if !is_plausible(&text) => {
                self.first_of(path, readable(&text).into_iter().map(Value::String))
            }
            Some(Value::Number(number)) if number.to_string().len() > LONG_NUMBER => {
                let candidates = shorter(&number.to_string());
                self.first_of(path, candidates)
            }
            _ => false,
        }
    }

    fn object(&mut self, path: &mut Vec<Step>, mut members: Map<String, Value>) -> bool {
        let mut changed = false;
        let mut chunk = members.len();
        while chunk > 0 {
            let names: Vec<String> = members.keys().cloned().collect();
            for names in names.chunks(chunk) {
                let mut fewer = members.clone();
                for name in names {
                    fewer.remove(name);
                }
                if self.try_value(path, Value::Object(fewer.clone())) {
                    members = fewer;
                    changed = true;
                }
            }
            chunk /= 2;
        }
        for name in members.keys().cloned().collect::<Vec<_>>() {
            let name = if is_plausible(&name) {
                name
            } else {
                let better = readable(&name)
                    .into_iter()
                    .filter(|better| !members.contains_key(better))
                    .find(|better| {
                        let mut renamed = members.clone();
                        let member = renamed.remove(&name).unwrap_or_default();
                        renamed.insert(better.clone(), member);
                        self.try_value(path, Value::Object(renamed))
                    });
                match better {
                    Some(better) => {
                        let member = members.remove(&name).unwrap_or_default();
                        members.insert(better.clone(), member);
                        changed = true;
                        better
                    }
                    None => name,
                }
            };
            let is_composite = members
                .get(&name)
                .is_some_and(|member| member.is_object() || member.is_array());
            path.push(Step::Member(name));
            changed |= is_composite && self.first_of(path, [json!("x"), json!(1)]);
            changed |= self.value(path);
            path.pop();
        }
        changed
    }

    fn array(&mut self, path: &mut Vec<Step>, mut items: Vec<Value>) -> bool {
        let mut changed = false;
        let mut chunk = items.len();
        while chunk > 0 {
            // From the end, so that what stays keeps its place.
            let mut end = items.len();
            while end > 0 {
                let start = end.saturating_sub(chunk);
                let mut fewer = items.clone();
                fewer.drain(start..end);
                if self.try_value(path, Value::Array(fewer.clone())) {
                    items = fewer;
                    changed = true;
                }
                end = start;
            }
            chunk /= 2;
        }
        for (index, item) in items.iter().enumerate() {
            path.push(Step::Item(index));
            changed |= (item.is_object() || item.is_array()) && self.first_of(path, [json!("x"), json!(1)]);
            changed |= self.value(path);
            path.pop();
        }
        changed
    }
}

/// Whether a text reads well: short, printable, and there at all.
fn is_plausible(text: &str) -> bool {
    !text.is_empty()
        && text.chars().count() <= LONG
        && text.chars().all(|c| c.is_ascii_graphic() || c == ' ')
        && text.chars().any(|c| !c.is_ascii_punctuation() && c != ' ')
        && !is_monotone(text)
}

/// One letter again and again, as no identifier has it.
fn is_monotone(text: &str) -> bool {
    let mut letters = text.chars().filter(|c| !c.is_ascii_digit() && *c != '-');
    text.contains('-') && text.len() >= 16 && letters.next().is_some_and(|first| letters.all(|c| c == first))
}

/// What might stand in place of a text that does not read well, the best first.
fn readable(text: &str) -> Vec<String> {
    let mut candidates: Vec<String> = WORDS.iter().map(|word| (*word).to_owned()).collect();
    for filler in ['x', 'A', '0', '-'] {
        candidates.push(
            text.chars()
                .map(|c| if c.is_ascii_graphic() { c } else { filler })
                .collect(),
        );
        candidates.push(text.chars().map(|_| filler).collect());
    }
    // Letters of other scripts read better than what cannot be printed.
    candidates.push(
        text.chars()
            .map(|c| if c.is_control() { 'é' } else { c })
            .collect(),
    );
    candidates.extend(IDENTIFIERS.iter().map(|identifier| (*identifier).to_owned()));
    let before = ugliness(text);
    candidates.retain(|candidate| ugliness(candidate) < before);
    candidates
}

fn ugliness(text: &str) -> usize {
    let letters: usize = text
        .chars()
        .map(|c| match c {
            _ if c.is_ascii_alphanumeric() => 1,
            _ if c.is_ascii_graphic() || c == ' ' => 3,
            _ if c.is_alphanumeric() => 5,
            _ => 50,
        })
        .sum();
    match text {
        "" => 2,
        _ if is_monotone(text) => 2 * letters,
        _ => letters,
    }
}

/// Numbers with fewer digits.
fn shorter(number: &str) -> Vec<Value> {
    let mut candidates: Vec<Value> = [0, 1, -1, 2, 10, 100, 1000].map(|value| json!(value)).to_vec();
    candidates.extend([json!(0.5), json!(1.5)]);
    let mut texts = Vec::new();
    if let Some((whole, _)) = number.split_once(['.', 'e', 'E']) {
        texts.push(whole.to_owned());
    }
    let digits = number.trim_start_matches('-').len();
    let sign = &number[..number.len() - digits];
    if number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') && digits > 1 {
        for leading in 1..digits.min(4) {
            let kept = &number[sign.len()..sign.len() + leading];
            texts.push(format!("{sign}{kept}{}", "0".repeat(digits - leading)));
        }
    }
    candidates.extend(texts.iter().filter_map(|text| serde_json::from_str(text).ok()));
    let before = significant(number);
    candidates.retain(|candidate| significant(&candidate.to_string()) < before);
    candidates
}

/// Length and digits that are not trailing zeros.
fn significant(number: &str) -> usize {
    number.len() + number.trim_end_matches('0').len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_needed_goes() {
        let document = json!({"a": {"b": [1, 2, 3], "c": "\u{0}"}, "d": 1, "\n": 123_456});
        let mut confirm = |value: &Value| {
            value["a"]["b"].as_array().is_some_and(|items| items.len() >= 2)
                && value.as_object().is_some_and(|members| members.len() > 1)
        };
        assert_eq!(
            shrunk(&document, &mut confirm),
            json!({"a": {"b": [1, 2]}, "d": 1})
        );
    }

    #[test]
    fn what_cannot_be_read_is_replaced_where_that_is_possible() {
        let keeps_length = |value: &Value| value.as_str().is_some_and(|text| text.chars().count() == 3);
        assert_eq!(
            shrunk(&json!("\u{e000}\u{0}\u{1}"), &mut { keeps_length }),
            json!("xxx")
        );
        let is_null = |value: &Value| *value == json!("\u{0}");
        assert_eq!(shrunk(&json!("\u{0}"), &mut { is_null }), json!("\u{0}"));
        let is_large = |value: &Value| value.as_u64().is_some_and(|number| number > 1_500_000);
        assert_eq!(shrunk(&json!(1_999_999), &mut { is_large }), json!(1_900_000));
        let named = |value: &Value| value.as_object().is_some_and(|members| members.len() == 1);
        assert_eq!(
            shrunk(&json!({"\u{0}": {"a": []}}), &mut { named }),
            json!({"x": "x"})
        );
    }

    #[test]
    fn the_number_of_tries_is_bounded() {
        let mut tries = 0;
        let document = json!((0..5_000).collect::<Vec<_>>());
        shrunk(&document, &mut |_| {
            tries += 1;
            false
        });
        assert!(tries <= WORK / 5_000 + 1, "{tries}");
    }
}
