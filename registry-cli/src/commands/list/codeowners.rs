//! `contracts list --codeowners`: who has to review what, in the words of GitHub and GitLab. Printed, or kept as a marked
//! block of a file whose other lines stay.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context as _, Result};
use registry::{Contract, Registry};

use crate::args::ListArgs;
use crate::commands::Outcome;
use crate::failure::failure;
use crate::files::{below_repository, write_whole};
use crate::render::text::escape;

/// How the block of a file starts and ends.
const BEGIN: &str = "# contracts: begin (written by `contracts list --codeowners=FILE`; edits are lost)";
const END: &str = "# contracts: end";

pub(super) fn run(args: &ListArgs, registry: &Registry, out: &mut dyn Write) -> Result<Outcome> {
    let (lines, refused) = lines(registry, args.org.as_deref());
    for owner in refused {
        let _ = writeln!(
            io::stderr(),
            "note: {} is no name that CODEOWNERS can hold: what it owns has no line",
            escape(&format!("{owner:?}"))
        );
    }
    let Some(Some(file)) = &args.codeowners else {
        if args.check {
            return Err(failure(
                "`--check` needs a file to compare with",
                "name it: `contracts list --codeowners=.github/CODEOWNERS --check`",
            ));
        }
        write!(out, "{lines}")?;
        return Ok(Outcome::Clean);
    };
    let before = match fs::read(file) {
        Ok(bytes) => String::from_utf8(bytes)
            .map_err(|_| failure(format!("{} is not UTF-8", file.display()), "mend it first"))?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", file.display())),
    };
    let after = with_block(&before, &lines, file)?;
    let name = escape(&file.display().to_string()).into_owned();
    if before == after {
        writeln!(out, "{name} is up to date")?;
        return Ok(Outcome::Clean);
    }
    if args.check {
        write!(
            out,
            "{}",
            super::super::generate::diff(&name, Some(&before), Some(&after), crate::terminal::Style::FILE)
        )?;
        writeln!(
            out,
            "{name} is not up to date: run `contracts list --codeowners={name}`"
        )?;
        return Ok(Outcome::Findings);
    }
    write_whole(file, after.as_bytes())?;
    writeln!(out, "wrote {name}")?;
    Ok(Outcome::Clean)
}

/// `text` with its block replaced, or with one at the end: later lines of CODEOWNERS go before earlier ones.
fn with_block(text: &str, lines: &str, file: &Path) -> Result<String> {
    let block = format!("{BEGIN}\n{lines}{END}\n");
    let places: Vec<usize> = text
        .match_indices("# contracts: begin")
        .map(|(at, _)| at)
        .collect();
    let ends: Vec<usize> = text.match_indices(END).map(|(at, _)| at).collect();
    match (places[..].first(), ends.first()) {
        (None, None) if text.is_empty() => Ok(block),
        (None, None) => Ok(format!("{}\n\n{block}", text.trim_end())),
        (Some(begin), Some(end)) if places.len() == 1 && ends.len() == 1 && begin < end => {
            let rest = text[end + END.len()..].trim_start_matches(['\r', '\n']);
            let gap = if rest.is_empty() { "" } else { "\n" };
            Ok(format!("{}{block}{gap}{rest}", &text[..*begin]))
        }
        _ => Err(failure(
            format!("the marks in {} do not enclose one block", file.display()),
            format!("leave one line `# contracts: begin` and one line `{END}` behind it, or none"),
        )),
    }
}

