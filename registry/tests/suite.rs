//! The official JSON Schema test suite, draft 4 to 2020-12, through the registry's own loader, resolver and bundler.
//!
//! Every group is a registry of its own: the group's schema is the one contract, the suite's `remotes/` stand behind
//! `http://localhost:1234/`. What is validated with is the *bundle*. Wherever the `jsonschema` crate, given the same
//! remotes, agrees with the suite, the bundle must agree too.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use registry::config::{Compatibility, Formats};
use registry::{Config, Draft, LoadOptions, Registry};
use serde_json::Value;

const SERVER: &str = "http://localhost:1234/";

/// Groups that no bundle can hold, each with the reason.
const REFUSED: &[(&str, &str)] = &[(
    "cross-draft",
    "keywords change their meaning between the two drafts; the tool refuses to mix them",
)];

fn corpora() -> PathBuf {
    std::env::var_os("CONTRACTS_CORPORA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpora"),
        PathBuf::from,
    )
}

fn json_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for item in fs::read_dir(folder).expect("the suite can be read") {
        let path = item.expect("the suite can be read").path();
        if path.is_dir() {
            found.extend(json_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "json") {
            found.push(path);
        }
    }
    found.sort();
    found
}

struct Remotes(BTreeMap<String, Value>);

impl jsonschema::Retrieve for Remotes {
    fn retrieve(
        &self,
        uri: &jsonschema::Uri<String>,
    ) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        self.0
            .get(uri.as_str())
            .cloned()
            .ok_or_else(|| format!("no remote {uri}").into())
    }
}

#[derive(Default)]
struct Tally {
    groups: usize,
    tests: usize,
    crate_wrong: usize,
    refused: usize,
    dynamic: usize,
    failures: Vec<String>,
}

/// The suite's remotes by their path below the server.
fn remotes(suite: &Path) -> BTreeMap<String, String> {
    let folder = suite.join("remotes");
    json_files(&folder)
        .into_iter()
        .map(|path| {
            (
                below(&folder, &path),
                fs::read_to_string(path).expect("the suite is UTF-8"),
            )
        })
        // Nothing here is written in these two.
        .filter(|(name, _)| !name.starts_with("draft3") && !name.starts_with("v1"))
        .collect()
}

fn below(folder: &Path, path: &Path) -> String {
    path.strip_prefix(folder)
        .expect("below it")
        .to_str()
        .expect("UTF-8")
        .to_owned()
}

fn run(draft: Draft, folder: &str, suite: &Path) -> Tally {
    let mut tally = Tally::default();
    let remotes = remotes(suite);
    let cases = suite.join("tests").join(folder);
    for file in json_files(&cases) {
        let name = below(&cases, &file);
        let asserts_formats =
            name.starts_with("optional/format/") || name == "optional/format-assertion.json";
        let text = fs::read_to_string(&file).expect("the suite is UTF-8");
        let groups: Vec<Value> = serde_json::from_str(&text).expect("tests are JSON");
        for group in groups {
            tally.groups += 1;
            let plain = plain(draft, &group["schema"], &remotes, asserts_formats);
            judge(
                &mut tally,
                &format!("{folder}/{name}"),
                draft,
                &group,
                &remotes,
                plain.as_ref(),
                asserts_formats,
            );
        }
    }
    tally
}

/// What the `jsonschema` crate makes of the group by itself.
fn plain(
    draft: Draft,
    schema: &Value,
    remotes: &BTreeMap<String, String>,
    asserts_formats: bool,
) -> Option<Validator> {
    let options = || {
        let parsed = remotes
            .iter()
            .map(|(name, text)| {
                (
                    format!("{SERVER}{name}"),
                    serde_json::from_str(text).expect("remotes are JSON"),
                )
            })
            .collect();
        jsonschema::options()
            .should_validate_formats(asserts_formats)
            .with_retriever(Remotes(parsed))
    };
    // With a metaschema of its own the draft is for the crate to find out.
    options()
        .with_draft(draft.to_jsonschema())
        .build(schema)
        .or_else(|_| options().build(schema))
        .ok()
}

