//! Workflow commands of GitHub Actions: the run as people read it, then an annotation for each finding. The format is
//! documented under "Workflow commands for GitHub Actions".
//!
//! Whatever comes from a tree is escaped or stands where no commands are read.

use std::io::{self, Write};

use diagnostics::Severity;
use gate::finding::{Finding, Standing};

use super::text::{escape, shorten};
use super::{Report, Sources, human, markdown};
use crate::terminal::Style;

/// What an annotation shows at most; longer ones are cut by GitHub.
const MESSAGE: usize = 4_000;
/// What a job summary may hold: 1 MiB a step, which may have written something already.
const SUMMARY: usize = 900_000;

/// Writes the run and its annotations: errors first, since only the first ten of a kind are shown beside the code.
pub(super) fn write(
    report: &Report<'_>,
    sources: &mut Sources,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut text = Vec::new();
    human::write(report, sources, style, &mut text)?;
    let text = String::from_utf8_lossy(&text).into_owned();
    // A schema may quote commands; none are read between these two lines.
    let token = unused_in(&text);
    write!(
        out,
        "::stop-commands::{token}\n{}\n::{token}::\n",
        text.trim_end()
    )?;
    let mut findings: Vec<&Finding> = report.judgement.findings.iter().collect();
    findings.sort_by_key(|found| (!found.is_open(), std::cmp::Reverse(found.diagnostic.severity)));
    for found in findings {
        writeln!(out, "{}", command(found, report.top, sources))?;
    }
    Ok(())
}

/// What is shown on the page of the job.
pub(crate) fn job_summary(report: &Report<'_>, sources: &mut Sources) -> String {
    markdown::document(report, sources, SUMMARY)
}

/// A word that `text` does not contain.
fn unused_in(text: &str) -> String {
    let mut token = registry::sha256(text);
    while text.contains(&token) {
        token = registry::sha256(token);
    }
    token
}

fn command(found: &Finding, top: &str, sources: &mut Sources) -> String {
    let diagnostic = &found.diagnostic;
    let (level, accepted) = match (&found.standing, diagnostic.severity) {
        (Standing::Waived(acceptance), _) => (
            "notice",
            format!("\naccepted by {}: {}", acceptance.owner, acceptance.reason),
        ),
        (Standing::Open | Standing::Expired(_), Severity::Error) => ("error", String::new()),
        (Standing::Open | Standing::Expired(_), _) => ("warning", String::new()),
    };
    let mut properties = vec![format!(
        "file={}",
        property(&escape(&format!("{top}{}", diagnostic.location.file)))
    )];
    if let Some(place) = sources.find(&diagnostic.location) {
        properties.push(format!("line={}", place.start.line));
        properties.push(format!("endLine={}", place.end.line));
        // Columns of several lines are refused.
        if place.start.line == place.end.line {
            properties.push(format!("col={}", place.start.column));
            properties.push(format!("endColumn={}", place.end.column));
        }
    }
    properties.push(format!("title={}", property(diagnostic.rule)));
    let mut message = diagnostic.message.clone();
    if let Some(help) = &diagnostic.help {
        message = format!("{message}\nhelp: {help}");
    }
    format!(
        "::{level} {}::{}",
        properties.join(","),
        data(&lines(&format!("{message}{accepted}")))
    )
}

/// Each line fit to be read, cut where it is endless.
fn lines(text: &str) -> String {
    text.split('\n')
        .map(|line| shorten(line, MESSAGE))
        .collect::<Vec<_>>()
        .join("\n")
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn text() -> String {
        let judgement = sample::judgement();
        let folder = sample::folder();
        let mut sources = sample::sources(&folder, &judgement);
        let mut out = Vec::new();
        write(&sample::report(&judgement), &mut sources, Style::FILE, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn findings_become_annotations() {
        insta::assert_snapshot!(text());
    }

    #[test]
    fn what_the_tree_says_is_no_command() {
        let text = text();
        let (_, rest) = text.split_once("::stop-commands::").unwrap();
        let (token, rest) = rest.split_once('\n').unwrap();
        let (quiet, commands) = rest.split_once(&format!("\n::{token}::\n")).unwrap();
        assert!(!quiet.contains(token), "nothing in between can end the silence");
        for line in commands.lines() {
            let known = ["::error file=sub/", "::warning file=sub/", "::notice file=sub/"];
            assert!(known.iter().any(|start| line.starts_with(start)), "{line}");
            let (properties, _) = line[2..].split_once("::").unwrap();
            let names: Vec<&str> = properties
                .split_once(' ')
                .unwrap()
                .1
                .split(',')
                .map(|property| property.split_once('=').unwrap().0)
                .collect();
            assert!(
                names
                    .iter()
                    .all(|name| ["file", "line", "endLine", "col", "endColumn", "title"].contains(name)),
                "{names:?}"
            );
        }
    }
}