/// The lines, and the owners that no line can name.
fn lines(registry: &Registry, org: Option<&str>) -> (String, BTreeSet<String>) {
    let top = below_repository(&registry.workspace.dir);
    let mut refused = BTreeSet::new();
    let mut lines: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut add = |path: String, owner: &str, refused: &mut BTreeSet<String>| match handle(owner, org) {
        Some(handle) => {
            lines
                .entry(format!("/{}", pattern(&path)))
                .or_default()
                .insert(handle);
        }
        None => {
            refused.insert(owner.to_owned());
        }
    };
    let mut folders: BTreeMap<&str, Vec<&Contract>> = BTreeMap::new();
    for contract in &registry.contracts {
        let folder = contract.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        folders.entry(folder).or_default().push(contract);
    }
    let owner = |contract: &'_ Contract| {
        contract
            .metadata
            .as_ref()
            .and_then(|metadata| metadata.owner.clone())
    };
    for (folder, contracts) in folders {
        let owners: BTreeSet<Option<String>> = contracts.iter().map(|contract| owner(contract)).collect();
        let owners: Vec<Option<String>> = owners.into_iter().collect();
        // One line for the folder also covers the contract that is written there tomorrow.
        if let ([Some(one)], false) = (&owners[..], folder.is_empty()) {
            add(format!("{top}{folder}/"), one, &mut refused);
            continue;
        }
        for contract in contracts {
            if let Some(owner) = owner(contract) {
                add(format!("{top}{}", contract.path), &owner, &mut refused);
                let examples = Registry::example_folder(contract);
                add(
                    format!("{top}{}/", examples.trim_end_matches('/')),
                    &owner,
                    &mut refused,
                );
            }
        }
    }
    for consumer in &registry.consumers {
        add(format!("{top}{}", consumer.path), &consumer.owner, &mut refused);
    }
    let mut text = String::new();
    for (path, owners) in lines {
        let owners: Vec<String> = owners.into_iter().collect();
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{path} {}", owners.join(" "));
    }
    (text, refused)
}

/// `@team`, `@org/team`, or what already is a handle or an address; `None` for what could be something else.
fn handle(owner: &str, org: Option<&str>) -> Option<String> {
    let plain = |text: &str| {
        !text.is_empty()
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    if let Some(name) = owner.strip_prefix('@') {
        return name.split('/').all(plain).then(|| owner.to_owned());
    }
    if let Some((user, host)) = owner.split_once('@') {
        return (plain(user) && plain(host)).then(|| owner.to_owned());
    }
    let path = match org {
        Some(org) => format!("{}/{owner}", org.trim_start_matches('@')),
        None => owner.to_owned(),
    };
    path.split('/').all(plain).then(|| format!("@{path}"))
}

/// A path as a pattern of CODEOWNERS: what would mean something there stands for any one character.
fn pattern(path: &str) -> String {
    path.chars()
        .map(|c| {
            let means_something = c.is_whitespace() || c.is_control() || r"#[]!*?\".contains(c);
            if means_something { '?' } else { c }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_become_handles_or_nothing() {
        assert_eq!(handle("team-orders", None).as_deref(), Some("@team-orders"));
        assert_eq!(
            handle("team-orders", Some("acme")).as_deref(),
            Some("@acme/team-orders")
        );
        assert_eq!(handle("@acme/x", Some("other")).as_deref(), Some("@acme/x"));
        assert_eq!(handle("a@b.example", None).as_deref(), Some("a@b.example"));
        for hostile in ["", "team a", "team\n* @evil", "@", "#", "a/../b c", "a@b@c"] {
            assert_eq!(handle(hostile, None), None, "{hostile:?}");
        }
    }

    #[test]
    fn a_path_means_only_itself() {
        assert_eq!(pattern("a b/#c[1].json"), "a?b/?c?1?.json");
        assert_eq!(pattern("a\n* @evil"), "a???@evil");
    }

    #[test]
    fn the_block_is_replaced_and_the_rest_stays() {
        let file = Path::new("CODEOWNERS");
        let first = with_block("* @all\n", "/a @x\n", file).unwrap();
        assert_eq!(first, format!("* @all\n\n{BEGIN}\n/a @x\n{END}\n"));
        let second = with_block(&format!("{first}/z @z\n"), "/b @y\n", file).unwrap();
        assert_eq!(second, format!("* @all\n\n{BEGIN}\n/b @y\n{END}\n\n/z @z\n"));
        assert_eq!(with_block(&second, "/b @y\n", file).unwrap(), second);
        assert_eq!(
            with_block("", "/a @x\n", file).unwrap(),
            format!("{BEGIN}\n/a @x\n{END}\n")
        );
        assert!(with_block(&format!("{END}\n{BEGIN}\n"), "", file).is_err());
    }
}
