//! Why a writer emits nothing: the few places of its schema that rule each other out.
//!
//! Parts of the schema are left out while the rest still rules out every document; what is left is the reason.

use serde_json::{Map, Value};

/// Questions asked at most.
const TRIES: usize = 300;
/// Places named at most.
const PLACES: usize = 4;
/// Keywords that assert nothing by themselves, and are not worth a question.
const SILENT: [&str; 8] = [
    "$schema",
    "$id",
    "$defs",
    "definitions",
    "title",
    "description",
    "$comment",
    "x-contract",
];

/// Pointers to the parts of `schema` that together leave nothing, in the order of the schema. `is_empty` says whether
/// a schema still accepts (or lets a writer emit) nothing, and `None` when it has no more time.
pub(crate) fn places(schema: &Value, is_empty: &mut dyn FnMut(&Value) -> Option<bool>) -> Vec<String> {
    let mut search = Search {
        kept: schema.clone(),
        tries: TRIES,
        is_empty,
    };
    search.reduce("");
    let mut places = Vec::new();
    leaves(&search.kept, String::new(), &mut places);
    places.truncate(PLACES);
    places
}

struct Search<'c> {
    kept: Value,
    tries: usize,
    is_empty: &'c mut dyn FnMut(&Value) -> Option<bool>,
}

impl Search<'_> {
    /// Leaves out what it can of what stands at `pointer`.
    fn reduce(&mut self, pointer: &str) {
        let Some(Value::Object(members)) = self.kept.pointer(pointer) else {
            return;
        };
        for name in members.keys().cloned().collect::<Vec<_>>() {
            if SILENT.contains(&name.as_str()) {
                continue;
            }
            let inside = format!("{pointer}/{}", escaped(&name));
            if self.without(pointer, &name) {
                continue;
            }
            match self.kept.pointer(&inside) {
                Some(Value::Object(_)) => self.reduce(&inside),
                Some(Value::Array(_)) => self.reduce_list(&inside),
                _ => {}
            }
        }
    }

    fn reduce_list(&mut self, pointer: &str) {
        let length = self
            .kept
            .pointer(pointer)
            .and_then(Value::as_array)
            .map_or(0, Vec::len);
        // An alternative that is left out makes less possible, not more: only lists of which all hold get shorter.
        let all_hold = pointer.ends_with("/required") || pointer.ends_with("/allOf");
        for index in (0..length).rev() {
            let mut fewer = self.kept.clone();
            if let Some(Value::Array(items)) = fewer.pointer_mut(pointer) {
                // Others keep their index.
                if all_hold && index + 1 == items.len() {
                    items.pop();
                } else if items[index].is_object() {
                    items[index] = Value::Object(Map::new());
                } else {
                    continue;
                }
            }
            if !self.still_empty(fewer) {
                self.reduce(&format!("{pointer}/{index}"));
            }
        }
    }

    fn without(&mut self, pointer: &str, name: &str) -> bool {
        let mut fewer = self.kept.clone();
        if let Some(Value::Object(members)) = fewer.pointer_mut(pointer) {
            members.remove(name);
        }
        self.still_empty(fewer)
    }

    fn still_empty(&mut self, fewer: Value) -> bool {
        if self.tries == 0 {
            return false;
        }
        self.tries -= 1;
        match (self.is_empty)(&fewer) {
            Some(true) => {
                self.kept = fewer;
                true
            }
            Some(false) => false,
            None => {
                self.tries = 0;
                false
            }
        }
    }
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// The places at which something is left that asserts.
fn leaves(value: &Value, pointer: String, into: &mut Vec<String>) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, member) in members {
                if !SILENT.contains(&name.as_str()) {
                    leaves(member, format!("{pointer}/{}", escaped(name)), into);
                }
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for (index, item) in items.iter().enumerate() {
                leaves(item, format!("{pointer}/{index}"), into);
            }
        }
        Value::Object(_) => {}
        _ => into.push(pointer),
    }
}
