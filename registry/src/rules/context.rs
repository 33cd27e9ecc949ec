//! What a rule sees: the model, and what several rules need computed once.

use std::cell::OnceCell;
use std::ops::Deref;
use std::sync::Arc;

use diagnostics::{Diagnostic, JsonPointer, Location};
use jsonschema::Validator;

use crate::bundle::Bundle;
use crate::fields::Field;
use crate::lower::{self, LowerError, LowerOptions, Lowered};
use crate::reference::{RefError, Reference, Target, references_of};
use crate::walk::{Subschema, subschemas};
use crate::{Consumer, Contract, Example, Registry, SchemaFile};

/// One schema file.
pub struct FileContext<'r> {
    /// Everything.
    pub registry: &'r Registry,
    /// The file.
    pub file: &'r SchemaFile,
    /// Its index in [`Registry::files`].
    pub index: usize,
    subschemas: OnceCell<Vec<Subschema<'r>>>,
    references: OnceCell<Vec<(Reference<'r>, Result<Target, RefError>)>>,
}

impl<'r> FileContext<'r> {
    pub(crate) fn new(registry: &'r Registry, index: usize) -> Self {
        Self {
            registry,
            file: &registry.files[index],
            index,
            subschemas: OnceCell::new(),
            references: OnceCell::new(),
        }
    }

    /// All schemas of the file, parents first.
    pub fn subschemas(&self) -> &[Subschema<'r>] {
        self.subschemas
            .get_or_init(|| subschemas(&self.file.value, self.file.draft))
    }

    /// All references of the file, each with where it leads.
    pub fn references(&self) -> &[(Reference<'r>, Result<Target, RefError>)] {
        self.references.get_or_init(|| {
            self.subschemas()
                .iter()
                .flat_map(|schema| references_of(schema, self.file.draft))
                .map(|reference| {
                    let resolved = self.registry.resolve(self.index, &reference);
                    (reference, resolved)
                })
                .collect()
        })
    }

    /// The contract that this file is; `None` for shared schemas.
    pub fn contract(&self) -> Option<&'r Contract> {
        self.registry.contract_of(self.index)
    }

    /// The value at `pointer` as a location.
    pub fn value(&self, pointer: JsonPointer) -> Location {
        Location::value(Arc::clone(&self.file.path), pointer)
    }

    /// The member name at `pointer` as a location.
    pub fn key(&self, pointer: JsonPointer) -> Location {
        Location::key(Arc::clone(&self.file.path), pointer)
    }

    /// The file as a location.
    pub fn whole(&self) -> Location {
        Location::file(Arc::clone(&self.file.path))
    }
}

/// One contract; derefs to its file's context.
pub struct ContractContext<'r> {
    /// The contract.
    pub contract: &'r Contract,
    /// Its index in [`Registry::contracts`].
    pub contract_index: usize,
    file: FileContext<'r>,
    bundle: OnceCell<Result<Bundle, Vec<Diagnostic>>>,
    lowered: OnceCell<Option<Result<Lowered, LowerError>>>,
    validator: OnceCell<Option<Validator>>,
    fields: OnceCell<Vec<Field>>,
}

impl<'r> Deref for ContractContext<'r> {
    type Target = FileContext<'r>;

    fn deref(&self) -> &FileContext<'r> {
        &self.file
    }
}

impl<'r> ContractContext<'r> {
    pub(crate) fn new(file: FileContext<'r>, contract_index: usize) -> Self {
        Self {
            contract: &file.registry.contracts[contract_index],
            contract_index,
            file,
            bundle: OnceCell::new(),
            lowered: OnceCell::new(),
            validator: OnceCell::new(),
            fields: OnceCell::new(),
        }
    }

    pub(crate) fn bundled(&self) -> &Result<Bundle, Vec<Diagnostic>> {
        self.bundle.get_or_init(|| self.registry.bundle(self.index))
    }

    /// The self-contained schema; `None` when a reference does not resolve, which its own rule reports.
    pub fn bundle(&self) -> Option<&Bundle> {
        self.bundled().as_ref().ok()
    }

    /// The bundle as a reader at this version understands it, or why there is none; `None` where that is the bundle itself.
    pub fn lowered(&self) -> Option<&Result<Lowered, LowerError>> {
        self.lowered
            .get_or_init(|| {
                let bundle = self.bundle()?;
                let discriminators = &self.registry.config.compatibility.discriminators;
                let is_marked = || {
                    subschemas(&bundle.schema, bundle.draft)
                        .iter()
                        .any(|schema| schema.value.get("x-open").is_some())
                };
                let options = LowerOptions {
                    role: lower::Role::Reader,
                    discriminators,
                };
                (!discriminators.is_empty() || is_marked())
                    .then(|| lower::lower(&bundle.schema, bundle.draft, &options))
            })
            .as_ref()
    }

    /// A validator of what a reader at this version accepts, formats as configured; `None` when there is no bundle or it
    /// does not compile.
    pub fn validator(&self) -> Option<&Validator> {
        self.validator
            .get_or_init(|| {
                let bundle = self.bundle()?;
                match self.lowered() {
                    Some(Ok(lowered)) => {
                        let mut bundle = bundle.clone();
                        bundle.schema = lowered.schema.clone();
                        self.registry.validator(&bundle).ok()
                    }
                    Some(Err(_)) | None => self.registry.validator(bundle).ok(),
                }
            })
            .as_ref()
    }

    /// Where a node of the schema behind [`Self::validator`] was written.
    pub fn origin(&self, pointer: &JsonPointer) -> Option<Location> {
        let (file, pointer) = match self.lowered() {
            Some(Ok(lowered)) => self.bundle()?.origin(&lowered.origin(pointer)),
            Some(Err(_)) | None => self.bundle()?.origin(pointer),
        };
        Some(Location::key(file, pointer))
    }

    /// The declared fields; empty when there is no bundle.
    pub fn fields(&self) -> &[Field] {
        self.fields
            .get_or_init(|| self.bundle().map(crate::fields::of).unwrap_or_default())
    }

    /// The examples.
    pub fn examples(&self) -> &'r [Example] {
        self.registry.examples_of(self.contract_index)
    }
}

/// One consumer file.
pub struct ConsumerContext<'r> {
    /// Everything.
    pub registry: &'r Registry,
    /// The consumer.
    pub consumer: &'r Consumer,
}

/// Everything, for rules about what only shows between files.
pub struct RegistryContext<'r> {
    /// Everything.
    pub registry: &'r Registry,
}
