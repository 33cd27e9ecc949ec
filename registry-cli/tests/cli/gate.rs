//! `contracts check` against snapshots, commits and folders, in real repositories made for each test.

mod trouble;

use insta::assert_snapshot;

use crate::support::{Run, Tree};

const ORDER: &str = "schemas/shop/order/order.placed.v1.json";
const MOVED: &str = "schemas/shop/moved/order.placed.v1.json";
const MONEY: &str = "schemas/common/money.v1.json";
const SNAPSHOT: &str = "schemas/released/shop.order.placed/1.2.0.json";

/// A released contract on `main`, in a git repository; nothing is generated.
fn released() -> Tree {
    let tree = Tree::shop();
    tree.write("contracts.toml", "root = \"schemas\"\n");
    tree.run(&["release"]).ends(0);
    tree.commit_all();
    tree
}

impl Tree {
    fn commit_all(&self) {
        if self.path(".git").exists() {
            self.git(&["add", "--all"]);
            self.git(&["commit", "--quiet", "--message", "more"]);
        } else {
            self.git(&["init", "--quiet", "--initial-branch=main"]);
            self.git(&["add", "--all"]);
            self.git(&["commit", "--quiet", "--message", "one"]);
        }
    }

    fn require_email(&self) {
        self.edit(
            ORDER,
            r#""required": ["orderId", "placedAt", "lines", "total"]"#,
            r#""required": ["orderId", "placedAt", "lines", "total", "email"]"#,
        );
    }

