//! How an existing tree is laid out, told from its paths and schemas: which files are contracts, what a path says, which
//! draft it is, which fields pin a contract's version. Data in, data out.

use std::collections::{BTreeMap, BTreeSet};

use registry::{Declared, Draft, Layout, Registry, declared};
use serde_json::Value;

/// What a path may look like in front of `.json`, the most telling first.
const FORMS: &[&str] = &[
    "{domain}/{aggregate}/{event}.v{major}",
    "{domain}/{event}.v{major}",
    "**/{domain}/{event}.v{major}",
    "**/{domain}/v{major}/{event}",
    "**/{domain}/{event}/v{major}",
    "**/{domain}/{event}/{major}",
    "**/{domain}/{event}/{major}.*.*",
    "{event}.v{major}",
    "{event}-v{major}",
    "{event}_v{major}",
    "{event}/v{major}",
    "{event}/{major}",
    "{event}/{major}.*.*",
    "v{major}/{event}",
    "**/{event}.v{major}",
    "**/{event}-v{major}",
    "**/{event}_v{major}",
    "{domain}/{aggregate}/{event}",
    "{domain}/{event}",
    "**/{domain}/{event}",
    "{event}",
    "**/{event}",
];
const ENDINGS: &[&str] = &[".json", ".schema.json"];
/// Folders whose files serve others.
const SHARED: &[&str] = &[
    "common",
    "components",
    "definitions",
    "defs",
    "lib",
    "shared",
    "types",
];
/// How deep fields are looked at for a version.
const DEPTH: usize = 4;

/// A guessed layout.
pub(super) struct GuessedLayout {
    pub(super) template: String,
    /// Schemas that nothing refers to, which it takes for contracts.
    pub(super) matched: usize,
    /// All schemas that nothing refers to and that do not lie in a folder for shared ones.
    pub(super) candidates: usize,
}

/// The layout that takes most of what looks like a contract, and little else, for one.
pub(super) fn layout(registry: &Registry) -> Option<GuessedLayout> {
    let prefix = registry.workspace.root_prefix();
    let below = |path: &str| -> String {
        let tail = path.strip_prefix(prefix.as_str()).unwrap_or(path);
        tail.trim_start_matches('/').to_owned()
    };
    let referenced: BTreeSet<usize> = (0..registry.files.len())
        .flat_map(|index| {
            registry
                .references(index)
                .into_iter()
                .filter_map(|(_, target)| target.ok())
                .map(|target| target.document)
                .filter(move |document| *document != index)
                .collect::<Vec<_>>()
        })
        .collect();
    let (mut candidates, mut others) = (Vec::new(), Vec::new());
    for (index, file) in registry.files.iter().enumerate() {
        let path = below(&file.path);
        let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
        let serves = folders
            .split('/')
            .any(|folder| folder.starts_with('_') || SHARED.contains(&folder.to_lowercase().as_str()));
        if referenced.contains(&index) || serves || !is_schema(&file.value) {
            others.push(path);
        } else {
            candidates.push(path);
        }
    }
    if candidates.is_empty() {
        candidates = std::mem::take(&mut others);
    }
    let mut best: Option<(i64, GuessedLayout)> = None;
    for form in FORMS {
        for ending in ENDINGS {
            let template = format!("{form}{ending}");
            let Ok(layout) = Layout::parse(&template) else {
                continue;
            };
            let facts: Vec<_> = candidates.iter().filter_map(|path| layout.read(path)).collect();
            let distinct: BTreeSet<_> = facts
                .iter()
                .map(|facts| (facts.domain.clone(), facts.event.clone(), facts.major))
                .collect();
            let wrongly = others.iter().filter(|path| layout.read(path).is_some()).count();
            let share = |part: usize, whole: usize| {
                // Counts of files; far below what an i64 holds.
                i64::try_from(part * 1_000).unwrap_or(i64::MAX) / i64::try_from(whole.max(1)).unwrap_or(1)
            };
            let bonus = |placeholder: &str, points| if form.contains(placeholder) { points } else { 0 };
            let score = share(distinct.len(), candidates.len())
                - share(facts.len() - distinct.len(), candidates.len())
                - share(wrongly, others.len()) * 4 / 10
                + bonus("{major}", 80)
                + bonus("{domain}", 40)
                + bonus("{aggregate}", 20)
                - bonus("**", 10);
            if !distinct.is_empty() && best.as_ref().is_none_or(|(most, _)| score > *most) {
                let guessed = GuessedLayout {
                    template,
                    matched: facts.len(),
                    candidates: candidates.len(),
                };
                best = Some((score, guessed));
            }
        }
    }
    best.map(|(_, guessed)| guessed)
}

