//! Finds the events in a text: one document, several, an array, or one a line; each with where it starts.
//!
//! NDJSON is read line by line and takes the memory of its longest line; the other shapes are read whole.

use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use diagnostics::source::{self, Position};
use serde_json::value::RawValue;

use super::event::Violation;
use crate::args::InputShape;

/// One event: its text and where the text starts in the input.
pub(super) struct Event<'t> {
    pub(super) text: &'t str,
    pub(super) start: Position,
}

impl Event<'_> {
    /// The position in the input of a byte offset in the event's text.
    pub(super) fn position(&self, offset: usize) -> Position {
        let inside = source::position(self.text, offset);
        Position {
            line: self.start.line + inside.line - 1,
            column: if inside.line == 1 {
                self.start.column + inside.column - 1
            } else {
                inside.column
            },
        }
    }
}

/// What is found in the input.
pub(super) enum Item<'t> {
    /// A JSON text.
    Event(Event<'t>),
    /// Text that is not JSON.
    Broken(Violation),
}

/// Calls `take` for every event of `input`.
pub(super) fn each(
    input: Box<dyn Read>,
    shape: InputShape,
    path: &Path,
    mut take: impl FnMut(Item<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let mut lines = Lines {
        input: BufReader::with_capacity(1 << 16, input),
        number: 0,
    };
    let named_lines = path
        .extension()
        .is_some_and(|ending| ending == "ndjson" || ending == "jsonl");
    match shape {
        InputShape::Ndjson => each_line(Vec::new(), &mut lines, &mut take),
        InputShape::Auto if named_lines => each_line(Vec::new(), &mut lines, &mut take),
        InputShape::Document => whole(Vec::new(), &mut lines, Whole::Documents, &mut take),
        InputShape::Array => whole(Vec::new(), &mut lines, Whole::Array, &mut take),
        InputShape::Auto => guess(&mut lines, &mut take),
    }
}

/// Looks at no more than two lines that are not blank.
fn guess(lines: &mut Lines, take: &mut impl FnMut(Item<'_>) -> io::Result<()>) -> io::Result<()> {
    let mut seen = Vec::new();
    let first = lines.next_filled(&mut seen)?;
    let Some(first) = first else {
        return each_line(seen, lines, take);
    };
    let starts_array = seen[first].trimmed().first() == Some(&b'[');
    let form = if starts_array {
        Whole::Array
    } else {
        Whole::Documents
    };
    let complete = match serde_json::from_slice::<&RawValue>(seen[first].trimmed()) {
        Ok(_) => true,
        // The document goes on below.
        Err(error) if error.is_eof() => return whole(seen, lines, form, take),
        Err(_) => false,
    };
    match lines.next_filled(&mut seen)? {
        Some(second) if complete || serde_json::from_slice::<&RawValue>(seen[second].trimmed()).is_ok() => {
            each_line(seen, lines, take)
        }
        _ => whole(seen, lines, form, take),
    }
}

/// A line as read, with its line end.
struct Line {
    number: usize,
    bytes: Vec<u8>,
}

impl Line {
    fn trimmed(&self) -> &[u8] {
        let bytes = if self.number == 1 {
            self.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.bytes)
        } else {
            &self.bytes
        };
        bytes.trim_ascii()
    }
}

struct Lines {
    input: BufReader<Box<dyn Read>>,
    number: usize,
}

impl Lines {
    fn next(&mut self) -> io::Result<Option<Line>> {
        let mut bytes = Vec::new();
        if self.input.read_until(b'\n', &mut bytes)? == 0 {
            return Ok(None);
        }
        self.number += 1;
        Ok(Some(Line {
            number: self.number,
            bytes,
        }))
    }

    /// Reads on until a line that is not blank, into `seen`; gives its index.
    fn next_filled(&mut self, seen: &mut Vec<Line>) -> io::Result<Option<usize>> {
        while let Some(line) = self.next()? {
            let filled = !line.trimmed().is_empty();
            seen.push(line);
            if filled {
                return Ok(Some(seen.len() - 1));
            }
        }
        Ok(None)
    }
}

fn each_line(
    seen: Vec<Line>,
    lines: &mut Lines,
    take: &mut impl FnMut(Item<'_>) -> io::Result<()>,
) -> io::Result<()> {
    for line in seen {
        one_line(&line, take)?;
    }
    while let Some(line) = lines.next()? {
        one_line(&line, take)?;
    }
    Ok(())
}

fn one_line(line: &Line, take: &mut impl FnMut(Item<'_>) -> io::Result<()>) -> io::Result<()> {
    let trimmed = line.trimmed();
    if trimmed.is_empty() {
        return Ok(());
    }
    match std::str::from_utf8(trimmed) {
        Ok(text) => {
            let lead = line
                .bytes
                .iter()
                .take_while(|byte| byte.is_ascii_whitespace())
                .count();
            take(Item::Event(Event {
                text,
                start: Position {
                    line: line.number,
                    column: lead + 1,
                },
            }))
        }
        Err(_) => take(Item::Broken(not_utf8(line.number))),
    }
}

fn not_utf8(line: usize) -> Violation {
    Violation {
        at: Position { line, column: 1 },
        pointer: None,
        message: "not UTF-8".to_owned(),
        keyword: "json".to_owned(),
    }
}

/// How events lie in a text that is read whole.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whole {
    /// One document after the other; usually there is one.
    Documents,
    /// In an array.
    Array,
}

fn whole(
    seen: Vec<Line>,
    lines: &mut Lines,
    form: Whole,
    take: &mut impl FnMut(Item<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let mut bytes: Vec<u8> = seen.into_iter().flat_map(|line| line.bytes).collect();
    lines.input.read_to_end(&mut bytes)?;
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let good = error.utf8_error().valid_up_to();
            let good = String::from_utf8_lossy(&error.as_bytes()[..good]);
            return take(Item::Broken(not_utf8(source::position(&good, good.len()).line)));
        }
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut cursor = Cursor {
        text,
        offset: 0,
        line: 1,
        line_start: 0,
    };
    if form == Whole::Array {
        return match serde_json::from_str::<Vec<&RawValue>>(text) {
            Ok(items) => {
                for item in items {
                    // A borrowed item is a slice of the text.
                    let offset = item.get().as_ptr() as usize - text.as_ptr() as usize;
                    take(Item::Event(Event {
                        text: item.get(),
                        start: cursor.position(offset),
                    }))?;
                }
                Ok(())
            }
            Err(error) => take(Item::Broken(Violation::syntax(
                &error,
                Position { line: 1, column: 1 },
            ))),
        };
    }
    let mut any = false;
    for document in serde_json::Deserializer::from_str(text).into_iter::<&RawValue>() {
        any = true;
        match document {
            Ok(document) => {
                let offset = document.get().as_ptr() as usize - text.as_ptr() as usize;
                take(Item::Event(Event {
                    text: document.get(),
                    start: cursor.position(offset),
                }))?;
            }
            Err(error) => {
                return take(Item::Broken(Violation::syntax(
                    &error,
                    Position { line: 1, column: 1 },
                )));
            }
        }
    }
    if any {
        return Ok(());
    }
    take(Item::Broken(Violation {
        at: Position { line: 1, column: 1 },
        pointer: None,
        message: "the file is empty".to_owned(),
        keyword: "json".to_owned(),
    }))
}

/// Line and column of growing offsets, in time linear in the text.
struct Cursor<'t> {
    text: &'t str,
    offset: usize,
    line: usize,
    line_start: usize,
}

impl Cursor<'_> {
    fn position(&mut self, offset: usize) -> Position {
        for (at, _) in self.text[self.offset..offset].match_indices('\n') {
            self.line += 1;
            self.line_start = self.offset + at + 1;
        }
        self.offset = offset;
        Position {
            line: self.line,
            column: self.text[self.line_start..offset].chars().count() + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, shape: InputShape, name: &str) -> Vec<String> {
        let mut found = Vec::new();
        let input = Box::new(io::Cursor::new(text.as_bytes().to_vec()));
        each(input, shape, Path::new(name), |item| {
            found.push(match item {
                Item::Event(event) => {
                    format!(
                        "{}:{} {}",
                        event.start.line,
                        event.start.column,
                        event.text.replace('\n', "~")
                    )
                }
                Item::Broken(problem) => format!("{}:{} broken", problem.at.line, problem.at.column),
            });
            Ok(())
        })
        .unwrap();
        found
    }

    fn auto(text: &str) -> Vec<String> {
        found(text, InputShape::Auto, "-")
    }

    #[test]
    fn the_shape_is_seen_from_the_first_lines() {
        assert_eq!(auto("{\"a\": 1}"), ["1:1 {\"a\": 1}"]);
        assert_eq!(auto("{\n\"a\": 1\n}\n"), ["1:1 {~\"a\": 1~}"]);
        assert_eq!(auto("\n{}\n\n{}\n"), ["2:1 {}", "4:1 {}"]);
        assert_eq!(auto("[{},\n  {}]"), ["1:2 {}", "2:3 {}"]);
        assert_eq!(auto("[{}, {}]\n"), ["1:2 {}", "1:6 {}"]);
        assert_eq!(
            auto("{\n}\n{\n}\n"),
            ["1:1 {~}", "3:1 {~}"],
            "documents one after the other"
        );
        assert_eq!(auto("\u{feff}{}\n{}"), ["1:1 {}", "2:1 {}"]);
        assert_eq!(auto(""), Vec::<String>::new(), "no events is a stream of none");
    }

    #[test]
    fn a_bad_line_does_not_hide_the_others() {
        assert_eq!(auto("nonsense\n{}\n"), ["1:1 nonsense", "2:1 {}"]);
        assert_eq!(found("{\n{}\n", InputShape::Ndjson, "-"), ["1:1 {", "2:1 {}"]);
        assert_eq!(found("{\n{}\n", InputShape::Auto, "a.jsonl"), ["1:1 {", "2:1 {}"]);
        assert_eq!(auto("{\n nonsense\n}"), ["2:2 broken"]);
        assert_eq!(auto("[{},"), ["1:4 broken"]);
    }
}
