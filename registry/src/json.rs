//! From bytes to a JSON value, with a place for everything that is wrong with them.
//!
//! `serde_json` parses (it limits the depth to 128 and keeps the last of repeated members silently). That members were
//! repeated shows in a count: a linear scan of the text against the members of the value. Only then is the text read a
//! second time to find them.

use std::collections::HashMap;
use std::ops::Range;

use serde_json::Value;

use crate::conflict;

/// Larger files are refused: the largest published JSON Schema known to us is 2.8 MB (FHIR), and a parsed document
/// takes ten to twenty times the memory of its text.
pub(crate) const LARGEST_FILE: u64 = 16 * 1024 * 1024;

/// What is wrong with a text that is not JSON.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotJson {
    /// What and why. Lower case, no final stop.
    pub(crate) message: String,
    /// Where.
    pub(crate) bytes: Range<usize>,
    /// What to do.
    pub(crate) help: Option<&'static str>,
}

/// A member that repeats the name of an earlier one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Duplicate {
    /// The name.
    pub(crate) name: String,
    /// The bytes of its first occurrence.
    pub(crate) first: Range<usize>,
    /// The bytes of this occurrence.
    pub(crate) second: Range<usize>,
}

/// A parsed document.
#[derive(Debug)]
pub(crate) struct Parsed {
    /// The value; of repeated members the last.
    pub(crate) value: Value,
    /// Repeated members, in document order; at most [`MOST_DUPLICATES`].
    pub(crate) duplicates: Vec<Duplicate>,
}

const MOST_DUPLICATES: usize = 100;
const BOM: &str = "\u{feff}";

/// Parses a file's bytes. A byte order mark is skipped; offsets count it.
pub(crate) fn parse(bytes: &[u8]) -> Result<Parsed, NotJson> {
    let text = std::str::from_utf8(bytes).map_err(|error| not_utf8(bytes, error.valid_up_to()))?;
    let body = text.strip_prefix(BOM).unwrap_or(text);
    let skipped = text.len() - body.len();
    if body.trim().is_empty() {
        let what = if bytes.is_empty() {
            "the file is empty"
        } else {
            "the file holds nothing but blanks"
        };
        return Err(NotJson {
            message: what.to_owned(),
            bytes: 0..0,
            help: Some("write a JSON document, or delete the file"),
        });
    }
    let value: Value = serde_json::from_str(body).map_err(|error| refused(body, skipped, &error))?;
    let duplicates = if count_colons(body) == count_members(&value) {
        Vec::new()
    } else {
        duplicates(body, skipped)
    };
    Ok(Parsed { value, duplicates })
}

fn not_utf8(bytes: &[u8], at: usize) -> NotJson {
    let (message, help) = match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => ("the file is UTF-16, not UTF-8", "save it as UTF-8"),
        _ if bytes.contains(&0) => (
            "the file is binary, not JSON",
            "delete it, or give it another extension",
        ),
        _ => ("the file is not UTF-8", "save it as UTF-8"),
    };
    NotJson {
        message: format!("{message}: byte {:#04x} at offset {at}", bytes[at]),
        bytes: at..at + 1,
        help: Some(help),
    }
}

fn refused(body: &str, skipped: usize, error: &serde_json::Error) -> NotJson {
    if let Some(marker) = conflict::marker(body) {
        return NotJson {
            message: conflict::MESSAGE.to_owned(),
            bytes: skipped + marker.start..skipped + marker.end,
            help: Some(conflict::HELP),
        };
    }
    let at = offset(body, error.line(), error.column());
    let text = error.to_string();
    let why = text.split(" at line ").next().unwrap_or(&text);
    if why.contains("recursion limit") {
        return NotJson {
            message: "the document is nested deeper than 128 levels".to_owned(),
            bytes: skipped + at..skipped + at,
            help: Some("no reader can be asked to follow this deep: flatten it, or move parts behind `$ref`"),
        };
    }
    let help = match why {
        _ if why.contains("trailing comma") => Some("remove the comma"),
        _ if why.contains("EOF") => Some("the document ends too early: close what is open"),
        _ if why.contains("trailing characters") => {
            Some("a file holds one JSON document: remove what follows it")
        }
        _ if body[at..].starts_with(['/', '#']) => Some("JSON has no comments: use `$comment`"),
        _ if body[at..].starts_with('\'') => Some("JSON strings are in double quotes"),
        _ => None,
    };
    let width = body[at..].chars().next().map_or(0, char::len_utf8);
    NotJson {
        message: format!("not JSON: {why}"),
        bytes: skipped + at..skipped + at + width,
        help,
    }
}