/// Whether a document looks like a schema and not like data that lies among schemas.
fn is_schema(value: &Value) -> bool {
    const KEYWORDS: &[&str] = &[
        "$schema",
        "$ref",
        "$defs",
        "definitions",
        "type",
        "properties",
        "allOf",
        "anyOf",
        "oneOf",
        "enum",
    ];
    value
        .as_object()
        .is_some_and(|members| KEYWORDS.iter().any(|keyword| members.contains_key(*keyword)))
}

/// The draft of files that do not say theirs, and how many say this one: what most of the others say, else what their
/// keywords look like.
pub(super) fn draft(registry: &Registry) -> (Draft, usize) {
    let mut said: BTreeMap<Draft, usize> = BTreeMap::new();
    for file in &registry.files {
        if let Declared::Known(draft) = declared(&file.value) {
            *said.entry(draft).or_default() += 1;
        }
    }
    // Of equally many the newer.
    if let Some((draft, count)) = said.iter().max_by_key(|(draft, count)| (**count, **draft)) {
        return (*draft, *count);
    }
    let has = |test: fn(&serde_json::Map<String, Value>) -> bool| {
        registry
            .files
            .iter()
            .filter_map(|file| file.value.as_object())
            .any(test)
    };
    let draft = if has(|schema| schema.contains_key("$defs")) {
        Draft::Draft202012
    } else if has(|schema| schema.contains_key("id") && !schema.contains_key("$id")) {
        Draft::Draft4
    } else if has(|schema| schema.contains_key("definitions")) {
        Draft::Draft7
    } else {
        Draft::Draft202012
    };
    (draft, 0)
}

/// Pointers to fields that pin the version of a contract by one value in at least half of the contracts, and in none by
/// several.
pub(super) fn discriminators(registry: &Registry) -> Vec<String> {
    let mut pinned: BTreeMap<String, usize> = BTreeMap::new();
    let mut loose: BTreeSet<String> = BTreeSet::new();
    for contract in &registry.contracts {
        let schema = &registry.files[contract.file].value;
        visit(schema, "", 0, &mut |pointer, field| match single(field) {
            Some(value) if says_version(pointer, value) => {
                *pinned.entry(pointer.to_owned()).or_default() += 1;
            }
            Some(_) => {}
            None => {
                loose.insert(pointer.to_owned());
            }
        });
    }
    pinned
        .into_iter()
        .filter(|(pointer, count)| !loose.contains(pointer) && count * 2 >= registry.contracts.len())
        .map(|(pointer, _)| pointer)
        .collect()
}

/// Calls `seen` for each field that is declared in place.
fn visit(schema: &Value, at: &str, depth: usize, seen: &mut impl FnMut(&str, &Value)) {
    if depth > DEPTH {
        return;
    }
    for (name, field) in schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        let pointer = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
        seen(&pointer, field);
        visit(field, &pointer, depth + 1, seen);
    }
}

/// The one value that a field allows.
fn single(field: &Value) -> Option<&Value> {
    match (field.get("const"), field.get("enum").and_then(Value::as_array)) {
        (Some(value), _) => Some(value),
        (None, Some(values)) if values.len() == 1 => values.first(),
        _ => None,
    }
}

