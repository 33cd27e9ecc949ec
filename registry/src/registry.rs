//! [`Registry`]: the loaded tree and the questions that others ask of it.

use std::sync::Arc;

use diagnostics::{Diagnostic, Rule};
use jsonschema::Validator;

use crate::bundle::Bundle;
use crate::config::{Config, Formats};
use crate::reference::{RefError, RefErrorKind, Reference, Target};
use crate::{Consumer, Contract, Example, Field, RegistryError, Role, SchemaFile, Workspace};

/// How to load.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// Rules of other crates, so that `contracts.toml` may name them.
    pub other_rules: Vec<&'static Rule>,
    /// URI prefixes that stand for folders below the root, such as (`http://localhost:1234/`, `remotes`). For tests on
    /// suites that are written for a server.
    pub base_map: Vec<(String, String)>,
}

/// A loaded tree.
#[derive(Debug)]
pub struct Registry {
    /// Where it is.
    pub workspace: Workspace,
    /// How it is configured.
    pub config: Config,
    /// All schema files that parse, sorted by path.
    pub files: Vec<SchemaFile>,
    /// All contracts, sorted by path.
    pub contracts: Vec<Contract>,
    /// All examples that parse and belong to a contract, sorted by contract, expectation and path.
    pub examples: Vec<Example>,
    /// All consumer files that parse, sorted by path.
    pub consumers: Vec<Consumer>,
    /// What was found while loading, at the rules' own severities.
    pub(crate) load_findings: Vec<Diagnostic>,
}

impl Registry {
    /// Reads the tree. `Err` only when there is nothing to go on with: everything else is a finding of [`Self::check`].
    pub fn load(workspace: Workspace, options: &LoadOptions) -> Result<Self, RegistryError> {
        let _ = options;
        Ok(Self {
            config: workspace.config.clone(),
            workspace,
            files: Vec::new(),
            contracts: Vec::new(),
            examples: Vec::new(),
            consumers: Vec::new(),
            load_findings: Vec::new(),
        })
    }

    /// Runs every rule and gives what it finds, sorted by file and position.
    pub fn check(&self) -> Vec<Diagnostic> {
        self.load_findings.clone()
    }

    /// The contract that `type@major` names, such as `ecommerce.order.created@1`; without `@major` the latest major.
    pub fn contract(&self, id: &str) -> Option<&Contract> {
        let (event_type, major) = match id.rsplit_once('@') {
            Some((event_type, major)) => (
                event_type,
                Some(major.strip_prefix('v').unwrap_or(major).parse().ok()?),
            ),
            None => (id, None),
        };
        self.contracts
            .iter()
            .filter(|contract| {
                contract.event_type == event_type && major.is_none_or(|major: u64| contract.major == major)
            })
            .max_by_key(|contract| contract.major)
    }

    /// The contract that the file at `index` is.
    pub fn contract_of(&self, index: usize) -> Option<&Contract> {
        match self.files[index].role {
            Role::Contract(contract) => Some(&self.contracts[contract]),
            Role::Shared => None,
        }
    }

    /// The examples of the contract at `index`.
    pub fn examples_of(&self, index: usize) -> &[Example] {
        let start = self.examples.partition_point(|example| example.contract < index);
        let end = self.examples.partition_point(|example| example.contract <= index);
        &self.examples[start..end]
    }

    /// The index of the file at `path` (relative to the workspace).
    pub fn file_index(&self, path: &str) -> Option<usize> {
        self.files.binary_search_by(|file| (*file.path).cmp(path)).ok()
    }

    /// A document by the index that a [`Target`] holds: a file, or an official metaschema.
    pub fn document(&self, index: usize) -> &SchemaFile {
        &self.files[index]
    }

    /// Where a reference of the file at `index` leads.
    pub fn resolve(&self, index: usize, reference: &Reference<'_>) -> Result<Target, RefError> {
        let _ = index;
        Err(RefError::new(RefErrorKind::Dead, reference.text))
    }

    /// The self-contained schema of the file at `index`, or why there is none.
    pub fn bundle(&self, index: usize) -> Result<Bundle, Vec<Diagnostic>> {
        let file = &self.files[index];
        Ok(Bundle {
            schema: file.value.clone(),
            draft: file.draft,
            origins: vec![(
                diagnostics::JsonPointer::root(),
                Arc::clone(&file.path),
                diagnostics::JsonPointer::root(),
            )],
        })
    }

    /// Compiles a bundle; formats are asserted unless the configuration says `annotate`.
    pub fn validator(&self, bundle: &Bundle) -> Result<Validator, Box<jsonschema::ValidationError<'static>>> {
        jsonschema::options()
            .with_draft(bundle.draft.to_jsonschema())
            .should_validate_formats(self.config.compatibility.formats == Formats::Assert)
            .offline()
            .build(&bundle.schema)
            .map_err(Box::new)
    }

    /// The declared fields of a contract, sorted by pointer; empty when its references do not resolve.
    pub fn fields(&self, contract: &Contract) -> Vec<Field> {
        self.bundle(contract.file)
            .map(|bundle| crate::fields::of(&bundle))
            .unwrap_or_default()
    }
}
