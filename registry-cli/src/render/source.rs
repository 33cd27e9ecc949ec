//! The texts that findings point into, read again only when a finding is shown.
//!
//! Judging keeps no text: ten thousand contracts without findings cost nothing here.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use diagnostics::source::{self, Position};
use diagnostics::{Location, Target};
use gate::finding::Judgement;

/// A text with its line starts.
pub(crate) struct SourceText {
    text: String,
    line_starts: Vec<usize>,
}

impl SourceText {
    fn new(text: String) -> Self {
        let line_starts = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        Self { text, line_starts }
    }

    /// Line and column of a byte offset, in time that does not depend on the length of the text.
    pub(crate) fn position(&self, offset: usize) -> Position {
        let line = self.line_starts.partition_point(|start| *start <= offset).max(1);
        let start = self.line_starts[line - 1];
        let end = offset.clamp(start, self.text.len());
        let column = self
            .text
            .get(start..end)
            .map_or(0, |before| before.chars().count())
            + 1;
        Position { line, column }
    }

    /// The bytes of a line (from 1), without its line end.
    pub(crate) fn line(&self, line: usize) -> Range<usize> {
        let start = self.line_starts[line - 1];
        let end = self
            .line_starts
            .get(line)
            .map_or(self.text.len(), |next| next - 1);
        let end = if self.text[start..end].ends_with('\r') {
            end - 1
        } else {
            end
        };
        start..end
    }

    /// The whole text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

/// A location that was looked up in its text.
pub(crate) struct Found {
    pub(crate) source: Rc<SourceText>,
    pub(crate) span: Range<usize>,
    pub(crate) start: Position,
    pub(crate) end: Position,
}

/// Reads texts below the workspace folder and remembers them.
pub(crate) struct Sources {
    folder: PathBuf,
    texts: BTreeMap<Arc<str>, Option<Rc<SourceText>>>,
}

impl Sources {
    /// For locations relative to `folder`.
    pub(crate) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            texts: BTreeMap::new(),
        }
    }

    /// Gives a text that is not on disk: of a git revision, or from standard input.
    pub(crate) fn insert(&mut self, file: Arc<str>, text: String) {
        self.texts.insert(file, Some(Rc::new(SourceText::new(text))));
    }

    /// With the texts of the old side of a judgement, which are not in the work tree.
    pub(crate) fn of_judgement(folder: &Path, judgement: &Judgement) -> Self {
        let mut sources = Self::new(folder);
        for (file, text) in &judgement.base_texts {
            sources.insert(Arc::clone(file), text.to_string());
        }
        sources
    }

    /// Where `location` is; `None` for whole files and for files that cannot be read (any more).
    pub(crate) fn find(&mut self, location: &Location) -> Option<Found> {
        if location.target == Target::File {
            return None;
        }
        let source = self.text(&location.file)?;
        let span = source::span(&source.text, location);
        let (start, end) = (source.position(span.start), source.position(span.end));
        Some(Found {
            source,
            span,
            start,
            end,
        })
    }

    fn text(&mut self, file: &Arc<str>) -> Option<Rc<SourceText>> {
        if let Some(known) = self.texts.get(file) {
            return known.clone();
        }
        // Not UTF-8: everything before the first bad byte keeps its offset, and that is where such findings point.
        let text = std::fs::read(self.folder.join(&**file))
            .ok()
            .map(|bytes| Rc::new(SourceText::new(String::from_utf8_lossy(&bytes).into_owned())));
        self.texts.insert(Arc::clone(file), text.clone());
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_agree_with_the_plain_scan() {
        let text = "a\né→x\r\n\nlast";
        let source = SourceText::new(text.to_owned());
        for (offset, _) in text.char_indices().chain([(text.len(), ' ')]) {
            assert_eq!(
                source.position(offset),
                source::position(text, offset),
                "at {offset}"
            );
        }
        assert_eq!(&text[source.line(2)], "é→x");
        assert_eq!(&text[source.line(3)], "");
        assert_eq!(&text[source.line(4)], "last");
    }
}
