//! What must be told and must not hurt: wrong usage, wrong configuration, hostile trees.

use insta::assert_snapshot;

use crate::support::{Run, Tree};

#[test]
fn wrong_usage() {
    let tree = Tree::shop();
    assert_snapshot!("no_command", tree.run(&[]).ends(2));
    assert_snapshot!("misspelt_command", tree.run(&["chek"]).ends(2));
    assert_snapshot!("misspelt_flag", tree.run(&["check", "--formt", "json"]).ends(2));
    assert_snapshot!("unknown_format", tree.run(&["check", "--format", "xml"]).ends(2));
    assert_snapshot!("no_file_name", tree.run(&["check", "--format", "json="]).ends(2));
    tree.run(&["--help"]).ends(0);
    tree.run(&["--version"]).ends(0);
}

#[test]
fn wrong_configuration() {
    let tree = Tree::shop();
    let with = |text: &str| {
        tree.write("contracts.toml", text);
        tree.run(&["check"]).ends(2)
    };
    assert_snapshot!("misspelt_key", with("rot = \"schemas\"\n"));
    assert_snapshot!(
        "misspelt_rule",
        with("root = \"schemas\"\n\n[rules]\ndead-reff = \"error\"\n")
    );
    assert_snapshot!(
        "wrong_severity",
        with("root = \"schemas\"\n[rules]\ndead-ref = \"fatal\"\n")
    );
    assert_snapshot!("broken_toml", with("root = \"schemas\nlayout = 1\n"));
    assert_snapshot!("absent_root", with("root = \"nowhere\"\n"));
    assert_snapshot!("root_outside", with("root = \"..\"\n"));
    assert_snapshot!(
        "bad_layout",
        with("root = \"schemas\"\nlayout = \"{domain}.json\"\n")
    );
    let not_text = {
        tree.write("contracts.toml", b"\xff\xfe\x00");
        tree.run(&["check"]).ends(2)
    };
    assert_snapshot!("not_text", not_text);
}

#[test]
fn no_workspace() {
    let tree = Tree::empty();
    let run = tree.run(&["check", "--root", "gone"]).ends(2);
    assert_snapshot!("absent_folder", run);
    tree.write("file.json", "{}");
    assert_snapshot!(
        "root_is_a_file",
        tree.run(&["check", "--root", "file.json"]).ends(2)
    );
    assert_snapshot!(
        "bad_layout_argument",
        tree.run(&["check", "--root", ".", "--layout", "{evnt}.json"])
            .ends(2)
    );
}

fn survives(tree: &Tree) -> Run {
    let run = tree.run(&["check", "--root", ".", "--layout", "{event}.json"]);
    assert!(matches!(run.code, Some(0 | 1)), "{run}");
    assert!(!run.stderr.contains("panicked"), "{run}");
    assert!(
        !run.stdout.chars().any(|c| c.is_control() && c != '\n') && !run.stdout.contains('\u{202e}'),
        "nothing in a tree acts on the terminal: {run}"
    );
    let json = tree.run(&[
        "check",
        "--root",
        ".",
        "--layout",
        "{event}.json",
        "--format",
        "json",
    ]);
    serde_json::from_str::<serde_json::Value>(&json.stdout).expect("JSON output is JSON");
    run
}

#[test]
fn files_that_are_no_schemas() {
    let deep = format!("{}{}", "{\"not\":".repeat(100_000), "}".repeat(100_000));
    for (name, bytes) in [
        ("empty", Vec::new()),
        ("binary", (0..=255).collect()),
        ("not UTF-8", b"{\"title\": \"\xff\xfe\"}".to_vec()),
        ("cut", b"{\"type\": \"obj".to_vec()),
        ("deep", deep.into_bytes()),
        ("escapes", "{\"ty\u{1b}[2Jpe\": \u{202e} }".as_bytes().to_vec()),
        ("scalar", b"42".to_vec()),
        ("array", b"[1, 2]".to_vec()),
    ] {
        let tree = Tree::empty();
        tree.write("a.json", bytes);
        let run = survives(&tree);
        assert_eq!(run.code, Some(1), "{name}: {run}");
        assert!(run.stdout.contains("a.json"), "{name}: {run}");
    }
}

#[test]
fn a_mark_at_the_start_of_the_file_is_told_or_read() {
    let tree = Tree::empty();
    tree.write("a.json", "\u{feff}{\"type\": \"objekt\"}");
    survives(&tree);
}

#[test]
fn references_that_lead_nowhere() {
    let tree = Tree::empty();
    tree.write("loop.json", r##"{ "$ref": "#" }"##);
    tree.write("cycle-a.json", r#"{ "$ref": "cycle-b.json" }"#);
    tree.write("cycle-b.json", r#"{ "$ref": "cycle-a.json" }"#);
    tree.write("out.json", r#"{ "$ref": "../../../etc/passwd" }"#);
    tree.write("net.json", r#"{ "$ref": "https://example.com/x.json" }"#);
    let links: Vec<String> = (1..=10_000)
        .map(|next| format!("\"d{}\": {{ \"$ref\": \"#/$defs/d{next}\" }},", next - 1))
        .collect();
    let links = links.concat();
    tree.write(
        "chain.json",
        format!("{{ \"$ref\": \"#/$defs/d0\", \"$defs\": {{ {links} \"d10000\": {{}} }} }}"),
    );
    let run = survives(&tree);
    for file in ["loop.json", "cycle-a.json", "out.json", "net.json"] {
        assert!(run.stdout.contains(&format!("--> {file}")), "{file}: {run}");
    }
    assert!(!run.stdout.contains("root:"), "{run}");
}

#[cfg(unix)]
#[test]
fn links_and_folders_in_the_way() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let tree = Tree::empty();
    tree.write("good.json", r#"{ "type": "object" }"#);
    symlink(tree.path("."), tree.path("around")).unwrap();
    symlink("/etc/hostname", tree.path("out.json")).unwrap();
    symlink(tree.path("gone"), tree.path("dangling.json")).unwrap();
    std::fs::create_dir(tree.path("folder.json")).unwrap();
    tree.write("secret.json", "{}");
    std::fs::set_permissions(tree.path("secret.json"), std::fs::Permissions::from_mode(0o0)).unwrap();
    survives(&tree);
}

#[test]
fn text_that_wants_to_be_more() {
    let tree = Tree::shop();
    let nasty = "\"quoted\" */ \\\\ \u{202e}backwards\u{202c} ```\nfn main() { panic!() }\n``` <!-- -->";
    let title = serde_json::to_string(nasty).unwrap();
    tree.edit(
        "schemas/chat/message/message.sent.v1.json",
        "\"What was said.\"",
        &title,
    );
    tree.edit(
        "schemas/chat/message/message.sent.v1.json",
        "\"Message sent\"",
        &title,
    );
    let run = tree.run(&["show", "chat.message.sent"]).ends(0);
    assert!(!run.stdout.contains('\u{202e}'), "{run}");
    tree.run(&["gen"]).ends(0);
    tree.run(&["check"]).ends(0);
}
