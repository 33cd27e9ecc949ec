//! `contracts gen`.

use insta::assert_snapshot;

use crate::support::Tree;

const ORDER: &str = "schemas/shop/order/order.placed.v1.json";

#[test]
fn writes_once_and_then_nothing() {
    let tree = Tree::shop();
    let first = tree.run(&["gen"]).ends(0);
    assert!(
        first.stdout.contains("wrote generated/shop/src/lib.rs"),
        "{first}"
    );
    let before = tree.snapshot();
    let again = tree.run(&["gen"]).ends(0);
    assert!(!again.stdout.contains("wrote"), "{again}");
    assert_eq!(before, tree.snapshot());
    tree.run(&["gen", "--check"]).ends(0);
}

#[test]
fn the_check_shows_the_difference_and_the_way_out() {
    let tree = Tree::shop();
    tree.run(&["gen"]).ends(0);
    tree.edit(
        "schemas/chat/message/message.sent.v1.json",
        "What was said.",
        "What was said, and how.",
    );
    let before = tree.snapshot();
    let run = tree.run(&["gen", "--check"]).ends(1);
    assert!(
        run.stdout.contains("--- a/generated/chat/") && run.stdout.contains("+++ b/generated/chat/"),
        "{run}"
    );
    assert!(run.stdout.contains("help: run `contracts gen`"), "{run}");
    assert_eq!(before, tree.snapshot(), "a check writes nothing");
}

#[test]
fn one_domain_only() {
    let tree = Tree::shop();
    tree.run(&["gen", "--domain", "chat"]).ends(0);
    assert!(tree.path("generated/chat").exists() && !tree.path("generated/shop").exists());
    assert_snapshot!(tree.run(&["gen", "--domain", "shpo"]).ends(2));
}

#[test]
fn what_is_not_ours_stays_and_what_is_left_over_goes() {
    let tree = Tree::shop();
    tree.run(&["gen"]).ends(0);
    tree.write("generated/chat/NOTES.md", "by hand");
    tree.write("generated/own/src/lib.rs", "// by hand");
    std::fs::remove_dir_all(tree.path("schemas/chat")).unwrap();
    let run = tree.run(&["gen"]).ends(0);
    assert!(run.stdout.contains("deleted generated/chat/src/lib.rs"), "{run}");
    assert!(!tree.path("generated/chat/src").exists());
    assert!(tree.path("generated/chat/NOTES.md").exists() && tree.path("generated/own/src/lib.rs").exists());
}

#[test]
fn a_broken_contract_leaves_the_old_tree() {
    let tree = Tree::shop();
    tree.run(&["gen"]).ends(0);
    for (from, to) in [
        ("money.v1.json", "mony.v1.json"),
        ("\"type\": \"object\"", "\"type\": \"objekt\""),
        ("{", ""),
    ] {
        let good = tree.read(ORDER);
        tree.edit(ORDER, from, to);
        let before = tree.snapshot();
        let run = tree.run(&["gen"]).ends(1);
        assert!(run.stdout.contains("nothing was written"), "{run}");
        assert_eq!(before, tree.snapshot());
        tree.write(ORDER, good);
    }
}

#[test]
fn somewhere_else_and_from_a_foreign_tree() {
    let tree = Tree::shop();
    tree.run(&["gen", "--out", "elsewhere/crates"]).ends(0);
    assert!(tree.path("elsewhere/crates/chat/Cargo.toml").exists() && !tree.path("generated").exists());
    tree.run(&["gen", "--out", "elsewhere/crates", "--check"]).ends(0);

    let foreign = Tree::empty();
    foreign.write(
        "them/order.json",
        r#"{ "type": "object", "properties": { "a": { "type": "string" } } }"#,
    );
    let arguments = ["gen", "--root", "them", "--layout", "{event}.json"];
    assert_snapshot!(foreign.run(&arguments).ends(2));
    foreign.run(&[&arguments[..], &["--out", "out"]].concat()).ends(0);
    assert!(foreign.path("out/them/src/lib.rs").exists());
}

#[cfg(unix)]
#[test]
fn nothing_is_written_through_links() {
    let tree = Tree::shop();
    tree.write("precious/keep.txt", "keep");
    std::fs::create_dir_all(tree.path("generated")).unwrap();
    std::os::unix::fs::symlink(tree.path("precious"), tree.path("generated/shop")).unwrap();
    let before = tree.snapshot();
    assert_snapshot!(tree.run(&["gen"]).ends(2));
    assert_eq!(before, tree.snapshot());
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_leaves_the_old_tree() {
    use std::os::unix::fs::PermissionsExt as _;
    let tree = Tree::shop();
    tree.run(&["gen"]).ends(0);
    tree.edit(ORDER, "What it costs.", "What it costs altogether.");
    tree.edit(
        "schemas/chat/message/message.sent.v1.json",
        "What was said.",
        "What was said there.",
    );
    let before = tree.snapshot();
    let locked = tree.path("generated/shop/src");
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o555)).unwrap();
    if std::fs::write(locked.join("probe"), "").is_ok() {
        std::fs::remove_file(locked.join("probe")).unwrap();
        println!("not tried: this user may write anywhere");
    } else {
        tree.run(&["gen"]).ends(2);
        std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(before, tree.snapshot());
    }
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o755)).unwrap();
}

