//! From a location to bytes, lines and columns.
//!
//! Only called when a finding is shown or sorted: documents are parsed by `serde_json`, which keeps no spans. The
//! scanner here trusts nothing (the text may be cut, binary or nested without end), never recurses and never panics;
//! what it cannot find it reports at the nearest enclosing node.

mod spans;

pub use spans::spans;

use std::borrow::Cow;
use std::ops::Range;

use crate::{JsonPointer, Location, Part, Target};

/// A line and column, both from 1; the column counts Unicode scalar values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column in scalar values, from 1.
    pub column: usize,
}

/// The bytes of `text` that `location` means. Whole-file targets give `0..0`.
pub fn span(text: &str, location: &Location) -> Range<usize> {
    match &location.target {
        Target::File => 0..0,
        Target::Pointer(pointer, part) => find(text, pointer, *part),
        Target::Bytes(start, end) => {
            let start = floor_char(text, *start);
            start..floor_char(text, *end).max(start)
        }
    }
}

/// Line and column of a byte offset; past the end it is the end.
pub fn position(text: &str, offset: usize) -> Position {
    let before = &text[..floor_char(text, offset)];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    Position {
        line: before.bytes().filter(|byte| *byte == b'\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
    }
}

fn floor_char(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// The bytes of the node at `pointer`: its name for [`Part::Key`], else its value. Where the document ends early or
/// the pointer leads nowhere, the nearest enclosing node that exists.
pub fn find(text: &str, pointer: &JsonPointer, part: Part) -> Range<usize> {
    let mut scanner = Scanner {
        bytes: text.as_bytes(),
        at: 0,
    };
    if text.starts_with('\u{feff}') {
        scanner.at = '\u{feff}'.len_utf8();
    }
    scanner.skip_space();
    let mut found = scanner.at..scanner.at;
    let mut key = None;
    for token in pointer.tokens() {
        let entered = match scanner.peek() {
            Some(b'{') => scanner.enter_member(&token).map(Some),
            Some(b'[') => token
                .parse()
                .ok()
                .and_then(|index| scanner.enter_item(index))
                .map(|()| None),
            _ => None,
        };
        let Some(name) = entered else {
            key = None;
            scanner.at = found.start;
            break;
        };
        key = name;
        found = scanner.at..scanner.at;
    }
    if let (Part::Key, Some(name)) = (part, key) {
        return name;
    }
    let start = scanner.at;
    scanner.skip_value();
    let end = scanner.at.max(start);
    floor_char(text, start)..floor_char(text, end)
}

struct Scanner<'t> {
    bytes: &'t [u8],
    at: usize,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Past a string, from its opening quote; gives its bytes with the quotes.
    fn skip_string(&mut self) -> Range<usize> {
        let start = self.at;
        self.at += 1;
        while let Some(byte) = self.peek() {
            match byte {
                b'\\' => self.at += 2,
                b'"' => {
                    self.at += 1;
                    return start..self.at;
                }
                _ => self.at += 1,
            }
        }
        self.at = self.bytes.len();
        start..self.at
    }

    /// Past one value of any depth, without recursion.
    fn skip_value(&mut self) {
        let mut depth = 0_usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    self.skip_string();
                }
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                    continue;
                }
                b'}' | b']' => {
                    if depth == 0 {
                        return;
                    }
                    depth -= 1;
                    self.at += 1;
                }
                b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' => {
                    if depth == 0 {
                        return;
                    }
                    self.at += 1;
                    continue;
                }
                _ => {
                    while let Some(byte) = self.peek()
                        && !matches!(
                            byte,
                            b',' | b':' | b']' | b'}' | b'"' | b' ' | b'\t' | b'\n' | b'\r'
                        )
                    {
                        self.at += 1;
                    }
                }
            }
            if depth == 0 {
                return;
            }
        }
    }

    /// From `{` to the value of the last member called `name` (the one that `serde_json` keeps); gives the name's bytes.
    fn enter_member(&mut self, name: &str) -> Option<Range<usize>> {
        self.at += 1;
        let mut found = None;
        loop {
            self.skip_space();
            if self.peek() != Some(b'"') {
                break;
            }
            let key = self.skip_string();
            self.skip_space();
            if self.peek() != Some(b':') {
                break;
            }
            self.at += 1;
            self.skip_space();
            if same_string(&self.bytes[key.clone()], name) {
                found = Some((key, self.at));
            }
            self.skip_value();
            self.skip_space();
            if self.peek() != Some(b',') {
                break;
            }
            self.at += 1;
        }
        let (key, value) = found?;
        self.at = value;
        Some(key)
    }

    /// From `[` to item `index`.
    fn enter_item(&mut self, index: usize) -> Option<()> {
        self.at += 1;
        for _ in 0..index {
            self.skip_space();
            self.skip_value();
            self.skip_space();
            if self.peek() != Some(b',') {
                return None;
            }
            self.at += 1;
        }
        self.skip_space();
        matches!(self.peek(), Some(byte) if byte != b']').then_some(())
    }
}

