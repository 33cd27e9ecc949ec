//! Loading: from a workspace, or from documents in memory, to a [`Registry`].

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use diagnostics::{Diagnostic, JsonPointer, Location, Rule, Severity};
use serde_json::Value;

use super::{Registry, pool};
use crate::config::{Config, TomlProblem, closest};
use crate::draft::{Declared, declared};
use crate::reference::{Resolver, link};
use crate::rules::{rules, unknown_dialect};
use crate::tree::{self, Content, Entry, Loaded, Purpose};
use crate::walk::applicator;
use crate::workspace::{CONFIG_FILE, key_span, rejected};
use crate::{Draft, Layout, RegistryError, SchemaFile, Workspace, assemble};

/// How to load.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// Rules of other crates, so that `contracts.toml` may name them.
    pub other_rules: Vec<&'static Rule>,
    /// URI prefixes that stand for folders below the root, such as (`http://localhost:1234/`, `remotes`). For tests on
    /// suites that are written for a server.
    pub base_map: Vec<(String, String)>,
    /// What the root folder is called, for documents that are not on disk and whose layout has no `{domain}`.
    pub root_name: Option<String>,
}

impl Registry {
    /// Reads the tree. `Err` only when there is nothing to go on with (a rule in `contracts.toml` that does not exist):
    /// everything else is a finding of [`Self::check`].
    pub fn load(workspace: Workspace, options: &LoadOptions) -> Result<Self, RegistryError> {
        check_rule_names(&workspace, &options.other_rules)?;
        let loaded = pool::install(|| {
            let (entries, mut findings) = tree::walk(&workspace);
            let mut loaded = tree::read(entries);
            loaded.findings.append(&mut findings);
            loaded
        });
        Ok(Self::assemble(workspace, loaded, options, None))
    }

    /// A registry of documents that are not on disk: (path relative to the root, text).
    pub fn from_documents(
        config: Config,
        documents: impl IntoIterator<Item = (String, String)>,
        options: &LoadOptions,
    ) -> Result<Self, RegistryError> {
        let workspace = Workspace {
            dir: PathBuf::new(),
            root: PathBuf::new(),
            layout: Layout::parse(&config.layout)?,
            config,
            has_config_file: false,
        };
        let texts: BTreeMap<Arc<str>, String> = documents
            .into_iter()
            .map(|(path, text)| (path.into(), text))
            .collect();
        let entries = texts
            .iter()
            .filter_map(|(path, text)| {
                let purpose = Purpose::of(path)?;
                Some(Entry {
                    path: Arc::clone(path),
                    purpose,
                    content: Content::Text(text.clone()),
                })
            })
            .collect();
        let loaded = pool::install(|| tree::read(entries));
        Ok(Self::assemble(workspace, loaded, options, Some(texts)))
    }

    fn assemble(
        workspace: Workspace,
        loaded: Loaded,
        options: &LoadOptions,
        memory: Option<BTreeMap<Arc<str>, String>>,
    ) -> Self {
        let mut load_findings = loaded.findings;
        let base_map = &options.base_map;
        let said = workspace.config.domain.clone();
        let root_name = said.or_else(|| options.root_name.clone()).unwrap_or_else(|| {
            let name = workspace.root.file_name();
            name.map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default()
        });
        let (mut files, contracts, mut findings) =
            assemble::contracts(&workspace, &root_name, loaded.schemas);
        load_findings.append(&mut findings);
        let (examples, mut findings) = assemble::examples(&contracts, &loaded.broken, loaded.examples);
        load_findings.append(&mut findings);
        let root = workspace.root_prefix();
        let (resolver, links) = pool::install(|| {
            let mut resolver = Resolver::new(&files, &loaded.broken, &root, base_map);
            if settle_dialects(&mut files, &resolver, &mut load_findings) {
                resolver = Resolver::new(&files, &loaded.broken, &root, base_map);
            }
            let links = link(&files, &resolver);
            (resolver, links)
        });
        Self {
            config: workspace.config.clone(),
            workspace,
            files,
            contracts,
            examples,
            consumers: loaded.consumers,
            load_findings,
            resolver,
            links,
            broken: loaded.broken,
            memory,
        }
    }
}

/// Gives files with a `$schema` of their own the draft of that metaschema; reports those whose metaschema is not known.
/// Whether any draft changed.
fn settle_dialects(files: &mut [SchemaFile], resolver: &Resolver, findings: &mut Vec<Diagnostic>) -> bool {
    let mut drafts = HashMap::new();
    for (at, file) in files.iter().enumerate() {
        let Declared::Unknown(uri) = declared(&file.value) else {
            continue;
        };
        match assemble::draft_by_metaschema(files, at, |uri| resolver.document_of_uri(uri)) {
            Some(draft) if draft == file.draft => {}
            Some(draft) => {
                drafts.insert(at, draft);
            }
            // An instance names its own schema there: a catalogue among the schemas, for example.
            None if !is_schema_like(&file.value) => {}
            None => {
                let location = Location::value(Arc::clone(&file.path), JsonPointer::root().child("$schema"));
                let message = format!(
                    "`$schema` is {uri:?}, which is none of the five drafts; the file is checked as {}",
                    file.draft
                );
                findings.push(
                    Diagnostic::new(unknown_dialect::ID, Severity::Warning, location, message)
                        .with_help(format!("name a draft, such as \"{}\"", file.draft.uri())),
                );
            }
        }
    }
    for (at, draft) in &drafts {
        files[*at].draft = *draft;
    }
    !drafts.is_empty()
}

/// Whether a document says anything in the words of JSON Schema.
fn is_schema_like(document: &Value) -> bool {
    const WORDS: &[&str] = &[
        "$id", "$ref", "type", "enum", "const", "required", "format", "pattern",
    ];
    document.as_object().is_some_and(|members| {
        members.keys().any(|keyword| {
            WORDS.contains(&keyword.as_str())
                || Draft::ALL
                    .iter()
                    .any(|draft| applicator(*draft, keyword).is_some())
        })
    })
}

fn check_rule_names(workspace: &Workspace, others: &[&'static Rule]) -> Result<(), RegistryError> {
    let known = || rules().chain(others.iter().copied()).map(|rule| rule.id);
    let Some(unknown) = workspace
        .config
        .rules
        .keys()
        .find(|name| known().all(|id| id != name.as_str()))
    else {
        return Ok(());
    };
    let text = std::fs::read_to_string(workspace.dir.join(CONFIG_FILE)).unwrap_or_default();
    let help = match closest(unknown, known()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`contracts explain` lists the rules".to_owned(),
    };
    let span = key_span(&text, &["rules", unknown]);
    Err(rejected(
        &text,
        TomlProblem {
            message: format!("there is no rule `{unknown}`"),
            span,
            help: Some(help),
        },
    ))
}
