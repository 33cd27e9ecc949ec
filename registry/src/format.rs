//! The canonical layout of a contract file: keywords in one order, two spaces, one member or item a line. Numbers and
//! strings keep their exact text; names of properties and the items of arrays keep their order. Text in, text out.

use std::collections::BTreeMap;

use crate::Draft;
use crate::metadata::KEYWORD;
use crate::walk::{Shape, applicator};

/// The order of keywords in a schema. What is not listed follows, in the order of the file.
const KEYWORDS: &[&str] = &[
    "$schema",
    "$id",
    "id",
    "$vocabulary",
    "$anchor",
    "$dynamicAnchor",
    "$recursiveAnchor",
    "$ref",
    "$dynamicRef",
    "$recursiveRef",
    "$comment",
    "title",
    "description",
    "x-contract",
    "deprecated",
    "readOnly",
    "writeOnly",
    "type",
    "const",
    "enum",
    "format",
    "pattern",
    "minLength",
    "maxLength",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
    "multipleOf",
    "minimum",
    "exclusiveMinimum",
    "maximum",
    "exclusiveMaximum",
    "prefixItems",
    "items",
    "additionalItems",
    "unevaluatedItems",
    "contains",
    "minContains",
    "maxContains",
    "minItems",
    "maxItems",
    "uniqueItems",
    "properties",
    "patternProperties",
    "additionalProperties",
    "unevaluatedProperties",
    "propertyNames",
    "required",
    "minProperties",
    "maxProperties",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "x-open",
    "x-classification",
    "x-rust-name",
    "default",
    "examples",
    "$defs",
    "definitions",
];

/// The order of members in `x-contract`.
const METADATA: &[&str] = &[
    "version",
    "owner",
    "status",
    "sunset",
    "supersededBy",
    "topic",
    "name",
    "partitions",
    "retention",
    "cleanup",
    "maxBytes",
    "key",
    "producers",
    "compatibility",
];

/// The canonical layout of `text`, with a final newline. `draft` is what a file without `$schema` is read as.
///
/// # Errors
/// Text that `serde_json` does not read, such as cut or deeper than 128 levels: the parser's own error. Repeated keys
/// are kept, all of them: it is for `check` to object.
pub fn format(text: &str, default: Draft) -> Result<String, serde_json::Error> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // Vouches for the grammar and bounds the depth, so that the reader below can be simple.
    let value: serde_json::Value = serde_json::from_str(text)?;
    let declared = value
        .get("$schema")
        .and_then(serde_json::Value::as_str)
        .and_then(Draft::from_uri);
    let mut reader = Reader { text, at: 0 };
    let node = reader.node();
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    let place = if value.is_object() {
        Place::Schema
    } else {
        Place::Data
    };
    write(&node, place, declared.unwrap_or(default), 0, &mut out);
    out.push('\n');
    Ok(out)
}

/// A value with the exact text of its scalars and keys.
enum Node<'t> {
    Scalar(&'t str),
    Array(Vec<Node<'t>>),
    Object(Vec<(&'t str, Node<'t>)>),
}

/// Reads text that is known to be JSON.
struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn peek(&mut self) -> u8 {
        let bytes = self.text.as_bytes();
        while matches!(
            bytes.get(self.at),
            Some(b' ' | b'\t' | b'\n' | b'\r' | b',' | b':')
        ) {
            self.at += 1;
        }
        bytes.get(self.at).copied().unwrap_or(b'}')
    }

    fn node(&mut self) -> Node<'t> {
        match self.peek() {
            b'{' => {
                self.at += 1;
                let mut members = Vec::new();
                while self.peek() != b'}' {
                    let key = self.scalar();
                    members.push((key, self.node()));
                }
                self.at += 1;
                Node::Object(members)
            }
            b'[' => {
                self.at += 1;
                let mut items = Vec::new();
                while self.peek() != b']' {
                    items.push(self.node());
                }
                self.at += 1;
                Node::Array(items)
            }
            _ => Node::Scalar(self.scalar()),
        }
    }

    /// A string with its quotes, a number or a literal.
    fn scalar(&mut self) -> &'t str {
        let bytes = self.text.as_bytes();
        let start = self.at;
        if bytes.get(self.at) == Some(&b'"') {
            self.at += 1;
            while let Some(byte) = bytes.get(self.at) {
                self.at += if *byte == b'\\' { 2 } else { 1 };
                if *byte == b'"' {
                    break;
                }
            }
        } else {
            while let Some(byte) = bytes.get(self.at)
                && !matches!(byte, b',' | b']' | b'}' | b' ' | b'\t' | b'\n' | b'\r')
            {
                self.at += 1;
            }
        }
        &self.text[start..self.at.min(self.text.len())]
    }
}

