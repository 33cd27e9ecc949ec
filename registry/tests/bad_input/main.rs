//! Hostile trees: each gets a finding at its place or works; none panics, hangs or leaves the root.

mod config;

use std::fs;
use std::path::Path;

use diagnostics::{Diagnostic, source};
use registry::{LoadOptions, Registry, Workspace};
use serde_json::{Map, Value, json};

struct Tree(tempfile::TempDir);

impl Tree {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn with(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().expect("below the root")).expect("folders");
        fs::write(path, content).expect("a file");
        self
    }

    fn load(&self) -> Registry {
        self.load_as("**/{event}.json")
    }

    fn load_as(&self, layout: &str) -> Registry {
        let workspace = Workspace::open(self.path(), Some(layout)).expect("the root is there");
        Registry::load(workspace, &LoadOptions::default()).expect("nothing is configured")
    }

    fn check(&self) -> Vec<Diagnostic> {
        self.load().check()
    }

    /// `rule file:line:column message` of what `rule` finds.
    fn findings(&self, rule: &str) -> Vec<String> {
        let registry = self.load();
        registry
            .check()
            .into_iter()
            .filter(|found| found.rule == rule)
            .map(|found| {
                let text = registry.source(&found.location.file).unwrap_or_default();
                let at = source::position(&text, source::span(&text, &found.location).start);
                format!(
                    "{}:{}:{} {}",
                    found.location.file, at.line, at.column, found.message
                )
            })
            .collect()
    }
}

#[track_caller]
fn assert_found(found: &[String], start: &str, part: &str) {
    assert!(
        found
            .iter()
            .any(|found| found.starts_with(start) && found.contains(part)),
        "no finding starts with {start:?} and holds {part:?}: {found:#?}"
    );
}

#[test]
fn what_is_not_json_is_found_at_its_place() {
    let tree = Tree::new()
        .with("empty.json", "")
        .with("binary.json", b"\x7fELF\0\0\x01\xff")
        .with("latin.json", b"{\n  \"title\": \"caf\xe9\"\n}")
        .with("cut.json", "{\n  \"type\": \"object\",")
        .with("comma.json", "{\n  \"type\": \"object\",\n}")
        .with("deep-array.json", "[".repeat(100_000))
        .with("deep-object.json", "{\"not\":".repeat(100_000))
        .with("fine.json", "{}");
    let found = tree.findings("invalid-json");
    assert_eq!(found.len(), 7, "{found:#?}");
    assert_found(&found, "empty.json:1:1 ", "empty");
    assert_found(&found, "binary.json:1:8 ", "binary");
    assert_found(&found, "latin.json:2:16 ", "not UTF-8");
    assert_found(&found, "cut.json:2:", "EOF");
    assert_found(&found, "comma.json:3:1 ", "trailing comma");
    assert_found(&found, "deep-array.json:1:12", "128");
    assert_found(&found, "deep-object.json:1:", "128");
    assert_eq!(tree.load().files.len(), 1);
}

#[test]
fn a_byte_order_mark_changes_nothing() {
    let tree = Tree::new()
        .with("money.json", "\u{feff}{\"type\": \"string\"}")
        .with(
            "order.json",
            r#"{"properties": {"total": {"$ref": "money.json"}}}"#,
        )
        .with(
            "twice.json",
            "\u{feff}{\"type\": \"string\", \"type\": \"object\"}",
        );
    let registry = tree.load();
    let order = registry.file_index("order.json").expect("loaded");
    assert!(registry.bundle(order).is_ok());
    assert_found(&tree.findings("duplicate-key"), "twice.json:1:21 ", "\"type\"");
}

#[test]
fn repeated_members_name_both_places() {
    let tree = Tree::new().with(
        "a.json",
        "{\n \"title\": \"x\",\n \"properties\": {\n  \"title\": {},\n  \"title\": {}\n }\n}",
    );
    let found = tree.check();
    let found = found
        .iter()
        .find(|found| found.rule == "duplicate-key")
        .expect("it is found");
    let text = tree.load().source("a.json").expect("it is there");
    let line = |location| source::position(&text, source::span(&text, location).start).line;
    assert_eq!(line(&found.location), 5);
    assert_eq!(line(&found.related[0].location), 4);
}

