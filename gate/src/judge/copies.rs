//! Contracts as the base's work tree has them: for those that were never released, and for those that are gone. Reads no
//! more of the base than they reach.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use registry::{Config, Layout, LoadOptions, Registry};
use serde_json::Value;

use crate::GateError;
use crate::base::{Base, Handle};
use crate::fingerprint::below_root;
use crate::side::{Files, Side};

/// The base's schema files and what is known of them.
pub(crate) struct Copies<'b> {
    base: &'b Base,
    registry: &'b Registry,
    layout: Layout,
    files: BTreeMap<String, Handle>,
    /// Whether the file at a path (below the root) is the same in the work tree.
    same: Mutex<HashMap<String, bool>>,
}

/// A contract of the base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) event_type: String,
    pub(crate) major: u64,
    /// Relative to the root.
    pub(crate) path: String,
}

impl<'b> Copies<'b> {
    pub(crate) fn new(base: &'b Base, registry: &'b Registry) -> Result<Self, GateError> {
        let layout = Layout::parse(&base.config().layout).map_err(|error| {
            GateError::other(
                error.to_string(),
                "compare with a commit whose layout can be read",
            )
        })?;
        Ok(Self {
            base,
            registry,
            layout,
            files: base.schemas()?,
            same: Mutex::new(HashMap::new()),
        })
    }

    pub(crate) fn base(&self) -> &'b Base {
        self.base
    }

    /// Whether the base's layout finds nothing: there is none yet, or it is the wrong folder.
    pub(crate) fn has_no_contracts(&self) -> bool {
        !self.files.keys().any(|path| self.layout.read(path).is_some())
    }

    /// Whether the file at `path` (relative to the workspace) is the same in the base.
    pub(crate) fn is_same(&self, path: &str) -> Result<bool, GateError> {
        let inside = below_root(self.registry, path);
        let known = self
            .same
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(inside)
            .copied();
        if let Some(known) = known {
            return Ok(known);
        }
        let same = match self.files.get(inside) {
            None => false,
            Some(handle) => {
                let file = self.registry.workspace.dir.join(path);
                let bytes = std::fs::read(&file).map_err(|error| GateError::io("read", &file, error))?;
                self.base.holds(handle, &bytes)?
            }
        };
        self.same
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(inside.to_owned(), same);
        Ok(same)
    }

    /// The base's contracts at paths at which the work tree has none: moved, renamed or removed.
    pub(crate) fn gone(&self) -> Result<Vec<Identity>, GateError> {
        let here: BTreeSet<&str> = self
            .registry
            .contracts
            .iter()
            .map(|contract| below_root(self.registry, &contract.path))
            .collect();
        let mut gone = Vec::new();
        for path in self.files.keys() {
            if here.contains(path.as_str()) {
                continue;
            }
            if let Some(identity) = self.identity(path)? {
                gone.push(identity);
            }
        }
        Ok(gone)
    }

    /// What the layout says of a path, with the major from the metadata where it does not say it.
    fn identity(&self, path: &str) -> Result<Option<Identity>, GateError> {
        let Some(facts) = self.layout.read(path) else {
            return Ok(None);
        };
        let major = match facts.major {
            Some(major) => major,
            None => self
                .value(path)?
                .and_then(|value| {
                    let version = value.get("x-contract")?.get("version")?.as_str()?;
                    version.split('.').next()?.parse().ok()
                })
                .unwrap_or(1),
        };
        let domain = facts.domain.unwrap_or_else(|| self.root_name());
        Ok(Some(Identity {
            event_type: format!("{domain}.{}", facts.event),
            major,
            path: path.to_owned(),
        }))
    }

    /// The base's copy of a contract of the work tree: at the same path, or moved.
    pub(crate) fn of(
        &self,
        event_type: &str,
        major: u64,
        path: &str,
        gone: &[Identity],
    ) -> Result<Option<Identity>, GateError> {
        let inside = below_root(self.registry, path);
        let is_it = |identity: &Identity| identity.event_type == event_type && identity.major == major;
        if self.files.contains_key(inside)
            && let Some(identity) = self.identity(inside)?
            && is_it(&identity)
        {
            return Ok(Some(identity));
        }
        Ok(gone.iter().find(|identity| is_it(identity)).cloned())
    }

    /// A document of the base; `None` where it is no JSON.
    pub(crate) fn value(&self, path: &str) -> Result<Option<Value>, GateError> {
        Ok(self.text(path)?.and_then(|text| serde_json::from_str(&text).ok()))
    }

    fn text(&self, path: &str) -> Result<Option<String>, GateError> {
        match self.files.get(path) {
            Some(handle) => Ok(String::from_utf8(self.base.read(handle)?).ok()),
            None => Ok(None),
        }
    }

    /// The contracts at `paths` with all that they reach, ready for questions; those that do not bundle are left out.
    /// Also the texts that were read, by the name that locations give.
    pub(crate) fn sides(&self, paths: &BTreeSet<String>) -> Result<Loaded, GateError> {
        let mut documents = BTreeMap::new();
        let mut open: Vec<String> = paths.iter().cloned().collect();
        while let Some(path) = open.pop() {
            if documents.contains_key(&path) {
                continue;
            }
            let Some(text) = self.text(&path)? else {
                continue;
            };
            if let Ok(value) = serde_json::from_str::<Value>(&text) {
                references(&value, &path, &mut open);
            }
            documents.insert(path, text);
        }
        let loaded = self.load(documents.clone())?;
        let is_whole = paths.iter().all(|path| {
            loaded
                .file_index(path)
                .is_none_or(|index| loaded.bundle(index).is_ok())
        });
        if is_whole {
            return Ok(self.ready(&loaded, paths, &documents));
        }
        // References by `$id` do not say where they lead: then everything is read.
        for path in self.files.keys() {
            if !documents.contains_key(path)
                && let Some(text) = self.text(path)?
            {
                documents.insert(path.clone(), text);
            }
        }
        let loaded = self.load(documents.clone())?;
        Ok(self.ready(&loaded, paths, &documents))
    }

    fn load(&self, documents: BTreeMap<String, String>) -> Result<Registry, GateError> {
        let config = Config {
            layout: self.base.config().layout.clone(),
            ..self.registry.config.clone()
        };
        let options = LoadOptions {
            root_name: Some(self.root_name()),
            ..LoadOptions::default()
        };
        Registry::from_documents(config, documents, &options)
            .map_err(|error| GateError::other(error.to_string(), "compare with another commit"))
    }

    fn root_name(&self) -> String {
        if let Some(domain) = &self.registry.config.domain {
            return domain.clone();
        }
        let name = self.registry.workspace.root.file_name();
        name.map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default()
    }

    fn ready(
        &self,
        loaded: &Registry,
        paths: &BTreeSet<String>,
        documents: &BTreeMap<String, String>,
    ) -> Loaded {
        let mut ready = Loaded::default();
        for path in paths {
            let Some(index) = loaded.file_index(path) else {
                continue;
            };
            let (Ok(bundle), Some(contract)) = (loaded.bundle(index), loaded.contract_of(index)) else {
                continue;
            };
            for file in bundle.files() {
                if let Some(text) = documents.get(&*file) {
                    ready
                        .texts
                        .insert(self.base.label(&file).into(), text.as_str().into());
                }
            }
            let side = Side::new(
                bundle,
                contract.metadata.clone(),
                Files::Base(self.base.label("")),
                self.base.label(path),
                &self.registry.config.compatibility.discriminators,
            );
            if let Ok(side) = side {
                ready.sides.insert(path.clone(), side);
            }
        }
        ready
    }
}

