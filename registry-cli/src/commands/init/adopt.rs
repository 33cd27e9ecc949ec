//! `contracts init --adopt DIR`: a workspace around schemas that are there. Their findings of today are accepted, so that
//! only new ones fail.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, Result};
use gate::finding::Judgement;
use gate::waivers;
use jiff::ToSpan as _;
use jiff::civil::Date;
use registry::config::HouseRules;
use registry::{CONFIG_FILE, Config, Layout, LoadOptions, PathFilter, Registry, Workspace};

use super::guess::{self, GuessedLayout};
use super::{put, refuse_existing, text};
use crate::args::{CiService, InitArgs};
use crate::commands::Outcome;
use crate::failure::failure;
use crate::judge;
use crate::progress::Progress;
use crate::render::Sources;
use crate::render::human::{count, frame};
use crate::render::text::escape;
use crate::terminal::Style;

/// Why the findings of today are accepted, unless it is said.
const REASON: &str = "as it was when the registry was adopted";
/// The layout under which every file is read before the right one is known.
const ANY: &str = "**/{event}.json";

pub(super) fn run(
    args: &InitArgs,
    dir: &Path,
    tree: &Path,
    style: Style,
    out: &mut dyn Write,
) -> Result<Outcome> {
    let place = Place::of(dir, tree)?;
    let until = until(args)?;
    let progress = Progress::start("reading");
    let mut config = Config {
        root: place.root.clone(),
        layout: ANY.to_owned(),
        house_rules: HouseRules::WithMetadata,
        ..Config::default()
    };
    let found = place.load(&config)?;
    if found.files.is_empty() {
        return Err(failure(
            format!("{} holds no JSON Schema that can be read", tree.display()),
            "name the folder that holds the schemas: files that end in .json",
        ));
    }
    let guessed = match &args.layout {
        Some(template) => GuessedLayout {
            template: template.clone(),
            matched: 0,
            candidates: 0,
        },
        None => guess::layout(&found).ok_or_else(|| {
            failure(
                "no layout fits these paths",
                "say how the path of a contract tells its event: --layout '{domain}/{event}.json'",
            )
        })?,
    };
    config.layout.clone_from(&guessed.template);
    if !config.layout.contains("{domain}") {
        config.domain = Some(domain(&found.workspace.root));
    }
    let (draft, said) = guess::draft(&found);
    config.default_draft = draft;
    let mut adopted = place.load(&config)?;
    if adopted.contracts.is_empty() {
        return Err(failure(
            format!("the layout {:?} matches no file", config.layout),
            "`{event}` stands for the event's name, `**` for any folders: --layout '**/{event}.json'",
        ));
    }
    config.compatibility.discriminators = guess::discriminators(&adopted);
    if !config.compatibility.discriminators.is_empty() {
        adopted = place.load(&config)?;
    }
    let mut judgement = judge::everything(&adopted, &PathFilter::default(), None, &progress)?;
    let refuted = |judgement: &Judgement| {
        let mut found = judgement.findings.iter();
        found.any(|found| found.diagnostic.rule == "invalid-discriminator")
    };
    if refuted(&judgement) {
        config.compatibility.discriminators.clear();
        adopted = place.load(&config)?;
        judgement = judge::everything(&adopted, &PathFilter::default(), None, &progress)?;
    }
    drop(progress);
    if judge::is_blocked(&judgement) {
        let mut sources = Sources::of_judgement(&adopted.workspace.dir, &judgement);
        for found in &judgement.findings {
            writeln!(out, "{}\n", frame(&found.diagnostic, &mut sources, style))?;
        }
        writeln!(out, "nothing was written: mend this first")?;
        return Ok(Outcome::Blocked);
    }

    let reason = args.reason.as_deref().unwrap_or(REASON);
    let owner = args.owner.as_deref().unwrap_or("nobody yet");
    let mut files = vec![(CONFIG_FILE.to_owned(), text::adopted_config(&config))];
    let accepted = waivers_of(&judgement, reason, owner, until);
    if let Some(accepted) = &accepted {
        files.push((place.below_root(waivers::FILE), accepted.clone()));
    }
    files.extend(text::ci(args.ci.unwrap_or(CiService::None)));
    refuse_existing(&place.dir, &files)?;
    put(&place.dir, &files, out)?;

    tell(&adopted, &config, &guessed, (draft, said), out)?;
    let number = judgement.findings.iter().filter(|found| found.is_open()).count();
    let waived = count(number, "finding of today is", "findings of today are");
    match accepted {
        Some(_) => writeln!(out, "findings       {waived} accepted until {until}")?,
        None => writeln!(out, "findings       none")?,
    }
    writeln!(out, "\n{}:", style.ansi("1", "next"))?;
    writeln!(out, "  1. look through {CONFIG_FILE}: it was guessed")?;
    writeln!(out, "  2. contracts check")?;
    writeln!(
        out,
        "  3. commit; from then on `contracts check --against main` compares changes"
    )?;
    Ok(Outcome::Clean)
}

/// Where the workspace is, and where its schemas are in it.
struct Place {
    dir: std::path::PathBuf,
    root: String,
}