fn judge(
    tally: &mut Tally,
    name: &str,
    draft: Draft,
    group: &Value,
    remotes: &BTreeMap<String, String>,
    plain: Option<&Validator>,
    asserts_formats: bool,
) {
    let title = format!("{name}: {}", group["description"].as_str().unwrap_or_default());
    let registry = load(draft, &group["schema"], remotes, asserts_formats);
    let case = registry
        .file_index("case.case.json")
        .expect("the group's schema is loaded");
    let bundle = registry.bundle(case);
    let validator = match &bundle {
        Ok(bundle) => {
            tally.dynamic += usize::from(bundle.dynamic);
            // The tool leaves `content*` keywords as annotations; what is looked at here is the bundle.
            if name.ends_with("/content.json") {
                let options = jsonschema::options().with_draft(draft.to_jsonschema());
                options
                    .should_validate_formats(asserts_formats)
                    .build(&bundle.schema)
                    .map_err(|error| error.to_string())
            } else {
                registry.validator(bundle).map_err(|error| error.to_string())
            }
        }
        Err(problems) => Err(problems
            .iter()
            .map(|found| found.message.clone())
            .collect::<Vec<_>>()
            .join("; ")),
    };
    for test in group["tests"].as_array().expect("groups hold tests") {
        tally.tests += 1;
        let expected = test["valid"].as_bool().expect("tests say what is valid");
        if plain.is_none_or(|plain| plain.is_valid(&test["data"]) != expected) {
            tally.crate_wrong += 1;
            continue;
        }
        match &validator {
            Err(_) if REFUSED.iter().any(|(part, _)| name.contains(part)) => tally.refused += 1,
            Err(why) => tally.failures.push(format!("{title}: no validator: {why}")),
            Ok(validator) if validator.is_valid(&test["data"]) != expected => {
                let schema = &bundle.as_ref().expect("it has a validator").schema;
                tally.failures.push(format!(
                    "{title}: {} should be {expected}; bundle {schema}",
                    test["data"]
                ));
            }
            Ok(_) => {}
        }
    }
}

fn load(draft: Draft, schema: &Value, remotes: &BTreeMap<String, String>, asserts_formats: bool) -> Registry {
    let config = Config {
        layout: "{event}.case.json".to_owned(),
        default_draft: draft,
        compatibility: Compatibility {
            formats: if asserts_formats {
                Formats::Assert
            } else {
                Formats::Annotate
            },
            ..Compatibility::default()
        },
        ..Config::default()
    };
    let documents = remotes
        .iter()
        .map(|(name, text)| (format!("remotes/{name}"), text.clone()))
        .chain([("case.case.json".to_owned(), schema.to_string())]);
    let options = LoadOptions {
        base_map: vec![(SERVER.to_owned(), "remotes".to_owned())],
        ..LoadOptions::default()
    };
    Registry::from_documents(config, documents, &options).expect("the layout is fine")
}

#[test]
fn bundles_accept_what_the_official_suite_says() {
    let suite = corpora().join("json-schema-test-suite");
    if !suite.is_dir() {
        writeln!(
            std::io::stderr(),
            "SKIPPED: the JSON Schema test suite is not at {}",
            suite.display()
        )
        .expect("there is an error output");
        return;
    }
    let mut failures = Vec::new();
    for (draft, folder) in [
        (Draft::Draft4, "draft4"),
        (Draft::Draft6, "draft6"),
        (Draft::Draft7, "draft7"),
        (Draft::Draft201909, "draft2019-09"),
        (Draft::Draft202012, "draft2020-12"),
    ] {
        let mut tally = run(draft, folder, &suite);
        eprintln!(
            "{folder}: {} groups, {} tests; {} where the crate itself is wrong, {} refused with a diagnostic, {} groups as whole files, {} failed",
            tally.groups,
            tally.tests,
            tally.crate_wrong,
            tally.refused,
            tally.dynamic,
            tally.failures.len()
        );
        assert!(tally.tests > 800, "{folder} holds far too few tests");
        failures.append(&mut tally.failures);
    }
    assert!(
        failures.is_empty(),
        "{} failures:\n{}",
        failures.len(),
        failures.join("\n")
    );
}
