//! One side of a comparison: a contract in the work tree, in a snapshot or in the base, ready for questions.

use std::collections::BTreeMap;
use std::sync::Arc;

use diagnostics::{JsonPointer, Location};
use registry::lower::{LowerOptions, Lowered, Role, lower};
use registry::{Bundle, Classification, Config, Draft, Field, Metadata};
use semver::Version;

use crate::bump::State;
use crate::history::{self, Released};

/// A contract in one state.
#[derive(Debug)]
pub(crate) struct Side {
    /// The self-contained schema.
    pub(crate) bundle: Bundle,
    /// Lowered for the side that emits.
    pub(crate) writer: Lowered,
    /// Lowered for the side that consumes.
    pub(crate) reader: Lowered,
    pub(crate) metadata: Option<Metadata>,
    pub(crate) fields: Vec<Field>,
    classes: BTreeMap<JsonPointer, Option<Classification>>,
    files: Files,
    /// How people call it: `1.2.0`, or a file of the base.
    pub(crate) name: String,
}

/// How the files of a bundle are called.
#[derive(Debug)]
pub(crate) enum Files {
    /// As in the work tree.
    Tree,
    /// All in one snapshot.
    Snapshot(Arc<str>),
    /// With what stands for the base in front.
    Base(String),
}

impl Side {
    /// `None` where the schema cannot be lowered: a rule of its own reports that about the configuration.
    pub(crate) fn new(
        bundle: Bundle,
        metadata: Option<Metadata>,
        files: Files,
        name: String,
        config: &Config,
    ) -> Option<Self> {
        let lowered = |role| {
            let options = LowerOptions {
                role,
                discriminators: &config.compatibility.discriminators,
            };
            lower(&bundle.schema, bundle.draft, &options).ok()
        };
        let (writer, reader) = (lowered(Role::Writer)?, lowered(Role::Reader)?);
        let fields = registry::fields::of(&bundle);
        let classes = fields
            .iter()
            .map(|field| (field.pointer.clone(), field.classification))
            .collect();
        Some(Self {
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

    /// A released version.
    pub(crate) fn released(released: &Released, config: &Config) -> Option<Self> {
        let schema = released.snapshot.schema().ok()?;
        let metadata = history::metadata(&schema).ok();
        let names_draft = schema.get("$schema").is_some();
        let mut bundle = Bundle::self_contained(schema, Arc::clone(&released.file));
        if !names_draft {
            bundle.draft = config.default_draft;
        }
        let name = released.header().version.to_string();
        Self::new(
            bundle,
            metadata,
            Files::Snapshot(Arc::clone(&released.file)),
            name,
            config,
        )
    }

    pub(crate) fn version(&self) -> Option<&Version> {
        self.metadata.as_ref().map(|metadata| &metadata.version)
    }

    /// For the decision about the version.
    pub(crate) fn state(&self) -> State<'_> {
        State {
            schema: &self.bundle.schema,
            as_writer: &self.writer.schema,
            as_reader: &self.reader.schema,
            metadata: self.metadata.as_ref(),
            fields: &self.classes,
        }
    }

    /// The file and pointer of a node of the bundle.
    pub(crate) fn place(&self, pointer: &JsonPointer) -> (Arc<str>, JsonPointer) {
        match &self.files {
            Files::Tree => self.bundle.origin(pointer),
            Files::Snapshot(file) => (
                Arc::clone(file),
                JsonPointer::root().child("schema").join(pointer),
            ),
            Files::Base(label) => {
                let (file, pointer) = self.bundle.origin(pointer);
                (format!("{label}{file}").into(), pointer)
            }
        }
    }

    /// The same as a location: of a member its name, of an item or the root its value.
    pub(crate) fn location(&self, pointer: &JsonPointer) -> Location {
        let (file, pointer) = self.place(pointer);
        Location::key(file, pointer)
    }

    /// The location of what a field of this side says of its origin.
    pub(crate) fn location_of_origin(&self, (file, pointer): (Arc<str>, JsonPointer)) -> Location {
        match &self.files {
            Files::Tree => Location::key(file, pointer),
            Files::Snapshot(_) => self.location(&pointer),
            Files::Base(label) => Location::key(format!("{label}{file}"), pointer),
        }
    }

    pub(crate) fn compat_draft(&self) -> compat::Draft {
        match self.bundle.draft {
            Draft::Draft4 => compat::Draft::V4,
            Draft::Draft6 => compat::Draft::V6,
            Draft::Draft7 => compat::Draft::V7,
            Draft::Draft201909 => compat::Draft::V201909,
            Draft::Draft202012 => compat::Draft::V202012,
        }
    }
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
