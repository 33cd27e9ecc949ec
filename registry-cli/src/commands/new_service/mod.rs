//! `contracts new service DOMAIN/NAME`: a service crate around one handler, with its own test.
//!
//! Names of types and examples are read from the generated crate, never made up: what it writes compiles, because
//! what it names is there.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use registry::Registry;

use super::new::owner as owner_of;
use super::{Outcome, load};
use crate::args::{NewServiceArgs, TreeArgs};
use crate::failure::failure;
use crate::files::{normal, relative, write_whole};
use crate::generated::target;
use crate::terminal::Style;

/// The files of the template and what they are in the crate; `@NAME@` and its like are replaced.
const TEMPLATE: [(&str, &str); 5] = [
    ("Cargo.toml", include_str!("template/Cargo.toml.in")),
    ("src/lib.rs", include_str!("template/lib.rs.in")),
    ("src/main.rs", include_str!("template/main.rs.in")),
    ("tests/service.rs", include_str!("template/service.rs.in")),
    ("@NAME@.toml", include_str!("template/config.toml.in")),
];

pub(crate) fn run(args: &NewServiceArgs, style: Style, out: &mut dyn Write) -> Result<Outcome> {
    let (domain, name) = parse(&args.path)?;
    let registry = load(&TreeArgs {
        root: args.root.clone(),
        layout: None,
    })?;
    let workspace = absolute(&registry.workspace.dir)?;
    let subject = Subject::choose(&registry, domain, args.event.as_deref())?;
    let generated = generated(&registry, &workspace, domain)?;
    let event = Generated::find(&generated, &subject)?;
    let folder = match &args.out {
        Some(out) => absolute(out)?,
        None => workspace.join("services").join(name),
    };
    if fs::symlink_metadata(&folder).is_ok() {
        return Err(failure(
            format!("{} exists; nothing is overwritten", folder.display()),
            "move it away first, choose another name, or name a folder with --out",
        ));
    }
    let messaging = messaging(args.messaging.as_deref(), &workspace, &folder)?;
    let words = [
        ("@NAME@", name.to_owned()),
        ("@LIBRARY@", name.replace('-', "_")),
        ("@SERVICE@", pascal(name)),
        ("@TYPE@", subject.event_type.clone()),
        ("@CRATE@", event.package.clone()),
        ("@MODULES@", event.package.replace('-', "_")),
        ("@PATH@", relative(&folder, &generated)),
        ("@ALIAS@", event.alias.clone()),
        ("@MODULE@", event.module.clone()),
        ("@EXAMPLE@", event.example.clone()),
        ("@MESSAGING@", messaging),
    ];
    let fill = |text: &str| {
        words.iter().fold(text.to_owned(), |text, (word, meaning)| {
            text.replace(word, meaning)
        })
    };
    let here = relative(&workspace, &folder);
    let reads = registry
        .workspace
        .root
        .join("consumers")
        .join(format!("{name}.toml"));
    if !reads.exists() {
        let owner = args.owner.clone();
        let owner = owner.unwrap_or_else(|| owner_of(&registry, domain));
        write_whole(&reads, consumer(&subject, &owner).as_bytes())?;
        writeln!(out, "wrote {}", relative(&workspace, &absolute(&reads)?))?;
    }
    for (path, text) in TEMPLATE {
        let path = fill(path);
        write_whole(&folder.join(&path), fill(text).as_bytes())?;
        writeln!(out, "wrote {here}/{path}")?;
    }
    writeln!(
        out,
        "\n{name} handles {} v{} ({}); another event: --event TYPE",
        subject.event_type, subject.major, event.alias
    )?;
    writeln!(out, "\n{}:", style.ansi("1", "next"))?;
    let mut steps = Vec::new();
    if !is_member(&workspace, &here) {
        steps.push(format!(
            "add {here:?} to the members of the workspace's Cargo.toml"
        ));
    }
    steps.push(format!("cargo test -p {name}"));
    steps.push(format!("write the handler in {here}/src/lib.rs"));
    steps.push(format!(
        "list the fields that it reads in {}",
        relative(&workspace, &absolute(&reads)?)
    ));
    steps.push(format!(
        "cargo run -p {name} -- --config {here}/{name}.toml topics plan"
    ));
    for (number, step) in (1..).zip(steps) {
        writeln!(out, "  {number}. {step}")?;
    }
    Ok(Outcome::Clean)
}

