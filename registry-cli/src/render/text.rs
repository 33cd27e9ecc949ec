//! Makes untrusted text fit for a terminal: what could move the cursor, colour the screen or turn the reading
//! direction is shown as an escape, and long lines are cut around the place that matters.
//!
//! Everything that comes from a tree (names, values, messages that quote them) passes through here before it is
//! printed for people. Machine formats do their own escaping.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;

/// `text` on one line, with every invisible or active character as `\u{…}`, line ends as `\n`, tabs as `\t`.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_active) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        push_escaped(&mut out, c);
    }
    Cow::Owned(out)
}

/// [`escape`], but line ends stay: for text of several lines, such as documentation and diffs.
pub(crate) fn escape_lines(text: &str) -> String {
    text.split('\n').map(escape).collect::<Vec<_>>().join("\n")
}

/// [`escape`], cut to `limit` characters with `…` at the end.
pub(crate) fn shorten(text: &str, limit: usize) -> String {
    // Cut before escaping: the text may be megabytes long.
    if text.char_indices().nth(limit).is_none() {
        return escape(text).into_owned();
    }
    let end = text
        .char_indices()
        .nth(limit.saturating_sub(1))
        .map_or(0, |(at, _)| at);
    format!("{}…", escape(&text[..end]))
}

/// A line ready for a code frame.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FrameLine {
    /// What is shown: no active characters, no line end, at most the asked width plus two marks of omission.
    pub(crate) text: String,
    /// The marked bytes of `text`.
    pub(crate) mark: Range<usize>,
}

/// Clips `line` (without its line end) to about `width` characters around `mark` (bytes of `line`, on character
/// borders) and escapes it.
pub(crate) fn frame_line(line: &str, mark: &Range<usize>, width: usize) -> FrameLine {
    let window = window(line, mark, width);
    let mut text = String::with_capacity(window.len() + 8);
    if window.start > 0 {
        text.push('…');
    }
    let mut start = None;
    let mut end = None;
    for (offset, c) in line[window.clone()].char_indices() {
        let at = window.start + offset;
        if at >= mark.start && start.is_none() {
            start = Some(text.len());
        }
        if at >= mark.end && end.is_none() {
            end = Some(text.len());
        }
        match c {
            '\t' => text.push_str("    "),
            c => push_escaped(&mut text, c),
        }
    }
    let start = start.unwrap_or(text.len());
    let end = end.unwrap_or(text.len());
    if window.end < line.len() {
        text.push('…');
    }
    FrameLine {
        text,
        mark: start..end.max(start),
    }
}

/// The bytes of `line` to show: all of it when it fits, else a window that starts a little before the mark.
fn window(line: &str, mark: &Range<usize>, width: usize) -> Range<usize> {
    if line.char_indices().nth(width).is_none() {
        return 0..line.len();
    }
    // A third of the room goes to what stands before the mark.
    let lead = line[..mark.start]
        .char_indices()
        .rev()
        .take(width / 3)
        .last()
        .map_or(mark.start, |(at, _)| at);
    let start = if line[..mark.start].chars().nth(width / 2).is_none() {
        0
    } else {
        lead
    };
    let end = line[start..]
        .char_indices()
        .nth(width)
        .map_or(line.len(), |(at, _)| start + at);
    start..end
}

fn push_escaped(out: &mut String, c: char) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if is_active(c) => {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        }
        c => out.push(c),
    }
}

/// Characters that do something to a terminal or a reader instead of being seen: controls, bidirectional marks,
/// zero-width and other format characters, line and paragraph separators, the private planes (the frames use one of
/// theirs as a placeholder).
fn is_active(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{10ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_on_a_terminal_is_shown() {
        assert_eq!(escape("\u{1b}[31mred\u{7}"), "\\u{1b}[31mred\\u{7}");
        assert_eq!(escape("a\u{202e}b\u{200d}"), "a\\u{202e}b\\u{200d}");
        assert_eq!(escape("two\nlines\t"), "two\\nlines\\t");
        assert!(matches!(escape("größe → 日本 🎉"), Cow::Borrowed(_)));
    }

    #[test]
    fn long_text_is_cut_before_it_is_escaped() {
        assert_eq!(shorten("abcdef", 6), "abcdef");
        assert_eq!(shorten("abcdefg", 6), "abcde…");
        assert_eq!(shorten(&"é".repeat(1_000_000), 3), "éé…");
    }

    #[test]
    fn the_mark_moves_with_the_escapes() {
        let line = "\t\"a\u{202e}\": 1";
        let mark = line.find('1').unwrap()..line.len();
        let framed = frame_line(line, &mark, 80);
        assert_eq!(framed.text, "    \"a\\u{202e}\": 1");
        assert_eq!(&framed.text[framed.mark], "1");
    }

    #[test]
    fn a_long_line_is_clipped_around_the_mark() {
        let line = format!("{}MARK{}", "a".repeat(100_000), "b".repeat(100_000));
        let framed = frame_line(&line, &(100_000..100_004), 60);
        assert_eq!(framed.text, format!("…{}MARK{}…", "a".repeat(20), "b".repeat(36)));
        assert_eq!(&framed.text[framed.mark], "MARK");
        let all = frame_line(&line, &(0..line.len()), 60);
        assert_eq!(all.text, format!("{}…", "a".repeat(60)));
        assert_eq!(all.mark, 0..60);
    }

    #[test]
    fn a_mark_at_the_end_is_empty_there() {
        assert_eq!(
            frame_line("ab", &(2..2), 80),
            FrameLine {
                text: "ab".to_owned(),
                mark: 2..2
            }
        );
    }
}
