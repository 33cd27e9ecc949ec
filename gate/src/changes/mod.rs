//! What changed between two states of a contract, field by field and in words: for the changelog and the counts of a
//! summary. It decides nothing: whether a change breaks anyone is `compat`'s answer.

mod keywords;
mod view;

use std::collections::{BTreeSet, VecDeque};
use std::fmt::{self, Write as _};

use diagnostics::JsonPointer;
use registry::{Bundle, Metadata, Status};
use serde_json::Value;

use crate::bump::Break;
use crate::compare::any_item;
use view::View;

/// What kind of change it is. In the order in which a changelog tells them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A field, a value or an alternative is new.
    Added,
    /// A field or an alternative is gone.
    Removed,
    /// Fewer documents are accepted.
    Narrowed,
    /// More documents are accepted.
    Widened,
    /// Neither more nor fewer, or both.
    Changed,
    /// Still there, and not for long.
    Deprecated,
    /// Words for people only.
    Documented,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Narrowed => "narrowed",
            Self::Widened => "widened",
            Self::Changed => "changed",
            Self::Deprecated => "deprecated",
            Self::Documented => "documented",
        })
    }
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// What kind.
    pub kind: Kind,
    /// The field of the payload; `*` is any item or member. The root for what concerns the contract as a whole.
    pub field: JsonPointer,
    /// What is different. Lower case, no final stop.
    pub words: String,
}

/// All changes from one state to another, sorted by kind and field.
pub fn between(old: (&Bundle, Option<&Metadata>), new: (&Bundle, Option<&Metadata>)) -> Vec<Change> {
    let mut walk = Walk {
        old: &old.0.schema,
        new: &new.0.schema,
        seen: BTreeSet::new(),
        open: VecDeque::from([(&old.0.schema, &new.0.schema, JsonPointer::root())]),
        changes: Vec::new(),
    };
    while let Some((old, new, place)) = walk.open.pop_front() {
        walk.compare(old, new, &place);
    }
    let mut changes = walk.changes;
    metadata(old.1, new.1, &mut changes);
    changes.sort();
    changes.dedup();
    changes
}

/// How many of the changes are compatible: all but what the reasons at the fields `broken` (`*` for any item) and
/// `breaks` are about. A change of words alone counts as one.
pub fn compatible(told: &[Change], broken: &BTreeSet<JsonPointer>, breaks: &[Break]) -> usize {
    let is_broken = |field: &JsonPointer| {
        broken.contains(&any_item(field))
            || breaks.iter().any(
                |found| matches!(found, Break::ClassificationLowered { field: lowered, .. } if lowered == field),
            )
    };
    let (mut whole, mut fields) = (0_usize, 0_usize);
    for change in told.iter().filter(|change| change.kind != Kind::Documented) {
        if change.field.is_root() {
            whole += 1;
        } else {
            fields += usize::from(!is_broken(&change.field));
        }
    }
    // A topic and a key are told once each, as changes of the whole.
    let besides = breaks
        .iter()
        .filter(|found| matches!(found, Break::Topic { .. } | Break::Key { .. }))
        .count();
    let blamed = besides + usize::from(broken.contains(&JsonPointer::root()));
    let words_only = broken.is_empty() && breaks.is_empty() && whole + fields == 0 && !told.is_empty();
    whole.saturating_sub(blamed) + fields + usize::from(words_only)
}

