//! What ends a run without a verdict (exit code 2), and how it is told: what, why, what to do.

use std::fmt::{self, Write as _};
use std::io::Write as _;
use std::path::PathBuf;

use diagnostics::Diagnostic;
use registry::RegistryError;

use crate::render::text::escape;
use crate::render::{Sources, human};
use crate::terminal::Style;

/// An error with a way out. Goes through `anyhow` like any other; [`report`] finds the rest again.
#[derive(Debug)]
enum Failure {
    /// Anything, with a line that says what to do.
    Helped { message: String, help: String },
    /// A place in a file, relative to a folder, to be shown in a code frame.
    Placed {
        diagnostic: Box<Diagnostic>,
        folder: PathBuf,
    },
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Helped { message, .. } => message,
            Self::Placed { diagnostic, .. } => &diagnostic.message,
        })
    }
}

impl std::error::Error for Failure {}

/// An error that says what to do.
pub(crate) fn failure(message: impl Into<String>, help: impl Into<String>) -> anyhow::Error {
    Failure::Helped {
        message: message.into(),
        help: help.into(),
    }
    .into()
}

/// An error in a configuration file, relative to `folder`.
pub(crate) fn misconfigured(diagnostic: Diagnostic, folder: PathBuf) -> anyhow::Error {
    Failure::Placed {
        diagnostic: Box::new(diagnostic),
        folder,
    }
    .into()
}

/// Writes `error` for people, on standard error.
pub(crate) fn report(error: &anyhow::Error, style: Style) {
    // Nobody is left to tell when standard error is closed.
    let _ = writeln!(std::io::stderr(), "{}", text(error, style));
}

fn text(error: &anyhow::Error, style: Style) -> String {
    let placed = error
        .chain()
        .find_map(|cause| match cause.downcast_ref::<Failure>() {
            Some(Failure::Placed { diagnostic, folder }) => Some((diagnostic, folder)),
            _ => None,
        });
    if let Some((diagnostic, folder)) = placed {
        return human::frame(diagnostic, &mut Sources::new(folder), style);
    }
    // Errors that already end with their cause do not say it twice.
    let mut shown: Vec<String> = Vec::new();
    for cause in error.chain() {
        let cause = escape(&cause.to_string()).into_owned();
        if !shown.iter().any(|earlier| earlier.ends_with(&cause)) {
            shown.push(cause);
        }
    }
    let mut text = format!("{}: {}", style.ansi("1;91", "error"), shown.join(": "));
    let help = error
        .chain()
        .find_map(|cause| match cause.downcast_ref::<Failure>() {
            Some(Failure::Helped { help, .. }) => Some(help.as_str()),
            _ => cause
                .downcast_ref::<RegistryError>()
                .and_then(RegistryError::help),
        });
    if let Some(help) = help {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n  {}: {}", style.ansi("1;96", "help"), escape(help));
    }
    text
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[test]
    fn causes_are_named_once_and_help_comes_last() {
        let io = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
        let error = anyhow::Error::from(io).context("cannot write a\u{1b}b");
        assert_eq!(
            text(&error, Style::FILE),
            "error: cannot write a\\u{1b}b: permission denied"
        );
        let helped = Err::<(), _>(failure("no such rule", "list them"))
            .context("cannot explain")
            .unwrap_err();
        assert_eq!(
            text(&helped, Style::FILE),
            "error: cannot explain: no such rule\n  help: list them"
        );
    }
}
