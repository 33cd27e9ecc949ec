//! `contracts gen`: the generated crates, written all at once or compared with what is there.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write;

use anyhow::Result;
use diagnostics::{Diagnostic, Scope, Severity};
use rayon::prelude::*;
use registry::Registry;
use similar::TextDiff;

use super::{Outcome, load, pick};
use crate::args::{GenArgs, Language};
use crate::failure::failure;
use crate::files::Changes;
use crate::generated::{self, Depth, Domain, Released, Target};
use crate::judge;
use crate::progress::Progress;
use crate::render::human::{count, frame};
use crate::render::text::escape_lines;
use crate::render::{Sources, text};
use crate::terminal::{Paint, Style};

/// How many changed files are named one by one.
const LISTED: usize = 50;

pub(crate) fn run(args: &GenArgs, style: Style, out: &mut dyn Write) -> Result<Outcome> {
    let Language::Rust = args.lang;
    let progress = Progress::start("reading");
    let registry = load(&args.tree)?;
    let target = generated::target(&registry, args.out.as_deref()).ok_or_else(|| {
        failure(
            "there is nowhere to write to: contracts.toml has no [generate.rust] section",
            "add one (`out = \"generated\"`, `events = { version = \"…\" }`), or name a folder with --out",
        )
    })?;
    let domains = asked(&registry, &args.domains)?;

    let mut sources = Sources::new(&registry.workspace.dir);
    let mut findings = defects(&registry);
    let mut generated = Vec::new();
    if findings.is_empty() {
        progress.phase("generating");
        progress.total(domains.len());
        (generated, findings) = generate(&registry, &target, &domains, &progress);
        diagnostics::sort(&mut findings, |location| {
            sources.find(location).map_or(0, |found| found.span.start)
        });
    }
    drop(progress);
    for found in &findings {
        writeln!(out, "{}\n", frame(found, &mut sources, style))?;
    }
    let errors = findings
        .iter()
        .filter(|found| found.severity == Severity::Error)
        .count();
    if errors > 0 {
        writeln!(
            out,
            "{}: nothing was written",
            style.ansi("1;91", &count(errors, "error", "errors"))
        )?;
        return Ok(Outcome::Findings);
    }

    let mut changes = Changes::default();
    for (domain, files) in generated {
        target.folder.changes(&domain, files, &mut changes)?;
    }
    if args.domains.is_empty() {
        for folder in target.folder.folders()? {
            if !domains.contains_key(folder.as_str()) {
                target.folder.changes(&folder, BTreeMap::new(), &mut changes)?;
            }
        }
    }
    if args.check {
        return compare(args, &target, &changes, style, out);
    }
    if !changes.is_empty() {
        target.folder.apply(&changes)?;
    }
    report(&changes, &target, out)?;
    writeln!(out, "{}", summary(&changes, domains.len()))?;
    Ok(Outcome::Clean)
}

/// Names each file, or each domain where the files are many.
fn report(changes: &Changes, target: &Target, out: &mut dyn Write) -> Result<()> {
    let done = changes.write.iter().map(|(path, ..)| ("wrote", path));
    let done = done.chain(changes.delete.iter().map(|(path, _)| ("deleted", path)));
    if changes.write.len() + changes.delete.len() <= LISTED {
        for (what, path) in done {
            writeln!(out, "{what} {}", text::escape(&format!("{}/{path}", target.name)))?;
        }
        return Ok(());
    }
    let mut numbers: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (what, path) in done {
        let domain = path.split_once('/').map_or(path.as_str(), |(domain, _)| domain);
        *numbers.entry((domain, what)).or_default() += 1;
    }
    for ((domain, what), number) in numbers {
        let folder = format!("{}/{domain}", target.name);
        writeln!(
            out,
            "{what} {} in {}",
            count(number, "file", "files"),
            text::escape(&folder)
        )?;
    }
    Ok(())
}

/// The domains to generate.
fn asked<'r>(registry: &'r Registry, names: &[String]) -> Result<Domains<'r>> {
    let known = generated::domains(registry);
    if names.is_empty() {
        return Ok(known);
    }
    let mut domains = Domains::new();
    for name in names {
        let Some((name, indices)) = known.get_key_value(name.as_str()) else {
            let help = match pick::close(name, known.keys().copied()).first() {
                Some(close) => format!("did you mean {close}?"),
                None => format!(
                    "the domains are {}",
                    known.into_keys().collect::<Vec<_>>().join(", ")
                ),
            };
            return Err(failure(format!("there is no domain {name:?}"), help));
        };
        domains.insert(name, indices.clone());
    }
    Ok(domains)
}

/// What makes the tree unfit to generate from: errors that hold in any tree. Conventions may be broken meanwhile.
fn defects(registry: &Registry) -> Vec<Diagnostic> {
    let rules = judge::rules();
    let mut found = registry.check();
    found.retain(|found| {
        found.severity == Severity::Error
            && rules
                .binary_search_by_key(&found.rule, |rule| rule.id)
                .is_ok_and(|at| rules[at].scope == Scope::Any)
    });
    found
}

type Domains<'r> = BTreeMap<&'r str, Vec<usize>>;
type Files = BTreeMap<String, String>;

