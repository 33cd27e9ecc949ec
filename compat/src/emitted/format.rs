//! `format`, one keyword at a time, by the `jsonschema` crate: the generated types use its checks too.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::Draft;

/// Validators of a single `format`, by draft and name; `None` for what that crate does not know.
#[derive(Debug, Default)]
pub(super) struct FormatCache {
    validators: Mutex<HashMap<(Draft, String), Known>>,
}

type Known = Option<Arc<Validator>>;

impl FormatCache {
    /// Whether `instance` has the format; anything has an unknown one.
    pub(super) fn has_format(&self, draft: Draft, format: &str, instance: &Value) -> bool {
        let mut validators = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        let validator = validators
            .entry((draft, format.to_owned()))
            .or_insert_with(|| compile(draft, format).map(Arc::new))
            .clone();
        drop(validators);
        validator.is_none_or(|validator| validator.is_valid(instance))
    }
}

fn compile(draft: Draft, format: &str) -> Option<Validator> {
    let draft = match draft {
        Draft::V4 => jsonschema::Draft::Draft4,
        Draft::V6 => jsonschema::Draft::Draft6,
        Draft::V7 => jsonschema::Draft::Draft7,
        Draft::V201909 => jsonschema::Draft::Draft201909,
        Draft::V202012 => jsonschema::Draft::Draft202012,
    };
    jsonschema::options()
        .with_draft(draft)
        .should_validate_formats(true)
        .build(&json!({ "format": format }))
        .ok()
}
