//! `contracts fmt`.

use insta::assert_snapshot;

use crate::support::Tree;

const ORDER: &str = "schemas/shop/order/order.placed.v1.json";

#[test]
fn files_get_their_canonical_layout_once() {
    let tree = Tree::shop();
    let example = tree.read("schemas/shop/order/examples/order.placed.v1/valid/typical.json");
    let check = tree.run(&["fmt", "--check"]).ends(1);
    assert!(check.stdout.contains(&format!("--- a/{ORDER}")), "{check}");
    assert!(check.stdout.contains("run `contracts fmt`"), "{check}");
    assert_snapshot!("fmt", tree.run(&["fmt"]).ends(0));
    assert_snapshot!("fmt_order", tree.read(ORDER));
    assert_snapshot!("fmt_again", tree.run(&["fmt", "--check"]).ends(0));
    assert_eq!(
        tree.read("schemas/shop/order/examples/order.placed.v1/valid/typical.json"),
        example,
        "examples are data"
    );
}

#[test]
fn the_meaning_stays_and_digests_with_it() {
    let tree = Tree::shop();
    tree.run(&["gen"]).ends(0);
    tree.run(&["check"]).ends(0);
    tree.run(&["fmt"]).ends(0);
    tree.run(&["check"]).ends(0);
    tree.run(&["gen", "--check"]).ends(0);
}

#[test]
fn comments_and_numbers_are_kept() {
    let tree = Tree::shop();
    tree.edit(
        ORDER,
        "\"maximum\": 10000",
        "\"$comment\": \"why\", \"maximum\": 123456789012345678901234567890.10e+2",
    );
    tree.run(&["fmt", ORDER]).ends(0);
    let text = tree.read(ORDER);
    assert!(
        text.contains("\"maximum\": 123456789012345678901234567890.10e+2"),
        "{text}"
    );
    assert!(text.contains("\"$comment\": \"why\""), "{text}");
}

#[test]
fn standard_input_goes_to_standard_output() {
    let tree = Tree::empty();
    let text = br#"{"required":["a"],"type":"object"}"#;
    let run = tree.run_with(&["fmt", "-"], text).ends(0);
    assert_eq!(
        run.stdout,
        "{\n  \"type\": \"object\",\n  \"required\": [\n    \"a\"\n  ]\n}\n"
    );
    assert_snapshot!(
        "fmt_stdin_check",
        tree.run_with(&["fmt", "--check", "-"], text).ends(1)
    );
    tree.run_with(&["fmt", "--check", "-"], run.stdout.as_bytes())
        .ends(0);
    assert_snapshot!("fmt_stdin_bad", tree.run_with(&["fmt", "-"], b"{").ends(2));
    tree.run(&["fmt", "-", "x.json"]).ends(2);
}

#[test]
fn what_cannot_be_read_stays_and_the_others_are_formatted() {
    let tree = Tree::shop();
    tree.write("schemas/chat/message/message.sent.v1.json", "{\n<<<<<<< HEAD\n");
    tree.write("schemas/bytes.json", b"\xff");
    assert_snapshot!("fmt_unreadable", tree.run(&["fmt"]).ends(1));
    assert_eq!(
        tree.read("schemas/chat/message/message.sent.v1.json"),
        "{\n<<<<<<< HEAD\n"
    );
    tree.run(&["fmt", "--check", ORDER]).ends(0);
}

#[test]
fn paths_are_files_or_folders() {
    let tree = Tree::shop();
    let example = "schemas/shop/order/examples/order.placed.v1/valid/typical.json";
    let run = tree.run(&["fmt", "--check", example]).ends(0);
    assert!(run.stderr.contains("is left as it is"), "{run}");
    let run = tree.run(&["fmt", "--check", "schemas/chat"]).ends(1);
    assert!(!run.stdout.contains("order.placed"), "{run}");
    tree.run(&["fmt", "--check", "gone.json"]).ends(2);
    tree.write("released.txt", "");
    tree.write("schemas/released/a.b/1.0.0.json", "{  }");
    tree.run(&["fmt"]).ends(0);
    assert_eq!(
        tree.read("schemas/released/a.b/1.0.0.json"),
        "{  }",
        "snapshots are not touched"
    );

    let outside = Tree::empty();
    outside.write("x.json", "{}");
    outside.run(&["fmt", "x.json"]).ends(0);
    assert_eq!(outside.read("x.json"), "{}\n");
    outside.run(&["fmt"]).ends(2);
    outside.run(&["fmt", "."]).ends(2);
    outside.run(&["fmt", "--root", "."]).ends(0);
}

#[cfg(unix)]
#[test]
fn rights_stay_and_links_are_not_followed() {
    use std::os::unix::fs::PermissionsExt as _;
    let tree = Tree::shop();
    let path = tree.path(ORDER);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    let outside = Tree::empty();
    outside.write("x.json", "{ }");
    std::os::unix::fs::symlink(outside.path("x.json"), tree.path("schemas/link.json")).unwrap();
    tree.run(&["fmt"]).ends(0);
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o640
    );
    assert_eq!(outside.read("x.json"), "{ }");
}
