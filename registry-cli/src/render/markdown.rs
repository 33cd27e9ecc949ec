//! The text of a comment on a pull request: which contracts changed, what that means, who is concerned, and each finding
//! with its way out. As long as GitHub and GitLab allow, with a note on what was left out.
//!
//! Text that comes from a tree cannot end its code span or fold, mention people, link, or hold HTML.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Write};

use diagnostics::Severity;
use gate::finding::{ContractSummary, Finding, Standing};

use super::human::count;
use super::text::{escape, escape_lines, shorten};
use super::{Report, Sources};

/// What a comment may hold on GitHub, in characters.
const COMMENT: usize = 65_536;
/// The first line: whoever posts the comment finds the one to replace by it.
const MARK: &str = "<!-- contracts check -->";
/// The longest message that is shown whole.
const MESSAGE: usize = 2_000;
/// The longest witness that is shown whole.
const WITNESS: usize = 4_000;
/// Services that are named of one contract.
const NAMED: usize = 20;

/// Writes the comment.
pub(super) fn write(report: &Report<'_>, sources: &mut Sources, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "{}", document(report, sources, COMMENT))
}

/// The text, at most `limit` characters (of UTF-16, as hosts count) long.
pub(super) fn document(report: &Report<'_>, sources: &mut Sources, limit: usize) -> String {
    let mut page = Page {
        text: format!("{MARK}\n### Contracts: {}\n", verdict(report)),
        limit: limit.saturating_sub(400),
    };
    if let Some(base) = &report.judgement.base {
        page.add(&format!("\nCompared with {}.\n", code(base)));
    }
    let changed = &report.judgement.summaries;
    if !changed.is_empty() {
        page.add("\n| contract | change | version | affected |\n|---|---|---|---|\n");
        let left = page.add_each(changed, |summary| row(summary, report));
        if left > 0 {
            let _ = writeln!(
                page.text,
                "\n{} not shown.",
                count(left, "more contract is", "more contracts are")
            );
        }
    }
    let open: Vec<&Finding> = by_severity(report.judgement.findings.iter().filter(|found| found.is_open()));
    let left = page.add_each(&open, |found| item(found, report, sources));
    if left > 0 {
        let _ = writeln!(
            page.text,
            "\n**{} not shown here**; the log of the run has all of them.",
            count(left, "more finding is", "more findings are")
        );
    }
    let waived: Vec<&Finding> = report.waived().collect();
    if !waived.is_empty() {
        let head = format!(
            "\n<details><summary>{}</summary>\n\n",
            count(waived.len(), "accepted finding", "accepted findings")
        );
        page.limit = page.limit.saturating_sub(100);
        if page.add(&head) {
            let left = page.add_each(&waived, |found| accepted(found));
            if left > 0 {
                let _ = writeln!(page.text, "\n{left} more not shown.");
            }
            page.text.push_str("\n</details>\n");
        }
    }
    for note in &report.judgement.notes {
        page.add(&format!("\nNote: {}\n", inline(note)));
    }
    page.text
}

/// A text that grows to a limit.
struct Page {
    text: String,
    limit: usize,
}

impl Page {
    /// Adds `part` whole or not at all.
    fn add(&mut self, part: &str) -> bool {
        let length = |text: &str| text.encode_utf16().count();
        let fits = length(&self.text) + length(part) <= self.limit;
        if fits {
            self.text.push_str(part);
        }
        fits
    }

    /// Adds what fits of a list, and gives how many items were left out.
    fn add_each<T>(&mut self, items: &[T], mut render: impl FnMut(&T) -> String) -> usize {
        let mut used = self.text.encode_utf16().count();
        for (number, item) in items.iter().enumerate() {
            let part = render(item);
            used += part.encode_utf16().count();
            if used > self.limit {
                return items.len() - number;
            }
            self.text.push_str(&part);
        }
        0
    }
}

fn by_severity<'f>(findings: impl Iterator<Item = &'f Finding>) -> Vec<&'f Finding> {
    let mut findings: Vec<&Finding> = findings.collect();
    findings.sort_by_key(|found| std::cmp::Reverse(found.diagnostic.severity));
    findings
}

fn verdict(report: &Report<'_>) -> String {
    let (errors, warnings) = (report.count(Severity::Error), report.count(Severity::Warning));
    let waived = report.waived().count();
    let mut parts = Vec::new();
    for (number, one, many) in [
        (errors, "error", "errors"),
        (warnings, "warning", "warnings"),
        (waived, "accepted", "accepted"),
    ] {
        if number > 0 {
            parts.push(count(number, one, many));
        }
    }
    if parts.is_empty() {
        parts.push("no findings".to_owned());
    }
    parts.join(", ")
}

