//! `contracts new --major N` where the event has an earlier major: a copy of that one as a draft, with its examples, so that
//! what has to change is all that is left to do. Text only: everything but the few members that differ stays as written.

use std::fs;

use anyhow::{Context as _, Result};
use diagnostics::{JsonPointer, Location, source};
use registry::{Contract, Registry};

/// The newest earlier major of an event.
pub(super) fn before<'r>(registry: &'r Registry, event_type: &str, major: u64) -> Option<&'r Contract> {
    registry
        .contracts
        .iter()
        .filter(|contract| {
            contract.event_type == event_type && contract.major < major && contract.has_metadata
        })
        .max_by_key(|contract| contract.major)
}

/// The files of the next major as (path relative to the workspace, text), the contract first.
pub(super) fn files(
    registry: &Registry,
    before: &Contract,
    event_type: &str,
    major: u64,
    path: &str,
) -> Result<Vec<(String, String)>> {
    let read = |path: &str| {
        fs::read_to_string(registry.workspace.dir.join(path)).with_context(|| format!("cannot read {path}"))
    };
    let mut text = read(&before.path)?;
    let metadata = JsonPointer::root().child("x-contract");
    for gone in ["sunset", "supersededBy"] {
        text = without(&text, &metadata.child(gone));
    }
    let schema = &registry.files[before.file].value;
    let prefix = registry.workspace.root_prefix();
    let below_root = |path: &str| {
        let tail = path.strip_prefix(prefix.as_str()).unwrap_or(path);
        tail.trim_start_matches('/').to_owned()
    };
    let mut values = vec![
        (metadata.child("version"), format!("{major}.0.0")),
        (metadata.child("status"), "draft".to_owned()),
        (
            metadata.child("topic").child("name"),
            format!("{event_type}.v{major}"),
        ),
    ];
    let id = schema.get("$id").and_then(serde_json::Value::as_str);
    if let Some(base) = id.and_then(|id| id.strip_suffix(&below_root(&before.path))) {
        values.push((
            JsonPointer::root().child("$id"),
            format!("{base}{}", below_root(path)),
        ));
    }
    for (pointer, value) in values {
        if schema.pointer(pointer.as_str()).is_some() {
            let span = source::span(&text, &Location::value("", pointer));
            text.replace_range(span, &serde_json::Value::from(value).to_string());
        }
    }
    let mut files = vec![(path.to_owned(), text)];
    let stem = |path: &str| path.strip_suffix(".json").unwrap_or(path).to_owned();
    let folder = |path: &str| {
        let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
        let file = stem(file);
        if folder.is_empty() {
            format!("examples/{file}/")
        } else {
            format!("{folder}/examples/{file}/")
        }
    };
    let (from, to) = (folder(&before.path), folder(path));
    for example in &registry.examples {
        if let Some(tail) = example.path.strip_prefix(from.as_str()) {
            files.push((format!("{to}{tail}"), read(&example.path)?));
        }
    }
    Ok(files)
}

/// `text` without the member at `pointer`, and without the comma that it took.
fn without(text: &str, pointer: &JsonPointer) -> String {
    let parsed: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    if parsed.pointer(pointer.as_str()).is_none() {
        return text.to_owned();
    }
    let mut start = source::span(text, &Location::key("", pointer.clone())).start;
    let mut end = source::span(text, &Location::value("", pointer.clone())).end;
    let rest = &text[end..];
    let next = rest.trim_start();
    if let Some(after) = next.strip_prefix(',') {
        let after = after.trim_start();
        end = text.len() - after.len();
    } else {
        start = text[..start].trim_end().trim_end_matches(',').len();
    }
    format!("{}{}", &text[..start], &text[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_takes_its_comma_along() {
        let at = |name: &str| JsonPointer::root().child(name);
        let text = "{\n  \"a\": 1,\n  \"b\": 1.00,\n  \"c\": [3]\n}\n";
        assert_eq!(without(text, &at("a")), "{\n  \"b\": 1.00,\n  \"c\": [3]\n}\n");
        assert_eq!(without(text, &at("c")), "{\n  \"a\": 1,\n  \"b\": 1.00\n}\n");
        assert_eq!(without(text, &at("d")), text);
    }
}
