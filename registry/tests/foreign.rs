//! Trees that no one here wrote: every file is judged, every contract bundles and compiles.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use registry::{LoadOptions, Registry, Workspace};

fn tree(name: &str) -> Option<PathBuf> {
    let corpora = std::env::var_os("CONTRACTS_CORPORA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpora"),
        PathBuf::from,
    );
    let root = corpora.join("trees").join(name);
    if !root.is_dir() {
        writeln!(
            std::io::stderr(),
            "SKIPPED: the tree {name} is not at {}",
            root.display()
        )
        .expect("there is an error output");
        return None;
    }
    Some(root)
}

fn load(root: &Path, layout: &str) -> Registry {
    let workspace = Workspace::open(root, Some(layout)).expect("the tree is there");
    Registry::load(workspace, &LoadOptions::default()).expect("no configuration, no error")
}

fn judge(registry: &Registry, contracts: usize) {
    assert_eq!(registry.contracts.len(), contracts);
    let findings = registry.check();
    let of_loading: Vec<_> = findings
        .iter()
        .filter(|found| found.rule.ends_with("-ref") || found.rule == "invalid-json")
        .collect();
    assert!(of_loading.is_empty(), "{of_loading:#?}");
    for contract in &registry.contracts {
        let bundle = registry
            .bundle(contract.file)
            .unwrap_or_else(|problems| panic!("{}: {problems:?}", contract.path));
        registry
            .validator(&bundle)
            .unwrap_or_else(|error| panic!("{}: {error}", contract.path));
        assert!(
            !registry.fields(contract).is_empty(),
            "{} declares no fields",
            contract.path
        );
    }
}

#[test]
fn cdevents_is_read_as_it_is() {
    let Some(root) = tree("cdevents/schemas") else {
        return;
    };
    let registry = load(&root, "{event}.json");
    judge(&registry, 48);
    let contract = registry
        .contract("schemas.buildfinished")
        .expect("a contract of the root folder's domain");
    assert_eq!(contract.major, 1);
    let fields: Vec<String> = registry
        .fields(contract)
        .iter()
        .map(|field| format!("{} {} {}", field.pointer, field.kind, field.required))
        .collect();
    assert!(
        fields.contains(&"/context/id string true".to_owned()),
        "{fields:#?}"
    );
    // `$id`s are URLs, references relative: they are found by both.
    let bundle = registry.bundle(contract.file).expect("it resolves");
    let files: Vec<String> = bundle.files().iter().map(ToString::to_string).collect();
    assert_eq!(files[0], "buildfinished.json");
    assert!(
        files[1..].iter().all(|file| file.starts_with("links/")),
        "{files:?}"
    );
    assert!(
        !serde_json::to_string(&bundle.schema)
            .expect("plain data")
            .contains(".json\""),
        "a reference is left"
    );
}

#[test]
fn google_cloudevents_are_read_as_they_are() {
    let Some(root) = tree("google-cloudevents/jsonschema") else {
        return;
    };
    let registry = load(&root, "google/events/**/{domain}/v{major}/{event}.json");
    judge(&registry, 141);
    assert_eq!(
        registry.files.len(),
        143,
        "the catalogue and a `v1beta3` are shared"
    );
    let ids: std::collections::BTreeSet<_> = registry.contracts.iter().map(registry::Contract::id).collect();
    assert_eq!(ids.len(), 141, "each is one type and major");
    assert!(registry.contract("auth.AuthEventData@2").is_some());
}
