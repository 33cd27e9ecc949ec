//! Keywords that neither types nor generated checks express, left to a validator compiled from the contract's own
//! schema on first use.

use std::sync::OnceLock;

use serde::Serialize;
use serde_json::Value;

use crate::error::Violation;
use crate::path::Path;

/// Places in a contract's schema that a value must satisfy.
pub struct Residual {
    schema: &'static str,
    pointers: &'static [&'static str],
    formats: bool,
    #[cfg(feature = "validator")]
    compiled: OnceLock<Option<jsonschema::Validator>>,
    #[cfg(not(feature = "validator"))]
    compiled: OnceLock<()>,
}

impl Residual {
    /// The subschemas of `schema` (JSON text) at `pointers`.
    pub const fn new(schema: &'static str, pointers: &'static [&'static str]) -> Self {
        Self {
            schema,
            pointers,
            formats: true,
            compiled: OnceLock::new(),
        }
    }

    /// The same, with `format` as documentation.
    pub const fn without_formats(schema: &'static str, pointers: &'static [&'static str]) -> Self {
        Self {
            schema,
            pointers,
            formats: false,
            compiled: OnceLock::new(),
        }
    }

    /// Checks a typed value by what it writes.
    pub fn check<T: Serialize>(&self, value: &T, at: &Path<'_>) -> Result<(), Violation> {
        let value = serde_json::to_value(value).map_err(|_| at.violates("type"))?;
        self.check_value(&value, at)
    }

    /// Checks a JSON value.
    #[cfg(feature = "validator")]
    pub fn check_value(&self, value: &Value, at: &Path<'_>) -> Result<(), Violation> {
        // The generator compiles the same schema; a failure here is a value refused, never one let through.
        let Some(validator) = self.compiled.get_or_init(|| self.compile()) else {
            return Err(at.violates("schema"));
        };
        match validator.validate(value) {
            Ok(()) => Ok(()),
            Err(error) => {
                let pointer = error.instance_path().as_str().to_owned();
                Err(at.violates_below(&pointer, known(error.kind().keyword())))
            }
        }
    }

    /// Without the `validator` feature nothing can be checked: everything is refused.
    #[cfg(not(feature = "validator"))]
    pub fn check_value(&self, value: &Value, at: &Path<'_>) -> Result<(), Violation> {
        let _ = (value, self.schema, self.pointers, self.formats, &self.compiled);
        Err(at.violates("schema"))
    }

    #[cfg(feature = "validator")]
    fn compile(&self) -> Option<jsonschema::Validator> {
        compile(
            serde_json::from_str(self.schema).ok()?,
            self.pointers,
            self.formats,
        )
    }
}

/// A validator of the places of `document` that `pointers` name.
#[cfg(feature = "validator")]
pub(crate) fn compile(
    mut document: Value,
    pointers: &[&str],
    formats: bool,
) -> Option<jsonschema::Validator> {
    const URI: &str = "contract:/schema";
    let draft = document.get("$schema").cloned();
    // Until draft-07 a reference hides the id beside it.
    if let Some(object) = document.as_object_mut()
        && let Some(reference) = object.remove("$ref")
        && let Value::Array(all) = object.entry("allOf").or_insert_with(|| Value::Array(Vec::new()))
    {
        all.push(serde_json::json!({ "$ref": reference }));
    }
    // Draft-04 knows `id`, all later drafts `$id`.
    let legacy = draft
        .as_ref()
        .and_then(Value::as_str)
        .is_some_and(|uri| uri.contains("draft-04"));
    let key = if legacy { "id" } else { "$id" };
    let base = match document.get(key).and_then(Value::as_str) {
        // A relative or fragment-only id is no address.
        Some(id) if is_absolute(id) => id.trim_end_matches('#').to_owned(),
        _ => {
            if let Some(object) = document.as_object_mut() {
                object.insert(key.to_owned(), Value::from(URI));
            }
            URI.to_owned()
        }
    };
    let checks: Value = pointers
        .iter()
        .map(|pointer| serde_json::json!({ "$ref": format!("{base}#{}", encode_fragment(pointer)) }))
        .collect();
    // The contract is a resource of its own inside: its references and anchors mean what they mean alone.
    let mut root = serde_json::json!({ "allOf": checks, "definitions": { "contract": document } });
    if let (Some(root), Some(draft)) = (root.as_object_mut(), draft) {
        root.insert("$schema".to_owned(), draft);
        root.insert(key.to_owned(), Value::from("contract:/check"));
    }
    jsonschema::options()
        .should_validate_formats(formats)
        .offline()
        .without_content_encoding_support("base64")
        .without_content_media_type_support("application/json")
        .build(&root)
        .ok()
}

/// Whether a URI has a scheme, and no fragment but an empty one.
#[cfg(feature = "validator")]
fn is_absolute(uri: &str) -> bool {
    let scheme = uri.split(':').next().unwrap_or_default();
    uri.contains(':')
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte))
        && !uri.trim_end_matches('#').contains('#')
}

#[cfg(feature = "validator")]
fn encode_fragment(pointer: &str) -> String {
    use std::fmt::Write as _;
    pointer.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"/~-._!$&'()*+,;=:@".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}

/// Keywords as static text, so that errors hold none that a schema's author or a payload made up.
#[cfg(feature = "validator")]
fn known(keyword: &str) -> &'static str {
    const KEYWORDS: &[&str] = &[
        "additionalItems",
        "additionalProperties",
        "allOf",
        "anyOf",
        "const",
        "contains",
        "contentEncoding",
        "contentMediaType",
        "dependencies",
        "dependentRequired",
        "dependentSchemas",
        "enum",
        "exclusiveMaximum",
        "exclusiveMinimum",
        "format",
        "if",
        "items",
        "maxContains",
        "maxItems",
        "maxLength",
        "maxProperties",
        "maximum",
        "minContains",
        "minItems",
        "minLength",
        "minProperties",
        "minimum",
        "multipleOf",
        "not",
        "oneOf",
        "pattern",
        "patternProperties",
        "prefixItems",
        "properties",
        "propertyNames",
        "required",
        "type",
        "unevaluatedItems",
        "unevaluatedProperties",
        "uniqueItems",
    ];
    KEYWORDS
        .iter()
        .copied()
        .find(|known| *known == keyword)
        .unwrap_or("schema")
}
