//! One side of a comparison: a contract in the work tree, in a snapshot or in the base, ready for questions.

use std::collections::BTreeMap;
use std::sync::Arc;

use diagnostics::{JsonPointer, Location};
use registry::lower::{LowerError, LowerOptions, Lowered, Role, lower};
use registry::{Bundle, Classification, Config, Field, Metadata};
use semver::Version;
use serde_json::Value;

use crate::bump::State;
use crate::drafts;
use crate::history::{self, Released};

/// A contract in one state.
#[derive(Debug)]
pub struct Side {
    /// The self-contained schema.
    pub bundle: Bundle,
    /// Lowered for the side that emits.
    pub(crate) writer: Lowered,
    /// Lowered for the side that consumes.
    pub(crate) reader: Lowered,
    /// Its `x-contract`, where it is a contract.
    pub metadata: Option<Metadata>,
    pub(crate) fields: Vec<Field>,
    classes: BTreeMap<JsonPointer, Option<Classification>>,
    files: Files,
    /// How people call it: `1.2.0`, or a file of the base.
    pub name: String,
}

/// How the files of a bundle are called.
#[derive(Debug)]
pub enum Files {
    /// As in the work tree.
    Tree,
    /// All in one snapshot.
    Snapshot(Arc<str>),
    /// With what stands for the base in front: `HEAD~1:`.
    Base(String),
    /// There is only one, called like this.
    Only(Arc<str>),
}

impl Files {
    /// What a file of the bundle is called in locations.
    pub fn name(&self, file: &Arc<str>) -> Arc<str> {
        match self {
            Self::Tree => Arc::clone(file),
            Self::Base(label) => format!("{label}{file}").into(),
            Self::Snapshot(only) | Self::Only(only) => Arc::clone(only),
        }
    }
}

impl Side {
    /// Lowers the schema for both roles. Fails where a discriminator does not fit it.
    pub fn new(
        bundle: Bundle,
        metadata: Option<Metadata>,
        files: Files,
        name: String,
        discriminators: &[String],
    ) -> Result<Self, LowerError> {
        let lowered = |role| {
            let options = LowerOptions { role, discriminators };
            lower(&bundle.schema, bundle.draft, &options)
        };
        let (writer, reader) = (lowered(Role::Writer)?, lowered(Role::Reader)?);
        let fields = registry::fields::of(&bundle);
        let classes = fields
            .iter()
            .map(|field| (field.pointer.clone(), field.classification))
            .collect();
        Ok(Self {
            bundle,
            writer,
            reader,
            metadata,
            fields,
            classes,
            files,
            name,
        })
    }

    /// A released version; `None` where its schema cannot be read or lowered.
    pub(crate) fn released(released: &Released, config: &Config) -> Option<Self> {
        let schema = released.snapshot.schema().ok()?;
        let bundle = released_bundle(schema, Arc::clone(&released.file), config);
        let metadata = history::metadata(&bundle.schema).ok();
        Self::new(
            bundle,
            metadata,
            Files::Snapshot(Arc::clone(&released.file)),
            released.header().version.to_string(),
            &config.compatibility.discriminators,
        )
        .ok()
    }

    pub(crate) fn version(&self) -> Option<&Version> {
        self.metadata.as_ref().map(|metadata| &metadata.version)
    }

    /// For the decision about the version.
    pub fn state(&self) -> State<'_> {
        State {
            schema: &self.bundle.schema,
            as_writer: &self.writer.schema,
            draft: self.draft(),
            metadata: self.metadata.as_ref(),
            fields: &self.classes,
        }
    }

    /// The file and pointer of a node of the bundle.
    pub fn place(&self, pointer: &JsonPointer) -> (Arc<str>, JsonPointer) {
        if let Files::Snapshot(file) = &self.files {
            return (
                Arc::clone(file),
                JsonPointer::root().child("schema").join(pointer),
            );
        }
        let (file, pointer) = self.bundle.origin(pointer);
        (self.files.name(&file), pointer)
    }

    /// The same as a location: of a member its name, of an item or the root its value.
    pub fn location(&self, pointer: &JsonPointer) -> Location {
        let (file, pointer) = self.place(pointer);
        Location::key(file, pointer)
    }

    /// The location of what a field of this side says of its origin.
    pub(crate) fn location_of_origin(&self, (file, pointer): (Arc<str>, JsonPointer)) -> Location {
        match &self.files {
            Files::Snapshot(_) => self.location(&pointer),
            files => Location::key(files.name(&file), pointer),
        }
    }

    /// The draft that the schema is read as.
    pub(crate) fn draft(&self) -> compat::Draft {
        drafts::to_compat(self.bundle.draft)
    }
}

/// The bundle in the snapshot `file`. A schema that names no draft was written for the registry's default.
pub fn released_bundle(schema: Value, file: Arc<str>, config: &Config) -> Bundle {
    let names_draft = schema.get("$schema").is_some();
    let mut bundle = Bundle::self_contained(schema, file);
    if !names_draft {
        bundle.draft = config.default_draft;
    }
    bundle
}

/// The assumptions of a registry's policy.
pub(crate) fn options(config: &Config) -> compat::Options {
    use registry::config::{Formats, Writer};
    compat::Options {
        writer: match config.compatibility.writer {
            Writer::Open => compat::Writer::Open,
            Writer::Declared => compat::Writer::Declared,
        },
        formats: match config.compatibility.formats {
            Formats::Assert => compat::Formats::Assert,
            Formats::Annotate => compat::Formats::Annotate,
        },
        ..compat::Options::default()
    }
}
