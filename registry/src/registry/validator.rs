//! Compiling bundles into validators.

use jsonschema::{ValidationError, Validator};

use super::Registry;
use crate::Bundle;
use crate::config::Formats;
use crate::draft::{Declared, declared};

impl Registry {
    /// Compiles a bundle. Formats are asserted unless the configuration says `annotate`. What `contentEncoding` and
    /// `contentMediaType` say never is: draft 7 leaves it open, later drafts rule it out, and validators differ.
    pub fn validator(&self, bundle: &Bundle) -> Result<Validator, Box<ValidationError<'static>>> {
        let options = jsonschema::options()
            .should_validate_formats(self.config.compatibility.formats == Formats::Assert)
            .should_ignore_unknown_formats(true)
            .without_content_encoding_support("base64")
            .without_content_media_type_support("application/json")
            .offline();
        match declared(&bundle.schema) {
            Declared::Unknown(dialect) if let Some(document) = self.resolver.document_of_uri(dialect) => {
                // A metaschema of the registry: it may switch vocabularies off.
                let mut registry = jsonschema::Registry::new().draft(bundle.draft.to_jsonschema());
                let mut next = Some((dialect.to_owned(), document));
                let mut left = 8;
                while let Some((uri, document)) = next.take().filter(|_| left > 0) {
                    let metaschema = self.document(document);
                    registry = registry
                        .add(uri, metaschema.value.clone())
                        .map_err(|error| Box::new(error.into()))?;
                    left -= 1;
                    if let Declared::Unknown(uri) = declared(&metaschema.value) {
                        next = self
                            .resolver
                            .document_of_uri(uri)
                            .map(|document| (uri.to_owned(), document));
                    }
                }
                let registry = registry.prepare().map_err(|error| Box::new(error.into()))?;
                options
                    .with_registry(&registry)
                    .build(&bundle.schema)
                    .map_err(Box::new)
            }
            _ => options
                .with_draft(bundle.draft.to_jsonschema())
                .build(&bundle.schema)
                .map_err(Box::new),
        }
    }
}
