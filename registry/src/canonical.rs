//! The one text of a JSON value: members sorted by name, no white space, numbers as they were written. What digests are
//! made of.

use std::fmt::Write as _;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::metadata::KEYWORD;

/// The canonical text of `value`. Does not depend on how the map type orders its members.
pub fn canonical_json(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

/// SHA-256 (64 hexadecimal digits) of the canonical text of a bundled schema without what may change without a new
/// version: the version itself, owner, producers and retention. Equal digests: nothing that the version stands for differs.
pub fn release_digest(schema: &Value) -> String {
    let Some(metadata @ Value::Object(_)) = schema.get(KEYWORD) else {
        return sha256(canonical_json(schema));
    };
    let mut metadata = metadata.clone();
    if let Value::Object(members) = &mut metadata {
        for member in ["version", "owner", "producers"] {
            members.remove(member);
        }
        if let Some(Value::Object(topic)) = members.get_mut("topic") {
            topic.remove("retention");
        }
    }
    let mut text = String::new();
    let members = schema.as_object().into_iter().flatten();
    write_members(
        members.map(|(name, member)| (name.as_str(), if name == KEYWORD { &metadata } else { member })),
        &mut text,
    );
    sha256(text)
}

/// SHA-256 of `bytes` as 64 lower-case hexadecimal digits.
pub fn sha256(bytes: impl AsRef<[u8]>) -> String {
    Sha256::digest(bytes)
        .iter()
        .fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// Depth is bounded by the parser that made the value (128 levels) or by the bundler.
fn write(value: &Value, text: &mut String) {
    match value {
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write(item, text);
            }
            text.push(']');
        }
        Value::Object(members) => {
            write_members(members.iter().map(|(name, member)| (name.as_str(), member)), text);
        }
        scalar => {
            let _ = write!(text, "{scalar}");
        }
    }
}

fn write_members<'v>(members: impl Iterator<Item = (&'v str, &'v Value)>, text: &mut String) {
    let mut sorted: Vec<_> = members.collect();
    sorted.sort_unstable_by_key(|(name, _)| *name);
    text.push('{');
    for (index, (name, member)) in sorted.into_iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        let _ = write!(text, "{}:", Value::String(name.to_owned()));
        write(member, text);
    }
    text.push('}');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_known_by_what_its_version_stands_for() {
        let digest = |text: &str| release_digest(&serde_json::from_str(text).unwrap());
        let one = digest(
            r#"{"type": "object", "x-contract": {"version": "1.0.0", "topic": {"name": "a", "retention": "P1D"}}}"#,
        );
        let two = digest(
            r#"{"x-contract": {"topic": {"name": "a"}, "owner": "o", "producers": ["p"], "version": "1.2.0"}, "type": "object"}"#,
        );
        assert_eq!(one, two);
        let other =
            digest(r#"{"type": "object", "x-contract": {"version": "1.0.0", "topic": {"name": "b"}}}"#);
        assert_ne!(one, other);
        assert_eq!(digest("true"), sha256("true"));
    }

    #[test]
    fn order_of_members_does_not_matter_and_digits_do() {
        let value: Value =
            serde_json::from_str(r#"{"b": [1.0, 123456789012345678901234567890, null], "a": "é\n"}"#)
                .unwrap();
        assert_eq!(
            canonical_json(&value),
            r#"{"a":"é\n","b":[1.0,123456789012345678901234567890,null]}"#
        );
        assert_eq!(
            sha256("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
