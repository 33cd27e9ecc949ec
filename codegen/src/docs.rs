//! What generated docs say, made harmless: nothing that a contract's author writes becomes a doctest, a link, HTML or
//! an attribute, and no letter turns the direction of the text.

use serde_json::Value;

use crate::normalize::{Bound, Node};
use crate::shape::{Docs, Presence};

/// Longer texts are cut: docs are for people.
const LIMIT: usize = 4_000;

pub(crate) fn of_node(node: &Node) -> Docs {
    Docs {
        title: node.annotations.title.clone(),
        description: node.annotations.description.clone(),
        ..Docs::default()
    }
}

/// Lines about what a member may be.
pub(crate) fn facts(json: &str, node: &Node, presence: Presence) -> Vec<String> {
    let mut facts = Vec::new();
    let mut says = vec![match presence {
        Presence::Required => "required".to_owned(),
        Presence::Optional => "optional".to_owned(),
        Presence::Maybe => "optional, may be null".to_owned(),
    }];
    let bound = |bound: &Option<Bound>, word: &str, exclusive: &str| {
        bound.as_ref().map(|bound| {
            format!(
                "{} {}",
                if bound.exclusive { exclusive } else { word },
                code(&bound.text)
            )
        })
    };
    says.extend(bound(&node.minimum, "at least", "more than"));
    says.extend(bound(&node.maximum, "at most", "less than"));
    says.extend(
        node.multiple
            .iter()
            .map(|unit| format!("a multiple of {}", code(unit))),
    );
    let range = |minimum: Option<usize>, maximum: Option<usize>, of: &str| match (minimum, maximum) {
        (None, None) => None,
        (Some(minimum), None) => Some(format!("at least {minimum} {of}")),
        (None, Some(maximum)) => Some(format!("at most {maximum} {of}")),
        (Some(minimum), Some(maximum)) if minimum == maximum => Some(format!("{minimum} {of}")),
        (Some(minimum), Some(maximum)) => Some(format!("{minimum} to {maximum} {of}")),
    };
    says.extend(range(node.min_length, node.max_length, "characters"));
    says.extend(range(node.min_items, node.max_items, "items"));
    if node.unique {
        says.push("items differ".to_owned());
    }
    says.extend(
        node.formats
            .iter()
            .map(|format| format!("format `{}`", code(format))),
    );
    says.extend(
        node.patterns
            .iter()
            .map(|pattern| format!("pattern `{}`", code(pattern))),
    );
    facts.push(format!("`{}`: {}.", code(json), says.join(", ")));
    if let Some(default) = &node.annotations.default {
        let scalar = matches!(
            default,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)
        );
        let text = if scalar {
            default.to_string()
        } else {
            "…".to_owned()
        };
        facts.push(format!(
            "Where it is absent, the contract's default is `{}`; it is never filled in.",
            code(&text)
        ));
    }
    if node.annotations.classified {
        facts.push("Classified: its value is never printed.".to_owned());
    }
    if node.annotations.deprecated {
        facts.push("Deprecated by its contract.".to_owned());
    }
    facts
}

/// The lines of an item's docs.
pub(crate) fn lines(docs: &Docs, fallback: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut paragraph = |text: Vec<String>| {
        if !text.is_empty() {
            if !lines.is_empty() {
                lines.push(String::new());
            }
            lines.extend(text);
        }
    };
    match (&docs.title, &docs.description) {
        (Some(title), Some(description)) => {
            paragraph(prose(title));
            paragraph(prose(description));
        }
        (Some(text), None) | (None, Some(text)) => paragraph(prose(text)),
        (None, None) if docs.facts.is_empty() => paragraph(vec![fallback.to_owned()]),
        (None, None) => {}
    }
    for fact in &docs.facts {
        paragraph(vec![fact.clone()]);
    }
    if lines.is_empty() {
        lines.push(fallback.to_owned());
    }
    if !docs.example.is_empty() {
        lines.extend([String::new(), "# Example".to_owned(), String::new()]);
        lines.extend(docs.example.iter().cloned());
    }
    lines
}

/// An author's text as lines of plain Markdown.
pub(crate) fn prose(text: &str) -> Vec<String> {
    let mut cut: String = text.chars().take(LIMIT).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    let mut lines: Vec<String> = cut
        .split(['\n', '\r', '\u{2028}', '\u{2029}', '\u{b}', '\u{c}'])
        .map(line)
        .collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    while lines.first().is_some_and(String::is_empty) {
        lines.remove(0);
    }
    lines
}

/// One line: white space folded, so that nothing is indented into a code block; what begins a block escaped.
fn line(text: &str) -> String {
    let folded = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut safe = String::with_capacity(folded.len());
    let ticks = folded.matches('`').count();
    let mut in_code = false;
    let fenced = folded.contains("```");
    for c in folded.chars() {
        match c {
            '`' if fenced || ticks % 2 == 1 => safe.push('\''),
            '`' => {
                in_code = !in_code;
                safe.push(c);
            }
            '~' | '[' | ']' | '<' | '>' | '\\' | '*' | '_' | '|' | '#' | '&' | '!' | '$' | '=' | '+'
            | '-' | ':' | '/'
                if !in_code && (markup(c) || safe.is_empty()) =>
            {
                safe.push('\\');
                safe.push(c);
            }
            other => safe.push(plain(other)),
        }
    }
    // `1. ` and `1) ` begin a list, whose items can hold indented code.
    let digits = safe.bytes().take_while(u8::is_ascii_digit).count();
    if digits > 0 && matches!(safe.as_bytes().get(digits), Some(b'.' | b')')) {
        safe.insert(digits, '\\');
    }
    safe
}

/// Characters that are markup anywhere in a line.
fn markup(c: char) -> bool {
    matches!(c, '~' | '[' | ']' | '<' | '>' | '\\' | '*' | '_' | '|' | '&')
}

/// Controls and marks of direction are shown, not obeyed.
fn plain(c: char) -> char {
    let directs = matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    if directs || c.is_control() { '\u{fffd}' } else { c }
}

/// Text for a code span.
pub(crate) fn code(text: &str) -> String {
    let short: String = text.chars().take(200).collect();
    let folded = short.split_whitespace().collect::<Vec<_>>().join(" ");
    let safe: String = folded
        .chars()
        .map(|c| if c == '`' { '\'' } else { plain(c) })
        .collect();
    if safe.is_empty() { " ".to_owned() } else { safe }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_becomes_a_code_block_a_link_or_html() {
        let hostile = "ok\n```rust\nstd::process::exit(1);\n```\n    indented();\n\ttabbed();\n> ~~~\n1.     code\n-     code\n<script>[a](b) \u{202e}x\r*/ \"] #![feature(x)]";
        let lines = prose(hostile);
        for line in &lines {
            assert!(
                !line.contains("```") && !line.contains("~~~") && !line.starts_with(' '),
                "{line:?}"
            );
            assert!(!line.contains('\u{202e}') && !line.contains('\r'));
        }
        assert_eq!(lines[4], "indented();");
        assert_eq!(line("1.     code"), "1\\. code");
        assert_eq!(line("<b>[x](y)"), "\\<b\\>\\[x\\](y)");
        assert_eq!(line("a `code[0]` b"), "a `code[0]` b");
        assert_eq!(line("- item"), "\\- item");
    }
}
