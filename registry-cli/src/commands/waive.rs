//! `contracts waive` and `contracts retire`: entries of `waivers.toml`, appended so that what people wrote stays.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use gate::judge::Gate;
use gate::waivers::{self, Waivers};
use jiff::civil::Date;
use registry::{PathFilter, Registry};
use semver::Version;

use super::{Outcome, base, load, pick};
use crate::args::{RetireArgs, WaiveArgs};
use crate::failure::failure;
use crate::files::write_whole;
use crate::judge;
use crate::progress::Progress;
use crate::render::text::escape;

const HEADER: &str = "# Accepted findings and retired versions: who accepted what, why, and until when. `contracts waive` and\n\
                      # `contracts retire` add entries.\n";

pub(crate) fn waive(args: &WaiveArgs, out: &mut dyn Write) -> Result<Outcome> {
    let reason = said(&args.reason, "--reason")?;
    let owner = said(&args.owner, "--owner")?;
    let until: Date = args.until.parse().map_err(|_| {
        failure(
            format!("--until {:?} is not a day", args.until),
            "write it as 2027-01-31: the last day on which it may be released",
        )
    })?;
    if until < judge::today() {
        return Err(failure(
            format!("--until {until} is past"),
            "name the last day on which the finding may be released",
        ));
    }
    let progress = Progress::start("reading");
    let registry = load(&args.tree)?;
    let base = base(&args.base, &registry.workspace)?;
    let judgement = judge::everything(&registry, &PathFilter::default(), base.as_ref(), &progress)?;
    drop(progress);
    let wanted = args.fingerprint.trim().to_lowercase();
    let mut matching = judgement.findings.iter().filter(|found| {
        found.fingerprint.as_str() == wanted
            || (wanted.len() >= 6 && found.fingerprint.as_str().starts_with(&wanted))
    });
    let found = match (matching.next(), matching.next()) {
        (Some(found), None) => found,
        (Some(one), Some(other)) if one.fingerprint == other.fingerprint => one,
        (Some(_), Some(_)) => {
            return Err(failure(
                format!("several findings have a fingerprint that starts with {wanted:?}"),
                "write the whole fingerprint",
            ));
        }
        (None, _) => {
            let known = judgement.findings.iter().map(|found| found.fingerprint.as_str());
            let help = match pick::close(&wanted, known).as_slice() {
                [] => "`contracts check` prints the command for each finding; findings against a base need the same \
                       `--against`"
                    .to_owned(),
                close => format!("did you mean {}?", close.join(" or ")),
            };
            return Err(failure(
                format!("no finding has the fingerprint {wanted:?}"),
                help,
            ));
        }
    };
    if let gate::finding::Standing::Waived(acceptance) = &found.standing {
        return Err(failure(
            format!(
                "it is accepted already, by {}: {}",
                acceptance.owner, acceptance.reason
            ),
            format!("edit {} to change that", waivers::FILE),
        ));
    }
    if !found.can_be_accepted() {
        return Err(failure(
            format!(
                "a finding of {} cannot be accepted: nothing else could be trusted",
                found.diagnostic.rule
            ),
            "mend what it reports; `contracts check` says how",
        ));
    }
    let what = format!("{}: {}", found.diagnostic.rule, found.diagnostic.message);
    // The rule's id is the first word.
    let what = what.replacen(':', "", 1);
    let entry = waivers::waiver_entry(found.fingerprint.as_str(), &what, reason, owner, until);
    let path = append(&registry, &entry)?;
    writeln!(out, "accepted until {until}: {}", escape(&what))?;
    writeln!(out, "wrote {}", escape(&path))?;
    Ok(Outcome::Clean)
}

pub(crate) fn retire(args: &RetireArgs, out: &mut dyn Write) -> Result<Outcome> {
    let reason = said(&args.reason, "--reason")?;
    let owner = said(&args.owner, "--owner")?;
    let registry = load(&args.tree)?;
    let today = judge::today();
    let gate = Gate::open(&registry, None, today).map_err(|error| judge::gate_failure(&error))?;
    let parsed = args
        .version
        .rsplit_once('@')
        .and_then(|(event_type, version)| Some((event_type, version.parse::<Version>().ok()?)));
    let Some((event_type, version)) = parsed else {
        return Err(failure(
            format!("{:?} is not TYPE@x.y.z", args.version),
            "for example ecommerce.order.created@1.0.0",
        ));
    };
    if gate.history().version(event_type, &version).is_none() {
        let known: Vec<String> = gate
            .history()
            .lines()
            .flat_map(|(event_type, _, line)| {
                line.iter()
                    .map(move |released| format!("{event_type}@{}", released.header().version))
            })
            .collect();
        let help = match pick::close(&args.version, known.iter().map(String::as_str)).as_slice() {
            [] => "only released versions can be retired; they are below released/".to_owned(),
            close => format!("did you mean {}?", close.join(" or ")),
        };
        return Err(failure(format!("{} was not released", args.version), help));
    }
    if read(&registry)?.1.is_retired(event_type, &version) {
        writeln!(out, "{} is retired already", escape(&args.version))?;
        return Ok(Outcome::Clean);
    }
    let entry = waivers::retired_entry(event_type, &version, reason, owner, today);
    let path = append(&registry, &entry)?;
    writeln!(
        out,
        "retired {}: changes are no longer compared with it",
        escape(&args.version)
    )?;
    writeln!(out, "wrote {}", escape(&path))?;
    Ok(Outcome::Clean)
}

fn said<'t>(text: &'t str, flag: &str) -> Result<&'t str> {
    let text = text.trim();
    if text.is_empty() || text == "…" {
        return Err(failure(
            format!("{flag} is empty"),
            "who reads it later has nothing else to go by",
        ));
    }
    Ok(text)
}

/// The text of `waivers.toml` and what it says; one that cannot be read is not written to.
fn read(registry: &Registry) -> Result<(String, Waivers)> {
    let path = file(registry);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    let parsed = Waivers::parse(&text).map_err(|error| {
        failure(
            format!("{} cannot be read: {}", waivers::FILE, error.message),
            error.help,
        )
    })?;
    Ok((text, parsed))
}

/// Adds `entry` and says where.
fn append(registry: &Registry, entry: &str) -> Result<String> {
    let (mut text, _) = read(registry)?;
    if text.is_empty() {
        HEADER.clone_into(&mut text);
    } else if !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(entry);
    write_whole(&file(registry), text.as_bytes())?;
    let prefix = registry.workspace.root_prefix();
    Ok(if prefix.is_empty() {
        waivers::FILE.to_owned()
    } else {
        format!("{prefix}/{}", waivers::FILE)
    })
}

fn file(registry: &Registry) -> PathBuf {
    registry.workspace.root.join(waivers::FILE)
}