#[test]
fn a_document_of_50_mb_is_refused() {
    let tree = Tree::new().with(
        "huge.json",
        format!("{{\"title\": \"{}\"}}", "x".repeat(50_000_000)),
    );
    assert_found(&tree.findings("unreadable-file"), "huge.json:1:1 ", "16 MiB");
}

#[test]
fn a_document_just_below_the_limit_works() {
    let values: Vec<String> = (0..400_000).map(|number| format!("\"value-{number}\"")).collect();
    let tree = Tree::new()
        .with("large.json", format!("{{\"enum\": [{}]}}", values.join(",")))
        .with(
            "title.json",
            format!("{{\"title\": \"{}\"}}", "x".repeat(15_000_000)),
        );
    assert_eq!(tree.load().files.len(), 2);
    assert_eq!(tree.findings("invalid-json"), Vec::<String>::new());
}

/// A chain of `length` definitions; `step` makes a schema that reaches the next one.
fn chain(length: usize, step: impl Fn(Value) -> Value) -> String {
    let mut definitions = Map::new();
    for number in 0..length {
        let next = if number + 1 == length {
            json!({"type": "integer"})
        } else {
            step(json!({"$ref": format!("#/$defs/n{}", number + 1)}))
        };
        definitions.insert(format!("n{number}"), next);
    }
    json!({"$ref": "#/$defs/n0", "$defs": definitions}).to_string()
}

#[test]
fn a_chain_of_10_000_references_works_or_is_refused() {
    let tree = Tree::new()
        .with("bare.json", chain(10_000, |next| next))
        .with("branches.json", chain(10_000, |next| json!({"allOf": [next]})))
        .with(
            "properties.json",
            chain(10_000, |next| json!({"properties": {"next": next}})),
        );
    let registry = tree.load();
    let found = tree.findings("long-ref-chain");
    assert_eq!(found.len(), 2, "{found:#?}");
    assert_found(&found, "bare.json:1:", "more than 100");
    assert_found(&found, "branches.json:1:", "more than 100");
    for file in ["bare.json", "branches.json"] {
        assert!(
            registry
                .bundle(registry.file_index(file).expect("loaded"))
                .is_err()
        );
    }
    let bundle = registry
        .bundle(registry.file_index("properties.json").expect("loaded"))
        .expect("it consumes input");
    let validator = registry.validator(&bundle).expect("it compiles");
    assert!(validator.is_valid(&json!({"next": {"next": {}}})));
    assert!(registry::fields::of(&bundle).len() > 100);
}

#[test]
fn a_chain_of_100_references_works() {
    for step in [|next: Value| next, |next| json!({"allOf": [{"anyOf": [next]}]})] {
        let tree = Tree::new().with("chain.json", chain(100, step));
        let registry = tree.load();
        let bundle = registry.bundle(0).expect("every reference resolves");
        let validator = registry.validator(&bundle).expect("it compiles");
        assert!(validator.is_valid(&json!(1)) && !validator.is_valid(&json!("x")));
        let tree = Tree::new().with("chain.json", chain(101, step));
        assert_eq!(tree.findings("long-ref-chain").len(), 1);
    }
}

#[test]
fn a_chain_through_10_000_files_is_refused_and_one_through_100_works() {
    let through = |files: usize| {
        (0..files).fold(Tree::new(), |tree, number| {
            let last = number + 1 == files;
            let schema = if last {
                json!({"type": "integer"})
            } else {
                json!({"$ref": format!("f{}.json", number + 1)})
            };
            tree.with(&format!("f{number}.json"), schema.to_string())
        })
    };
    // All of them shared: 10,000 contracts that each hold the rest of the chain would be another matter.
    let registry = through(10_000).load_as("{event}.contract.json");
    assert!(
        registry
            .bundle(registry.file_index("f0.json").expect("loaded"))
            .is_err()
    );
    let found: Vec<_> = registry
        .check()
        .into_iter()
        .filter(|found| found.rule == "long-ref-chain")
        .collect();
    assert_eq!(found.len(), 1);
    assert_eq!(&*found[0].location.file, "f9898.json");
    let registry = through(100).load();
    let bundle = registry
        .bundle(registry.file_index("f0.json").expect("loaded"))
        .expect("every reference resolves");
    assert_eq!(bundle.files().len(), 100);
    let validator = registry.validator(&bundle).expect("it compiles");
    assert!(validator.is_valid(&json!(1)) && !validator.is_valid(&json!("x")));
}