fn generate(
    registry: &Registry,
    target: &Target,
    domains: &Domains<'_>,
    progress: &Progress,
) -> (Vec<(String, Files)>, Vec<Diagnostic>) {
    let all = generated::domains(registry);
    let released = Released::list(registry);
    let done: Vec<(String, Files, Vec<Diagnostic>)> = domains
        .par_iter()
        .map(|(name, _)| {
            let domain = Domain::assemble(registry, name, &all, &released, Depth::States);
            let generated = codegen::generate(&domain.input, &target.options);
            let problems = generated
                .problems
                .iter()
                .filter_map(|problem| domain.finding(registry, problem));
            let findings = domain.broken.iter().cloned().chain(problems).collect();
            progress.advance();
            ((*name).to_owned(), generated.files, findings)
        })
        .collect();
    let mut trees = Vec::new();
    let mut findings = Vec::new();
    for (name, files, mut found) in done {
        trees.push((name, files));
        findings.append(&mut found);
    }
    (trees, findings)
}

fn compare(
    args: &GenArgs,
    target: &Target,
    changes: &Changes,
    style: Style,
    out: &mut dyn Write,
) -> Result<Outcome> {
    for (path, now, new) in &changes.write {
        write!(
            out,
            "{}",
            diff(
                &format!("{}/{path}", target.name),
                now.as_deref(),
                Some(new),
                style
            )
        )?;
    }
    for (path, now) in &changes.delete {
        write!(
            out,
            "{}",
            diff(&format!("{}/{path}", target.name), Some(now), None, style)
        )?;
    }
    if changes.is_empty() {
        writeln!(
            out,
            "{} up to date",
            count(changes.unchanged, "generated file is", "generated files are")
        )?;
        return Ok(Outcome::Clean);
    }
    let wrong = changes.write.len() + changes.delete.len();
    writeln!(
        out,
        "{} not up to date",
        count(wrong, "generated file is", "generated files are")
    )?;
    writeln!(
        out,
        "  {}: run `{}` and commit what it writes",
        style.ansi("1;96", "help"),
        command(args)
    )?;
    Ok(Outcome::Findings)
}

/// The command that writes what `--check` missed.
fn command(args: &GenArgs) -> String {
    let mut command = "contracts gen".to_owned();
    let quoted = |text: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
        if text.chars().all(plain) {
            text.to_owned()
        } else {
            format!("'{}'", text.replace('\'', r"'\''"))
        }
    };
    for domain in &args.domains {
        let _ = write!(command, " --domain {}", quoted(domain));
    }
    for (flag, path) in [("--out", &args.out), ("--root", &args.tree.root)] {
        if let Some(path) = path {
            let _ = write!(command, " {flag} {}", quoted(&path.display().to_string()));
        }
    }
    if let Some(layout) = &args.tree.layout {
        let _ = write!(command, " --layout {}", quoted(layout));
    }
    command
}

/// A unified diff with `a/` and `b/` before the name, fit for a terminal.
pub(super) fn diff(path: &str, old: Option<&str>, new: Option<&str>, style: Style) -> String {
    let text = TextDiff::from_lines(old.unwrap_or_default(), new.unwrap_or_default());
    let name = |side: &str, text: Option<&str>| match text {
        Some(_) => format!("{side}/{path}"),
        None => "/dev/null".to_owned(),
    };
    let unified = text
        .unified_diff()
        .context_radius(3)
        .header(&name("a", old), &name("b", new))
        .to_string();
    let mut out = String::new();
    for line in escape_lines(&unified).lines() {
        let code = match line.as_bytes().first() {
            Some(b'+') => "32",
            Some(b'-') => "31",
            Some(b'@') => "36",
            _ => "",
        };
        let line = if code.is_empty() || style.paint == Paint::Plain {
            line.to_owned()
        } else {
            style.ansi(code, line)
        };
        out.push_str(&line);
        out.push('\n');
    }
    out
}

fn summary(changes: &Changes, domains: usize) -> String {
    let mut parts = Vec::new();
    if !changes.write.is_empty() {
        parts.push(format!("{} written", count(changes.write.len(), "file", "files")));
    }
    if !changes.delete.is_empty() {
        parts.push(format!(
            "{} deleted",
            count(changes.delete.len(), "file", "files")
        ));
    }
    parts.push(format!("{} unchanged", count(changes.unchanged, "file", "files")));
    format!(
        "generated {}: {}",
        count(domains, "domain", "domains"),
        parts.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_can_be_pasted() {
        let args = GenArgs {
            check: true,
            domains: vec!["chat".to_owned()],
            out: Some("it's here".into()),
            lang: Language::Rust,
            tree: crate::args::TreeArgs {
                root: Some("a/b".into()),
                layout: Some("{event}.json".to_owned()),
            },
        };
        assert_eq!(
            command(&args),
            r"contracts gen --domain chat --out 'it'\''s here' --root a/b --layout '{event}.json'"
        );
    }

    #[test]
    fn a_diff_names_both_sides_and_hides_control_characters() {
        let text = diff(
            "chat/src/lib.rs",
            Some("a\nb\n"),
            Some("a\n\u{1b}[31mc\n"),
            Style::FILE,
        );
        assert_eq!(
            text,
            "--- a/chat/src/lib.rs\n+++ b/chat/src/lib.rs\n@@ -1,2 +1,2 @@\n a\n-b\n+\\u{1b}[31mc\n"
        );
        assert!(diff("x", None, Some("a\n"), Style::FILE).starts_with("--- /dev/null\n+++ b/x\n"));
    }
}
