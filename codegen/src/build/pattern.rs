//! Patterns: from ECMA-262 to the syntax of the `regex` crate, in the way of the validator that judges examples.

use regex::Regex;

/// The pattern in the syntax of the `regex` crate, when that crate can express and compile it.
pub(super) fn translate(source: &str) -> Option<String> {
    if !jsonschema_regex::is_valid_ecma_regex(source) {
        return None;
    }
    let pattern = jsonschema_regex::to_rust_regex(source).ok()?;
    Regex::new(&pattern).is_ok().then(|| pattern.into_owned())
}

/// Whether `text` matches; `None` when it cannot be decided here.
pub(super) fn matches(source: &str, text: &str) -> Option<bool> {
    Some(Regex::new(&translate(source)?).ok()?.is_match(text))
}
