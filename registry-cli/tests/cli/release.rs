//! `contracts release`, `bump` and `retire`.

use insta::assert_snapshot;

use crate::support::Tree;

const ORDER: &str = "schemas/shop/order/order.placed.v1.json";

fn shop() -> Tree {
    let tree = Tree::shop();
    tree.write("contracts.toml", "root = \"schemas\"\n");
    tree
}

fn add_note(tree: &Tree) {
    tree.edit(
        ORDER,
        r#""total": {"#,
        r#""note": { "type": "string", "description": "Free text.", "maxLength": 99 },
    "total": {"#,
    );
}

#[test]
fn a_release_writes_snapshots_and_tells_of_changes() {
    let tree = shop();
    let before = tree.snapshot();
    assert_snapshot!("dry_run_first", tree.run(&["release", "--dry-run"]).ends(0));
    assert_eq!(tree.snapshot(), before, "a dry run writes nothing");
    tree.run(&["release"]).ends(0);
    let released = tree.snapshot();
    let run = tree.run(&["release"]).ends(0);
    assert!(run.stdout.contains("nothing to release"), "{run}");
    assert_eq!(tree.snapshot(), released);
    add_note(&tree);
    let refused = tree.run(&["release"]).ends(1);
    assert!(refused.stdout.contains("version-bump"), "{refused}");
    let text = tree.read(ORDER);
    tree.run(&["bump"]).ends(0);
    assert_eq!(
        tree.read(ORDER),
        text.replace("1.2.0", "1.3.0"),
        "nothing but the version"
    );
    assert_snapshot!("dry_run", tree.run(&["release", "--dry-run"]).ends(0));
    assert_snapshot!("release", tree.run(&["release"]).ends(0));
    let changelog = tree.read("CHANGELOG.md");
    assert!(
        changelog.contains("- added: `/note` (string, optional) was added"),
        "{changelog}"
    );
    let snapshot = tree.read("schemas/released/shop.order.placed/1.3.0.json");
    assert!(
        snapshot.contains("\"version\": \"1.2.0\""),
        "it names its predecessor"
    );
    assert!(
        !tree.path("schemas/released/chat.message.sent").exists(),
        "drafts are not released"
    );
}

#[test]
fn a_changelog_without_its_line_is_left_alone() {
    let tree = shop();
    tree.write("CHANGELOG.md", "# Ours\n");
    let before = tree.snapshot();
    let run = tree.run(&["release"]).ends(2);
    assert!(run.stderr.contains("contracts release: sections"), "{run}");
    assert_eq!(tree.snapshot(), before);
    tree.write(
        "contracts.toml",
        "root = \"schemas\"\n[release]\nchangelog = \"docs/contracts.md\"\n",
    );
    tree.run(&["release"]).ends(0);
    assert!(tree.path("docs/contracts.md").exists());
    assert_eq!(tree.read("CHANGELOG.md"), "# Ours\n");
}

#[test]
fn what_is_affected_is_bumped_when_asked() {
    let tree = shop();
    tree.run(&["release"]).ends(0);
    tree.edit(
        "schemas/common/money.v1.json",
        "An amount in one currency.",
        "An amount in one currency, never rounded.",
    );
    let run = tree.run(&["bump"]).ends(1);
    assert!(run.stdout.contains("bump --affected"), "{run}");
    assert!(tree.read(ORDER).contains("\"version\": \"1.2.0\""));
    tree.run(&["bump", "--affected"]).ends(0);
    assert!(tree.read(ORDER).contains("\"version\": \"1.2.1\""));
    tree.run(&["check"]).ends(0);
}

#[test]
fn a_text_says_which_contracts_are_bumped() {
    const CHAT: &str = "schemas/chat/message/message.sent.v1.json";
    let tree = shop();
    tree.edit(CHAT, "\"draft\"", "\"active\"");
    tree.run(&["release"]).ends(0);
    add_note(&tree);
    tree.edit(CHAT, "Someone sent a message.", "Someone said something.");
    assert_snapshot!("bump_some", tree.run(&["bump", "ORDER"]).ends(0));
    assert!(tree.read(ORDER).contains("\"version\": \"1.3.0\""));
    assert!(tree.read(CHAT).contains("\"version\": \"1.0.0\""));
    assert_snapshot!("bump_none_left", tree.run(&["bump", "order.placed"]).ends(0));
    assert_snapshot!(
        "bump_nothing_meant",
        tree.run(&["bump", "shop.order.plcaed"]).ends(2)
    );
    assert_snapshot!("bump_all", tree.run(&["bump"]).ends(0));
    assert!(tree.read(CHAT).contains("\"version\": \"1.0.1\""));
}

#[test]
fn a_retired_version_no_longer_counts() {
    let tree = shop();
    tree.run(&["release"]).ends(0);
    tree.edit(
        ORDER,
        r#""required": ["orderId", "placedAt", "lines", "total"]"#,
        r#""required": ["orderId", "placedAt", "lines", "total", "email"]"#,
    );
    tree.edit(ORDER, "\"version\": \"1.2.0\"", "\"version\": \"1.3.0\"");
    tree.run(&["check"]).ends(1);
    let run = tree
        .run(&[
            "retire",
            "shop.order.placed@1.1.0",
            "--reason",
            "r",
            "--owner",
            "o",
        ])
        .ends(2);
    assert!(
        run.stderr.contains("did you mean shop.order.placed@1.2.0?"),
        "{run}"
    );
    let retire = [
        "retire",
        "shop.order.placed@1.2.0",
        "--reason",
        "r",
        "--owner",
        "o",
    ];
    // The day is part of the entry.
    let output = tree
        .command(&retire)
        .env("SOURCE_DATE_EPOCH", "1793491200")
        .output()
        .unwrap();
    assert_snapshot!("retire", String::from_utf8_lossy(&output.stdout));
    assert_snapshot!("retire_file", tree.read("schemas/waivers.toml"));
    assert_snapshot!("retire_again", tree.run(&retire).ends(0));
    tree.run(&["check", "--fail-on", "warning"]).ends(0);
}

#[test]
fn two_releases_on_two_branches_are_told_after_the_merge() {
    let tree = shop();
    tree.run(&["release"]).ends(0);
    tree.git(&["init", "--quiet", "--initial-branch=main"]);
    tree.git(&["add", "--all"]);
    tree.git(&["commit", "--quiet", "--message", "one"]);
    for (branch, version) in [("a", "1.3.0"), ("b", "1.4.0")] {
        tree.git(&["checkout", "--quiet", "-B", branch, "main"]);
        add_note(&tree);
        tree.edit(
            ORDER,
            "\"version\": \"1.2.0\"",
            &format!("\"version\": \"{version}\""),
        );
        tree.run(&["release"]).ends(0);
        tree.commit(branch);
    }
    // The contract and the changelog conflict: people took theirs, and both snapshots are there.
    let ours = ["merge", "--quiet", "--strategy-option=ours", "--no-edit", "a"];
    tree.git(&ours);
    assert!(
        tree.path("schemas/released/shop.order.placed/1.3.0.json")
            .exists()
    );
    assert_snapshot!("two_branches_released", tree.run(&["check"]).ends(2));
    assert_snapshot!("two_branches_released_again", tree.run(&["release"]).ends(2));
    // As the help says: the target branch, `a`, has 1.3.0.
    std::fs::remove_file(tree.path("schemas/released/shop.order.placed/1.4.0.json")).unwrap();
    tree.edit(ORDER, "Free text.", "Free text, of both.");
    tree.run(&["bump"]).ends(0);
    tree.run(&["release"]).ends(0);
    tree.run(&["check", "--against", "a"]).ends(0);
}

/// A disk that fills: the changelog's folder cannot be made after the snapshots were renamed into place.
#[test]
fn what_cannot_be_written_whole_is_not_written_at_all() {
    let tree = shop();
    tree.write("docs", "a file where a folder has to be");
    tree.write(
        "contracts.toml",
        "root = \"schemas\"\n[release]\nchangelog = \"docs/sub/contracts.md\"\n",
    );
    let before = tree.snapshot();
    let run = tree.run(&["release"]).ends(2);
    assert!(run.stderr.contains("docs/sub/contracts.md"), "{run}");
    assert_eq!(tree.snapshot(), before);
    assert!(!tree.path("schemas/released").exists());
}

/// As on a full disk, writing fails in the middle of the first snapshot.
#[cfg(unix)]
#[test]
fn a_disk_that_fills_leaves_nothing_half_written() {
    let tree = shop();
    let before = tree.snapshot();
    let output = std::process::Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 1; exec \"$0\" release"])
        .arg(env!("CARGO_BIN_EXE_contracts"))
        .current_dir(tree.path(""))
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("nothing was changed"), "{stderr}");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "",
        "nothing was released, and nothing says so"
    );
    assert_eq!(tree.snapshot(), before);
    tree.run(&["release"]).ends(0);
}
