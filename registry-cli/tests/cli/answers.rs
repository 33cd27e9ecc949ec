//! Commands that answer: `list`, `show`, `explain`, `completions`, `dev docs`.

use insta::assert_snapshot;

use crate::support::Tree;

#[test]
fn list_is_a_table_or_json() {
    let tree = Tree::shop();
    assert_snapshot!("list", tree.run(&["list"]).ends(0));
    assert_snapshot!(
        "list_json",
        tree.run(&["list", "--format", "json", "ORDER"]).ends(0).stdout
    );
    assert_snapshot!("list_nothing", tree.run(&["list", "nothing"]).ends(0));
}

#[test]
fn show_tells_all_about_one() {
    let tree = Tree::shop();
    assert_snapshot!("show", tree.run(&["show", "shop.order.placed"]).ends(0));
    assert_snapshot!(
        "show_json",
        tree.run(&["show", "shop.order.placed@1", "--format", "json"])
            .ends(0)
            .stdout
    );
}

#[test]
fn an_unknown_contract_is_met_with_a_suggestion() {
    let tree = Tree::shop();
    assert_snapshot!("misspelt", tree.run(&["show", "shop.order.plcaed"]).ends(2));
    assert_snapshot!("other_major", tree.run(&["show", "shop.order.placed@2"]).ends(2));
    assert_snapshot!("unknown", tree.run(&["show", "nothing.like.it"]).ends(2));
}

#[test]
fn explain_prints_lists_and_suggests() {
    let tree = Tree::empty();
    let list = tree.run(&["explain"]).ends(0);
    let listed = |line: &str| line.starts_with("stale-generated-code ") && line.contains(" error ");
    assert!(list.stdout.lines().any(listed), "{list}");
    assert_snapshot!("explain", tree.run(&["explain", "stale-generated-code"]).ends(0));
    assert_snapshot!(
        "explain_misspelt",
        tree.run(&["explain", "stale-generated"]).ends(2)
    );
    assert_snapshot!("explain_unknown", tree.run(&["explain", "\u{1b}[31m"]).ends(2));
}

#[test]
fn completions_for_every_shell() {
    let tree = Tree::empty();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let run = tree.run(&["completions", shell]).ends(0);
        assert!(run.stdout.contains("validate"), "{shell}");
    }
    tree.run(&["completions", "tcsh"]).ends(2);
}

#[test]
fn a_closed_pipe_is_no_error() {
    let tree = Tree::shop();
    let mut child = tree
        .command(&["list"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn the_documentation_is_fresh() {
    let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs");
    let run = Tree::empty().run(&["dev", "docs", "--check", "--out", docs]);
    assert_eq!(
        run.code,
        Some(0),
        "run `cargo run -p registry-cli -- dev docs`\n{run}"
    );
}

#[test]
fn the_documentation_is_written_where_it_is_asked_for() {
    let tree = Tree::empty();
    tree.run(&["dev", "docs", "--check"]).ends(1);
    tree.run(&["dev", "docs"]).ends(0);
    tree.write("docs/rules/gone.md", "of a rule that was removed");
    tree.run(&["dev", "docs", "--check"]).ends(1);
    tree.run(&["dev", "docs"]).ends(0);
    assert!(!tree.path("docs/rules/gone.md").exists());
    tree.run(&["dev", "docs", "--check"]).ends(0);
}

#[test]
fn json_outputs_keep_to_their_schemas() {
    let tree = Tree::shop();
    tree.run(&["dev", "docs"]).ends(0);
    tree.edit(
        "schemas/shop/order/order.placed.v1.json",
        "money.v1.json",
        "mony.v1.json",
    );
    for (schema, arguments) in [
        ("check-output", &["check", "--format", "json"][..]),
        ("list-output", &["list", "--format", "json"]),
        ("pii-output", &["list", "--pii", "--format", "json"]),
        ("graph-output", &["graph", "--format", "json"]),
        ("show-output", &["show", "shop.order.placed", "--format", "json"]),
        ("show-output", &["show", "chat.message.sent", "--format", "json"]),
    ] {
        let output: serde_json::Value = serde_json::from_str(&tree.run(arguments).stdout).unwrap();
        let schema: serde_json::Value =
            serde_json::from_str(&tree.read(&format!("docs/schemas/{schema}.schema.json"))).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&output)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{arguments:?}: {errors:?}");
    }
}
