//! `contracts check`.

use insta::assert_snapshot;

use crate::support::Tree;

const ORDER: &str = "schemas/shop/order/order.placed.v1.json";

/// A tree whose generated code is not asked for.
fn shop() -> Tree {
    let tree = Tree::shop();
    tree.write("contracts.toml", "root = \"schemas\"\n");
    tree
}

#[test]
fn a_tree_in_order_is_clean() {
    assert_snapshot!(shop().run(&["check"]).ends(0));
}

#[test]
fn findings_are_framed_and_summed_up() {
    let tree = shop();
    tree.edit(
        ORDER,
        r#""required": ["sku", "quantity"]"#,
        r#""requried": ["sku", "quantity"]"#,
    );
    tree.edit(
        "schemas/consumers/billing-service.toml",
        "/orderId",
        "/orderNumber",
    );
    assert_snapshot!(tree.run(&["check"]).ends(1));
}

#[test]
fn findings_in_json_have_places_in_numbers() {
    let tree = shop();
    tree.edit(ORDER, "money.v1.json", "mony.v1.json");
    let run = tree.run(&["check", "--format", "json"]).ends(1);
    assert_snapshot!(run.stdout);
    assert_eq!(run.stderr, "");
}

#[test]
fn several_formats_at_once() {
    let tree = shop();
    tree.edit(ORDER, "money.v1.json", "mony.v1.json");
    let run = tree.run(&["check", "--format", "json=out/report.json"]).ends(1);
    assert!(
        run.stdout.contains("error[dead-ref]"),
        "people are still told: {run}"
    );
    let report: serde_json::Value = serde_json::from_str(&tree.read("out/report.json")).unwrap();
    assert_eq!(report["version"], 1);
    assert_eq!(report["summary"]["errors"], 1);

    tree.run(&["check", "--format", "json", "--format", "human=report.txt"])
        .ends(1);
    assert!(tree.read("report.txt").contains("-->"));

    assert_snapshot!(
        tree.run(&["check", "--format", "json", "--format", "human"])
            .ends(2)
    );
}

#[test]
fn colour_is_asked_for_and_can_be_refused() {
    let tree = shop();
    tree.edit(ORDER, "money.v1.json", "mony.v1.json");
    assert!(!tree.run(&["check"]).stdout.contains('\u{1b}'));
    assert!(
        tree.run(&["check", "--color", "always"])
            .stdout
            .contains("\u{1b}[")
    );
    let output = tree
        .command(&["check", "--color", "always"])
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    assert!(
        output.stdout.contains(&0x1b),
        "an argument goes before the environment"
    );
    let file = tree.run(&["check", "--color", "always", "--format", "human=report.txt"]);
    assert!(file.stdout.contains('\u{1b}') && !tree.read("report.txt").contains('\u{1b}'));
}

#[test]
fn warnings_fail_a_run_that_asks_for_it() {
    let tree = shop();
    tree.edit(
        ORDER,
        r#""pattern": "^[A-Z0-9-]{3,32}$", "maxLength": 32"#,
        r#""pattern": "^[A-Z0-9-]+$""#,
    );
    tree.write(
        "contracts.toml",
        "root = \"schemas\"\n[rules]\nunbounded-string = \"warning\"\n",
    );
    let run = tree.run(&["check"]).ends(0);
    assert!(run.stdout.contains("warning[unbounded-string]"), "{run}");
    tree.run(&["check", "--fail-on", "warning"]).ends(1);
    tree.write(
        "contracts.toml",
        "root = \"schemas\"\n[rules]\nunbounded-string = \"off\"\n",
    );
    tree.run(&["check", "--fail-on", "warning"]).ends(0);
}

#[test]
fn paths_are_filters() {
    let tree = shop();
    tree.edit(ORDER, "money.v1.json", "mony.v1.json");
    tree.run(&["check", "schemas/chat"]).ends(0);
    tree.run(&["check", "./schemas/../schemas/shop", "schemas/chat"])
        .ends(1);
    tree.run(&["check", ORDER]).ends(1);
    let run = tree.run(&["check", "schemas/chat"]);
    assert!(run.stdout.contains("checked 1 contract, 2 examples"), "{run}");
    assert_snapshot!("absent_path", tree.run(&["check", "schemas/chta"]).ends(2));
    assert_snapshot!("path_outside", tree.run(&["check", "/"]).ends(2));
}

#[test]
fn a_foreign_tree_needs_no_configuration() {
    let tree = Tree::empty();
    tree.write(
        "them/order.json",
        r#"{ "$ref": "money.json#/definitions/gone", "description": "no x-contract here" }"#,
    );
    tree.write("them/money.json", r#"{ "type": "objekt" }"#);
    assert_snapshot!(
        tree.run(&["check", "--root", "them", "--layout", "{event}.json"])
            .ends(1)
    );
}

#[test]
fn stale_generated_code_is_found_by_digests() {
    let tree = Tree::shop();
    assert_snapshot!("never_generated", tree.run(&["check"]).ends(1));
    tree.run(&["gen"]).ends(0);
    tree.run(&["check"]).ends(0);
    tree.edit(ORDER, r#""maximum": 10000"#, r#""maximum": 20000"#);
    let run = tree.run(&["check"]).ends(1);
    assert!(
        run.stdout.contains("stale-generated-code") && run.stdout.contains("`shop`"),
        "{run}"
    );
    assert!(!run.stdout.contains("`chat`"), "the other domain is fresh: {run}");
}

#[test]
fn edited_and_orphaned_generated_code_is_found() {
    let tree = Tree::shop();
    tree.run(&["gen"]).ends(0);
    let file = "generated/chat/src/lib.rs";
    tree.write(file, format!("{}\n// by hand\n", tree.read(file)));
    let run = tree.run(&["check"]).ends(1);
    assert!(run.stdout.contains("edited by hand"), "{run}");
    tree.run(&["gen"]).ends(0);
    std::fs::remove_dir_all(tree.path("schemas/chat")).unwrap();
    let run = tree.run(&["check"]).ends(1);
    assert!(run.stdout.contains("no contracts"), "{run}");
}
