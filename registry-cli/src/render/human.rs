//! Findings for people: a code frame for each, then one summary line.

use std::io::{self, Write};

use annotate_snippets::{AnnotationKind, Element, Level, Origin, Renderer, Snippet};
use diagnostics::{Diagnostic, Location, Severity};
use gate::bump::{Bump, Direction};
use gate::finding::{Acceptance, Finding, Standing};

use super::text::{escape, frame_line, shorten};
use super::{Report, Sources};
use crate::terminal::{Paint, Style};

/// What a line of source may take where the reader is not a terminal.
const DEFAULT_WIDTH: usize = 120;
/// The longest message that is shown whole: messages quote what is in the files.
const MESSAGE: usize = 1_000;
/// The longest witness that is printed whole.
const WITNESS: usize = 2_000;
/// Line number, bar and spaces.
const GUTTER: usize = 9;
/// Stands for `path:line:column` while a frame is laid out: the column that `annotate-snippets` would count is that of
/// the clipped and escaped line. [`escape`] lets no such character through.
const PLACEHOLDER: char = '\u{10fffd}';

/// Writes the frames, what was accepted, what each changed contract needs, and the summary.
pub(super) fn write(
    report: &Report<'_>,
    sources: &mut Sources,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    for found in report.judgement.findings.iter().filter(|found| found.is_open()) {
        writeln!(out, "{}", frame(&found.diagnostic, sources, style))?;
        for line in details(found, report.judgement.accepting(found).as_deref(), style) {
            writeln!(out, "{line}")?;
        }
        writeln!(out)?;
    }
    let mut blank = false;
    for found in report.waived() {
        writeln!(out, "{}", waived(found, style))?;
        blank = true;
    }
    for summary in &report.judgement.summaries {
        if summary.bump != Bump::None || summary.breaking > 0 {
            writeln!(out, "{}", escape(&summary.to_string()))?;
            blank = true;
        }
    }
    if blank {
        writeln!(out)?;
    }
    writeln!(out, "{}", summary(report, style))
}

/// What a reviewer needs beside the frame: the document that proves it, who is concerned, and how to accept it.
fn details(found: &Finding, accepting: Option<&str>, style: Style) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = |title: &str, text: &str| lines.push(format!("{}: {text}", style.ansi("1;96", title)));
    if let Some(witness) = found.change.as_ref().and_then(|change| change.witness.as_ref()) {
        let who = match witness.direction {
            Direction::Backward => "an old writer may emit it, the new reader rejects it",
            Direction::Forward => "a new writer may emit it, the old reader rejects it",
        };
        let both = found
            .change
            .as_ref()
            .is_some_and(|change| change.directions.len() > 1);
        let who = if both {
            format!("{who}; the other way round it breaks as well")
        } else {
            who.to_owned()
        };
        let document = shorten(&witness.document.to_string(), WITNESS);
        line("witness", &format!("{document}\n         {who}"));
    }
    let affected = &found.affected;
    let mut concerned = Vec::new();
    for (names, verb) in [(&affected.producers, "written"), (&affected.consumers, "read")] {
        if !names.is_empty() {
            concerned.push(format!("{verb} by {}", escape(&names.join(", "))));
        }
    }
    if found.change.is_some() && !concerned.is_empty() {
        line("affected", &concerned.join("; "));
    }
    if let Some(command) = accepting {
        line("to accept it", &escape(command));
    }
    lines
}

/// An accepted finding on one line.
fn waived(found: &Finding, style: Style) -> String {
    let place = escape(&found.diagnostic.location.file).into_owned();
    let message = shorten(&found.diagnostic.message, MESSAGE);
    let why = match &found.standing {
        Standing::Waived(Acceptance { reason, owner, until }) => {
            let until = until.map_or_else(|| ", released".to_owned(), |until| format!(", until {until}"));
            format!(" ({}{until}: {})", escape(owner), escape(reason))
        }
        Standing::Open | Standing::Expired(_) => String::new(),
    };
    let title = style.ansi("1;90", &format!("waived[{}]", found.diagnostic.rule));
    format!("{title}: {message}{why}\n  --> {place}")
}

/// One finding as a code frame, without a final line end.
pub(crate) fn frame(found: &Diagnostic, sources: &mut Sources, style: Style) -> String {
    let level = match found.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning | Severity::Off => Level::WARNING,
    };
    let mut origins = Vec::new();
    let primary = place(
        &found.location,
        found.label.as_deref(),
        AnnotationKind::Primary,
        sources,
        style,
        &mut origins,
    );
    let mut group = level
        .primary_title(shorten(&found.message, MESSAGE))
        .id(found.rule)
        .element(primary);
    if let Some(help) = &found.help {
        group = group.element(Level::HELP.message(shorten(help, MESSAGE)));
    }
    let mut groups = vec![group];
    for related in &found.related {
        // The message is the title of its own small frame: a label could not be shown for a whole file.
        let title = Level::NOTE.secondary_title(shorten(&related.message, MESSAGE));
        let place = place(
            &related.location,
            None,
            AnnotationKind::Primary,
            sources,
            style,
            &mut origins,
        );
        groups.push(title.element(place));
    }
    fill_in(&renderer(style).render(&groups), &origins)
}