/// What a node is, which says how its members are ordered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Schema,
    /// An object whose members are schemas, or an array of schemas.
    Schemas,
    Metadata,
    Data,
}

impl Place {
    fn of_member(self, draft: Draft, key: &str) -> Self {
        match self {
            Self::Schema if key == KEYWORD => Self::Metadata,
            Self::Schema => match applicator(draft, key) {
                Some((Shape::One | Shape::OneOrList, _)) => Self::Schema,
                Some((Shape::List | Shape::Map, _)) => Self::Schemas,
                None => Self::Data,
            },
            Self::Schemas => Self::Schema,
            Self::Metadata => Self::Metadata,
            Self::Data => Self::Data,
        }
    }

    fn order(self) -> &'static [&'static str] {
        match self {
            Self::Schema => KEYWORDS,
            Self::Metadata => METADATA,
            Self::Schemas | Self::Data => &[],
        }
    }
}

fn write(node: &Node<'_>, place: Place, draft: Draft, depth: usize, out: &mut String) {
    match node {
        Node::Scalar(text) => out.push_str(text),
        Node::Array(items) if items.is_empty() => out.push_str("[]"),
        Node::Object(members) if members.is_empty() => out.push_str("{}"),
        Node::Array(items) => {
            // An array of schemas: each item is one; so it is for `items` before 2020-12, whose place is `Schema`.
            let inner = if place == Place::Schemas {
                Place::Schema
            } else {
                place
            };
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                line(index, depth + 1, out);
                write(item, inner, draft, depth + 1, out);
            }
            line(0, depth, out);
            out.push(']');
        }
        Node::Object(members) => {
            let ranks: BTreeMap<&str, usize> = place
                .order()
                .iter()
                .enumerate()
                .map(|(rank, keyword)| (*keyword, rank))
                .collect();
            let mut sorted: Vec<&(&str, Node<'_>)> = members.iter().collect();
            sorted.sort_by_key(|(key, _)| ranks.get(key.trim_matches('"')).copied().unwrap_or(usize::MAX));
            out.push('{');
            for (index, (key, member)) in sorted.into_iter().enumerate() {
                line(index, depth + 1, out);
                out.push_str(key);
                out.push_str(": ");
                write(
                    member,
                    place.of_member(draft, key.trim_matches('"')),
                    draft,
                    depth + 1,
                    out,
                );
            }
            line(0, depth, out);
            out.push('}');
        }
    }
}

