//! `x-open`: readers accept strings that a list does not have, and tags that a union does not have.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use diagnostics::JsonPointer;
use serde_json::{Map, Value, json};

use super::tree::{OriginKind, Tree, branches};
use crate::Draft;
use crate::walk::subschemas_at;

/// The mark.
const KEYWORD: &str = "x-open";
/// Schemas nested deeper in place than this are not looked into.
const MAX_DEPTH: usize = 128;

/// Opens what is marked; the pointers of marks that nothing can be done with.
pub(super) fn open_marked(tree: &mut Tree) -> Vec<JsonPointer> {
    // Copies are made from the schema as it was: each has its own marks to go through.
    let source = tree.root.clone();
    let mut marked: VecDeque<Mark> = marks(&source, tree.draft, JsonPointer::root()).into();
    let mut opener = Opener {
        tree,
        source: &source,
        copies: BTreeMap::new(),
        done: BTreeSet::new(),
        pending: Vec::new(),
    };
    let mut unusable = Vec::new();
    while let Some(Mark { at, is_turned_round }) = marked.pop_front() {
        if is_turned_round || !opener.open(&at, 0) {
            unusable.push(at);
        }
        marked.extend(opener.pending.drain(..));
    }
    // A copy repeats the unusable marks of what was copied.
    unusable.retain(|at| source.pointer(at.as_str()).is_some());
    unusable.sort();
    unusable
}

/// A schema that says it is open.
struct Mark {
    at: JsonPointer,
    /// Under `not` or `if`, where to accept more would be to accept less of the whole.
    is_turned_round: bool,
}

/// The marks of a schema, parents first.
fn marks(schema: &Value, draft: Draft, base: JsonPointer) -> Vec<Mark> {
    let all = subschemas_at(schema, draft, base);
    let mut turned: Vec<bool> = Vec::with_capacity(all.len());
    for found in &all {
        let parent = found.parent.is_some_and(|parent| turned[parent]);
        turned.push(parent || matches!(found.keyword, Some("not" | "if")));
    }
    all.into_iter()
        .zip(turned)
        .filter(|(found, _)| found.value.get(KEYWORD) == Some(&Value::Bool(true)))
        .map(|(found, is_turned_round)| Mark {
            at: found.pointer,
            is_turned_round,
        })
        .collect()
}

struct Opener<'t> {
    tree: &'t mut Tree,
    source: &'t Value,
    /// Opened copies of definitions, by what was copied.
    copies: BTreeMap<JsonPointer, JsonPointer>,
    done: BTreeSet<JsonPointer>,
    /// Marks inside copies that were made.
    pending: Vec<Mark>,
}