fn row(summary: &ContractSummary, report: &Report<'_>) -> String {
    let mut change = Vec::new();
    if summary.breaking > 0 {
        change.push(format!("**{} breaking**", summary.breaking));
    }
    if summary.undecided {
        change.push("**undecided**".to_owned());
    }
    if summary.compatible > 0 || change.is_empty() {
        change.push(format!("{} compatible", summary.compatible));
    }
    let version = match (&summary.base, &summary.required) {
        (Some(base), Some(required)) if base == required => format!("{base}"),
        (Some(base), Some(required)) => match &summary.current {
            Some(current) if current == required => format!("{base} → {required}"),
            Some(current) => format!("{base} → {required} needed, says {current}"),
            None => format!("{base} → {required} needed"),
        },
        (Some(base), None) => format!("{base}"),
        (None, Some(required)) => format!("new: {required}"),
        (None, None) => "-".to_owned(),
    };
    let mut services = BTreeSet::new();
    for found in &report.judgement.findings {
        let reaches = found.change.as_ref().is_some_and(|change| {
            change
                .contracts
                .iter()
                .any(|contract| contract.event_type == summary.event_type && contract.major == summary.major)
        });
        if reaches {
            services.extend(found.affected.producers.iter().chain(&found.affected.consumers));
        }
    }
    format!(
        "| {} | {} | {version} | {} |\n",
        cell(&format!("{}@{}", summary.event_type, summary.major)),
        change.join(", "),
        names(services.into_iter())
    )
}

fn names<'n>(names: impl Iterator<Item = &'n String>) -> String {
    let mut names: Vec<String> = names.map(|name| cell(name)).collect();
    if names.is_empty() {
        return "-".to_owned();
    }
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    if more > 0 {
        names.push(format!("{more} more"));
    }
    names.join(", ")
}

fn item(found: &Finding, report: &Report<'_>, sources: &mut Sources) -> String {
    let diagnostic = &found.diagnostic;
    let place = sources
        .find(&diagnostic.location)
        .map(|place| format!(":{}:{}", place.start.line, place.start.column))
        .unwrap_or_default();
    let place = code(&format!("{}{}{place}", report.top, diagnostic.location.file));
    let mut text = format!(
        "\n**{}** {} {place}\n{}\n",
        diagnostic.severity,
        code(diagnostic.rule),
        inline(&diagnostic.message)
    );
    // Writing to a String cannot fail.
    if let Some(help) = &diagnostic.help {
        let _ = writeln!(text, "*Way out:* {}", inline(help));
    }
    if let Standing::Expired(acceptance) = &found.standing {
        let until = acceptance
            .until
            .map(|until| until.to_string())
            .unwrap_or_default();
        let _ = writeln!(
            text,
            "*Was accepted until {until} by* {}",
            code(&acceptance.owner)
        );
    }
    let affected = &found.affected;
    if !affected.producers.is_empty() || !affected.consumers.is_empty() {
        let _ = writeln!(
            text,
            "*Affected:* producers {}; consumers {}",
            names(affected.producers.iter()),
            names(affected.consumers.iter())
        );
    }
    let mut fold = String::new();
    if let Some(change) = &found.change {
        if change.contracts.len() > 1 {
            let reached: Vec<String> = change
                .contracts
                .iter()
                .take(3)
                .map(|contract| code(&format!("{}@{}", contract.event_type, contract.major)))
                .collect();
            let _ = writeln!(
                fold,
                "Reaches {}: {}{}\n",
                count(change.contracts.len(), "contract", "contracts"),
                reached.join(", "),
                if change.contracts.len() > 3 { ", …" } else { "" }
            );
        }
        if let Some(witness) = &change.witness {
            let who = match witness.direction {
                gate::bump::Direction::Backward => "an old writer may emit it, the new reader rejects it",
                gate::bump::Direction::Forward => "a new writer may emit it, the old reader rejects it",
            };
            let document = serde_json::to_string_pretty(&witness.document).unwrap_or_default();
            let _ = writeln!(
                fold,
                "A document that proves it: {who}.\n\n{}",
                fence("json", &document)
            );
        }
    }
    if let Some(command) = report.judgement.accepting(found) {
        let _ = writeln!(fold, "To accept it:\n\n{}", fence("sh", &command));
    }
    if fold.is_empty() {
        return text;
    }
    let has_witness = found
        .change
        .as_ref()
        .is_some_and(|change| change.witness.is_some());
    let summary = if has_witness {
        "witness, and how to accept it"
    } else {
        "how to accept it"
    };
    let _ = write!(
        text,
        "\n<details><summary>{summary}</summary>\n\n{fold}\n</details>\n"
    );
    text
}

fn accepted(found: &Finding) -> String {
    let Standing::Waived(acceptance) = &found.standing else {
        return String::new();
    };
    let until = match acceptance.until {
        Some(until) => format!("until {until}"),
        None => "as part of a release".to_owned(),
    };
    format!(
        "- {} {}: {} ({}, {until}: {})\n",
        code(found.diagnostic.rule),
        code(&found.diagnostic.location.file),
        inline(&found.diagnostic.message),
        code(&acceptance.owner),
        inline(&acceptance.reason)
    )
}

