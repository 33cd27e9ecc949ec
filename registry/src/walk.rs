//! Which keywords hold schemas in which draft, and a walk over the subschemas of a document.
//!
//! What `enum`, `const`, `default`, `examples` and unknown keywords hold is data, never taken for a schema.

use diagnostics::JsonPointer;
use serde_json::Value;

use crate::Draft;

/// How the value of a keyword holds schemas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One schema.
    One,
    /// An array of schemas.
    List,
    /// An object whose members are schemas. In `dependencies` a member may also be an array of names.
    Map,
    /// One schema, or an array of them (`items` before 2020-12).
    OneOrList,
}

/// To what a held schema applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The same instance location: `allOf`, `if`, `dependentSchemas`.
    Same,
    /// A child of the instance: `properties`, `items`, `propertyNames`.
    Child,
    /// Nothing until it is referred to: `$defs`.
    Definition,
}

/// How `keyword` holds schemas in `draft`; `None` if it holds none.
pub fn applicator(draft: Draft, keyword: &str) -> Option<(Shape, Place)> {
    use Draft::{Draft4, Draft6, Draft7, Draft201909, Draft202012};
    let (since, until, shape, place) = match keyword {
        "allOf" | "anyOf" | "oneOf" => (Draft4, Draft202012, Shape::List, Place::Same),
        "not" => (Draft4, Draft202012, Shape::One, Place::Same),
        "if" | "then" | "else" => (Draft7, Draft202012, Shape::One, Place::Same),
        // Deprecated since 2019-09, where validators still honour it.
        "dependencies" => (Draft4, Draft202012, Shape::Map, Place::Same),
        "dependentSchemas" => (Draft201909, Draft202012, Shape::Map, Place::Same),
        "properties" | "patternProperties" => (Draft4, Draft202012, Shape::Map, Place::Child),
        "additionalProperties" => (Draft4, Draft202012, Shape::One, Place::Child),
        "unevaluatedProperties" | "unevaluatedItems" | "contentSchema" => {
            (Draft201909, Draft202012, Shape::One, Place::Child)
        }
        "propertyNames" | "contains" => (Draft6, Draft202012, Shape::One, Place::Child),
        "items" if draft == Draft202012 => (Draft202012, Draft202012, Shape::One, Place::Child),
        "items" => (Draft4, Draft201909, Shape::OneOrList, Place::Child),
        "additionalItems" => (Draft4, Draft201909, Shape::One, Place::Child),
        "prefixItems" => (Draft202012, Draft202012, Shape::List, Place::Child),
        // The metaschemas of 2019-09 and later still list `definitions`.
        "definitions" => (Draft4, Draft202012, Shape::Map, Place::Definition),
        "$defs" => (Draft201909, Draft202012, Shape::Map, Place::Definition),
        _ => return None,
    };
    (since <= draft && draft <= until).then_some((shape, place))
}

/// A schema inside a document.
#[derive(Clone, Debug)]
pub struct Subschema<'v> {
    /// The schema: an object or a boolean.
    pub value: &'v Value,
    /// Where it is in the document.
    pub pointer: JsonPointer,
    /// The index, in the same walk, of the schema that holds it; `None` for the root.
    pub parent: Option<usize>,
    /// The keyword of the parent that holds it; `None` for the root.
    pub keyword: Option<&'v str>,
    /// Where it applies, seen from the parent; [`Place::Same`] for the root.
    pub place: Place,
    /// The member name under `properties`, `patternProperties`, `$defs`, and other maps.
    pub name: Option<&'v str>,
}

impl<'v> Subschema<'v> {
    /// The property that this schema describes, where it is a member of `properties`.
    pub fn property(&self) -> Option<&'v str> {
        if self.keyword == Some("properties") {
            self.name
        } else {
            None
        }
    }
}

/// All schemas of a document, parents before children, siblings in document order of the parsed value.
///
/// Bounded by the parser's depth limit; iterative nevertheless.
pub fn subschemas(root: &Value, draft: Draft) -> Vec<Subschema<'_>> {
    subschemas_at(root, draft, JsonPointer::root())
}