#[test]
fn the_longest_chain_at_each_level_of_the_deepest_document_works() {
    let mut definitions: Map<String, Value> = (0..98)
        .map(|number| {
            let next = json!({"$ref": format!("#/$defs/n{}", number + 1)});
            (format!("n{number}"), json!({"allOf": [{"anyOf": [next]}]}))
        })
        .collect();
    definitions.insert("n98".to_owned(), json!({"properties": {"a": {"$ref": "#"}}}));
    let schema = json!({"allOf": [{"$ref": "#/$defs/n0"}], "$defs": definitions});
    let document = |inner: &str| format!("{}{inner}{}", "{\"a\":".repeat(126), "}".repeat(126));
    let tree = Tree::new()
        .with("deep.json", schema.to_string())
        .with("examples/deep/valid/x.json", document("{}"))
        .with("examples/deep/invalid/y.json", document("{}"));
    // Where every document is valid, the one under `invalid/` is the finding: both were validated.
    let found = tree.findings("example-accepted");
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(tree.findings("long-ref-chain"), Vec::<String>::new());
    assert_eq!(tree.findings("example-rejected"), Vec::<String>::new());
}

fn loops(registry: &Registry) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    for index in 0..registry.files.len() {
        for (reference, target) in registry.references(index) {
            if let Err(error) = target
                && error.kind == registry::reference::RefErrorKind::Loop
            {
                let place = format!("{}#{}", registry.files[index].path, reference.schema);
                found.push((
                    place,
                    error
                        .chain
                        .iter()
                        .map(|(file, pointer)| format!("{file}#{pointer}"))
                        .collect(),
                ));
            }
        }
    }
    found
}

