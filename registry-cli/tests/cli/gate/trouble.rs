//! What cannot be judged: bases that git does not have, shallow clones, merges that were not finished.

use insta::assert_snapshot;

use super::{ORDER, SNAPSHOT, released};
use crate::support::Tree;

#[test]
fn what_git_cannot_answer_ends_with_2_and_a_way_out() {
    let tree = released();
    let run = tree.run(&["check", "--against", "no-such-branch"]).ends(2);
    assert!(
        run.stderr.contains("no-such-branch") && run.stderr.contains("help: "),
        "{run}"
    );
    tree.require_email();
    let run = tree.run(&["check", "--against", "no-such-branch"]).ends(2);
    assert!(
        run.stdout.contains("required-property-missing"),
        "snapshots protect all the same: {run}"
    );

    // A pull request from a clone that does not hold the target branch.
    let output = tree
        .command(&["check"])
        .env("GITHUB_BASE_REF", "release-9")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("release-9"));

    tree.write(".git/HEAD", "garbage");
    let run = tree.run(&["check", "--against", "main"]).ends(2);
    assert!(run.stderr.contains("git"), "{run}");
    // Nothing of git is asked without a base.
    tree.run(&["check"]).ends(1);

    let tree = released();
    std::fs::remove_dir_all(tree.path(".git/objects")).unwrap();
    let run = tree.run(&["check", "--against", "main"]).ends(2);
    assert!(run.stderr.contains("help: "), "{run}");
}

#[test]
fn what_to_compare_with_is_never_guessed() {
    let tree = released();
    let against = |spec: &str, code| {
        let run = tree.run(&["check", "--against", spec]).ends(code);
        run.stderr
    };
    assert_snapshot!("against_nothing", against("", 2));
    assert_snapshot!("against_no_folder", against("./gone", 2));
    assert_snapshot!("against_unknown", against("origin/gone", 2));
    assert_snapshot!("against_too_far", against("HEAD~9", 2));
    assert_snapshot!("against_a_tree", against("main:schemas", 2));
    assert_snapshot!("against_the_wrong_folder", against("schemas/common", 0));
    tree.write("main/readme.md", "a folder that is called like the branch");
    assert_snapshot!("against_two_things", against("main", 2));
    assert!(against("./main", 0).contains("has no contracts"));
    against("main^0", 0);
}

/// Every object is there, and none can be read.
#[test]
fn a_damaged_repository_is_told_from_an_unknown_name() {
    let tree = released();
    let objects: Vec<_> = tree
        .snapshot()
        .into_iter()
        .filter(|(name, _)| name.starts_with(".git/objects/"))
        .collect();
    for (name, mut bytes) in objects {
        for byte in &mut bytes {
            *byte ^= 0x55;
        }
        // Git makes its objects read-only.
        std::fs::remove_file(tree.path(&name)).unwrap();
        tree.write(&name, bytes);
    }
    let run = tree.run(&["check", "--against", "main"]).ends(2);
    assert!(
        run.stderr.contains("cannot read") && run.stderr.contains("git fsck"),
        "{run}"
    );
}

#[test]
fn a_shallow_clone_says_what_to_fetch() {
    let tree = released();
    tree.add_note();
    tree.commit_all();
    let clone = Tree::empty();
    let from = format!("file://{}", tree.path("").canonicalize().unwrap().display());
    clone.git(&["clone", "--quiet", "--depth=1", &from, "."]);
    let run = clone.run(&["check", "--against", "HEAD~1"]).ends(2);
    assert!(run.stderr.contains("fetch"), "{run}");
    assert!(run.stderr.contains("shallow"), "{run}");
}

#[test]
fn merges_that_were_not_finished_end_with_2() {
    for file in [ORDER, "schemas/waivers.toml", SNAPSHOT, "contracts.toml"] {
        let tree = released();
        let text = if tree.path(file).exists() {
            tree.read(file)
        } else {
            String::new()
        };
        tree.write(
            file,
            format!("<<<<<<< HEAD\n{text}=======\n{text}>>>>>>> other\n"),
        );
        let run = tree.run(&["check"]).ends(2);
        let all = format!("{}{}", run.stdout, run.stderr);
        assert!(all.contains("merge conflict markers"), "{file}: {run}");
        assert!(all.contains("help: "), "{file}: {run}");
        assert_eq!(
            all.matches("error[").count(),
            1,
            "what follows from it is not told as well: {file}: {run}"
        );
    }
}