/// The file by which the contracts' owners know who reads what: without it nobody is asked before a field changes.
fn consumer(subject: &Subject, owner: &str) -> String {
    let text = |text: &str| toml::Value::from(text).to_string();
    format!(
        "owner = {}\n\n# Without `fields` the service counts as a reader of all of them: list those that it reads.\n\
         [[reads]]\ntype = {}\nmajors = [{}]\n",
        text(owner),
        text(&subject.event_type),
        subject.major
    )
}

/// `DOMAIN/NAME`, both in kebab-case.
fn parse(text: &str) -> Result<(&str, &str)> {
    let kebab = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_lowercase())
            && part.split('-').all(|word| {
                !word.is_empty()
                    && word
                        .bytes()
                        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
            })
    };
    match text.split_once('/') {
        // Folders and crates that something else is called already.
        Some((_, "test" | "core" | "std" | "alloc" | "proc-macro" | "messaging")) => Err(failure(
            format!("a crate cannot be called {text:?}: the name is taken"),
            "choose a name that says what it does: ecommerce/shipping-service",
        )),
        Some((domain, name)) if kebab(domain) && kebab(name) => Ok((domain, name)),
        _ => Err(failure(
            format!("{text:?} does not name a service"),
            "write DOMAIN/NAME in lower case, words joined by `-`: ecommerce/shipping-service",
        )),
    }
}

/// The event that the service handles.
struct Subject {
    event_type: String,
    event: String,
    major: u64,
}

impl Subject {
    /// The one that is asked for, else the domain's first (by type, then the newest major) that has a topic.
    fn choose(registry: &Registry, domain: &str, asked: Option<&str>) -> Result<Self> {
        let mut all: Vec<Self> = registry
            .contracts
            .iter()
            .filter(|it| it.domain == domain)
            .filter(|it| {
                it.metadata
                    .as_ref()
                    .is_some_and(|metadata| metadata.topic.is_some())
            })
            .map(|it| Self {
                event_type: it.event_type.clone(),
                event: it.event.clone(),
                major: it.major,
            })
            .collect();
        all.sort_by(|one, other| (&one.event_type, other.major).cmp(&(&other.event_type, one.major)));
        let names: Vec<String> = all
            .iter()
            .map(|it| format!("{}@{}", it.event_type, it.major))
            .collect();
        let fits = |it: &&Self| match asked {
            None => true,
            Some(asked) => {
                let (name, major) = asked
                    .split_once('@')
                    .map_or((asked, None), |(name, major)| (name, Some(major)));
                (it.event_type == name || it.event == name)
                    && major.is_none_or(|major| major.trim_start_matches('v') == it.major.to_string())
            }
        };
        let found = all.iter().position(|it| fits(&it));
        match found {
            Some(at) => Ok(all.swap_remove(at)),
            None if names.is_empty() => Err(failure(
                format!("the domain {domain:?} has no contract with a topic"),
                format!("write one first: contracts new {domain}/AGGREGATE/EVENT"),
            )),
            None => Err(failure(
                format!(
                    "the domain {domain:?} has no event {:?}",
                    asked.unwrap_or_default()
                ),
                format!("it has {}", names.join(", ")),
            )),
        }
    }
}

/// What the generated crate calls things.
struct Generated {
    package: String,
    /// The type at the crate's root.
    alias: String,
    /// Its module, below the crate.
    module: String,
    /// The function that makes its first example.
    example: String,
}