fn line(index: usize, depth: usize, out: &mut String) {
    out.push_str(if index > 0 { ",\n" } else { "\n" });
    out.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn formatted(text: &str) -> String {
        format(text, Draft::Draft202012).unwrap()
    }

    #[test]
    fn keywords_are_ordered_and_names_are_not() {
        let text = r#"{"required":["b"],"properties":{"title":{"maximum":1.50,"type":"number"},"b":true},"title":"T"}"#;
        assert_eq!(
            formatted(text),
            r#"{
  "title": "T",
  "properties": {
    "title": {
      "type": "number",
      "maximum": 1.50
    },
    "b": true
  },
  "required": [
    "b"
  ]
}
"#
        );
    }

    #[test]
    fn data_keeps_its_order_and_every_character() {
        let text = r#"{"default": {"type": 1e400, "title": "\u00e9, \" : {"}, "const": [], "unknown": {"b": {}, "a": -0}}"#;
        let out = formatted(text);
        for kept in [
            r#""type": 1e400,"#,
            r#""title": "\u00e9, \" : {""#,
            r#""const": []"#,
            "\"b\": {},\n    \"a\": -0",
        ] {
            assert!(out.contains(kept), "{kept} in {out}");
        }
    }

    #[test]
    fn formatting_twice_changes_nothing_and_meaning_stays() {
        let text = r#"{"x-contract":{"topic":{"partitions":1,"name":"t"},"version":"1.0.0"},
            "allOf":[{"then":{},"if":{"type":"object","title":"x"}}], "items":[{"type":"null","$ref":"a"}],
            "type":"object", "x-mine": 1}"#;
        let once = formatted(text);
        assert_eq!(formatted(&once), once);
        let value = |text: &str| -> serde_json::Value { serde_json::from_str(text).unwrap() };
        assert_eq!(value(&once), value(text));
        assert!(
            once.find("\"version\"") < once.find("\"topic\"")
                && once.find("\"name\"") < once.find("\"partitions\"")
        );
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in ["", "{", "[1,]", "nul", &"[".repeat(100_000)] {
            assert!(format(text, Draft::Draft202012).is_err());
        }
        for text in ["3", "true", " [ ] ", "\u{feff}{}"] {
            assert!(format(text, Draft::Draft202012).is_ok());
        }
    }

    /// JSON text of many shapes: keywords and other names, repeated ones too, numbers that no float holds, odd spacing.
    fn text() -> impl proptest::strategy::Strategy<Value = String> {
        use proptest::prelude::*;
        let scalar = prop_oneof![
            Just("null".to_owned()),
            Just("true".to_owned()),
            "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,12})?([eE][+-]?[0-9]{1,2})?",
            "[a-z \\PC]{0,6}".prop_map(|text| Value::from(text).to_string()),
            Just(r#""\u00e9\ud83d\ude00\"""#.to_owned()),
        ];
        let name = prop_oneof![
            proptest::sample::select(KEYWORDS).prop_map(|name| format!("\"{name}\"")),
            proptest::sample::select(METADATA).prop_map(|name| format!("\"{name}\"")),
            "[a-c\\PC]{0,3}".prop_map(|text| Value::from(text).to_string()),
        ];
        scalar.prop_recursive(6, 60, 6, move |inner| {
            let space = proptest::sample::select(&["", " ", "\n\t", "\r\n  "][..]);
            let items = proptest::collection::vec((inner.clone(), space.clone()), 0..6);
            let members = proptest::collection::vec((name.clone(), inner, space), 0..6);
            prop_oneof![
                items.prop_map(|items| {
                    let items: Vec<String> = items
                        .iter()
                        .map(|(item, space)| format!("{space}{item}{space}"))
                        .collect();
                    format!("[{}]", items.join(","))
                }),
                members.prop_map(|members| {
                    let members: Vec<String> = members
                        .iter()
                        .map(|(name, member, space)| format!("{space}{name}{space}:{space}{member}"))
                        .collect();
                    format!("{{{}}}", members.join(","))
                }),
            ]
        })
    }

    /// Every token of a JSON text, sorted: formatting may order and space them, nothing else.
    fn tokens(text: &str) -> Vec<String> {
        fn collect(node: &Node<'_>, out: &mut Vec<String>) {
            match node {
                Node::Scalar(text) => out.push((*text).to_owned()),
                Node::Array(items) => items.iter().for_each(|item| collect(item, out)),
                Node::Object(members) => {
                    for (key, member) in members {
                        out.push((*key).to_owned());
                        collect(member, out);
                    }
                }
            }
        }
        let mut out = Vec::new();
        collect(&Reader { text, at: 0 }.node(), &mut out);
        out.sort();
        out
    }

    proptest::proptest! {
        #[test]
        fn any_text_keeps_its_tokens_and_comes_to_rest(text in text()) {
            for draft in [Draft::Draft4, Draft::Draft7, Draft::Draft202012] {
                let once = format(&text, draft).unwrap();
                proptest::prop_assert_eq!(&format(&once, draft).unwrap(), &once);
                proptest::prop_assert_eq!(tokens(&text), tokens(&once));
                // Equal as data: where a name is repeated, the last one still counts.
                let value = |text: &str| -> Value { serde_json::from_str(text).unwrap() };
                proptest::prop_assert_eq!(value(&text), value(&once));
            }
        }
    }
}