impl Place {
    fn of(dir: &Path, tree: &Path) -> Result<Self> {
        let full =
            |path: &Path| fs::canonicalize(path).with_context(|| format!("cannot open {}", path.display()));
        let (dir, tree_full) = (full(dir)?, full(tree)?);
        if !tree_full.is_dir() {
            return Err(failure(
                format!("{} is not a folder", tree.display()),
                "name the folder that holds the schemas",
            ));
        }
        // Schemas outside of the folder become a workspace of their own.
        let Ok(root) = tree_full.strip_prefix(&dir) else {
            return Self::at(tree_full, ".");
        };
        let root = root.to_string_lossy().replace('\\', "/");
        Self::at(dir, if root.is_empty() { "." } else { &root })
    }

    fn at(dir: std::path::PathBuf, root: &str) -> Result<Self> {
        let place = Self {
            root: root.to_owned(),
            dir,
        };
        let nothing = String::new;
        refuse_existing(
            &place.dir,
            &[
                (CONFIG_FILE.to_owned(), nothing()),
                (place.below_root(CONFIG_FILE), nothing()),
                (place.below_root(waivers::FILE), nothing()),
            ],
        )?;
        Ok(place)
    }

    fn below_root(&self, path: &str) -> String {
        if self.root == "." {
            path.to_owned()
        } else {
            format!("{}/{path}", self.root)
        }
    }

    /// The tree as it would be read under `config`, which is not written yet.
    fn load(&self, config: &Config) -> Result<Registry> {
        let root = fs::canonicalize(self.dir.join(&self.root))
            .with_context(|| format!("cannot open {}", self.root))?;
        let workspace = Workspace {
            dir: self.dir.clone(),
            root,
            config: config.clone(),
            layout: Layout::parse(&config.layout)?,
            has_config_file: true,
        };
        let options = LoadOptions {
            other_rules: judge::other_rules().collect(),
            ..LoadOptions::default()
        };
        Ok(Registry::load(workspace, &options)?)
    }
}

/// What the contracts' types begin with, after the folder; of a folder that says nothing, the one around it.
fn domain(root: &Path) -> String {
    const GENERIC: &[&str] = &["contracts", "events", "json", "jsonschema", "schema", "schemas"];
    let names: Vec<String> = root
        .ancestors()
        .filter_map(|folder| {
            Some(
                folder
                    .file_name()?
                    .to_string_lossy()
                    .trim_start_matches('.')
                    .to_lowercase(),
            )
        })
        .collect();
    let telling = names
        .iter()
        .take(2)
        .find(|name| !GENERIC.contains(&name.as_str()));
    let name = telling.or(names.first()).map_or("events", String::as_str);
    let words: Vec<&str> = name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    if words.is_empty() {
        "events".to_owned()
    } else {
        words.join("-")
    }
}

/// The last day on which accepted breaks may be released.
fn until(args: &InitArgs) -> Result<Date> {
    let today = judge::today();
    let until = match &args.until {
        None => today.saturating_add(1.year()),
        Some(text) => text
            .parse()
            .map_err(|_| failure(format!("--until {text:?} is not a day"), "write it as 2027-01-31"))?,
    };
    if until < today {
        return Err(failure(
            format!("--until {until} is past"),
            "name the day until which the findings are accepted",
        ));
    }
    Ok(until)
}

/// `waivers.toml` for every finding; `None` where there is none.
fn waivers_of(judgement: &Judgement, reason: &str, owner: &str, until: Date) -> Option<String> {
    let mut text = String::from(
        "# Accepted findings and retired versions: who accepted what, why, and until when. `contracts waive` and\n\
         # `contracts retire` add entries. What `contracts init --adopt` found is accepted here: mend it and delete the\n\
         # entry, one after the other.\n",
    );
    let mut any = false;
    for found in judgement.findings.iter().filter(|found| found.is_open()) {
        any = true;
        let diagnostic = &found.diagnostic;
        let what = format!(
            "{} {}: {}",
            diagnostic.rule, diagnostic.location.file, diagnostic.message
        );
        text.push_str(&waivers::waiver_entry(
            found.fingerprint.as_str(),
            &what,
            reason,
            owner,
            until,
        ));
    }
    any.then_some(text)
}

/// What was guessed, and from what.
fn tell(
    registry: &Registry,
    config: &Config,
    guessed: &GuessedLayout,
    (draft, said): (registry::Draft, usize),
    out: &mut dyn Write,
) -> Result<()> {
    let shared = registry.files.len() - registry.contracts.len();
    writeln!(
        out,
        "\nadopted        {}, {}",
        count(registry.contracts.len(), "contract", "contracts"),
        count(shared, "shared schema", "shared schemas")
    )?;
    let fits = if guessed.candidates == 0 {
        String::new()
    } else {
        format!(
            "  (fits {} of {} schemas that no other refers to)",
            guessed.matched, guessed.candidates
        )
    };
    writeln!(out, "layout         {}{fits}", escape(&config.layout))?;
    let said = match said {
        0 => "  (no file says its draft)".to_owned(),
        said => format!("  (said by {said} of {} files)", registry.files.len()),
    };
    writeln!(out, "draft          {draft}{said}")?;
    if !config.compatibility.discriminators.is_empty() {
        let fields = config.compatibility.discriminators.join(", ");
        writeln!(
            out,
            "discriminators {}  (they pin a contract's version)",
            escape(&fields)
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_called_after_a_folder_that_says_something() {
        for (root, expected) in [
            ("/work/cdevents/schemas", "cdevents"),
            ("/work/Our Events v2", "our-events-v2"),
            ("/schemas", "schemas"),
            ("/", "events"),
            ("/…", "events"),
        ] {
            assert_eq!(domain(Path::new(root)), expected, "{root}");
        }
    }
}
