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