/// Whether the quoted JSON string `raw` means `name`.
fn same_string(raw: &[u8], name: &str) -> bool {
    let inner = inner(raw);
    if inner.contains(&b'\\') {
        unescape(inner).is_some_and(|text| text == name)
    } else {
        inner == name.as_bytes()
    }
}

/// What the quoted JSON string `raw` means; `None` if it is no valid string.
fn unescaped(raw: &[u8]) -> Option<Cow<'_, str>> {
    let inner = inner(raw);
    if inner.contains(&b'\\') {
        unescape(inner).map(Cow::Owned)
    } else {
        std::str::from_utf8(inner).ok().map(Cow::Borrowed)
    }
}

fn inner(raw: &[u8]) -> &[u8] {
    raw.strip_prefix(b"\"")
        .and_then(|rest| rest.strip_suffix(b"\""))
        .unwrap_or(raw)
}

fn unescape(inner: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(inner).ok()?;
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            units.extend(c.encode_utf16(&mut [0; 2]).iter());
            continue;
        }
        let unit = match chars.next()? {
            'b' => 0x08,
            'f' => 0x0c,
            'n' => u16::from(b'\n'),
            'r' => u16::from(b'\r'),
            't' => u16::from(b'\t'),
            'u' => {
                let digits: String = chars.by_ref().take(4).collect();
                u16::from_str_radix(&digits, 16).ok()?
            }
            other => u16::try_from(u32::from(other)).ok()?,
        };
        units.push(unit);
    }
    String::from_utf16(&units).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(text: &str, pointer: &str, part: Part) -> String {
        text[find(text, &JsonPointer::parse(pointer).unwrap(), part)].to_owned()
    }

    const TEXT: &str = r#" { "a" : [1, {"b\u002fc": "x,]}\""}], "a~": null, "é": {"d": -1.5e3} } "#;

    #[test]
    fn values_and_keys_are_found() {
        assert_eq!(show(TEXT, "/a/0", Part::Value), "1");
        assert_eq!(show(TEXT, "/a/1", Part::Value), r#"{"b\u002fc": "x,]}\""}"#);
        assert_eq!(show(TEXT, "/a/1/b~1c", Part::Value), r#""x,]}\"""#);
        assert_eq!(show(TEXT, "/a/1/b~1c", Part::Key), r#""b\u002fc""#);
        assert_eq!(show(TEXT, "/a~0", Part::Value), "null");
        assert_eq!(show(TEXT, "/é/d", Part::Value), "-1.5e3");
        assert_eq!(show(TEXT, "/a/1", Part::Key), show(TEXT, "/a/1", Part::Value));
    }

    #[test]
    fn what_is_not_there_is_shown_at_what_encloses_it() {
        assert_eq!(show(TEXT, "/é/zz", Part::Value), r#"{"d": -1.5e3}"#);
        assert_eq!(show(TEXT, "/a/7", Part::Key), show(TEXT, "/a", Part::Value));
        assert_eq!(show("", "/a", Part::Value), "");
        assert_eq!(show("{\"a\": [1, ", "/a", Part::Value), "[1, ");
        assert_eq!(show("{\"a", "/a", Part::Value), "{\"a");
    }

    #[test]
    fn a_repeated_key_means_its_last_value() {
        assert_eq!(show(r#"{"a": 1, "a": 2}"#, "/a", Part::Value), "2");
    }

    #[test]
    fn depth_costs_no_stack() {
        let deep = "[".repeat(1_000_000);
        assert_eq!(find(&deep, &JsonPointer::root(), Part::Value), 0..deep.len());
    }

    #[test]
    fn columns_count_characters() {
        assert_eq!(position("a\né→x", "a\né→".len()), Position { line: 2, column: 3 });
        assert_eq!(position("a", 99), Position { line: 1, column: 2 });
    }
}
