//! What git leaves in a file when two branches changed the same lines.

use std::ops::Range;

/// What to say of it.
pub const MESSAGE: &str = "merge conflict markers: two branches changed the same lines";

/// What to do about it, for files that people write.
pub const HELP: &str = "keep the lines that count, remove those that start with `<<<<<<<`, `=======` and `>>>>>>>`; \
                        `git diff` shows both sides";

/// The bytes of the first line that git left for a person to decide.
pub fn marker(text: &str) -> Option<Range<usize>> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end();
        let is_marker = |marker: &str| {
            bare == marker
                || bare
                    .strip_prefix(marker)
                    .is_some_and(|tail| tail.starts_with(' '))
        };
        // `=======` alone may underline a heading; it never comes without the other two.
        if is_marker("<<<<<<<") || is_marker(">>>>>>>") {
            return Some(at..at + bare.len());
        }
        at += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_lines_of_their_own() {
        let text = "{\r\n<<<<<<< HEAD\r\n}";
        assert_eq!(&text[marker(text).unwrap()], "<<<<<<< HEAD");
        assert_eq!(marker("\"<<<<<<< HEAD\"\n=======\n"), None);
        assert_eq!(marker("a\n>>>>>>> b\n"), Some(2..11));
    }
}