/// `serde_json` counts lines from 1 and columns in bytes; the column is that of the byte it choked on, or one before.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let start = if line <= 1 {
        0
    } else {
        text.bytes()
            .enumerate()
            .filter(|(_, byte)| *byte == b'\n')
            .nth(line - 2)
            .map_or(text.len(), |(at, _)| at + 1)
    };
    let mut at = (start + column.saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Colons outside strings: one for each member written.
fn count_colons(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut count, mut at) = (0, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at = skip_string(bytes, at),
            byte => {
                count += usize::from(byte == b':');
                at += 1;
            }
        }
    }
    count
}

/// Past the string that opens at `at`.
fn skip_string(bytes: &[u8], mut at: usize) -> usize {
    at += 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    at
}

fn count_members(value: &Value) -> usize {
    match value {
        Value::Object(members) => members.len() + members.values().map(count_members).sum::<usize>(),
        Value::Array(items) => items.iter().map(count_members).sum(),
        _ => 0,
    }
}

/// All repeated members of a text that parses.
fn duplicates(text: &str, skipped: usize) -> Vec<Duplicate> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    // One map of names for each open object; `None` for an array.
    let mut open: Vec<Option<HashMap<String, Range<usize>>>> = Vec::new();
    let mut at = 0;
    while at < bytes.len() && found.len() < MOST_DUPLICATES {
        match bytes[at] {
            b'{' => open.push(Some(HashMap::new())),
            b'[' => open.push(None),
            b'}' | b']' => {
                open.pop();
            }
            b'"' => {
                let end = skip_string(bytes, at);
                let is_name = text[end..].trim_start().starts_with(':');
                if let (true, Some(Some(names))) = (is_name, open.last_mut())
                    && let Ok(name) = serde_json::from_str::<String>(&text[at..end])
                {
                    let here = skipped + at..skipped + end;
                    match names.get(&name) {
                        Some(first) => found.push(Duplicate {
                            first: first.clone(),
                            name,
                            second: here,
                        }),
                        None => {
                            names.insert(name, here);
                        }
                    }
                }
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &[u8]) -> (String, Range<usize>) {
        let problem = parse(text).unwrap_err();
        (problem.message, problem.bytes)
    }

    #[test]
    fn what_is_not_json_is_said_with_its_place() {
        assert_eq!(problem(b""), ("the file is empty".to_owned(), 0..0));
        assert_eq!(problem(b" \n\t").0, "the file holds nothing but blanks");
        assert_eq!(problem(b"\xef\xbb\xbf").0, "the file holds nothing but blanks");
        assert_eq!(
            problem(b"{\"a\": \"\xff\"}"),
            ("the file is not UTF-8: byte 0xff at offset 7".to_owned(), 7..8)
        );
        assert!(problem(b"\x7fELF\0\0\xfe").0.contains("binary"));
        assert!(problem(b"\xff\xfe{\0}\0").0.contains("UTF-16"));
        let (message, bytes) = problem("{\n  \"é\": 1,\n}".as_bytes());
        assert!(message.contains("trailing comma"), "{message}");
        assert_eq!(bytes, 13..14);
        assert!(problem(b"{\"a\": NaN}").0.contains("not JSON"));
        assert!(problem(b"{} {}").0.contains("trailing characters"));
    }

    #[test]
    fn a_byte_order_mark_is_skipped_and_counted() {
        assert_eq!(
            parse(b"\xef\xbb\xbf{\"a\": 1}").unwrap().value,
            serde_json::json!({"a": 1})
        );
        assert_eq!(problem(b"\xef\xbb\xbf{\"a\": }").1, 9..10);
        let parsed = parse(b"\xef\xbb\xbf{\"a\": 1, \"a\": 2}").unwrap();
        assert_eq!(parsed.duplicates[0].second, 12..15);
    }

    #[test]
    fn depth_is_an_error_not_an_overflow() {
        for open in ["[", "{\"a\":"] {
            assert!(problem(open.repeat(100_000).as_bytes()).0.contains("128"));
        }
    }

    #[test]
    fn repeated_members_are_found_wherever_they_are() {
        let text = r#"{"a": {"b": 1, "c:": [{"b": 1}, {"b": ":", "\u0062": 2}]}, "d": "a", "a": 0, "a": 1}"#;
        let parsed = parse(text.as_bytes()).unwrap();
        let found: Vec<_> = parsed
            .duplicates
            .iter()
            .map(|found| {
                (
                    found.name.as_str(),
                    &text[found.first.clone()],
                    &text[found.second.clone()],
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                ("b", r#""b""#, r#""\u0062""#),
                ("a", r#""a""#, r#""a""#),
                ("a", r#""a""#, r#""a""#)
            ]
        );
        assert_eq!(parsed.value["a"], 1);
        assert!(
            parse(br#"{"a": {"a": 1}, "b": [":", {"a": "\":"}]}"#)
                .unwrap()
                .duplicates
                .is_empty()
        );
    }
}