#[test]
fn loops_that_consume_nothing_are_found_with_their_chain() {
    let tree = Tree::new()
        .with("self.json", r##"{"$ref": "#"}"##)
        .with("a.json", r#"{"allOf": [{"$ref": "b.json"}]}"#)
        .with("b.json", r#"{"if": {"$ref": "c.json#/$defs/x"}}"#)
        .with("c.json", r#"{"$defs": {"x": {"dependentSchemas": {"k": {"$ref": "a.json"}}}}}"#)
        .with("tree.json", r##"{"properties": {"children": {"items": {"$ref": "#"}}}, "additionalProperties": {"$ref": "#"}}"##);
    let registry = tree.load();
    let _ = registry.check();
    assert_eq!(
        loops(&registry),
        [
            (
                "a.json#/allOf/0".to_owned(),
                vec![
                    "a.json#/allOf/0".to_owned(),
                    "b.json#/if".to_owned(),
                    "c.json#/$defs/x/dependentSchemas/k".to_owned()
                ]
            ),
            ("self.json#".to_owned(), vec!["self.json#".to_owned()]),
        ]
    );
    for file in ["self.json", "a.json", "b.json"] {
        assert!(
            registry
                .bundle(registry.file_index(file).expect("loaded"))
                .is_err(),
            "{file}"
        );
    }
    let recursive = registry
        .bundle(registry.file_index("tree.json").expect("loaded"))
        .expect("recursion is fine");
    let fields = registry::fields::of(&recursive);
    assert!(fields.len() < 20, "{fields:#?}");
    assert!(
        registry::fields::find(
            &recursive,
            &diagnostics::JsonPointer::parse("/children/*/children/3/x").expect("a pointer")
        )
        .is_some()
    );
}

#[test]
fn ten_thousand_references_to_ten_thousand_references_are_linear() {
    let branches: Vec<Value> = (0..10_000)
        .map(|number| json!({"$ref": format!("#/$defs/d{number}")}))
        .collect();
    let definitions: Map<String, Value> = (0..10_000)
        .map(|number| (format!("d{number}"), json!({"allOf": [{"$ref": "#"}]})))
        .collect();
    let tree = Tree::new().with(
        "wide.json",
        json!({"anyOf": branches, "$defs": definitions}).to_string(),
    );
    let started = std::time::Instant::now();
    let _ = tree.check();
    assert!(started.elapsed().as_secs() < 30, "took {:?}", started.elapsed());
}

#[test]
fn schemas_that_multiply_by_reference_stay_finite() {
    let definitions: Map<String, Value> = (0..60)
        .map(|number| {
            let next = json!({"$ref": format!("#/$defs/d{}", number + 1)});
            (
                format!("d{number}"),
                json!({"properties": {"a": next, "b": next}, "anyOf": [next, {"allOf": [next]}]}),
            )
        })
        .chain([("d60".to_owned(), json!({}))])
        .collect();
    let tree = Tree::new().with(
        "a.json",
        json!({"$ref": "#/$defs/d0", "$defs": definitions}).to_string(),
    );
    let registry = tree.load();
    let bundle = registry.bundle(0).expect("every reference resolves");
    assert!(!registry::fields::of(&bundle).is_empty());
}

#[test]
fn references_that_do_not_resolve_say_why() {
    let tree = Tree::new()
        .with(
            "common/money.json",
            r#"{"$defs": {"Amount": {"$anchor": "amount"}}, "title": "x"}"#,
        )
        .with("common/broken.json", "{")
        .with(
            "order/order.json",
            r##"{"$defs": {
                "a": {"$ref": "../common/mony.json"},
                "b": {"$ref": "../common/money.json#/$defs/Amout"},
                "c": {"$ref": "../common/money.json#amout"},
                "d": {"$ref": "../../outside.json"},
                "e": {"$ref": "https://example.com/money.json"},
                "f": {"$ref": "file:///etc/passwd"},
                "g": {"$ref": "../common/broken.json"},
                "h": {"$ref": "../common/money.json#/title"},
                "i": {"$ref": "#/%zz"},
                "j": {"$ref": "urn:x:y"},
                "k": {"$ref": "//example.com/money.json"},
                "l": {"$ref": "/common/money.json"},
                "m": {"$ref": "https://json-schema.org/draft/2020-12/schema"},
                "n": {"$ref": "..\\common\\money.json"},
                "o": {"$ref": ""}
            }}"##,
        );
    let registry = tree.load();
    let index = registry.file_index("order/order.json").expect("loaded");
    let got: Vec<String> = registry
        .references(index)
        .iter()
        .map(|(_, target)| match target {
            Ok(target) => format!(
                "ok {}#{}",
                registry.document(target.document).path,
                target.pointer
            ),
            Err(error) => format!(
                "{:?} {}; {}",
                error.kind,
                error.message,
                error.help.as_deref().unwrap_or("-")
            ),
        })
        .collect();
    let expected = [
        ("Dead", "did you mean common/money.json?"),
        ("Dead", "did you mean `#/$defs/Amount`?"),
        ("Dead", "did you mean `#amount`?"),
        ("LeavesRoot", "climbs out of the root"),
        ("Network", "never asked"),
        ("LeavesRoot", "of this machine"),
        ("Dead", "not JSON"),
        ("Dead", "a string"),
        ("Malformed", "percent"),
        ("Dead", "`$id`"),
        ("Network", "never asked"),
        ("ok common/money.json#", ""),
        ("ok https://json-schema.org/draft/2020-12/schema#", ""),
        ("Dead", "no "),
        ("ok order/order.json#", ""),
    ];
    for (got, (start, part)) in got.iter().zip(expected) {
        assert!(
            got.starts_with(start) && got.contains(part),
            "{got:?} should start with {start:?} and hold {part:?}"
        );
    }
    assert_eq!(got.len(), expected.len());
}

#[cfg(unix)]
#[test]
fn links_are_never_a_way_out() {
    use std::os::unix::fs::symlink;

    let outside = Tree::new()
        .with("secret.json", r#"{"title": "secret"}"#)
        .with("folder/x.json", "{}");
    let tree = Tree::new()
        .with("a/real.json", "{}")
        .with("x.json/inside.json", "{}");
    symlink(outside.path().join("secret.json"), tree.path().join("out.json")).expect("a link");
    symlink(outside.path().join("folder"), tree.path().join("out")).expect("a link");
    symlink("..", tree.path().join("a/up")).expect("a link");
    symlink("me.json", tree.path().join("me.json")).expect("a link");
    symlink("nowhere.json", tree.path().join("dangling.json")).expect("a link");
    symlink("a/real.json", tree.path().join("alias.json")).expect("a link");
    symlink("a", tree.path().join("again")).expect("a link");

    let registry = tree.load();
    let files: Vec<&str> = registry.files.iter().map(|file| &*file.path).collect();
    assert_eq!(files, ["a/real.json", "alias.json", "x.json/inside.json"]);
    let unreadable = tree.findings("unreadable-file");
    assert_found(&unreadable, "out.json:", "leaves the root");
    assert_found(&unreadable, "me.json:", "cannot be followed");
    assert_found(&unreadable, "dangling.json:", "cannot be followed");
    assert_eq!(unreadable.len(), 3, "{unreadable:#?}");
    let links = tree.findings("link-not-followed");
    assert_found(&links, "out:", "outside the root");
    assert_found(&links, "a/up:", "holds it");
    assert_found(&links, "again:", "leads to a folder");
}

#[cfg(unix)]
#[test]
fn what_the_system_refuses_is_a_finding() {
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::PermissionsExt as _;

    let tree = Tree::new()
        .with("locked.json", "{}")
        .with("shut/a.json", "{}")
        .with("fine.json", "{}");
    let lock =
        |path: &str, mode| fs::set_permissions(tree.path().join(path), fs::Permissions::from_mode(mode));
    lock("locked.json", 0o000).expect("it is ours");
    lock("shut", 0o000).expect("it is ours");
    let odd = std::ffi::OsStr::from_bytes(b"odd\xff.json");
    fs::write(tree.path().join(odd), "{}").expect("a file");
    let fifo = std::process::Command::new("mkfifo")
        .arg(tree.path().join("pipe.json"))
        .status();
    // The superuser may read everything.
    let is_refused = fs::read(tree.path().join("locked.json")).is_err();
    let found = tree.findings("unreadable-file");
    lock("shut", 0o700).expect("it is ours");
    if is_refused {
        assert_found(&found, "locked.json:", "cannot be read");
        assert_found(&found, "shut:", "cannot be read");
    }
    assert_found(&found, "odd\u{fffd}.json:", "not UTF-8");
    if fifo.is_ok_and(|status| status.success()) {
        assert_found(&found, "pipe.json:", "pipe");
    }
}

#[test]
fn deep_folders_cost_no_stack() {
    let tree = Tree::new();
    let mut folder = tree.path().to_owned();
    for _ in 0..400 {
        folder.push("d");
    }
    fs::create_dir_all(&folder).expect("folders");
    fs::write(folder.join("x.json"), "{}").expect("a file");
    assert_eq!(tree.load().files.len(), 1);
}

#[test]
fn odd_names_are_fields_like_any_other() {
    let names = [
        "self",
        "type",
        "r#fn",
        "1st",
        "\u{1f980}",
        "",
        "a/b~c",
        "*/",
        "\u{202e}",
        "\"\\",
        "$ref",
    ];
    let properties: Map<String, Value> = names
        .iter()
        .map(|name| {
            (
                (*name).to_owned(),
                json!({"type": "string", "description": "```\n*/ \" \\ \u{202e}"}),
            )
        })
        .collect();
    let schema = json!({"type": "object", "properties": properties, "required": names, "allOf": [{"$ref": "#/properties/a~1b~0c"}]});
    let tree = Tree::new().with("odd.json", schema.to_string());
    let registry = tree.load();
    let bundle = registry.bundle(0).expect("it resolves");
    let fields = registry::fields::of(&bundle);
    assert_eq!(fields.len(), names.len());
    assert!(
        fields
            .iter()
            .all(|field| field.required && field.kind == "string")
    );
    for name in names {
        assert!(
            registry::fields::find(&bundle, &diagnostics::JsonPointer::root().child(name)).is_some(),
            "{name:?}"
        );
    }
}