fn metadata(old: Option<&Metadata>, new: Option<&Metadata>, changes: &mut Vec<Change>) {
    let (Some(old), Some(new)) = (old, new) else {
        return;
    };
    let mut push = |kind, words: String| {
        changes.push(Change {
            kind,
            field: JsonPointer::root(),
            words,
        });
    };
    if old.status != new.status || old.sunset != new.sunset || old.superseded_by != new.superseded_by {
        if new.status == Status::Deprecated {
            let mut words = "deprecated".to_owned();
            if let Some(sunset) = new.sunset {
                let _ = write!(words, ", no longer emitted from {sunset} on");
            }
            if let Some(successor) = &new.superseded_by {
                let _ = write!(words, "; superseded by {successor}");
            }
            push(Kind::Deprecated, words);
        } else if old.status != new.status {
            push(Kind::Changed, format!("{}, was {}", new.status, old.status));
        }
    }
    let or_none = |text: Option<&String>| text.map_or_else(|| "none".to_owned(), |text| format!("`{text}`"));
    if old.key != new.key {
        let words = format!(
            "partition key {}, was {}",
            or_none(new.key.as_ref()),
            or_none(old.key.as_ref())
        );
        push(Kind::Changed, words);
    }
    let name = |metadata: &Metadata| metadata.topic.as_ref().map(|topic| topic.name.clone());
    if name(old) != name(new) {
        let words = format!(
            "topic {}, was {}",
            or_none(name(new).as_ref()),
            or_none(name(old).as_ref())
        );
        push(Kind::Changed, words);
    } else if let (Some(before), Some(now)) = (&old.topic, &new.topic)
        && (before.partitions, before.cleanup, before.max_bytes)
            != (now.partitions, now.cleanup, now.max_bytes)
    {
        push(Kind::Changed, "settings of the topic changed".to_owned());
    }
    if old.compatibility != new.compatibility {
        push(Kind::Changed, "compatibility mode changed".to_owned());
    }
}

/// Pairs of schemas that were compared are not compared again: schemas recur.
struct Walk<'s> {
    old: &'s Value,
    new: &'s Value,
    seen: BTreeSet<(usize, usize)>,
    /// Level by level: what recurs is told at its first place.
    open: VecDeque<(&'s Value, &'s Value, JsonPointer)>,
    changes: Vec<Change>,
}

impl<'s> Walk<'s> {
    fn compare(&mut self, old: &'s Value, new: &'s Value, place: &JsonPointer) {
        if !self
            .seen
            .insert((std::ptr::from_ref(old) as usize, std::ptr::from_ref(new) as usize))
        {
            return;
        }
        let (before, now) = (View::of(self.old, old), View::of(self.new, new));
        keywords::compare(&before, &now, place, &mut self.changes);
        self.members(&before, &now, place);
        for (keyword, token) in [
            ("items", "*"),
            ("additionalProperties", "*"),
            ("unevaluatedProperties", "*"),
            ("contains", "*"),
            ("propertyNames", "*"),
        ] {
            if let (Some(old), Some(new)) = (before.get(keyword), now.get(keyword))
                && old.is_object()
                && new.is_object()
            {
                self.later(old, new, place.child(token));
            }
        }
        for keyword in ["prefixItems", "oneOf", "anyOf"] {
            let (Some(Value::Array(old)), Some(Value::Array(new))) = (before.get(keyword), now.get(keyword))
            else {
                continue;
            };
            for (index, (old, new)) in old.iter().zip(new).enumerate() {
                let place = if keyword == "prefixItems" {
                    place.item(index)
                } else {
                    place.clone()
                };
                self.later(old, new, place);
            }
            let noun = if keyword == "prefixItems" {
                "item"
            } else {
                "alternative"
            };
            let (kind, many, verb) = if new.len() > old.len() {
                (Kind::Added, new.len() - old.len(), "more")
            } else {
                (Kind::Removed, old.len() - new.len(), "fewer")
            };
            if many > 0 {
                let plural = if many == 1 { "" } else { "s" };
                self.push(
                    kind,
                    place,
                    format!("{}{many} {noun}{plural} {verb}", named(place)),
                );
            }
        }
        for keyword in ["if", "then", "else", "not"] {
            if let (Some(old), Some(new)) = (before.get(keyword), now.get(keyword)) {
                self.later(old, new, place.clone());
            }
        }
    }

