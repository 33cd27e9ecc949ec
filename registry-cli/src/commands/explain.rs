//! `contracts explain`: what a rule reports, why, and how to fix it.

use std::io::Write;

use anyhow::Result;
use diagnostics::Rule;

use super::{Outcome, pick};
use crate::args::ExplainArgs;
use crate::failure::failure;
use crate::judge;
use crate::render::table;
use crate::terminal::Style;

pub(crate) fn run(args: &ExplainArgs, style: Style, out: &mut dyn Write) -> Result<Outcome> {
    let rules = judge::rules();
    match &args.rule {
        None => writeln!(out, "{}", list(&rules, style))?,
        Some(id) => {
            let rule = rules
                .iter()
                .find(|rule| rule.id == id.trim())
                .ok_or_else(|| unknown(id, rules.iter().map(|rule| rule.id)))?;
            write!(out, "{}", document(rule))?;
        }
    }
    Ok(Outcome::Clean)
}

/// The documentation of a rule as Markdown: what this command prints and what `docs/rules/<id>.md` holds.
pub(crate) fn document(rule: &Rule) -> String {
    let scope = match rule.scope {
        diagnostics::Scope::Any => "any tree",
        diagnostics::Scope::House => "contracts with `x-contract` metadata",
    };
    let mut lines = vec![
        format!("# {}", rule.id),
        String::new(),
        format!("{}.", capitalized(rule.summary)),
        String::new(),
        format!("Default severity: {}. Applies to {scope}.", rule.severity),
        String::new(),
    ];
    // The rule's own headings stand below its name, whatever level it wrote them at.
    let top = rule.docs.trim().starts_with("# ");
    let mut fenced = false;
    for line in rule.docs.trim().lines() {
        fenced ^= line.trim_start().starts_with("```");
        let heading = line.starts_with('#') && !fenced;
        lines.push(if heading && top {
            format!("#{line}")
        } else {
            line.trim_end().to_owned()
        });
    }
    lines.join("\n") + "\n"
}

fn list(rules: &[&Rule], style: Style) -> String {
    let rows: Vec<Vec<String>> = rules
        .iter()
        .map(|rule| {
            vec![
                rule.id.to_owned(),
                rule.severity.to_string(),
                rule.summary.to_owned(),
            ]
        })
        .collect();
    table::layout(&["RULE", "SEVERITY", "REPORTS"], &rows, style)
}

fn unknown<'k>(id: &str, known: impl Iterator<Item = &'k str>) -> anyhow::Error {
    let help = match pick::close(id, known).as_slice() {
        [] => "`contracts explain` lists all rules".to_owned(),
        close => format!("did you mean {}?", close.join(" or ")),
    };
    failure(format!("there is no rule {id:?}"), help)
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_documented_under_the_same_headings() {
        for rule in judge::rules() {
            let text = document(rule);
            for heading in ["## What it does", "## Why", "## Example", "## How to fix"] {
                assert!(
                    text.contains(&format!("\n{heading}\n")),
                    "{}: no {heading:?}",
                    rule.id
                );
            }
            assert!(
                !rule.summary.ends_with('.'),
                "{}: the summary ends with a stop",
                rule.id
            );
        }
    }

    #[test]
    fn ids_are_unique() {
        let rules = judge::rules();
        let twice: Vec<_> = rules
            .windows(2)
            .filter(|pair| pair[0].id == pair[1].id)
            .map(|pair| pair[0].id)
            .collect();
        assert!(twice.is_empty(), "{twice:?}");
    }
}