impl Generated {
    fn find(folder: &Path, subject: &Subject) -> Result<Self> {
        let stale = |what: String| {
            failure(
                what,
                "generate the domain's crate first: contracts gen; its examples are what the service's test publishes",
            )
        };
        let read = |path: &Path| {
            fs::read_to_string(path)
                .map_err(|error| stale(format!("cannot read {}: {error}", path.display())))
        };
        let manifest: toml::Table = read(&folder.join("Cargo.toml"))?
            .parse()
            .with_context(|| format!("{} is not TOML", folder.join("Cargo.toml").display()))?;
        let package = manifest
            .get("package")
            .and_then(|package| package.get("name")?.as_str())
            .ok_or_else(|| stale(format!("{} names no package", folder.display())))?;
        let last = format!("{}_v{}", subject.event.replace(['.', '-'], "_"), subject.major);
        let root = read(&folder.join("src/lib.rs"))?;
        let exported = root.lines().find_map(|line| {
            let (path, alias) = line
                .strip_prefix("pub use self::")?
                .strip_suffix(';')?
                .split_once(" as ")?;
            let (module, _) = path.rsplit_once("::")?;
            (module.rsplit("::").next()? == last).then(|| (module.to_owned(), alias.to_owned()))
        });
        let Some((module, alias)) = exported else {
            return Err(stale(format!(
                "{} does not have the event {} v{}",
                folder.display(),
                subject.event_type,
                subject.major
            )));
        };
        let source = read(
            &folder
                .join("src")
                .join(format!("{}.rs", module.replace("::", "/"))),
        )?;
        let example = source
            .split_once("pub mod fixtures {")
            .and_then(|(_, fixtures)| fixtures.split_once("    pub fn ")?.1.split_once('('))
            .map(|(name, _)| name.to_owned())
            .ok_or_else(|| {
                stale(format!(
                    "{} v{} has no valid example in the generated crate",
                    subject.event_type, subject.major
                ))
            })?;
        Ok(Self {
            package: package.to_owned(),
            alias,
            module,
            example,
        })
    }
}

/// The folder of the domain's generated crate.
fn generated(registry: &Registry, workspace: &Path, domain: &str) -> Result<PathBuf> {
    let target = target(registry, None).ok_or_else(|| {
        failure(
            "contracts.toml does not say where generated crates are",
            "add [generate.rust] with `out`, then run contracts gen",
        )
    })?;
    Ok(normal(&workspace.join(&target.name).join(domain)))
}

/// How the crate depends on `messaging`: a folder or a version that is asked for, else the folder beside contracts.toml.
fn messaging(asked: Option<&str>, workspace: &Path, folder: &Path) -> Result<String> {
    if let Some(version) = asked.filter(|asked| semver::VersionReq::parse(asked).is_ok()) {
        return Ok(format!("version = {version:?}"));
    }
    let path = match asked {
        Some(path) => absolute(Path::new(path))?,
        None => workspace.join("messaging"),
    };
    if !path.join("Cargo.toml").is_file() {
        return Err(failure(
            format!("the crate `messaging` is not in {}", path.display()),
            "say where it is with --messaging: a folder, or a version such as 0.1",
        ));
    }
    Ok(format!("path = {:?}", relative(folder, &path)))
}

/// Whether the workspace's manifest takes the folder in.
fn is_member(workspace: &Path, here: &str) -> bool {
    let text = fs::read_to_string(workspace.join("Cargo.toml")).unwrap_or_default();
    let manifest: toml::Table = text.parse().unwrap_or_default();
    let members = manifest
        .get("workspace")
        .and_then(|workspace| workspace.get("members")?.as_array());
    members.is_some_and(|members| {
        members
            .iter()
            .filter_map(|member| member.as_str())
            .any(|member| match member.strip_suffix("/*") {
                Some(parent) => here.rsplit_once('/').is_some_and(|(above, _)| above == parent),
                None => member == here,
            })
    })
}

/// `shipping-service` → `ShippingService`.
fn pascal(name: &str) -> String {
    let mut out = String::new();
    for word in name.split('-') {
        let (first, rest) = word.split_at(1);
        out.push_str(&first.to_uppercase());
        out.push_str(rest);
    }
    out
}

fn absolute(path: &Path) -> Result<PathBuf> {
    let path = std::path::absolute(path).with_context(|| format!("cannot resolve {}", path.display()))?;
    Ok(normal(&path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_two_words_of_a_path_and_nothing_else() {
        assert_eq!(
            parse("ecommerce/shipping-service").expect("a name"),
            ("ecommerce", "shipping-service")
        );
        assert_eq!(pascal("shipping-service"), "ShippingService");
        for bad in [
            "", "a", "a/b/c", "a/B", "../b", "a/", "/b", "a/b-", "a/1b", "a/test", "a/b c",
        ] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
    }
}