    fn members(&mut self, before: &View<'s>, now: &View<'s>, place: &JsonPointer) {
        for (keyword, is_pattern) in [("properties", false), ("patternProperties", true)] {
            let (old, new) = (before.members(keyword), now.members(keyword));
            for (name, schema) in &old {
                let token = if is_pattern { "*" } else { name.as_str() };
                let field = place.child(token);
                if let Some(other) = new.get(name) {
                    self.later(schema, other, field);
                } else {
                    self.push(Kind::Removed, &field, format!("`{field}` was removed"));
                }
            }
            for (name, schema) in &new {
                if !old.contains_key(name) {
                    let field = place.child(if is_pattern { "*" } else { name });
                    let required = if now.required().contains(name.as_str()) {
                        "required"
                    } else {
                        "optional"
                    };
                    let kind = View::of(self.new, schema).kind();
                    self.push(
                        Kind::Added,
                        &field,
                        format!("`{field}` ({kind}, {required}) was added"),
                    );
                }
            }
        }
        let (old, new) = (before.required(), now.required());
        let declared = now.members("properties");
        for name in new.difference(&old) {
            // A new required field was told above.
            if before.members("properties").contains_key(*name) || !declared.contains_key(*name) {
                let field = place.child(name);
                self.push(Kind::Narrowed, &field, format!("`{field}` became required"));
            }
        }
        for name in old.difference(&new) {
            if declared.contains_key(*name) {
                let field = place.child(name);
                self.push(Kind::Widened, &field, format!("`{field}` became optional"));
            }
        }
    }

    fn later(&mut self, old: &'s Value, new: &'s Value, place: JsonPointer) {
        self.open.push_back((old, new, place));
    }

    fn push(&mut self, kind: Kind, field: &JsonPointer, words: String) {
        self.changes.push(Change {
            kind,
            field: field.clone(),
            words,
        });
    }
}

/// `/a: `, or nothing for the document itself.
fn named(place: &JsonPointer) -> String {
    if place.is_root() {
        String::new()
    } else {
        format!("`{place}`: ")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn words(old: Value, new: Value) -> Vec<String> {
        let bundle = |schema| Bundle::self_contained(schema, "a.json".into());
        between((&bundle(old), None), (&bundle(new), None))
            .into_iter()
            .map(|change| format!("{}: {}", change.kind, change.words))
            .collect()
    }

    #[test]
    fn fields_and_bounds_are_told_in_words() {
        let old = json!({
            "type": "object",
            "properties": {
                "a": {"type": "string", "maxLength": 10},
                "b": {"enum": ["x", "y"]},
                "c": {"type": ["string", "null"]},
                "gone": {}
            },
            "required": ["a"]
        });
        let new = json!({
            "type": "object",
            "description": "Now with words.",
            "properties": {
                "a": {"type": "string", "maxLength": 5, "pattern": "^x"},
                "b": {"enum": ["x", "y", "z"]},
                "c": {"type": "string"},
                "d": {"type": "integer"}
            },
            "required": ["c"]
        });
        assert_eq!(
            words(old, new),
            [
                "added: `/d` (integer, optional) was added",
                "removed: `/gone` was removed",
                "narrowed: `/a`: `maxLength` is 5, was 10",
                "narrowed: `/a`: `pattern` is \"^x\", was not there",
                "narrowed: `/c` became required",
                "narrowed: `/c` is string, was null or string",
                "widened: `/a` became optional",
                "widened: `/b` also allows \"z\"",
                "documented: the description changed",
            ]
        );
    }

    #[test]
    fn references_and_recursion_are_followed() {
        let schema = |kind: &str| {
            json!({
                "$ref": "#/$defs/node",
                "$defs": {"node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}, "v": {"type": kind}}}}
            })
        };
        assert_eq!(
            words(schema("integer"), schema("number")),
            ["widened: `/v` is number, was integer"]
        );
    }
}
