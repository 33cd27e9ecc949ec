//! `contracts check`: everything that can be said about a tree, in the formats asked for.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use diagnostics::{Diagnostic, Severity};
use registry::{Registry, Role};

use super::{Outcome, load};
use crate::args::{CheckArgs, FailOn};
use crate::failure::failure;
use crate::files::write_whole;
use crate::judge;
use crate::progress::Progress;
use crate::render::{self, Counts, Format, Report, Sources, Target};
use crate::terminal::Style;

pub(crate) fn run(args: &CheckArgs, style: Style, out: &mut dyn Write) -> Result<Outcome> {
    let targets = targets(&args.formats)?;
    let progress = Progress::start("reading");
    let registry = load(&args.tree)?;
    let filter = Filter::new(&registry, &args.paths)?;
    progress.phase("checking");
    let mut sources = Sources::new(&registry.workspace.dir);
    let mut findings = judge::everything(&registry, &mut sources)?;
    findings.retain(|found| filter.keeps(&found.location.file));
    drop(progress);

    let report = Report {
        findings: &findings,
        counts: counts(&registry, &filter),
    };
    for target in &targets {
        match &target.file {
            None => render::write(target.format, &report, &mut sources, style, out)?,
            Some(file) => {
                let mut bytes = Vec::new();
                render::write(target.format, &report, &mut sources, Style::FILE, &mut bytes)?;
                write_whole(file, &bytes)?;
            }
        }
    }
    Ok(outcome(&findings, args.fail_on))
}

/// Findings for people go to standard output unless something else does: a run that fails says why.
fn targets(asked: &[Target]) -> Result<Vec<Target>> {
    let mut targets = asked.to_vec();
    match targets.iter().filter(|target| target.file.is_none()).count() {
        0 => targets.insert(
            0,
            Target {
                format: Format::Human,
                file: None,
            },
        ),
        1 => {}
        _ => {
            return Err(failure(
                "two formats cannot share standard output",
                "write all but one of them into files: `--format json=FILE`",
            ));
        }
    }
    Ok(targets)
}

fn outcome(findings: &[Diagnostic], fail_on: FailOn) -> Outcome {
    let from = match fail_on {
        FailOn::Error => Severity::Error,
        FailOn::Warning => Severity::Warning,
    };
    if findings.iter().any(|found| found.severity >= from) {
        Outcome::Findings
    } else {
        Outcome::Clean
    }
}

fn counts(registry: &Registry, filter: &Filter) -> Counts {
    let shared = registry.files.iter().filter(|file| file.role == Role::Shared);
    Counts {
        contracts: registry
            .contracts
            .iter()
            .filter(|contract| filter.keeps(&contract.path))
            .count(),
        shared: shared.filter(|file| filter.keeps(&file.path)).count(),
        examples: registry
            .examples
            .iter()
            .filter(|example| filter.keeps(&example.path))
            .count(),
        consumers: registry
            .consumers
            .iter()
            .filter(|consumer| filter.keeps(&consumer.path))
            .count(),
    }
}

/// The files and folders to report on, relative to the workspace; empty: everything.
struct Filter(Vec<String>);

impl Filter {
    fn new(registry: &Registry, paths: &[PathBuf]) -> Result<Self> {
        let workspace = &registry.workspace.dir;
        let mut below = Vec::new();
        for path in paths {
            let full = fs::canonicalize(path).with_context(|| format!("cannot open {}", path.display()))?;
            let Ok(tail) = full.strip_prefix(workspace) else {
                return Err(failure(
                    format!(
                        "{} is not in the workspace {}",
                        path.display(),
                        workspace.display()
                    ),
                    "name files and folders of the workspace, or another tree with --root",
                ));
            };
            let parts: Vec<_> = tail
                .components()
                .map(|part| part.as_os_str().to_string_lossy())
                .collect();
            below.push(parts.join("/"));
        }
        Ok(Self(below))
    }

    fn keeps(&self, file: &str) -> bool {
        self.0.is_empty()
            || self.0.iter().any(|path| {
                path.is_empty()
                    || file
                        .strip_prefix(path.as_str())
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_ends_at_folder_borders() {
        let filter = Filter(vec!["a/b".to_owned()]);
        assert!(filter.keeps("a/b") && filter.keeps("a/b/c.json"));
        assert!(!filter.keeps("a/bc.json") && !filter.keeps("a"));
        assert!(Filter(vec![String::new()]).keeps("any") && Filter(Vec::new()).keeps("any"));
    }

    #[test]
    fn people_are_told_unless_a_program_listens() {
        let json = |file: Option<&str>| Target {
            format: Format::Json,
            file: file.map(PathBuf::from),
        };
        let human = Target {
            format: Format::Human,
            file: None,
        };
        assert_eq!(targets(&[]).unwrap(), std::slice::from_ref(&human));
        assert_eq!(
            targets(&[json(Some("a"))]).unwrap(),
            [human.clone(), json(Some("a"))]
        );
        assert_eq!(targets(&[json(None)]).unwrap(), [json(None)]);
        assert!(targets(&[json(None), human]).is_err());
    }
}
