//! `contracts init` and `contracts init --adopt`.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use insta::assert_snapshot;

use crate::support::{Run, Tree, copy};

#[test]
fn a_new_workspace_passes_from_the_start() {
    let tree = Tree::empty();
    assert_snapshot!("init", tree.run(&["init"]).ends(0));
    assert_snapshot!("init_workflow", tree.read(".github/workflows/contracts.yml"));
    let run = tree.run(&["check", "--fail-on", "warning"]).ends(0);
    assert!(run.stdout.contains("checked 1 contract"), "{run}");
    tree.run(&["fmt", "--check"]).ends(0);
    tree.run(&["new", "shop/order/order.cancelled"]).ends(0);
    tree.run(&["check", "--fail-on", "warning"]).ends(0);
}

#[test]
fn nothing_is_overwritten() {
    let tree = Tree::empty();
    tree.write(".github/workflows/contracts.yml", "mine");
    let before = tree.snapshot();
    assert_snapshot!("init_exists", tree.run(&["init"]).ends(2));
    assert_eq!(tree.snapshot(), before);
    tree.run(&["init", "--ci", "none"]).ends(0);
    let before = tree.snapshot();
    tree.run(&["init", "--ci", "none"]).ends(2);
    tree.run(&["init", "--adopt", "."]).ends(2);
    assert_eq!(tree.snapshot(), before);
}

#[test]
fn the_first_contract_and_the_service_are_asked_for() {
    let tree = Tree::empty();
    tree.run(&[
        "init",
        "new/place",
        "--event",
        "chat/room/room.opened",
        "--owner",
        "team-rooms",
        "--ci",
        "gitlab",
    ])
    .ends(0);
    let gitlab = tree.read("new/place/.gitlab/contracts.yml");
    let documented = include_str!("../../../docs/ci.md");
    assert!(
        documented.contains(&format!("```yaml\n{gitlab}```")),
        "docs/ci.md shows it as it is written"
    );
    assert_snapshot!("init_gitlab", gitlab);
    let run = tree.run(&["list", "--root", "new/place"]).ends(0);
    assert!(run.stdout.contains("chat.room.opened@1"), "{run}");
    assert!(run.stdout.contains("team-rooms"), "{run}");
    for wrong in ["chat", "chat/room/open room", "../x/y.made"] {
        let tree = Tree::empty();
        tree.run(&["init", "--event", wrong]).ends(2);
        assert!(tree.snapshot().is_empty(), "{wrong}");
    }
}

/// A foreign tree with findings of several kinds.
fn foreign() -> Tree {
    let tree = Tree::empty();
    tree.write(
        "schemas/order.json",
        r#"{
  "$schema": "http://json-schema.org/draft-07/schema#",
  "type": "object",
  "properties": {
    "id": { "type": "string" },
    "total": { "$ref": "common/money.json" },
    "gone": { "$ref": "common/gone.json" }
  },
  "requried": ["id"]
}
"#,
    );
    tree.write(
        "schemas/parcel.json",
        r#"{ "$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": { "id": { "type": "string" } } }"#,
    );
    tree.write("schemas/common/money.json", r#"{ "type": "objekt" }"#);
    tree.write("schemas/broken.json", "{ \"a\": }");
    tree
}

#[test]
fn findings_of_today_are_accepted_and_new_ones_fail() {
    let tree = foreign();
    assert_snapshot!(
        "adopt",
        tree.command(&["init", "--adopt", "schemas", "--until", "2099-12-31"])
            .output()
            .map(|output| String::from_utf8(output.stdout).unwrap())
            .unwrap()
    );
    // The domain is made from the name of the folder that holds the clone, here a temporary one.
    let config = tree.read("contracts.toml");
    let domain = config
        .lines()
        .find_map(|line| line.strip_prefix("domain = "))
        .expect("the layout names no domain");
    assert!(domain.len() > 2, "{config}");
    assert_snapshot!("adopt_config", config.replace(domain, "FOLDER"));
    // Event types begin with the domain, and fingerprints are made from event types.
    let waivers: String = tree
        .read("schemas/waivers.toml")
        .lines()
        .map(|line| match line.strip_prefix("fingerprint = ") {
            Some(fingerprint) => {
                assert_eq!(fingerprint.len(), 18, "{fingerprint}");
                "fingerprint = FINGERPRINT\n".to_owned()
            }
            None => format!("{line}\n"),
        })
        .collect();
    assert_snapshot!("adopt_waivers", waivers);
    tree.run(&["check", "--fail-on", "warning"]).ends(0);
    // Another mistake of a kind that is accepted elsewhere.
    tree.edit(
        "schemas/parcel.json",
        "\"properties\"",
        "\"propertise\": {}, \"properties\"",
    );
    let run = tree.run(&["check"]).ends(1);
    assert!(run.stdout.contains("`propertise`"), "{run}");
    assert!(!run.stdout.contains("error[dead-ref]"), "{run}");
}

#[test]
fn a_mended_finding_is_taken_off_the_list() {
    let tree = foreign();
    tree.run(&[
        "init", "--adopt", "schemas", "--owner", "team-a", "--reason", "later",
    ])
    .ends(0);
    assert!(
        tree.read("schemas/waivers.toml")
            .contains("reason = \"later\"\nowner = \"team-a\"")
    );
    tree.edit("schemas/order.json", "requried", "required");
    let run = tree.run(&["check", "--fail-on", "warning"]).ends(1);
    assert!(run.stdout.contains("waiver-unused"), "{run}");
}

