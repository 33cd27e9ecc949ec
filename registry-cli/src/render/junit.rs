//! JUnit XML, as CI services read it: a suite for each file, a case for each finding, and one case that passes for each
//! contract without any. Findings below the failing severity and accepted ones do not fail.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use gate::finding::{Finding, Standing};

use super::text::escape_lines;
use super::{Report, Sources, human};
use crate::terminal::Style;

/// Writes the document.
pub(super) fn write(report: &Report<'_>, sources: &mut Sources, out: &mut dyn Write) -> io::Result<()> {
    let mut suites: BTreeMap<&str, Vec<&Finding>> = report
        .contracts
        .iter()
        .map(|(_, file)| (*file, Vec::new()))
        .collect();
    for found in &report.judgement.findings {
        suites
            .entry(&found.diagnostic.location.file)
            .or_default()
            .push(found);
    }
    let names: BTreeMap<&str, &str> = report
        .contracts
        .iter()
        .map(|(id, file)| (*file, id.as_str()))
        .collect();
    let (mut tests, mut failures, mut skipped) = (0, 0, 0);
    let mut body = String::new();
    for (file, findings) in suites {
        let name = names.get(file).copied().unwrap_or(file);
        let suite = suite(name, file, &findings, report, sources);
        tests += suite.tests;
        failures += suite.failures;
        skipped += suite.skipped;
        body.push_str(&suite.text);
    }
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(
        out,
        "<testsuites name=\"contracts check\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\">"
    )?;
    write!(out, "{body}")?;
    writeln!(out, "</testsuites>")
}

struct Suite {
    text: String,
    tests: usize,
    failures: usize,
    skipped: usize,
}

fn suite(name: &str, file: &str, findings: &[&Finding], report: &Report<'_>, sources: &mut Sources) -> Suite {
    let mut suite = Suite {
        text: String::new(),
        tests: findings.len().max(1),
        failures: 0,
        skipped: 0,
    };
    let class = attribute(name);
    let mut cases = String::new();
    // Writing to a String cannot fail.
    if findings.is_empty() {
        let _ = writeln!(
            cases,
            "    <testcase classname=\"{class}\" name=\"no findings\"/>"
        );
    }
    for found in findings {
        let diagnostic = &found.diagnostic;
        let place = sources
            .find(&diagnostic.location)
            .map(|place| format!(" at {}:{}", place.start.line, place.start.column))
            .unwrap_or_default();
        let frame = human::frame(diagnostic, sources, Style::FILE);
        let _ = write!(
            cases,
            "    <testcase classname=\"{class}\" name=\"{}{place}\" file=\"{}\">",
            attribute(diagnostic.rule),
            attribute(&format!("{}{file}", report.top))
        );
        match &found.standing {
            Standing::Waived(acceptance) => {
                suite.skipped += 1;
                let why = format!("accepted by {}: {}", acceptance.owner, acceptance.reason);
                let _ = write!(cases, "<skipped message=\"{}\"/>", attribute(&why));
            }
            Standing::Open | Standing::Expired(_) if diagnostic.severity >= report.fails_from => {
                suite.failures += 1;
                let _ = write!(
                    cases,
                    "<failure type=\"{}\" message=\"{}\">{}</failure>",
                    diagnostic.severity,
                    attribute(&diagnostic.message),
                    content(&frame)
                );
            }
            Standing::Open | Standing::Expired(_) => {
                let _ = write!(cases, "<system-out>{}</system-out>", content(&frame));
            }
        }
        cases.push_str("</testcase>\n");
    }
    let _ = write!(
        suite.text,
        "  <testsuite name=\"{class}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\">\n{cases}  </testsuite>\n",
        suite.tests, suite.failures, suite.skipped
    );
    suite
}

/// Text between tags. Characters that XML cannot hold were spelled out before.
fn content(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in escape_lines(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            c => out.push(c),
        }
    }
    out
}

/// The value of an attribute, on one line.
fn attribute(text: &str) -> String {
    content(&super::text::escape(text))
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn findings_become_cases() {
        let judgement = sample::judgement();
        let folder = sample::folder();
        let mut sources = sample::sources(&folder, &judgement);
        let mut out = Vec::new();
        write(&sample::report(&judgement), &mut sources, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        insta::assert_snapshot!(text);
        let forbidden = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{fffe}' | '\u{ffff}');
        assert!(!text.contains(forbidden), "{text}");
        // Every tag that opens closes: nothing of the hostile names is markup.
        for tag in ["testsuites", "testsuite", "failure", "system-out"] {
            let opened =
                text.matches(&format!("<{tag} ")).count() + text.matches(&format!("<{tag}>")).count();
            assert_eq!(opened, text.matches(&format!("</{tag}>")).count(), "{tag}");
        }
        assert!(!text.contains("<script>"));
    }
}
