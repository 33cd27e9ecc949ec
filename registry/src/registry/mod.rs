//! [`Registry`]: the loaded tree and the questions that others ask of it.

mod check;
mod filter;
mod load;
mod pool;
mod validator;

pub use filter::PathFilter;
pub use load::LoadOptions;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::sync::Arc;

use diagnostics::Diagnostic;

use crate::bundle::{self, Bundle};
use crate::config::Config;
use crate::json::LARGEST_FILE;
use crate::reference::{Links, RefError, Reference, Resolver, Target, document_at, references_of};
use crate::walk::subschemas;
use crate::{Consumer, Contract, Example, Field, Role, SchemaFile, Workspace};

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
    /// What was found while loading; severities are applied by [`Self::check`].
    load_findings: Vec<Diagnostic>,
    resolver: Resolver,
    links: Links,
    /// Schema files that are there and do not parse, sorted.
    broken: Vec<Arc<str>>,
    /// The texts of a registry that is not on disk.
    memory: Option<BTreeMap<Arc<str>, String>>,
}

impl Registry {
    /// The contract that `type@major` names, such as `ecommerce.order.created@1` (also `…@v1`, `….v1`); without a major
    /// the latest one.
    pub fn contract(&self, id: &str) -> Option<&Contract> {
        if let Some((event_type, major)) = id.rsplit_once('@') {
            let major = major.strip_prefix('v').unwrap_or(major).parse().ok()?;
            return self.contract_by(event_type, major);
        }
        let latest = self
            .contracts
            .iter()
            .filter(|contract| contract.event_type == id)
            .max_by_key(|contract| contract.major);
        latest.or_else(|| {
            let (event_type, major) = id.rsplit_once(".v")?;
            self.contract_by(event_type, major.parse().ok()?)
        })
    }

    /// The contract of one event type at one major.
    pub fn contract_by(&self, event_type: &str, major: u64) -> Option<&Contract> {
        self.contracts
            .iter()
            .find(|contract| contract.major == major && contract.event_type == event_type)
    }

    /// The contract that the file at `index` is.
    pub fn contract_of(&self, index: usize) -> Option<&Contract> {
        match self.files[index].role {
            Role::Contract(contract) => Some(&self.contracts[contract]),
            Role::Shared => None,
        }
    }

    /// Schema files that are there and do not parse, sorted by path.
    pub fn broken(&self) -> &[Arc<str>] {
        &self.broken
    }

    /// Whether a contract may be there in a file that cannot be read, which is reported: then its name is not unknown.
    /// `major`: of that major, where it is known.
    pub fn may_be_unreadable(&self, event_type: &str, major: Option<u64>) -> bool {
        let prefix = self.workspace.root_prefix();
        self.broken.iter().any(|path| {
            let inside = path
                .strip_prefix(prefix.as_str())
                .map_or(&**path, |tail| tail.trim_start_matches('/'));
            self.workspace.layout.read(inside).is_some_and(|facts| {
                let domain = facts.domain.unwrap_or_default();
                facts
                    .major
                    .is_none_or(|known| major.is_none_or(|major| known == major))
                    && (domain.is_empty() || format!("{domain}.{}", facts.event) == event_type)
            })
        })
    }

    /// The examples of the contract at `index`.
    pub fn examples_of(&self, index: usize) -> &[Example] {
        let start = self.examples.partition_point(|example| example.contract < index);
        let end = self.examples.partition_point(|example| example.contract <= index);
        &self.examples[start..end]
    }

    /// The folder, relative to the workspace, below which a contract's `valid/` and `invalid/` examples are.
    pub fn example_folder(contract: &Contract) -> String {
        crate::assemble::example_folder(contract)
    }

    /// The index of the file at `path` (relative to the workspace).
    pub fn file_index(&self, path: &str) -> Option<usize> {
        self.files.binary_search_by(|file| (*file.path).cmp(path)).ok()
    }

    /// A document by the index that a [`Target`] holds: a file, or an official metaschema.
    pub fn document(&self, index: usize) -> &SchemaFile {
        document_at(&self.files, index)
    }

    /// The references of the file at `index`, each with where it leads, in the order of the schemas that hold them.
    pub fn references(&self, index: usize) -> Vec<(Reference<'_>, Result<Target, RefError>)> {
        let file = &self.files[index];
        subschemas(&file.value, file.draft)
            .iter()
            .flat_map(|schema| references_of(schema, file.draft))
            .map(|reference| {
                let target = self.resolve(index, &reference);
                (reference, target)
            })
            .collect()
    }

    /// Where a reference of the file at `index` leads.
    pub fn resolve(&self, index: usize, reference: &Reference<'_>) -> Result<Target, RefError> {
        let links = &self.links[index];
        let key = (&reference.schema, reference.keyword);
        match links.binary_search_by(|link| (&link.schema, link.keyword).cmp(&key)) {
            Ok(at) => links[at].target.clone().map_err(|error| *error),
            // Written where no keyword holds schemas, but something refers there.
            Err(_) => self.resolver.resolve(
                &self.files,
                index,
                &reference.schema,
                reference.keyword,
                reference.text,
            ),
        }
    }

    /// The self-contained schema of the file at `index`, or why there is none.
    pub fn bundle(&self, index: usize) -> Result<Bundle, Vec<Diagnostic>> {
        bundle::bundle(
            &bundle::Sources {
                files: &self.files,
                resolver: &self.resolver,
                links: &self.links,
            },
            index,
        )
    }

    /// The declared fields of a contract, sorted by pointer; empty when its references do not resolve.
    pub fn fields(&self, contract: &Contract) -> Vec<Field> {
        self.bundle(contract.file)
            .map(|bundle| crate::fields::of(&bundle))
            .unwrap_or_default()
    }

    /// The text of a file of the workspace, for code frames; what is not UTF-8 is replaced. Pipes, files outside the
    /// workspace and files above the limit for documents are not opened.
    pub fn source(&self, path: &str) -> io::Result<String> {
        if let Some(texts) = &self.memory {
            return texts
                .get(path)
                .cloned()
                .ok_or_else(|| io::ErrorKind::NotFound.into());
        }
        let file = fs::canonicalize(self.workspace.dir.join(path))?;
        let metadata = fs::metadata(&file)?;
        if !metadata.is_file() || metadata.len() > LARGEST_FILE || !file.starts_with(&self.workspace.dir) {
            return Err(io::Error::other("not a document of this workspace"));
        }
        Ok(String::from_utf8_lossy(&fs::read(file)?).into_owned())
    }
}