/// Contracts of the base.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    /// By path relative to the root.
    pub(crate) sides: BTreeMap<String, Side>,
    /// The texts of all files that they reach, by the name that locations give.
    pub(crate) texts: BTreeMap<Arc<str>, Arc<str>>,
}

/// The files that a document refers to by relative paths.
fn references(value: &Value, from: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if name.ends_with("Ref") || name == "$ref" => {
                        if let Some(path) = relative(text, from) {
                            found.push(path);
                        }
                    }
                    _ => references(member, from, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, from, found)),
        _ => {}
    }
}

/// `../common/a.json#/x` from `shop/b.json` is `common/a.json`.
fn relative(reference: &str, from: &str) -> Option<String> {
    let path = reference.split('#').next()?;
    if path.is_empty() || path.contains(':') {
        return None;
    }
    let mut parts: Vec<&str> = if path.starts_with('/') {
        Vec::new()
    } else {
        let mut folders: Vec<&str> = from.split('/').collect();
        folders.pop();
        folders
    };
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_lead_from_the_file_that_holds_them() {
        assert_eq!(
            relative("../common/a.json#/x", "shop/b.json").as_deref(),
            Some("common/a.json")
        );
        assert_eq!(relative("c.json", "a/b.json").as_deref(), Some("a/c.json"));
        assert_eq!(relative("#/$defs/x", "a/b.json"), None);
        assert_eq!(relative("https://x.example/a.json", "a/b.json"), None);
        assert_eq!(relative("../../x.json", "a/b.json"), None);
    }
}