#[test]
fn what_cannot_be_adopted_says_why() {
    let tree = Tree::empty();
    tree.write("empty/readme.txt", "no schema");
    assert_snapshot!("adopt_empty", tree.run(&["init", "--adopt", "empty"]).ends(2));
    assert_snapshot!("adopt_absent", tree.run(&["init", "--adopt", "gone"]).ends(2));
    tree.write("a/x.json", "{\n<<<<<<< ours\n}\n");
    tree.write("a/y.json", "{\"type\": \"object\"}");
    let run = tree.run(&["init", "--adopt", "a"]).ends(2);
    assert!(run.stdout.contains("mend this first"), "{run}");
    tree.run(&["init", "--adopt", "a", "--until", "soon"]).ends(2);
    tree.run(&["init", "--adopt", "a", "--until", "2001-01-01"])
        .ends(2);
    tree.run(&["init", "--adopt", "a", "--layout", "{domain}.json"])
        .ends(2);
    tree.run(&["init", "--adopt", "a", "--layout", "{event}.xml.json"])
        .ends(2);
    tree.run(&["init", "--layout", "{event}.json"]).ends(2);
    assert!(!tree.path("contracts.toml").exists());
}

/// The folder with third-party trees, which are not part of this repository.
fn corpus(tree: &str) -> Option<PathBuf> {
    let corpora = std::env::var_os("CONTRACTS_CORPORA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpora"),
        PathBuf::from,
    );
    let path = corpora.join("trees").join(tree);
    if path.is_dir() {
        return Some(path);
    }
    // Not by `eprintln!`, which the test harness keeps to itself when a test passes.
    let _ = writeln!(
        std::io::stderr(),
        "left out: {tree} is not adopted, for there is no {}; $CONTRACTS_CORPORA says where the trees are",
        path.display()
    );
    None
}

/// A copy of a third-party tree, a repository of its own, adopted and committed.
fn adopted(name: &str) -> Option<(Tree, Run)> {
    let from = corpus(name)?;
    let tree = Tree::empty();
    copy(&from, &tree.path(""));
    let tree = tree.into_repository();
    let run = tree.run(&["init", "--adopt", "."]).ends(0);
    // Another clone calls its folder otherwise; the contracts are the same ones.
    if tree.read("contracts.toml").contains("\ndomain = ") {
        let config = tree.read("contracts.toml");
        let (before, rest) = config.split_once("\ndomain = ").unwrap();
        let rest = rest.split_once('\n').unwrap().1;
        tree.write(
            "contracts.toml",
            format!("{before}\ndomain = \"adopted\"\n{rest}"),
        );
    }
    tree.commit("adopted");
    tree.run(&["check"]).ends(0);
    tree.run(&["check", "--fail-on", "warning"]).ends(0);
    tree.run(&["check", "--against", "HEAD", "--fail-on", "warning"])
        .ends(0);
    Some((tree, run))
}

#[test]
fn cdevents_is_adopted_and_a_break_is_found() {
    let Some((tree, run)) = adopted("cdevents/schemas") else {
        return;
    };
    for said in [
        "layout         {event}.json",
        "draft          2020-12",
        "discriminators /context/type",
    ] {
        assert!(run.stdout.contains(said), "{said}: {run}");
    }
    tree.edit("artifactpackaged.json", "\"minLength\": 1", "\"minLength\": 9");
    let run = tree.run(&["check", "--against", "HEAD"]).ends(1);
    for said in [
        "error[bound-exceeded]",
        "--> artifactpackaged.json:",
        "minLength",
        "an old writer may emit it, the new reader rejects it",
        "keep the wider bound, or publish",
        "to accept it: contracts waive",
    ] {
        assert!(run.stdout.contains(said), "{said}: {run}");
    }
    // A new version of the same event is no break: its number is what discriminates.
    tree.git(&["checkout", "--quiet", "."]);
    let text = tree.read("artifactpackaged.json");
    tree.write(
        "artifactpackaged.json",
        text.replace("packaged.0.3.0", "packaged.0.3.1"),
    );
    tree.run(&["check", "--against", "HEAD"]).ends(0);
}

#[test]
fn google_cloudevents_is_adopted_and_a_break_is_found() {
    let Some((tree, run)) = adopted("google-cloudevents/jsonschema") else {
        return;
    };
    assert!(
        run.stdout
            .contains("layout         **/{domain}/v{major}/{event}.json"),
        "{run}"
    );
    assert!(run.stdout.contains("141 contracts"), "{run}");
    let file = "google/events/cloud/pubsub/v1/MessagePublishedData.json";
    tree.edit(file, "\"type\": \"string\"", "\"type\": \"integer\"");
    let run = tree.run(&["check", "--against", "HEAD"]).ends(1);
    for said in ["error[type-not-accepted]", file, "witness"] {
        assert!(run.stdout.contains(said), "{said}: {run}");
    }
    fs::remove_file(tree.path(file)).unwrap();
    let run = tree.run(&["check", "--against", "HEAD"]).ends(1);
    assert!(run.stdout.contains("contract-removed"), "{run}");
}
