//! Writing the required versions into contracts, and nothing else of their text.

use std::sync::Arc;

use diagnostics::{JsonPointer, Location, source};
use registry::{Bundle, Registry};
use semver::Version;
use serde_json::Value;

use crate::bump::Bump;
use crate::finding::{ContractSummary, Judgement};
use crate::history::History;

/// A version to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The contract's file, relative to the workspace.
    pub file: Arc<str>,
    /// The event type.
    pub event_type: String,
    /// What it says now.
    pub from: Version,
    /// What it has to say.
    pub to: Version,
}

/// The versions that have to rise, and the contracts for which no version will do: they need a file of the next major.
pub fn bumps(judgement: &Judgement) -> (Vec<Edit>, Vec<&ContractSummary>) {
    let mut edits = Vec::new();
    let mut majors = Vec::new();
    for summary in &judgement.summaries {
        let (Some(current), Some(required)) = (&summary.current, &summary.required) else {
            continue;
        };
        if summary.bump == Bump::Major {
            majors.push(summary);
        } else if current < required {
            edits.push(Edit {
                file: Arc::clone(&summary.file),
                event_type: summary.event_type.clone(),
                from: current.clone(),
                to: required.clone(),
            });
        }
    }
    (edits, majors)
}

/// `text` of a contract with another version; `None` where it has none.
pub fn with_version(text: &str, version: &Version) -> Option<String> {
    let pointer = JsonPointer::root().child("x-contract").child("version");
    let span = source::span(text, &Location::value("", pointer));
    let written = text.get(span.clone())?;
    if !(written.starts_with('"') && written.ends_with('"') && written.len() >= 2) {
        return None;
    }
    Some(format!(
        "{}\"{version}\"{}",
        &text[..span.start],
        &text[span.end..]
    ))
}

/// A shared schema that changed: its file, what was released of it and what is there now.
pub(crate) type SharedChange = (Arc<str>, String, String);

/// Whether a contract differs from its last release only in what it reaches by reference.
pub fn cause_is_shared(registry: &Registry, history: &History, file: &str) -> bool {
    shared_cause(registry, history, file).is_some()
}

/// The shared schemas in which alone a contract differs from its last release, sorted; `None` if it differs elsewhere too.
pub(crate) fn shared_cause(registry: &Registry, history: &History, file: &str) -> Option<Vec<SharedChange>> {
    let index = registry.file_index(file)?;
    let contract = registry.contract_of(index)?;
    let latest = history.latest(&contract.event_type, contract.major)?;
    let old = latest.snapshot.schema().ok()?;
    let bundle = registry.bundle(index).ok()?;
    if own(&old, &bundle) != own(&bundle.schema, &bundle) {
        return None;
    }
    let here = bundle.origin(&JsonPointer::root()).0;
    let mut shared = Vec::new();
    for container in ["$defs", "definitions"] {
        let place = JsonPointer::root().child(container);
        let definitions = bundle.schema.get(container).and_then(Value::as_object);
        for (name, definition) in definitions.into_iter().flatten() {
            let pointer = place.child(name);
            let (file, _) = bundle.origin(&pointer);
            let before = old.pointer(pointer.as_str());
            if file != here && before != Some(definition) {
                shared.push((
                    file,
                    before.map(registry::canonical_json).unwrap_or_default(),
                    registry::canonical_json(definition),
                ));
            }
        }
    }
    shared.sort();
    Some(shared)
}

/// The schema without the definitions that come from other files.
fn own(schema: &Value, bundle: &Bundle) -> String {
    let mut schema = schema.clone();
    let here = bundle.origin(&JsonPointer::root()).0;
    for container in ["$defs", "definitions"] {
        let place = JsonPointer::root().child(container);
        if let Some(Value::Object(members)) = schema.get_mut(container) {
            let is_foreign = |name: &str| bundle.origin(&place.child(name)).0 != here;
            members.retain(|name, _| !is_foreign(name));
        }
    }
    registry::release_digest(&schema)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_the_version_is_touched() {
        let text =
            "{\n\t\"version\": \"9\",\r\n  \"x-contract\": {  \"version\" :\"1.0.0\" , \"n\": 1.00}\n}";
        assert_eq!(
            with_version(text, &Version::new(1, 1, 0)).unwrap(),
            text.replace("1.0.0", "1.1.0")
        );
        assert_eq!(with_version("{}", &Version::new(1, 0, 0)), None);
    }
}
