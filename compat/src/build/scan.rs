//! One cheap look at a whole schema before anything is built: how deep, how large, and which rare constructs occur.

use diagnostics::JsonPointer;
use serde_json::Value;

use crate::{Draft, metaschemas};

/// What a schema contains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scan {
    /// The deepest nesting of arrays and objects.
    pub(crate) depth: usize,
    /// Some member below the root is named as an identifier or an anchor, or a reference leads out of its resource.
    pub(crate) resources: bool,
    /// Something leads into a meta-schema of several resources, with dynamic references between them.
    pub(crate) metaschemas: bool,
    /// `unevaluatedProperties` or `unevaluatedItems` occurs.
    pub(crate) unevaluated: bool,
}

impl Scan {
    /// Looks at all of `root`, without recursion.
    pub(crate) fn new(root: &Value, draft: Draft) -> Self {
        let mut scan = Self::default();
        let mut stack: Vec<(&Value, usize)> = vec![(root, 0)];
        while let Some((value, depth)) = stack.pop() {
            match value {
                Value::Array(items) => {
                    scan.depth = scan.depth.max(depth + 1);
                    stack.extend(
                        items
                            .iter()
                            .filter(|item| item.is_array() || item.is_object())
                            .map(|item| (item, depth + 1)),
                    );
                }
                Value::Object(members) => {
                    scan.depth = scan.depth.max(depth + 1);
                    for (name, member) in members {
                        if let Some(rest) = name.strip_prefix('$') {
                            scan.metaschemas |= rest.ends_with("ef")
                                && member
                                    .as_str()
                                    .and_then(metaschemas::draft_of_reference)
                                    .is_some_and(|draft| draft >= Draft::V201909);
                            scan.resources |= match rest {
                                "ref" => member
                                    .as_str()
                                    .is_some_and(|uri| uri != "#" && !uri.starts_with("#/")),
                                "id" => depth > 0 && member.is_string(),
                                "anchor" | "dynamicAnchor" | "dynamicRef" | "recursiveRef"
                                | "recursiveAnchor" => true,
                                _ => false,
                            };
                        } else if name == "id" {
                            scan.resources |= draft == Draft::V4 && depth > 0 && member.is_string();
                        } else if name.starts_with("unevaluated") {
                            scan.unevaluated = true;
                        }
                        if member.is_array() || member.is_object() {
                            stack.push((member, depth + 1));
                        }
                    }
                }
                _ => {}
            }
        }
        scan
    }
}

/// The pointer of the very value `target` inside `root`.
pub(super) fn pointer_to(root: &Value, target: &Value) -> Option<String> {
    let mut stack = vec![(root, JsonPointer::root())];
    while let Some((value, pointer)) = stack.pop() {
        if std::ptr::eq(value, target) {
            return Some(pointer.as_str().to_owned());
        }
        match value {
            Value::Array(items) => {
                stack.extend(
                    items
                        .iter()
                        .enumerate()
                        .map(|(index, item)| (item, pointer.item(index))),
                );
            }
            Value::Object(members) => {
                stack.extend(members.iter().map(|(name, member)| (member, pointer.child(name))));
            }
            _ => {}
        }
    }
    None
}