/// A block of code that its content cannot end.
fn fence(language: &str, text: &str) -> String {
    let text = match text.char_indices().nth(WITNESS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    };
    let text = escape_lines(&text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let ticks = "`".repeat(longest.max(2) + 1);
    format!("{ticks}{language}\n{text}\n{ticks}")
}

/// A code span that its content cannot end, on one line.
fn code(text: &str) -> String {
    let text = shorten(text, MESSAGE);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let ticks = "`".repeat(longest + 1);
    // A space keeps backticks of the content apart from those around it; hosts strip it again.
    let space = if longest > 0 || text.trim() != text || text.is_empty() {
        " "
    } else {
        ""
    };
    format!("{ticks}{space}{text}{space}{ticks}")
}

/// A code span in a table, where `|` would end the cell.
fn cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}

/// A message on one line: what stands between backticks becomes code, everything else plain text that does nothing.
fn inline(text: &str) -> String {
    let text = shorten(text, MESSAGE);
    let parts: Vec<&str> = text.split('`').collect();
    // A backtick without its partner is one of the text.
    if parts.len().is_multiple_of(2) {
        return plain(&text);
    }
    let mut out = String::new();
    for (number, part) in parts.into_iter().enumerate() {
        if number % 2 == 0 {
            out.push_str(&plain(part));
        } else if part.is_empty() {
            out.push_str("\\`\\`");
        } else {
            out.push_str(&code(part));
        }
    }
    out
}

/// Plain text: punctuation of Markdown is escaped, HTML spelled out, and a mark that nobody sees keeps `@name`, `#1`,
/// `GH-1` and addresses from becoming mentions and links.
fn plain(text: &str) -> String {
    let text = escape(text);
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' => out.push_str("@\u{200b}"),
            '#' => out.push_str("#\u{200b}"),
            ':' => out.push_str(":\u{200b}"),
            '.' => out.push('.'),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '!' | '|' | '~' | '$' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out.replace("www.", "www\u{200b}.").replace("GH-", "GH\u{200b}-")
}

#[cfg(test)]
mod tests {
    use gate::finding::Judgement;

    use super::super::sample;
    use super::*;

    fn text(judgement: &Judgement) -> String {
        let folder = sample::folder();
        let mut sources = sample::sources(&folder, judgement);
        let mut out = Vec::new();
        write(&sample::report(judgement), &mut sources, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_comment_says_what_changed_and_what_to_do() {
        insta::assert_snapshot!(text(&sample::judgement()).replace('\u{200b}', "[zero width]"));
    }

    #[test]
    fn nothing_to_say_is_said() {
        let text = text(&Judgement::default());
        assert_eq!(text, "<!-- contracts check -->\n### Contracts: no findings\n");
    }

    #[test]
    fn a_comment_is_never_too_long() {
        let mut judgement = sample::judgement();
        let found = judgement.findings[1].clone();
        judgement.findings = vec![found; 2_000];
        let summary = judgement.summaries[0].clone();
        judgement.summaries = vec![summary; 5_000];
        let text = text(&judgement);
        assert!(text.encode_utf16().count() <= COMMENT, "{}", text.len());
        assert!(
            text.contains("more contracts are not shown"),
            "{}",
            &text[text.len() - 500..]
        );
        assert!(text.contains("more findings are not shown here"));
        judgement.summaries.clear();
        let text = super::tests::text(&judgement);
        assert!(text.encode_utf16().count() <= COMMENT);
        assert!(text.contains("more findings are not shown here"));
        assert_eq!(
            text.matches("<details>").count(),
            text.matches("</details>").count() - hostile(&text)
        );
    }

    /// `</details>` of the hostile names, all of them inside of code.
    fn hostile(text: &str) -> usize {
        text.matches("</details>").count() - text.matches("\n</details>\n").count()
    }

    #[test]
    fn code_cannot_be_ended_from_within() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a`b``c"), "``` a`b``c ```");
        assert_eq!(code(" "), "`   `");
        assert_eq!(cell("a|b"), "`a\\|b`");
        assert_eq!(fence("json", "````\nx"), "`````json\n````\nx\n`````");
        assert_eq!(code("a\nb\u{202e}"), "`a\\nb\\u{202e}`");
    }

    #[test]
    fn plain_text_does_nothing() {
        assert_eq!(inline("`a` and b"), "`a` and b");
        assert_eq!(inline("a ` b"), "a \\` b");
        assert_eq!(
            inline("@octocat <b> #1 https://x.example [a](b) *c*").replace('\u{200b}', "|"),
            "@|octocat &lt;b&gt; #|1 https:|//x.example \\[a\\]\\(b\\) \\*c\\*"
        );
    }
}
