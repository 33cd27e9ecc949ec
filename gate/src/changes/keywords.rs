//! One place of two schemas, keyword by keyword.

use std::cmp::Ordering;

use diagnostics::JsonPointer;
use registry::canonical_json;
use serde_json::Value;

use super::view::View;
use super::{Change, Kind, named};

/// Keywords that are followed, or told of as a whole elsewhere.
const ELSEWHERE: &[&str] = &[
    "$defs",
    "$id",
    "$ref",
    "$schema",
    "allOf",
    "anyOf",
    "const",
    "definitions",
    "else",
    "enum",
    "id",
    "if",
    "not",
    "oneOf",
    "patternProperties",
    "prefixItems",
    "properties",
    "required",
    "then",
    "type",
    "x-contract",
];
const WORDS: &[&str] = &[
    "$comment",
    "default",
    "description",
    "example",
    "examples",
    "readOnly",
    "title",
    "writeOnly",
    "x-rust-name",
];
/// A lower value asks more.
const UPPER: &[&str] = &[
    "exclusiveMaximum",
    "maxContains",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
];
/// A higher value asks more.
const LOWER: &[&str] = &[
    "exclusiveMinimum",
    "minContains",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
];
/// The longest value that is quoted.
const QUOTE: usize = 80;

pub(super) fn compare(before: &View<'_>, now: &View<'_>, place: &JsonPointer, changes: &mut Vec<Change>) {
    let mut push = |kind, words: String| {
        changes.push(Change {
            kind,
            field: place.clone(),
            words,
        });
    };
    types(before, now, place, &mut push);
    values(before, now, place, &mut push);
    let mut keywords = before.keywords();
    keywords.extend(now.keywords());
    for keyword in keywords {
        if ELSEWHERE.contains(&keyword) {
            continue;
        }
        let (old, new) = (before.get(keyword), now.get(keyword));
        if old.map(canonical_json) == new.map(canonical_json) {
            continue;
        }
        if WORDS.contains(&keyword) {
            push(Kind::Documented, documented(keyword, place));
            continue;
        }
        // Followed schema by schema where both sides have one.
        if old.is_some_and(Value::is_object)
            && new.is_some_and(Value::is_object)
            && keyword != "x-classification"
        {
            continue;
        }
        let told = match keyword {
            "deprecated" if new == Some(&Value::Bool(true)) => {
                (Kind::Deprecated, format!("{}deprecated", named(place)))
            }
            "deprecated" => (Kind::Changed, format!("{}no longer deprecated", named(place))),
            "x-open" if new == Some(&Value::Bool(true)) => (
                Kind::Widened,
                format!("{}readers accept values that are not listed", named(place)),
            ),
            "additionalProperties" | "unevaluatedProperties" if new == Some(&Value::Bool(false)) => (
                Kind::Narrowed,
                format!("{}no members but those listed", named(place)),
            ),
            "additionalProperties" | "unevaluatedProperties" if old == Some(&Value::Bool(false)) => (
                Kind::Widened,
                format!("{}other members are accepted", named(place)),
            ),
            _ => (direction(keyword, old, new), valued(keyword, place, old, new)),
        };
        push(told.0, told.1);
    }
}

fn types(before: &View<'_>, now: &View<'_>, place: &JsonPointer, push: &mut impl FnMut(Kind, String)) {
    let (old, new) = (before.types(), now.types());
    if old == new {
        return;
    }
    // `number` takes integers as well.
    let within = |one: &std::collections::BTreeSet<&str>, other: &std::collections::BTreeSet<&str>| {
        other.is_empty()
            || (!one.is_empty()
                && one
                    .iter()
                    .all(|kind| other.contains(kind) || (*kind == "integer" && other.contains("number"))))
    };
    let kind = match (within(&new, &old), within(&old, &new)) {
        (true, false) => Kind::Narrowed,
        (false, true) => Kind::Widened,
        _ => Kind::Changed,
    };
    let subject = if place.is_root() {
        "the document".to_owned()
    } else {
        format!("`{place}`")
    };
    push(
        kind,
        format!("{subject} is {}, was {}", now.kind(), before.kind()),
    );
}

fn values(before: &View<'_>, now: &View<'_>, place: &JsonPointer, push: &mut impl FnMut(Kind, String)) {
    let subject = if place.is_root() {
        "the document".to_owned()
    } else {
        format!("`{place}`")
    };
    match (before.values(), now.values()) {
        (Some(old), Some(new)) => {
            let missing = |from: &[Value], other: &[Value]| -> Vec<String> {
                from.iter()
                    .filter(|value| !other.contains(value))
                    .map(|value| quoted(Some(value)))
                    .collect()
            };
            let (added, removed) = (missing(new, old), missing(old, new));
            if !added.is_empty() {
                push(Kind::Widened, format!("{subject} also allows {}", list(&added)));
            }
            if !removed.is_empty() {
                push(
                    Kind::Narrowed,
                    format!("{subject} no longer allows {}", list(&removed)),
                );
            }
        }
        (None, Some(new)) => {
            let new: Vec<String> = new.iter().map(|value| quoted(Some(value))).collect();
            push(Kind::Narrowed, format!("{subject} allows only {}", list(&new)));
        }
        (Some(_), None) => push(
            Kind::Widened,
            format!("{subject} allows values that were not listed"),
        ),
        (None, None) => {}
    }
}

fn direction(keyword: &str, old: Option<&Value>, new: Option<&Value>) -> Kind {
    if keyword.starts_with("x-") || keyword == "contentEncoding" || keyword == "contentMediaType" {
        return Kind::Changed;
    }
    match (old, new) {
        (None, Some(_)) => Kind::Narrowed,
        (Some(_), None) => Kind::Widened,
        (Some(old), Some(new)) => match (
            order(old, new),
            UPPER.contains(&keyword),
            LOWER.contains(&keyword),
        ) {
            (Some(Ordering::Greater), true, _) | (Some(Ordering::Less), _, true) => Kind::Narrowed,
            (Some(Ordering::Less), true, _) | (Some(Ordering::Greater), _, true) => Kind::Widened,
            _ => Kind::Changed,
        },
        (None, None) => Kind::Changed,
    }
}

/// How two bounds compare. Enough for words: bounds beyond the precision of a double are "changed".
fn order(old: &Value, new: &Value) -> Option<Ordering> {
    old.as_f64()?
        .partial_cmp(&new.as_f64()?)
        .filter(|order| order.is_ne())
}

fn valued(keyword: &str, place: &JsonPointer, old: Option<&Value>, new: Option<&Value>) -> String {
    match new {
        Some(_) => format!(
            "{}`{keyword}` is {}, was {}",
            named(place),
            quoted(new),
            quoted(old)
        ),
        None => format!("{}`{keyword}` is gone, was {}", named(place), quoted(old)),
    }
}

fn documented(keyword: &str, place: &JsonPointer) -> String {
    if place.is_root() {
        format!("the {} changed", keyword.trim_start_matches('$'))
    } else {
        format!("the {} of `{place}` changed", keyword.trim_start_matches('$'))
    }
}

fn quoted(value: Option<&Value>) -> String {
    let Some(value) = value else {
        return "not there".to_owned();
    };
    let text = canonical_json(value);
    if text.chars().count() <= QUOTE {
        return text;
    }
    text.chars().take(QUOTE).chain(['…']).collect()
}

fn list(words: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown = words.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match words.len().checked_sub(SHOWN) {
        None | Some(0) => shown,
        Some(more) => format!("{shown} and {more} more"),
    }
}