/// `3.1.0`, `dev.cdevents.build.started.0.2.0`, or any value of a field that is called a version.
fn says_version(pointer: &str, value: &Value) -> bool {
    let named = pointer.rsplit('/').next().is_some_and(|name| {
        let name = name.to_lowercase();
        name == "version" || name.ends_with("_version") || name.ends_with("schemaversion")
    });
    let Some(text) = value.as_str() else {
        return named;
    };
    let numbers = text
        .rsplit('.')
        .take_while(|part| {
            let digits = part.trim_start_matches(['v', '-']);
            !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
        })
        .count();
    named || numbers >= 2
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn registry(files: &[(&str, Value)]) -> Registry {
        let documents: BTreeMap<String, String> = files
            .iter()
            .map(|(path, value)| ((*path).to_owned(), value.to_string()))
            .collect();
        let config = registry::Config {
            layout: "**/{event}.json".to_owned(),
            ..registry::Config::default()
        };
        Registry::from_documents(config, documents, &registry::LoadOptions::default()).unwrap()
    }

    fn template(paths: &[&str]) -> String {
        let files: Vec<(&str, Value)> = paths
            .iter()
            .map(|path| (*path, json!({"type": "object"})))
            .collect();
        layout(&registry(&files)).unwrap().template
    }

    #[test]
    fn paths_say_their_form() {
        for (paths, expected) in [
            (&["a.json", "b.json"][..], "{event}.json"),
            (
                &["a.json", "b.json", "_defs/x.json", "common/y.json"],
                "{event}.json",
            ),
            (&["a.v1.json", "a.v2.json"], "{event}.v{major}.json"),
            (
                &["a.v1.schema.json", "b.v1.schema.json"],
                "{event}.v{major}.schema.json",
            ),
            (&["shop/a.json", "chat/a.json"], "{domain}/{event}.json"),
            (
                &["shop/order/order.placed.v1.json", "chat/room/room.opened.v1.json"],
                "{domain}/{aggregate}/{event}.v{major}.json",
            ),
            (
                &["x/y/shop/v1/A.json", "x/shop/v2/A.json", "x/y/z/chat/v1/A.json"],
                "**/{domain}/v{major}/{event}.json",
            ),
            (
                &["x/page/1.0.0.json", "x/page/2.0.0.json"],
                "**/{domain}/{event}/{major}.*.*.json",
            ),
        ] {
            assert_eq!(template(paths), expected, "{paths:?}");
        }
    }

    #[test]
    fn what_others_refer_to_is_shared() {
        let found = registry(&[
            ("a.json", json!({"properties": {"m": {"$ref": "money.json"}}})),
            ("money.json", json!({"type": "object"})),
            ("list.json", json!(["not", "a schema"])),
        ]);
        let guessed = layout(&found).unwrap();
        assert_eq!((guessed.matched, guessed.candidates), (1, 1));
    }

    #[test]
    fn drafts_are_told_by_schemas_or_by_keywords() {
        let seven = "http://json-schema.org/draft-07/schema#";
        let found = registry(&[
            ("a.json", json!({"$schema": seven})),
            ("b.json", json!({"$schema": seven})),
            ("c.json", json!({"$defs": {}})),
        ]);
        assert_eq!(draft(&found), (Draft::Draft7, 2));
        assert_eq!(
            draft(&registry(&[("a.json", json!({"definitions": {}}))])).0,
            Draft::Draft7
        );
        assert_eq!(
            draft(&registry(&[("a.json", json!({"id": "x"}))])).0,
            Draft::Draft4
        );
        assert_eq!(draft(&registry(&[("a.json", json!({}))])).0, Draft::Draft202012);
    }

    #[test]
    fn fields_that_pin_a_version_are_found() {
        let event = |version: Value, kind: &str| {
            json!({"properties": {
                "meta": {"properties": {"version": version, "type": {"enum": [kind]}}},
                "spec": {"const": "1.0"},
                "data": {"type": "object"}
            }})
        };
        let found = registry(&[
            ("a.json", event(json!({"enum": ["3.1.0"]}), "EiffelA")),
            ("b.json", event(json!({"const": "1.0.0"}), "EiffelB")),
        ]);
        assert_eq!(discriminators(&found), ["/meta/version", "/spec"]);
        let loose = registry(&[
            ("a.json", event(json!({"enum": ["3.1.0"]}), "EiffelA")),
            ("b.json", event(json!({"enum": ["1.0.0", "1.1.0"]}), "EiffelB")),
        ]);
        assert_eq!(discriminators(&loose), ["/spec"]);
        assert!(says_version(
            "/context/type",
            &json!("dev.cdevents.build.started.0.2.0")
        ));
        assert!(!says_version("/context/type", &json!("com.example.order.v1")));
    }
}