/// Puts each `path:line:column` where its placeholder (and the wrong line and column behind it) stands.
fn fill_in(text: &str, origins: &[OriginText]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut parts = text.split(PLACEHOLDER);
    out.push_str(parts.next().unwrap_or_default());
    for (part, origin) in parts.zip(origins) {
        out.push_str(&origin.right);
        out.push_str(part.strip_prefix(origin.wrong.as_str()).unwrap_or(part));
    }
    out
}

/// What stands behind a placeholder and what should stand there.
struct OriginText {
    wrong: String,
    right: String,
}

fn renderer(style: Style) -> Renderer {
    let renderer = match style.paint {
        Paint::Styled => Renderer::styled().hyperlink(false),
        Paint::Plain => Renderer::plain(),
    };
    // Lines are clipped before they get here, around the mark and with the right column in the heading.
    renderer.term_width(usize::MAX / 4)
}

/// The heading `--> file:line:column` and the marked line.
fn place(
    location: &Location,
    label: Option<&str>,
    kind: AnnotationKind,
    sources: &mut Sources,
    style: Style,
    origins: &mut Vec<OriginText>,
) -> Element<'static> {
    let path = escape(&location.file);
    let Some(found) = sources.find(location) else {
        return Origin::path(path.into_owned()).into();
    };
    // A value of many lines is marked on its first one: what encloses it says less than where it starts.
    let line = found.source.line(found.start.line);
    let mark = found.span.start.min(line.end) - line.start..found.span.end.min(line.end) - line.start;
    let width = style
        .width
        .unwrap_or(DEFAULT_WIDTH)
        .saturating_sub(GUTTER)
        .max(40);
    let framed = frame_line(&found.source.text()[line], &mark, width);
    let column = framed.text[..framed.mark.start].chars().count() + 1;
    origins.push(OriginText {
        wrong: format!(":{}:{column}", found.start.line),
        right: format!("{path}:{}:{}", found.start.line, found.start.column),
    });
    let annotation = kind
        .span(framed.mark)
        .label(label.map(|label| shorten(label, MESSAGE)));
    Snippet::source(framed.text)
        .path(PLACEHOLDER.to_string())
        .line_start(found.start.line)
        .annotation(annotation)
        .into()
}

fn summary(report: &Report<'_>, style: Style) -> String {
    let counts = report.counts;
    let mut looked_at = vec![count(counts.contracts, "contract", "contracts")];
    for (number, one, many) in [
        (counts.shared, "shared schema", "shared schemas"),
        (counts.examples, "example", "examples"),
        (counts.consumers, "consumer", "consumers"),
    ] {
        if number > 0 {
            looked_at.push(count(number, one, many));
        }
    }
    let (errors, warnings) = (report.count(Severity::Error), report.count(Severity::Warning));
    let mut verdict = Vec::new();
    if errors > 0 {
        verdict.push(style.ansi("1;91", &count(errors, "error", "errors")));
    }
    if warnings > 0 {
        verdict.push(style.ansi("1;33", &count(warnings, "warning", "warnings")));
    }
    if verdict.is_empty() {
        verdict.push(style.ansi("1;92", "no findings"));
    }
    let waived = report.waived().count();
    if waived > 0 {
        verdict.push(format!("{} waived", grouped(waived)));
    }
    format!("checked {}: {}", looked_at.join(", "), verdict.join(", "))
}

/// `1 error`, `2 errors`, `1,200 errors`.
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// A number with `,` between groups of three digits.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use diagnostics::JsonPointer;

    const PLAIN: Style = Style::FILE;

    fn framed(text: &str, build: impl FnOnce(Location) -> Diagnostic) -> String {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.json"), text).unwrap();
        let pointer = JsonPointer::parse("/type").unwrap();
        let found = build(Location::value("a.json", pointer));
        frame(&found, &mut Sources::new(folder.path()), PLAIN)
    }

    #[test]
    fn a_finding_shows_where_what_and_what_to_do() {
        let text = framed("{\n  \"title\": \"x\",\n  \"type\": \"strin\"\n}\n", |location| {
            Diagnostic::new(
                "invalid-schema",
                Severity::Error,
                location,
                "`strin` is not a JSON type",
            )
            .with_label("expected `string`")
            .with_help("write `string`")
            .with_related(
                Location::key("a.json", JsonPointer::parse("/title").unwrap()),
                "declared beside this",
            )
            .with_related(Location::file("gone.json"), "and never seen again")
        });
        insta::assert_snapshot!(text);
    }

    #[test]
    fn untrusted_text_cannot_act() {
        let text = framed("{\"\u{1b}[2J\u{202e}\": 1, \"type\": \"\u{7}\"}", |location| {
            Diagnostic::new(
                "x",
                Severity::Warning,
                location,
                "name \u{1b}]0;title\u{7}\nsecond line",
            )
        });
        insta::assert_snapshot!(text);
    }

    #[test]
    fn long_lines_and_many_lines_stay_short() {
        let long = format!(
            "{{\"a\": \"{}\", \"type\": {{\n\"b\": 1\n}} }}",
            "x".repeat(1_000_000)
        );
        let text = framed(&long, |location| {
            Diagnostic::new("x", Severity::Warning, location, "far to the right")
        });
        insta::assert_snapshot!(text);
    }

    #[test]
    fn an_empty_file_has_a_first_line() {
        let text = framed("", |location| {
            Diagnostic::new("invalid-json", Severity::Error, location, "the file is empty")
        });
        insta::assert_snapshot!(text);
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(
            [0, 12, 123, 1_234, 1_234_567].map(grouped),
            ["0", "12", "123", "1,234", "1,234,567"]
        );
    }
}