/// Like [`subschemas`], for a schema that sits at `pointer` of its document.
pub fn subschemas_at<'v>(root: &'v Value, draft: Draft, pointer: JsonPointer) -> Vec<Subschema<'v>> {
    let mut found = Vec::new();
    if !is_schema(root) {
        return found;
    }
    found.push(Subschema {
        value: root,
        pointer,
        parent: None,
        keyword: None,
        place: Place::Same,
        name: None,
    });
    let mut at = 0;
    while at < found.len() {
        let Some(object) = found[at].value.as_object() else {
            at += 1;
            continue;
        };
        let base = found[at].pointer.clone();
        for (keyword, held) in object {
            let Some((shape, place)) = applicator(draft, keyword) else {
                continue;
            };
            let mut push = |value: &'v Value, tail: Option<Token<'_>>, name: Option<&'v str>| {
                let mut pointer = base.child(keyword);
                match tail {
                    None => {}
                    Some(Token::Name(name)) => pointer.push(name),
                    Some(Token::Index(index)) => pointer = pointer.item(index),
                }
                found.push(Subschema {
                    value,
                    pointer,
                    parent: Some(at),
                    keyword: Some(keyword.as_str()),
                    place,
                    name,
                });
            };
            match (shape, held) {
                (Shape::One | Shape::OneOrList, Value::Object(_) | Value::Bool(_)) => push(held, None, None),
                (Shape::List | Shape::OneOrList, Value::Array(items)) => {
                    for (index, item) in items.iter().enumerate().filter(|(_, item)| is_schema(item)) {
                        push(item, Some(Token::Index(index)), None);
                    }
                }
                (Shape::Map, Value::Object(members)) => {
                    for (name, member) in members.iter().filter(|(_, member)| is_schema(member)) {
                        push(member, Some(Token::Name(name)), Some(name.as_str()));
                    }
                }
                _ => {}
            }
        }
        at += 1;
    }
    found
}

enum Token<'t> {
    Name(&'t str),
    Index(usize),
}

fn is_schema(value: &Value) -> bool {
    value.is_object() || value.is_boolean()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pointers(schema: &Value, draft: Draft) -> Vec<String> {
        let mut found: Vec<_> = subschemas(schema, draft)
            .into_iter()
            .map(|found| found.pointer.to_string())
            .collect();
        found.sort();
        found
    }

    #[test]
    fn data_is_not_taken_for_schemas() {
        let schema = json!({
            "enum": [{"properties": {"a": {}}}],
            "const": {"items": {}},
            "default": {"not": {}},
            "examples": [{"allOf": [{}]}],
            "x-unknown": {"properties": {"a": {}}},
            "properties": {"enum": {"const": {"not": {}}}}
        });
        assert_eq!(pointers(&schema, Draft::Draft202012), ["", "/properties/enum"]);
    }

    #[test]
    fn each_draft_has_its_own_keywords() {
        let schema = json!({
            "items": [{}], "additionalItems": {}, "prefixItems": [{}], "if": {}, "contains": {}, "$defs": {"d": {}},
            "definitions": {"d": {}}, "dependencies": {"a": ["b"], "c": {}}
        });
        assert_eq!(
            pointers(&schema, Draft::Draft4),
            [
                "",
                "/additionalItems",
                "/definitions/d",
                "/dependencies/c",
                "/items/0"
            ]
        );
        assert_eq!(
            pointers(&schema, Draft::Draft202012),
            [
                "",
                "/$defs/d",
                "/contains",
                "/definitions/d",
                "/dependencies/c",
                "/if",
                "/prefixItems/0"
            ]
        );
    }

    #[test]
    fn parents_come_first_and_names_are_kept() {
        let schema = json!({"properties": {"a/b": {"items": {"type": "string"}}}});
        let found = subschemas(&schema, Draft::Draft202012);
        assert_eq!(found[1].property(), Some("a/b"));
        assert_eq!(found[2].parent, Some(1));
        assert_eq!(found[2].pointer.as_str(), "/properties/a~1b/items");
    }
}
