//! Finding the workspace: `contracts.toml` in this folder or above it, or a root given on the command line.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use diagnostics::source::position;
use diagnostics::{Diagnostic, Location, Severity};

use crate::config::{Config, HouseRules, TomlProblem, parse_toml};
use crate::error::{ErrorKind, RegistryError};
use crate::layout::Layout;

/// The name of the configuration file.
pub const CONFIG_FILE: &str = "contracts.toml";

/// Where a registry is and how it is configured.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// The folder of `contracts.toml`, or the root given on the command line. Paths in findings are relative to it.
    pub dir: PathBuf,
    /// The schema root; no reference leaves it.
    pub root: PathBuf,
    /// The configuration.
    pub config: Config,
    /// The parsed `config.layout`.
    pub layout: Layout,
    /// Whether there is a `contracts.toml`.
    pub has_config_file: bool,
}

impl Workspace {
    /// Searches `start` and the folders above it for `contracts.toml`.
    pub fn discover(start: &Path) -> Result<Self, RegistryError> {
        let start = fs::canonicalize(start)
            .map_err(|source| RegistryError::io(ErrorKind::NoWorkspace, "open", start, source))?;
        match start.ancestors().find(|folder| folder.join(CONFIG_FILE).is_file()) {
            Some(folder) => Self::configured(folder),
            None => Err(RegistryError::new(
                ErrorKind::NoWorkspace,
                format!("no {CONFIG_FILE} in {} or in any folder above it", start.display()),
            )
            .with_help(
                "run inside a registry, or name a folder of JSON Schemas: `contracts check --root DIR --layout '{event}.json'`",
            )),
        }
    }

    /// Takes `dir` as it is: with its own `contracts.toml` if it has one (then `layout` replaces the configured one),
    /// else as workspace and schema root in one, with house rules only where there is metadata.
    pub fn open(dir: &Path, layout: Option<&str>) -> Result<Self, RegistryError> {
        if !dir.is_dir() {
            let what = if dir.exists() {
                "is not a folder"
            } else {
                "does not exist"
            };
            return Err(
                RegistryError::new(ErrorKind::NoRoot, format!("the root {} {what}", dir.display()))
                    .with_help(
                        "name the folder that holds the schemas, or the one that holds contracts.toml",
                    ),
            );
        }
        let dir = fs::canonicalize(dir)
            .map_err(|source| RegistryError::io(ErrorKind::NoRoot, "open the root", dir, source))?;
        if dir.join(CONFIG_FILE).is_file() {
            let mut workspace = Self::configured(&dir)?;
            if let Some(template) = layout {
                workspace.layout = Layout::parse(template)?;
                template.clone_into(&mut workspace.config.layout);
            }
            return Ok(workspace);
        }
        let mut config = Config {
            house_rules: HouseRules::WithMetadata,
            ..Config::default()
        };
        ".".clone_into(&mut config.root);
        if let Some(template) = layout {
            template.clone_into(&mut config.layout);
        }
        let layout = Layout::parse(&config.layout)?;
        Ok(Self {
            root: dir.clone(),
            dir,
            config,
            layout,
            has_config_file: false,
        })
    }

    fn configured(dir: &Path) -> Result<Self, RegistryError> {
        let path = dir.join(CONFIG_FILE);
        let bytes =
            fs::read(&path).map_err(|source| RegistryError::io(ErrorKind::Config, "read", &path, source))?;
        let text = String::from_utf8(bytes)
            .map_err(|_| RegistryError::new(ErrorKind::Config, format!("{CONFIG_FILE} is not UTF-8")))?;
        let config: Config = parse_toml(&text).map_err(|problem| rejected(&text, problem))?;
        let layout = Layout::parse(&config.layout).map_err(|error| {
            let help = error.help().map(str::to_owned);
            rejected(
                &text,
                TomlProblem {
                    message: error.to_string(),
                    span: value_span(&text, &["layout"]),
                    help,
                },
            )
        })?;
        let root = dir.join(&config.root);
        let problem = |message: String, help: &str| {
            let span = value_span(&text, &["root"]);
            let mut error = rejected(
                &text,
                TomlProblem {
                    message,
                    span,
                    help: Some(help.to_owned()),
                },
            );
            error.set_kind(ErrorKind::NoRoot);
            error
        };
        if !root.is_dir() {
            return Err(problem(
                format!(
                    "the schema root {:?} is not a folder beside {CONFIG_FILE}",
                    config.root
                ),
                "create the folder, or set `root` to the one that holds the schemas",
            ));
        }
        let root = fs::canonicalize(&root)
            .map_err(|source| RegistryError::io(ErrorKind::NoRoot, "open the root", &root, source))?;
        if !root.starts_with(dir) {
            return Err(problem(
                format!(
                    "the schema root {:?} is outside the folder of {CONFIG_FILE}",
                    config.root
                ),
                "keep the schemas below contracts.toml",
            ));
        }
        Ok(Self {
            dir: dir.to_owned(),
            root,
            config,
            layout,
            has_config_file: true,
        })
    }

    /// The root relative to the workspace with `/` between components; empty when they are the same.
    pub fn root_prefix(&self) -> String {
        relative(&self.dir, &self.root).unwrap_or_default()
    }
}

/// `path` below `dir`, with `/` between components; `None` if it is not below it.
pub(crate) fn relative(dir: &Path, path: &Path) -> Option<String> {
    let tail = path.strip_prefix(dir).ok()?;
    let parts: Vec<_> = tail
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    Some(parts.join("/"))
}

pub(crate) fn rejected(text: &str, problem: TomlProblem) -> RegistryError {
    let file: Arc<str> = CONFIG_FILE.into();
    let at = position(text, problem.span.start);
    let mut diagnostic = Diagnostic::new(
        "config",
        Severity::Error,
        Location::bytes(file, problem.span),
        problem.message.clone(),
    );
    let mut error = RegistryError::new(ErrorKind::Config, problem.message);
    if let Some(help) = problem.help {
        diagnostic = diagnostic.with_help(help.clone());
        error = error.with_help(help);
    }
    error.at(diagnostic, at)
}

/// The bytes of the key at `path` in a TOML text that parses; `0..0` if it is not there.
pub(crate) fn key_span(text: &str, path: &[&str]) -> std::ops::Range<usize> {
    find(text, path).map_or(0..0, |(key, _)| key)
}

fn value_span(text: &str, path: &[&str]) -> std::ops::Range<usize> {
    find(text, path).map_or(0..0, |(_, value)| value)
}

fn find(text: &str, path: &[&str]) -> Option<(std::ops::Range<usize>, std::ops::Range<usize>)> {
    let document = toml::de::DeTable::parse(text).ok()?;
    let (last, parents) = path.split_last()?;
    let mut table = document.get_ref();
    for name in parents {
        table = table.get(*name)?.get_ref().as_table()?;
    }
    let (key, value) = table.get_key_value(*last)?;
    Some((key.span(), value.span()))
}