const MESSAGE: &str = "schemas/chat/message/message.sent.v1.json";

/// Releases the message as it is, as `contracts release` does.
fn release(tree: &Tree, day: i8) {
    let workspace = registry::Workspace::discover(&tree.path("")).expect("a workspace");
    let registry = registry::Registry::load(workspace, &registry::LoadOptions::default()).expect("it loads");
    let contract = registry.contract_by("chat.message.sent", 1).expect("it is there");
    let bundle = registry.bundle(contract.file).expect("it bundles");
    let snapshot = gate::history::Snapshot::new(
        contract.event_type.clone(),
        contract.metadata.clone().expect("it has metadata").version,
        jiff::civil::date(2026, 1, day),
        None,
        Vec::new(),
        bundle.schema,
    );
    tree.write(
        &format!("schemas/released/{}", snapshot.header.path()),
        snapshot.render(),
    );
}

fn version(tree: &Tree) -> String {
    tree.run(&["gen", "--check"]).ends(0);
    let findings = tree.run(&["check", "--format", "json"]).stdout;
    assert!(!findings.contains("stale-generated-code"), "{findings}");
    let manifest = tree.read("generated/chat/Cargo.toml");
    let line = manifest.lines().find(|line| line.starts_with("version = "));
    line.expect("a version").to_owned()
}

#[test]
fn the_version_of_a_crate_follows_from_what_was_released() {
    let tree = Tree::shop();
    let member = |from: &str, to: &str| tree.edit(MESSAGE, from, to);
    tree.run(&["gen"]).ends(0);
    assert_eq!(version(&tree), "version = \"0.1.0\"", "a draft");

    member("\"draft\"", "\"active\"");
    tree.run(&["gen"]).ends(0);
    assert_eq!(version(&tree), "version = \"1.0.0\"");
    release(&tree, 1);
    assert_eq!(version(&tree), "version = \"1.0.0\"", "a release changes nothing");

    // A new optional member.
    member("\"1.0.0\"", "\"1.1.0\"");
    member(
        "  \"properties\": {\n",
        "  \"properties\": {\n    \"size\": { \"type\": \"integer\", \"description\": \"Bytes.\", \"minimum\": 0, \"maximum\": 9 },\n",
    );
    let stale = tree.run(&["check", "--format", "json"]).stdout;
    assert!(stale.contains("stale-generated-code"), "{stale}");
    tree.run(&["gen"]).ends(0);
    assert_eq!(version(&tree), "version = \"1.1.0\"");
    release(&tree, 2);
    assert_eq!(version(&tree), "version = \"1.1.0\"");

    // Compatible on the wire, and another type in Rust.
    member("\"1.1.0\"", "\"1.2.0\"");
    member("\"minimum\": 0", "\"minimum\": -9");
    tree.run(&["gen"]).ends(0);
    assert_eq!(version(&tree), "version = \"2.0.0\"");
    release(&tree, 3);
    assert_eq!(version(&tree), "version = \"2.0.0\"");

    // The owner is nobody's dependency.
    member("team-chat", "team-talk");
    tree.run(&["gen"]).ends(0);
    assert_eq!(version(&tree), "version = \"2.0.0\"");
    // A damaged snapshot is another rule's finding, and stops nothing here.
    tree.write("schemas/released/chat.message.sent/1.1.0.json", "{");
    tree.run(&["gen"]);
}

#[test]
fn the_events_crate_comes_from_a_path_a_version_or_git() {
    for (source, dependency) in [
        (
            "{ path = \"runtime/events\" }",
            "{ path = \"../../runtime/events\"",
        ),
        ("{ version = \"0.1\" }", "{ version = \"0.1\""),
        (
            "{ git = \"https://contracts.example/events.git\" }",
            "{ git = \"https://contracts.example/events.git\"",
        ),
        (
            "{ git = \"https://contracts.example/events.git\", tag = \"v0.1.0\" }",
            "{ git = \"https://contracts.example/events.git\", tag = \"v0.1.0\"",
        ),
    ] {
        let tree = Tree::shop();
        let config = tree.read("contracts.toml");
        let line = config
            .lines()
            .find(|line| line.starts_with("events = "))
            .expect("it is configured");
        tree.edit("contracts.toml", line, &format!("events = {source}"));
        tree.run(&["gen"]).ends(0);
        let manifest: toml::Table = tree
            .read("generated/chat/Cargo.toml")
            .parse()
            .expect("the manifest is TOML");
        let text = tree.read("generated/chat/Cargo.toml");
        assert!(
            text.contains(&format!("contract-events = {dependency}")),
            "{text}"
        );
        assert_eq!(
            manifest["package"]["rust-version"].as_str(),
            Some("1.95"),
            "{text}"
        );
        for feature in ["fixtures", "proptest", "arbitrary"] {
            assert!(manifest["features"].get(feature).is_some(), "{text}");
        }
        tree.run(&["gen", "--check"]).ends(0);
    }
}
