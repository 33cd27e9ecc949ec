//! The place in the writer's schema that corresponds to one in the reader's: the same steps, as far as they go.

use diagnostics::JsonPointer;
use serde_json::Value;

/// References followed in a row before giving up.
const HOPS: usize = 32;

/// A schema behind its local references.
pub(super) fn resolved<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let mut at = schema;
    for _ in 0..HOPS {
        match target(root, at) {
            Some((_, next)) => at = next,
            None => break,
        }
    }
    at
}

/// What a local reference points at, with its pointer.
fn target<'a>(root: &'a Value, schema: &Value) -> Option<(String, &'a Value)> {
    let pointer = schema.get("$ref")?.as_str()?.strip_prefix('#')?;
    Some((pointer.to_owned(), root.pointer(pointer)?))
}

/// Follows the evaluation path of a reader's keyword through the writer's schema. Returns where it ends, and whether
/// every step was there.
pub(super) fn follow(root: &Value, evaluation: &str) -> (JsonPointer, bool) {
    let mut at = root;
    let mut pointer = String::new();
    let mut complete = true;
    for token in evaluation.split('/').skip(1) {
        if token == "$ref" || token == "$dynamicRef" || token == "$recursiveRef" {
            if let Some((to, next)) = target(root, at) {
                at = next;
                pointer = to;
            }
            continue;
        }
        let name = token.replace("~1", "/").replace("~0", "~");
        let mut hops = 0;
        loop {
            let next = match at {
                Value::Object(members) => members.get(&name),
                Value::Array(items) => name.parse::<usize>().ok().and_then(|index| items.get(index)),
                _ => None,
            };
            if let Some(next) = next {
                at = next;
                pointer = format!("{pointer}/{token}");
                break;
            }
            // Perhaps it stands behind a reference that the reader does not have.
            match target(root, at) {
                Some((to, next)) if hops < HOPS => {
                    at = next;
                    pointer = to;
                    hops += 1;
                }
                _ => {
                    complete = false;
                    break;
                }
            }
        }
        if !complete {
            break;
        }
    }
    (JsonPointer::parse(&pointer).unwrap_or_default(), complete)
}
