//! What the process is connected to: standard output that survives a closed pipe, colour, width.
//!
//! The only place that asks whether something is a terminal.

use std::io::{self, IsTerminal, StdoutLock, Write};

use clap::ValueEnum;

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set or the terminal is dumb
    #[default]
    Auto,
    /// Always, also into a pipe
    Always,
    /// Never
    Never,
}

/// Whether text for people is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paint {
    /// With ANSI escapes.
    Styled,
    /// Without.
    Plain,
}

/// How to lay out text for people.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    /// Colour.
    pub(crate) paint: Paint,
    /// Columns to fill; text is not wrapped where the reader is not a terminal.
    pub(crate) width: Option<usize>,
}

impl Style {
    /// For a file: no colour, no wrapping.
    pub(crate) const FILE: Self = Self {
        paint: Paint::Plain,
        width: None,
    };

    /// For standard output.
    pub(crate) fn stdout(choice: ColorChoice) -> Self {
        let stdout = io::stdout();
        let is_terminal = stdout.is_terminal();
        Self {
            paint: paint(choice, is_terminal),
            width: is_terminal.then(width).flatten(),
        }
    }

    /// For standard error.
    pub(crate) fn stderr(choice: ColorChoice) -> Self {
        Self {
            paint: paint(choice, io::stderr().is_terminal()),
            width: None,
        }
    }

    /// `text` in the ANSI style `code` (for example `1` for bold), where colour is on.
    pub(crate) fn ansi(self, code: &str, text: &str) -> String {
        match self.paint {
            Paint::Styled => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            Paint::Plain => text.to_owned(),
        }
    }
}

fn paint(choice: ColorChoice, is_terminal: bool) -> Paint {
    let on = match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => {
            // https://no-color.org: present and not empty.
            let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
            is_terminal && !refused && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
        }
    };
    if on { Paint::Styled } else { Paint::Plain }
}

fn width() -> Option<usize> {
    let (terminal_size::Width(width), _) = terminal_size::terminal_size_of(io::stdout())?;
    (width >= 20).then(|| usize::from(width))
}

/// Standard output. When its reader goes away (`contracts list | head`) the rest is swallowed, so that a command still
/// ends with the exit code that its findings deserve.
pub(crate) struct Out {
    inner: io::BufWriter<StdoutLock<'static>>,
    closed: bool,
}

impl Out {
    /// Takes standard output for the rest of the run.
    pub(crate) fn new() -> Self {
        Self {
            inner: io::BufWriter::with_capacity(1 << 16, io::stdout().lock()),
            closed: false,
        }
    }

    fn absorb<T>(&mut self, result: io::Result<T>, closed: T) -> io::Result<T> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(closed)
            }
            other => other,
        }
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.closed {
            return Ok(bytes.len());
        }
        let result = self.inner.write(bytes);
        self.absorb(result, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.closed {
            return Ok(());
        }
        let result = self.inner.flush();
        self.absorb(result, ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_asked_for_or_follows_the_terminal() {
        assert_eq!(paint(ColorChoice::Always, false), Paint::Styled);
        assert_eq!(paint(ColorChoice::Never, true), Paint::Plain);
        assert_eq!(paint(ColorChoice::Auto, false), Paint::Plain);
    }

    #[test]
    fn plain_text_stays_plain() {
        assert_eq!(Style::FILE.ansi("1", "x"), "x");
        assert_eq!(
            Style {
                paint: Paint::Styled,
                width: None
            }
            .ansi("1", "x"),
            "\u{1b}[1mx\u{1b}[0m"
        );
    }
}