impl Opener<'_> {
    /// Opens the schema at `at` or what it stands for; whether there was something to open.
    fn open(&mut self, at: &JsonPointer, depth: usize) -> bool {
        if self.done.contains(at) {
            return true;
        }
        let Some(schema) = self.tree.schema(at) else {
            return false;
        };
        if depth > MAX_DEPTH {
            return false;
        }
        if self.tree.is_only_a_reference(schema) {
            return self.open_reference(at, depth);
        }
        if is_list(schema) {
            self.done.insert(at.clone());
            self.open_list(at);
            return true;
        }
        if let Some(union) = self.union(at) {
            self.done.insert(at.clone());
            self.open_union(at, &union);
            return true;
        }
        // A mark beside `$ref` or `allOf`, or on "one of these, or null", is meant for what is there.
        let mut inner = branches(schema, at, "allOf");
        inner.extend(
            ["anyOf", "oneOf"]
                .iter()
                .filter_map(|keyword| self.nullable(at, keyword)),
        );
        let mut found = self.open_reference(at, depth);
        for branch in inner {
            found |= self.open(&branch, depth + 1);
        }
        if found {
            self.done.insert(at.clone());
        }
        found
    }

    /// Others may use the definition without the mark: this use gets an opened copy.
    fn open_reference(&mut self, at: &JsonPointer, depth: usize) -> bool {
        let Some(target) = self.tree.target(at) else {
            return false;
        };
        if self.copies.values().any(|copy| *copy == target) {
            return true;
        }
        let is_marked = |at: &JsonPointer| {
            let mark = self
                .source
                .pointer(at.as_str())
                .and_then(|schema| schema.get(KEYWORD));
            mark == Some(&Value::Bool(true))
        };
        if is_marked(&target) || is_marked(&self.tree.resolved(&target)) {
            // It is opened where it stands, for everyone.
            return true;
        }
        if let Some(copy) = self.copies.get(&target).cloned() {
            self.tree.refer(at, &copy);
            return true;
        }
        let copied = self
            .source
            .pointer(target.as_str())
            .and_then(Value::as_object)
            .cloned();
        let Some(copy) = copied.and_then(|copied| self.tree.copy(copied, &target, "Open")) else {
            return false;
        };
        let before = self
            .tree
            .schema(at)
            .and_then(|schema| schema.get("$ref"))
            .cloned();
        self.tree.refer(at, &copy);
        self.copies.insert(target.clone(), copy.clone());
        if self.open(&copy, depth + 1) {
            if let Some(schema) = self.source.pointer(target.as_str()) {
                self.pending.extend(marks(schema, self.tree.draft, copy));
            }
            return true;
        }
        self.copies.remove(&target);
        self.tree.forget(&copy);
        if let (Some(before), Some(schema)) = (before, self.tree.schema_mut(at)) {
            schema.insert("$ref".to_owned(), before);
        }
        false
    }

    /// Any of these, or any string.
    fn open_list(&mut self, at: &JsonPointer) {
        let Some(schema) = self.tree.schema_mut(at) else {
            return;
        };
        let Some(values) = schema.remove("enum") else {
            return;
        };
        let any = json!([{ "enum": values }, { "type": "string" }]);
        let added = if schema.contains_key("anyOf") {
            match schema.entry("allOf").or_insert_with(|| json!([])) {
                Value::Array(all) => {
                    all.push(json!({ "anyOf": any }));
                    at.child("allOf").item(all.len() - 1)
                }
                _ => return,
            }
        } else {
            schema.insert("anyOf".to_owned(), any);
            at.child("anyOf")
        };
        self.tree.note(added, at.clone(), OriginKind::Added);
    }

    fn open_union(&mut self, at: &JsonPointer, union: &Union) {
        let Union { keyword, tag, tags } = union;
        let other = json!({
            "type": "object",
            "required": [tag],
            "properties": { tag: { "type": "string", "not": { "enum": tags } } },
            // Says to an `unevaluatedProperties: false` around the union that all else is known here.
            "additionalProperties": true,
        });
        let Some(schema) = self.tree.schema_mut(at) else {
            return;
        };
        if let Some(Value::Array(branches)) = schema.get_mut(*keyword) {
            branches.push(other);
            let added = at.child(keyword).item(branches.len() - 1);
            self.tree.note(added, at.clone(), OriginKind::Added);
        }
        // The list of all tags beside the union would reject what the union now accepts.
        let beside = at.child("properties").child(tag);
        if self.tree.schema(&beside).is_some_and(is_list) && self.done.insert(beside.clone()) {
            self.open_list(&beside);
        }
    }

    /// The one branch that is not `null`, when there is one.
    fn nullable(&self, at: &JsonPointer, keyword: &str) -> Option<JsonPointer> {
        let all = branches(self.tree.schema(at)?, at, keyword);
        let count = all.len();
        let mut others = all.into_iter().filter(|branch| !self.is_null(branch));
        let other = others.next()?;
        (count > 1 && others.next().is_none()).then_some(other)
    }

    fn is_null(&self, at: &JsonPointer) -> bool {
        self.tree
            .schema(&self.tree.resolved(at))
            .is_some_and(|schema| schema.get("type") == Some(&json!("null")))
    }

    /// The union at `at`, when a member that every branch requires has strings of its own in each.
    fn union(&self, at: &JsonPointer) -> Option<Union> {
        let schema = self.tree.schema(at)?;
        ["oneOf", "anyOf"].into_iter().find_map(|keyword| {
            let members: Vec<Vec<JsonPointer>> = branches(schema, at, keyword)
                .iter()
                .filter(|branch| !self.is_null(branch))
                .map(|branch| self.parts(branch))
                .collect();
            let first = members.first()?;
            let (tag, tags) = self.required(first).into_iter().find_map(|candidate| {
                let mut all: Vec<String> = Vec::new();
                for parts in &members {
                    let tags = self.tags(parts, &candidate)?;
                    if tags.iter().any(|tag| all.contains(tag)) {
                        return None;
                    }
                    all.extend(tags);
                }
                Some((candidate, all))
            })?;
            Some(Union { keyword, tag, tags })
        })
    }

    /// The schemas that apply in every case where the one at `at` does: itself, its `allOf`, behind its `$ref`.
    fn parts(&self, at: &JsonPointer) -> Vec<JsonPointer> {
        let mut parts: Vec<JsonPointer> = Vec::new();
        let mut pending = vec![at.clone()];
        while let Some(at) = pending.pop() {
            let Some(schema) = self.tree.schema(&at) else {
                continue;
            };
            if parts.contains(&at) || parts.len() > MAX_DEPTH {
                continue;
            }
            pending.extend(self.tree.target(&at));
            if !self.tree.is_only_a_reference(schema) {
                pending.extend(branches(schema, &at, "allOf"));
                parts.push(at);
            }
        }
        parts
    }

    fn required(&self, parts: &[JsonPointer]) -> BTreeSet<String> {
        let lists = parts
            .iter()
            .filter_map(|part| self.tree.schema(part)?.get("required")?.as_array());
        lists
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    }

    /// The strings that the branch lists for its member `name`, which it requires.
    fn tags(&self, branch: &[JsonPointer], name: &str) -> Option<Vec<String>> {
        if !self.required(branch).contains(name) {
            return None;
        }
        let member = branch
            .iter()
            .filter(|part| {
                self.tree
                    .schema(part)
                    .and_then(|schema| schema.get("properties")?.get(name))
                    .is_some()
            })
            .flat_map(|part| self.parts(&part.child("properties").child(name)));
        let mut listed: Option<Vec<String>> = None;
        for part in member {
            let schema = self.tree.schema(&part)?;
            if schema.get(KEYWORD) == Some(&Value::Bool(true)) {
                // A tag that may be anything tells nothing apart.
                return None;
            }
            let values = match (
                schema.get("const").filter(|_| self.tree.draft >= Draft::Draft6),
                schema.get("enum"),
            ) {
                (Some(value), _) => std::slice::from_ref(value),
                (None, Some(Value::Array(values))) => values,
                _ => continue,
            };
            let values: Vec<String> = values
                .iter()
                .map(|value| value.as_str().map(str::to_owned))
                .collect::<Option<_>>()?;
            listed = Some(match listed {
                None => values,
                Some(known) => known.into_iter().filter(|tag| values.contains(tag)).collect(),
            });
        }
        listed.filter(|tags| !tags.is_empty())
    }
}

struct Union {
    keyword: &'static str,
    tag: String,
    tags: Vec<String>,
}

fn is_list(schema: &Map<String, Value>) -> bool {
    schema
        .get("enum")
        .and_then(Value::as_array)
        .is_some_and(|values| values.iter().any(Value::is_string))
}
