//! `contracts check`: everything that can be said about a tree, in the formats asked for.

use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context as _, Result};
use diagnostics::Severity;
use gate::finding::{Finding, Judgement};
use registry::{PathFilter, Registry, Role};

use super::{Outcome, base, load};
use crate::args::{CheckArgs, FailOn};
use crate::failure::failure;
use crate::files::{below_repository, write_whole};
use crate::judge;
use crate::progress::Progress;
use crate::render::{self, Counts, Format, Report, Sources, Target, text};
use crate::terminal::Style;

pub(crate) fn run(args: &CheckArgs, style: Style, out: &mut dyn Write) -> Result<Outcome> {
    let in_actions = std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true");
    let targets = targets(
        &args.formats,
        if in_actions { Format::Github } else { Format::Human },
    )?;
    let progress = Progress::start("reading");
    let registry = load(&args.tree)?;
    let filter = registry.filter(Path::new("."), &args.paths)?;
    // Without its base the run cannot succeed, but what was released is still protected by the snapshots in the tree.
    let (base, missing) = match base(&args.base, &registry.workspace) {
        Ok(base) => (base, None),
        Err(error) => (None, Some(error)),
    };
    let judgement = judge::everything(&registry, &filter, base.as_ref(), &progress)?;
    drop(progress);
    if registry.contracts.is_empty() && judgement.findings.is_empty() {
        // Not a finding: a tree may hold shared schemas only. But likelier the layout is wrong.
        let layout = text::escape(&registry.config.layout);
        let _ = writeln!(
            io::stderr(),
            "note: no file below the root has the layout {layout}: there are no contracts"
        );
    }

    let report = Report {
        judgement: &judgement,
        counts: counts(&registry, &filter),
        contracts: registry
            .contracts
            .iter()
            .filter(|contract| filter.accepts(&contract.path))
            .map(|contract| (contract.id(), &*contract.path))
            .collect(),
        top: &below_repository(&registry.workspace.dir),
        fails_from: fails_from(args.fail_on),
    };
    let mut sources = Sources::of_judgement(&registry.workspace.dir, &judgement);
    for target in &targets {
        if target.format == Format::Github {
            append_summary(&report, &mut sources)?;
        }
        match &target.file {
            None => render::write(target.format, &report, &mut sources, style, out)?,
            Some(file) => {
                let mut bytes = Vec::new();
                render::write(target.format, &report, &mut sources, Style::FILE, &mut bytes)?;
                write_whole(file, &bytes)?;
            }
        }
    }
    for note in &judgement.notes {
        let _ = writeln!(io::stderr(), "note: {}", text::escape(note));
    }
    if let Some(error) = missing {
        out.flush()?;
        return Err(error.context("only what was released could be compared"));
    }
    Ok(outcome(&judgement, args.fail_on))
}

/// Findings for people (`usual`) go to standard output unless something else does: a run that fails says why.
fn targets(asked: &[Target], usual: Format) -> Result<Vec<Target>> {
    let mut targets = asked.to_vec();
    match targets.iter().filter(|target| target.file.is_none()).count() {
        0 => targets.insert(
            0,
            Target {
                format: usual,
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

/// Adds to the summary of the job's page, where there is one.
fn append_summary(report: &Report<'_>, sources: &mut Sources) -> Result<()> {
    let Some(file) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|file| !file.is_empty()) else {
        return Ok(());
    };
    let text = render::github::job_summary(report, sources);
    std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(&file)
        .and_then(|mut summary| summary.write_all(text.as_bytes()))
        .with_context(|| format!("cannot write the job summary {}", Path::new(&file).display()))
}

fn fails_from(fail_on: FailOn) -> Severity {
    match fail_on {
        FailOn::Error => Severity::Error,
        FailOn::Warning => Severity::Warning,
    }
}

fn outcome(judgement: &Judgement, fail_on: FailOn) -> Outcome {
    if judge::is_blocked(judgement) {
        return Outcome::Blocked;
    }
    let from = fails_from(fail_on);
    let fails = |found: &Finding| found.is_open() && found.diagnostic.severity >= from;
    if judgement.findings.iter().any(fails) {
        Outcome::Findings
    } else {
        Outcome::Clean
    }
}

fn counts(registry: &Registry, filter: &PathFilter) -> Counts {
    let shared = registry.files.iter().filter(|file| file.role == Role::Shared);
    Counts {
        contracts: registry
            .contracts
            .iter()
            .filter(|contract| filter.accepts(&contract.path))
            .count(),
        shared: shared.filter(|file| filter.accepts(&file.path)).count(),
        examples: registry
            .examples
            .iter()
            .filter(|example| filter.accepts(&example.path))
            .count(),
        consumers: registry
            .consumers
            .iter()
            .filter(|consumer| filter.accepts(&consumer.path))
            .count(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

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
        let targets = |asked: &[Target]| targets(asked, Format::Human);
        assert_eq!(targets(&[]).unwrap(), std::slice::from_ref(&human));
        assert_eq!(
            targets(&[json(Some("a"))]).unwrap(),
            [human.clone(), json(Some("a"))]
        );
        assert_eq!(targets(&[json(None)]).unwrap(), [json(None)]);
        assert!(targets(&[json(None), human]).is_err());
    }
}