    fn add_note(&self) {
        self.edit(
            ORDER,
            r#""total": {"#,
            r#""note": { "type": "string", "description": "Free text.", "maxLength": 99 },
    "total": {"#,
        );
    }

    fn set_version(&self, from: &str, to: &str) {
        self.edit(
            ORDER,
            &format!(r#""version": "{from}""#),
            &format!(r#""version": "{to}""#),
        );
    }
}

fn rules(run: &Run) -> Vec<String> {
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run}"));
    report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| found["rule"].as_str().unwrap().to_owned())
        .collect()
}

fn found(tree: &Tree, arguments: &[&str], code: i32) -> Vec<String> {
    let mut all = vec!["check", "--format", "json"];
    all.extend(arguments);
    rules(&tree.run(&all).ends(code))
}

#[test]
fn a_breaking_change_is_told_on_both_sides_with_its_witness() {
    let tree = released();
    tree.require_email();
    tree.add_note();
    assert_snapshot!(tree.run(&["check"]).ends(1));
}

/// Two causes in the contract, one in what it refers to, one beside the schemas: each once, in the order of the files.
#[test]
fn several_findings_are_told_in_the_order_of_their_places() {
    let tree = released();
    tree.require_email();
    tree.edit(ORDER, r#""maximum": 10000"#, r#""maximum": 100"#);
    tree.edit(ORDER, r#""key": "/orderId""#, r#""key": "/placedAt""#);
    tree.edit(MONEY, "^[A-Z]{3}$", "^[A-Z]{2,3}$");
    let run = tree.run(&["check", "--against", "main"]).ends(1);
    assert_snapshot!("several_findings", run);
    // What names a finding does not depend on versions, lines or layout.
    let fingerprints = |run: &Run| -> std::collections::BTreeSet<String> {
        let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        let findings = report["findings"].as_array().unwrap().iter();
        findings
            .map(|found| found["fingerprint"].as_str().unwrap().to_owned())
            .collect()
    };
    let json = ["check", "--against", "main", "--format", "json"];
    let before = fingerprints(&tree.run(&json));
    assert_eq!(before.len(), 4);
    tree.set_version("1.2.0", "1.2.7");
    tree.run(&["fmt"]).ends(0);
    assert_eq!(fingerprints(&tree.run(&json)), before);
    tree.write("unrelated.md", "more");
    tree.commit_all();
    assert_eq!(
        fingerprints(&tree.run(&["check", "--format", "json"])),
        before,
        "against the snapshot alone"
    );
}

#[test]
fn a_compatible_change_needs_a_version() {
    let tree = released();
    tree.add_note();
    assert_snapshot!(tree.run(&["check"]).ends(1));
    tree.set_version("1.2.0", "1.3.0");
    assert_snapshot!(
        "a_compatible_change_with_its_version",
        tree.run(&["check"]).ends(0)
    );
}

#[test]
fn documentation_needs_a_patch_and_operations_need_nothing() {
    let tree = released();
    tree.edit(
        ORDER,
        "A customer placed an order.",
        "A customer placed an order, finally.",
    );
    assert_eq!(found(&tree, &[], 1), ["version-bump"]);
    tree.set_version("1.2.0", "1.2.1");
    assert!(found(&tree, &[], 0).is_empty());
    tree.git(&["checkout", "--quiet", "."]);
    tree.edit(ORDER, "P14D", "P30D");
    assert!(found(&tree, &[], 0).is_empty(), "retention is no content");
    tree.set_version("1.2.0", "1.1.0");
    assert_eq!(
        found(&tree, &[], 1),
        ["version-bump"],
        "a version does not go back"
    );
}

#[test]
fn correcting_an_unreleased_change_breaks_nobody() {
    let tree = released();
    tree.add_note();
    tree.set_version("1.2.0", "1.3.0");
    tree.commit_all();
    tree.edit(
        ORDER,
        r#""note": { "type": "string""#,
        r#""note": { "type": "integer""#,
    );
    tree.edit(ORDER, r#""Free text.", "maxLength": 99"#, r#""A number.""#);
    assert!(found(&tree, &["--against", "HEAD"], 0).is_empty());
}

#[test]
fn one_cause_in_a_shared_schema_is_one_finding() {
    let tree = Tree::shop();
    tree.write("contracts.toml", "root = \"schemas\"\n");
    for name in ["b", "c", "d", "e"] {
        let text = tree
            .read(ORDER)
            .replace("order/order.placed", &format!("order{name}/order{name}.placed"))
            .replace("order.placed", &format!("order{name}.placed"));
        tree.write(
            &format!("schemas/shop/order{name}/order{name}.placed.v1.json"),
            text,
        );
        let example = tree.read("schemas/shop/order/examples/order.placed.v1/valid/typical.json");
        tree.write(
            &format!("schemas/shop/order{name}/examples/order{name}.placed.v1/valid/typical.json"),
            example.replace("EUR", "EU"),
        );
    }
    tree.edit(MONEY, "^[A-Z]{3}$", "^[A-Z]{2,3}$");
    tree.run(&["release"]).ends(0);
    tree.edit(MONEY, "^[A-Z]{2,3}$", "^[A-Z]{2}$");
    tree.edit(
        "schemas/shop/order/examples/order.placed.v1/valid/typical.json",
        "EUR",
        "EU",
    );
    let run = tree.run(&["check"]).ends(1);
    assert_eq!(run.stdout.matches("error[").count(), 1, "{run}");
    assert!(run.stdout.contains("reached by 5 contracts: "), "{run}");
    assert!(run.stdout.contains("and 2 more"), "{run}");
}

#[test]
fn what_was_accepted_is_shown_and_released_once() {
    let tree = released();
    tree.require_email();
    let run = tree.run(&["check"]).ends(1);
    let command = run
        .stdout
        .lines()
        .find_map(|line| line.strip_prefix("to accept it: contracts "))
        .unwrap();
    let fingerprint = command.split_whitespace().nth(1).unwrap().to_owned();
    let waive = [
        "--reason",
        "all writers send it",
        "--owner",
        "team-orders",
        "--until",
    ];
    let unknown = format!("{}0", &fingerprint[..15]);
    let mut arguments = vec!["waive", unknown.as_str()];
    arguments.extend(waive);
    arguments.push("2999-01-01");
    if unknown != fingerprint {
        let refused = tree.run(&arguments).ends(2);
        assert!(
            refused.stderr.contains(&format!("did you mean {fingerprint}?")),
            "{refused}"
        );
    }
    arguments[1] = fingerprint.as_str();
    assert_snapshot!("waive", tree.run(&arguments).ends(0));
    assert_snapshot!("waive_again", tree.run(&arguments).ends(2));
    assert_snapshot!("waive_file", tree.read("schemas/waivers.toml"));
    let run = tree.run(&["check"]).ends(1);
    assert!(run.stdout.contains("waived[required-property-missing]"), "{run}");
    assert!(run.stdout.contains("needs 1.3.0"), "{run}");
    tree.run(&["bump"]).ends(0);
    tree.run(&["check"]).ends(0);
    // Past its day it cannot be released any more.
    let late = tree
        .command(&["release"])
        .env("SOURCE_DATE_EPOCH", "32503680001")
        .output()
        .unwrap();
    assert_eq!(late.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&late.stdout).contains("waiver-expired"));
    tree.run(&["release"]).ends(0);
    assert!(!tree.read("schemas/waivers.toml").contains(&fingerprint));
    assert!(
        tree.read("schemas/released/shop.order.placed/1.3.0.json")
            .contains(&fingerprint)
    );
    tree.run(&["check", "--fail-on", "warning"]).ends(0);
    tree.run(&["check", "--against", "main", "--fail-on", "warning"])
        .ends(0);
    // The next release is compared with 1.2.0 as well, and does not turn red again.
    tree.commit_all();
    tree.add_note();
    tree.run(&["bump"]).ends(0);
    let run = tree.run(&["check", "--fail-on", "warning"]).ends(0);
    assert!(!run.stdout.contains("error["), "{run}");
}

#[test]
fn a_waiver_that_matches_nothing_is_a_warning() {
    let tree = released();
    tree.write(
        "schemas/waivers.toml",
        "[[waiver]]\nfingerprint = \"0000000000000000\"\nreason = \"r\"\nowner = \"o\"\nuntil = 2999-01-01\n",
    );
    assert_eq!(found(&tree, &[], 0), ["waiver-unused"]);
    tree.run(&["check", "--fail-on", "warning"]).ends(1);
}

#[test]
fn history_is_not_rewritten() {
    let tree = released();
    tree.edit(SNAPSHOT, "A customer", "A person");
    assert_eq!(
        found(&tree, &[], 2),
        ["broken-history", "contract-removed"].map(String::from)[..1]
    );
    assert_eq!(found(&tree, &["--against", "main"], 2), ["snapshot-edited"]);
    // Nobody can accept that: neither by the command nor by hand, and no version is told meanwhile.
    let report = tree.run(&["check", "--format", "json"]).stdout;
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let fingerprint = report["findings"][0]["fingerprint"].as_str().unwrap();
    let accept = ["waive", fingerprint, "--reason", "r", "--owner", "o", "--until"];
    let run = tree.run(&[&accept[..], &["2999-01-01"]].concat()).ends(2);
    assert!(run.stderr.contains("cannot be accepted"), "{run}");
    tree.write(
        "schemas/waivers.toml",
        format!(
            "[[waiver]]\nfingerprint = \"{fingerprint}\"\nreason = \"r\"\nowner = \"o\"\nuntil = 2999-01-01\n"
        ),
    );
    tree.run(&["check"]).ends(2);
    tree.run(&["bump"]).ends(2);
    std::fs::remove_file(tree.path("schemas/waivers.toml")).unwrap();
    std::fs::remove_file(tree.path(SNAPSHOT)).unwrap();
    assert_eq!(found(&tree, &["--against", "main"], 2), ["snapshot-deleted"]);
    // The base's copy still protects what was released.
    tree.require_email();
    let rules = found(&tree, &["--against", "main"], 2);
    assert!(
        rules.contains(&"required-property-missing".to_owned()),
        "{rules:?}"
    );
}

#[test]
fn contracts_do_not_just_go() {
    let tree = released();
    tree.write("schemas/consumers/billing-service.toml", "owner = \"o\"\n");
    std::fs::remove_dir_all(tree.path("schemas/shop")).unwrap();
    assert_eq!(found(&tree, &[], 1), ["contract-removed"]);
    assert_eq!(found(&tree, &["--against", "main"], 1), ["contract-removed"]);
    tree.git(&["checkout", "--quiet", "schemas/shop"]);
    tree.edit(
        ORDER,
        r#""status": "active","#,
        r#""status": "deprecated", "sunset": "2027-04-02","#,
    );
    tree.run(&["bump"]).ends(0);
    tree.run(&["release"]).ends(0);
    tree.commit_all();
    std::fs::remove_dir_all(tree.path("schemas/shop")).unwrap();
    let on = |seconds: &str| {
        let output = tree
            .command(&["check", "--against", "main"])
            .env("SOURCE_DATE_EPOCH", seconds)
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
        )
    };
    // 2026-11-25, and the day of the sunset.
    let (code, text) = on("1795564800");
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("128 days left"), "{text}");
    let (code, text) = on("1806624000");
    assert_eq!(code, Some(0), "{text}");
}

#[test]
fn moves_are_recognised_and_renames_named() {
    let tree = released();
    std::fs::rename(tree.path("schemas/shop/order"), tree.path("schemas/shop/moved")).unwrap();
    tree.edit(MOVED, "shop/order/order.placed", "shop/moved/order.placed");
    tree.run(&["bump"]).ends(0);
    assert!(
        found(&tree, &["--against", "main"], 0).is_empty(),
        "the type is the same"
    );
    std::fs::rename(
        tree.path("schemas/shop/moved/order.placed.v1.json"),
        tree.path("schemas/shop/moved/order.booked.v1.json"),
    )
    .unwrap();
    let run = tree.run(&["check", "--against", "main"]);
    assert!(
        run.stdout
            .contains("shop.order.booked.v1 has the same content, so it was renamed"),
        "{run}"
    );
}

#[test]
fn a_folder_is_a_base_too() {
    let tree = Tree::shop();
    tree.write("contracts.toml", "root = \"schemas\"\n");
    let old = Tree::shop();
    tree.require_email();
    let base = old.path("").display().to_string();
    let rules = found(&tree, &["--against", &base], 1);
    assert_eq!(rules, ["required-property-missing"]);
    let run = tree.run(&["check", "--against", "nowhere"]).ends(2);
    assert!(run.stderr.contains("is no folder"), "{run}");
}

#[test]
fn topic_key_and_classification() {
    let tree = released();
    tree.edit(ORDER, r#""name": "shop.order.placed.v1""#, r#""name": "orders""#);
    tree.edit(ORDER, r#""key": "/orderId""#, r#""key": "/placedAt""#);
    tree.edit(
        ORDER,
        r#""x-classification": "pii""#,
        r#""x-classification": "internal""#,
    );
    let mut rules = found(&tree, &[], 1);
    rules.retain(|rule| rule != "unclassified-personal-data");
    rules.sort();
    assert_eq!(rules, ["classification-lowered", "key-changed", "topic-changed"]);
}

/// A declares a string, B no longer declares it, C declares an integer: neighbours agree, events of A are still in the
/// topic.
#[test]
fn a_name_that_comes_back_is_compared_with_every_release() {
    for history in ["latest", "all"] {
        let tree = Tree::shop();
        tree.write(
            "contracts.toml",
            format!("root = \"schemas\"\n[compatibility]\nmode = \"backward\"\nhistory = \"{history}\"\n"),
        );
        let without = tree.read(ORDER);
        tree.add_note();
        tree.run(&["release"]).ends(0);
        tree.write(
            ORDER,
            without.replace("\"version\": \"1.2.0\"", "\"version\": \"1.3.0\""),
        );
        tree.run(&["release"]).ends(0);
        tree.add_note();
        tree.set_version("1.3.0", "1.4.0");
        tree.edit(
            ORDER,
            r#""note": { "type": "string", "description": "Free text.", "maxLength": 99 }"#,
            r#""note": { "type": "integer", "description": "A number." }"#,
        );
        let run = tree.run(&["check"]).ends(1);
        assert!(run.stdout.contains("before: 1.2.0"), "{history}: {run}");
        // Under `latest` other changes are compared with the last release only.
        tree.write(
            ORDER,
            without.replace("\"version\": \"1.2.0\"", "\"version\": \"1.3.0\""),
        );
        tree.run(&["check"]).ends(0);
    }
}

#[test]
fn services_say_what_they_read() {
    let tree = Tree::shop();
    tree.write(
        "contracts.toml",
        "root = \"schemas\"\nservices = [\"services/*\"]\n[generate.rust]\nout = \"generated\"\nevents = { version = \"0.1\"          }\n",
    );
    tree.run(&["gen"]).ends(0);
    for service in ["order-service", "billing-service", "fraud-service"] {
        tree.write(
            &format!("services/{service}/Cargo.toml"),
            format!("[package]\nname = \"{service}\"\n[dependencies]\nshop-events = {{ path = \"../../generated/shop\" }}\n"),
        );
    }
    tree.write(
        "services/tested-service/Cargo.toml",
        "[package]\nname = \"tested-service\"\n[dev-dependencies]\nshop-events = \"0.1\"\n",
    );
    let run = tree.run(&["check"]).ends(1);
    assert_eq!(
        run.stdout.matches("error[undeclared-consumer]").count(),
        1,
        "{run}"
    );
    assert!(run.stdout.contains("fraud-service imports shop-events"), "{run}");
}

#[test]
fn drafts_change_freely() {
    let tree = released();
    tree.edit(
        "schemas/chat/message/message.sent.v1.json",
        r#""description": "What was said.", "maxLength": 4000"#,
        r#""description": "What was said.", "maxLength": 400"#,
    );
    assert!(found(&tree, &["--against", "main"], 0).is_empty());
    // What is true of a draft is no longer true once it is active.
    tree.git(&["checkout", "--quiet", "."]);
    tree.edit(
        "schemas/chat/message/message.sent.v1.json",
        "\"draft\"",
        "\"active\"",
    );
    tree.commit_all();
    tree.edit(
        "schemas/chat/message/message.sent.v1.json",
        r#""description": "What was said.", "maxLength": 4000"#,
        r#""description": "What was said.", "maxLength": 400"#,
    );
    let rules = found(&tree, &["--against", "main"], 1);
    assert!(rules.contains(&"bound-exceeded".to_owned()), "{rules:?}");
}

/// What is compared with a commit is found against that commit only: the line to paste says so.
#[test]
fn the_line_that_accepts_can_be_pasted() {
    let tree = Tree::empty();
    tree.write(
        "a.json",
        r#"{"type": "object", "properties": {"a": {"type": "string"}}}"#,
    );
    tree.write(
        "contracts.toml",
        "root = \".\"\nlayout = \"{event}.json\"\ndomain = \"shop\"\nhouse-rules = \"with-metadata\"\n",
    );
    tree.commit_all();
    tree.edit("a.json", "string", "integer");
    let run = tree.run(&["check", "--against", "HEAD"]).ends(1);
    let line = run
        .stdout
        .lines()
        .find_map(|line| line.strip_prefix("to accept it: contracts "))
        .unwrap();
    let line = line
        .replace("\"…\"", "agreed")
        .replace('…', "team-a")
        .replace("YYYY-MM-DD", "2999-01-01");
    let arguments: Vec<&str> = line.split_whitespace().collect();
    tree.run(&arguments).ends(0);
    tree.run(&["check", "--against", "HEAD"]).ends(0);
}

#[test]
fn an_adopted_tree_without_metadata_is_compared_with_its_base() {
    let tree = Tree::empty();
    let schema = |kind: &str| format!(r#"{{"type": "object", "properties": {{"a": {{"type": "{kind}"}}}}}}"#);
    tree.write("orders/made.json", schema("string"));
    tree.write("orders/paid.json", schema("string"));
    tree.commit_all();
    let check = |code| {
        tree.run(&[
            "check",
            "--root",
            ".",
            "--layout",
            "**/{event}.json",
            "--against",
            "HEAD",
        ])
        .ends(code)
    };
    check(0);
    tree.write("orders/made.json", schema("integer"));
    let run = check(1);
    assert!(run.stdout.contains("error[type-not-accepted]"), "{run}");
    assert!(run.stdout.contains("before: HEAD:orders/made.json"), "{run}");
    tree.write("orders/made.json", schema("string"));
    std::fs::remove_file(tree.path("orders/paid.json")).unwrap();
    let run = check(1);
    assert!(run.stdout.contains("contract-removed"), "{run}");
}
