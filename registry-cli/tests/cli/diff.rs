//! `contracts diff`: every kind of side, the verdicts, the flags, and `--pairs`.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::Tree;

const ORDER: &str = "schemas/shop/order/order.placed.v1.json";

/// Two files that differ so that both directions break.
fn files() -> Tree {
    let tree = Tree::empty();
    tree.write(
        "old.json",
        r#"{
  "type": "object",
  "properties": { "id": { "type": "string", "maxLength": 36 }, "note": { "type": "string" } },
  "required": ["id"]
}
"#,
    );
    tree.write(
        "new.json",
        r#"{
  "type": "object",
  "properties": { "id": { "type": "string", "maxLength": 20 }, "note": { "type": "string" }, "by": { "type": "string" } },
  "required": ["id", "by"]
}
"#,
    );
    tree
}

/// The text without what differs from run to run.
fn steady(text: &str) -> String {
    text.lines()
        .map(|line| match line.split_once("\"micros\": ") {
            Some((before, _)) => format!("{before}\"micros\": 0"),
            None => line.to_owned(),
        })
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn two_files_with_frames_on_both_sides_and_witnesses() {
    let tree = files();
    assert_snapshot!("files", tree.run(&["diff", "old.json", "new.json"]).ends(1));
    assert_snapshot!("same_file", tree.run(&["diff", "old.json", "old.json"]).ends(0));
}

#[test]
fn the_json_answer_keeps_to_its_schema() {
    let tree = files();
    let run = tree
        .run(&["diff", "old.json", "new.json", "--format", "json"])
        .ends(1);
    assert_snapshot!("files_json", steady(&run.stdout));
    let schema = committed("diff-output");
    let validator = jsonschema::validator_for(&schema).unwrap();
    let answer: Value = serde_json::from_str(&run.stdout).unwrap();
    validator.validate(&answer).unwrap();

    let shop = Tree::shop().into_repository();
    shop.edit(ORDER, r#""maximum": 10000"#, r#""maximum": 100"#);
    let run = shop
        .run(&["diff", &format!("HEAD:{ORDER}"), ORDER, "--format", "json"])
        .ends(1);
    let answer: Value = serde_json::from_str(&run.stdout).unwrap();
    validator.validate(&answer).unwrap();
    assert_eq!(answer["summary"]["required"], "2.0.0");
    assert_eq!(answer["summary"]["type"], "shop.order.placed");
    assert_eq!(
        answer["backward"]["breaks"][0]["old"]["file"],
        format!("HEAD:{ORDER}")
    );
}

fn committed(name: &str) -> Value {
    let path = format!(
        "{}/../docs/schemas/{name}.schema.json",
        env!("CARGO_MANIFEST_DIR")
    );
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn a_git_revision_brings_the_tree_of_its_commit() {
    let tree = Tree::shop().into_repository();
    // Behind a reference, in a file that changes as well.
    tree.edit(
        "schemas/common/money.v1.json",
        "\"required\": [\"amount\", \"currency\"]",
        "\"required\": [\"amount\"]",
    );
    assert_snapshot!(
        "git_reference",
        tree.run(&["diff", &format!("HEAD:{ORDER}"), ORDER]).ends(1)
    );
    assert_snapshot!(
        "git_unknown",
        tree.run(&["diff", &format!("gone:{ORDER}"), ORDER]).ends(2)
    );
    assert_snapshot!(
        "git_no_file",
        tree.run(&["diff", "HEAD:schemas/gone.json", ORDER]).ends(2)
    );
}

#[test]
fn a_contract_is_told_the_version_that_it_needs() {
    let tree = Tree::shop().into_repository();
    let base = format!("HEAD:{ORDER}");
    let last = |code| {
        let run = tree.run(&["diff", &base, ORDER]).ends(code);
        run.stdout.lines().last().unwrap().to_owned()
    };
    tree.edit(
        ORDER,
        r#""email": {"#,
        r#""coupon": { "type": "string", "description": "What was off.", "maxLength": 20 }, "email": {"#,
    );
    assert_eq!(
        last(0),
        "shop.order.placed needs 1.2.0 → 1.3.0: 0 breaking, 1 compatible change"
    );
    tree.edit(
        ORDER,
        r#""required": ["orderId", "#,
        r#""required": ["coupon", "orderId", "#,
    );
    tree.edit(
        ORDER,
        r#""email": {"#,
        r#""gift": { "type": "boolean", "description": "Whether it is one." }, "email": {"#,
    );
    assert_eq!(
        last(1),
        "shop.order.placed needs 1.2.0 → 2.0.0: 1 breaking, 1 compatible change"
    );
    tree.git(&["checkout", "--quiet", "."]);
    assert_eq!(
        last(0),
        "shop.order.placed stays at 1.2.0: 0 breaking, 0 compatible changes"
    );
    tree.edit(ORDER, "What is sold.", "What is bought.");
    assert_eq!(
        last(0),
        "shop.order.placed needs 1.2.0 → 1.2.1: 0 breaking, 1 compatible change"
    );
}

/// The line by which both commands sum up a change of the order.
fn summary_of(run: &crate::support::Run) -> String {
    run.stdout
        .lines()
        .find(|line| line.starts_with("shop.order.placed ") && line.contains(" compatible change"))
        .unwrap_or_else(|| panic!("no summary in {run}"))
        .to_owned()
}

#[test]
fn diff_and_check_sum_a_change_up_alike() {
    for (from, to) in [
        (r#""maximum": 10000"#, r#""maximum": 100"#),
        (
            r#""email": {"#,
            r#""coupon": { "type": "string", "description": "Off.", "maxLength": 9 }, "email": {"#,
        ),
        (
            r#""required": ["orderId", "#,
            r#""required": ["coupon", "orderId", "#,
        ),
        ("\"name\": \"shop.order.placed.v1\"", "\"name\": \"orders\""),
        (
            "\"x-classification\": \"pii\"",
            "\"x-classification\": \"internal\"",
        ),
        ("What is sold.", "What is bought."),
    ] {
        let tree = Tree::shop().into_repository();
        tree.edit(ORDER, from, to);
        let check = tree.run(&["check", "--against", "HEAD"]);
        let diff = tree.run(&["diff", &format!("HEAD:{ORDER}"), ORDER]);
        assert_eq!(summary_of(&diff), summary_of(&check), "{from} -> {to}");
    }
}

#[test]
fn what_no_schema_shows_breaks_too() {
    let tree = Tree::shop().into_repository();
    tree.edit(
        ORDER,
        "\"name\": \"shop.order.placed.v1\"",
        "\"name\": \"orders\"",
    );
    tree.edit(
        ORDER,
        "\"x-classification\": \"pii\"",
        "\"x-classification\": \"internal\"",
    );
    assert_snapshot!(
        "beside",
        tree.run(&["diff", &format!("HEAD:{ORDER}"), ORDER]).ends(1)
    );
}

#[test]
fn a_released_version_is_a_side() {
    let tree = Tree::shop();
    let mut schema: Value = serde_json::from_str(&tree.read(ORDER)).unwrap();
    schema["properties"]["total"] = json!({"type": "object", "required": ["amount"]});
    schema["x-contract"]["version"] = json!("1.1.0");
    let snapshot = gate::history::Snapshot::new(
        "shop.order.placed".to_owned(),
        semver::Version::new(1, 1, 0),
        "2026-01-31".parse().unwrap(),
        None,
        Vec::new(),
        schema,
    );
    tree.write(
        format!("schemas/released/{}", snapshot.path()).as_str(),
        snapshot.render(),
    );
    assert_snapshot!(
        "released",
        tree.run(&["diff", "shop.order.placed@1.1.0", ORDER]).ends(1)
    );
    for gone in [
        "shop.order.placed@1.0.0",
        "shop.order.placed@../../x",
        "../x@1.0.0",
    ] {
        tree.run(&["diff", gone, ORDER]).ends(2);
    }
    tree.edit("schemas/released/shop.order.placed/1.1.0.json", "uuid", "guid");
    assert_snapshot!(
        "released_edited",
        tree.run(&["diff", "shop.order.placed@1.1.0", ORDER]).ends(2)
    );
}

#[test]
fn standard_input_is_a_side_once() {
    let tree = files();
    let run = tree.run_with(&["diff", "-", "new.json"], tree.read("old.json").as_bytes());
    assert!(run.ends(1).stdout.contains("--> <stdin>:"));
    assert_snapshot!("stdin_twice", tree.run(&["diff", "-", "-"]).ends(2));
    assert_snapshot!(
        "stdin_no_json",
        tree.run_with(&["diff", "-", "new.json"], b"{\"a\":").ends(2)
    );
}

#[test]
fn modes_and_options_are_flags() {
    let tree = Tree::empty();
    tree.write("old.json", r#"{ "properties": { "a": { "type": "string" } } }"#);
    tree.write(
        "new.json",
        r#"{ "properties": { "a": { "type": "string" }, "b": { "type": "string", "format": "date" } } }"#,
    );
    let run = |more: &[&str], code| {
        let arguments: Vec<&str> = ["diff", "old.json", "new.json"]
            .iter()
            .chain(more)
            .copied()
            .collect();
        tree.run(&arguments).ends(code).stdout
    };
    // Nobody emits what is not declared; whoever may, may have emitted a `b` of any kind.
    assert!(run(&[], 0).contains("backward (new readers, old events): compatible, proved"));
    let open = run(&["--writer", "open"], 1);
    assert!(
        open.contains("backward (new readers, old events): breaking"),
        "{open}"
    );
    assert!(
        open.contains("forward (old readers, new events): compatible"),
        "{open}"
    );
    let forward = run(&["--writer", "open", "--mode", "forward"], 0);
    assert!(!forward.contains("backward"), "{forward}");
    assert!(run(&["--mode", "none"], 0).contains("nothing was asked"));

    tree.write("old.json", r#"{ "properties": { "b": { "type": "string" } } }"#);
    assert!(run(&["--mode", "backward"], 1).contains("format"));
    run(&["--mode", "backward", "--formats", "annotate"], 0);

    tree.write(
        "old.json",
        r#"{ "properties": { "v": { "const": "1" } }, "required": ["v"] }"#,
    );
    tree.write(
        "new.json",
        r#"{ "properties": { "v": { "const": "2" } }, "required": ["v"] }"#,
    );
    run(&[], 1);
    run(&["--discriminator", "/v"], 0);
    tree.run(&["diff", "old.json", "new.json", "--mode", "sideways"])
        .ends(2);
}

#[test]
fn the_workspace_and_the_contract_say_what_is_asked() {
    let tree = Tree::shop().into_repository();
    let base = format!("HEAD:{ORDER}");
    tree.edit(ORDER, r#""maximum": 10000"#, r#""maximum": 20000"#);
    tree.run(&["diff", &base, ORDER]).ends(1);
    tree.write(
        "contracts.toml",
        "root = \"schemas\"\n[compatibility]\nmode = \"backward\"\n",
    );
    let run = tree.run(&["diff", &base, ORDER]).ends(0);
    assert!(run.stdout.contains("needs 1.2.0 → 1.3.0"), "{run}");
    tree.edit(
        ORDER,
        "\"status\": \"active\",",
        "\"status\": \"active\", \"compatibility\": \"full\",",
    );
    tree.run(&["diff", &base, ORDER]).ends(1);
    tree.run(&["diff", &base, ORDER, "--mode", "backward"]).ends(0);
}

#[test]
fn wrong_usage_says_what_a_side_is() {
    let tree = files();
    assert_snapshot!("one_side", tree.run(&["diff", "old.json"]).ends(2));
    assert_snapshot!("no_side", tree.run(&["diff", "gone.json", "new.json"]).ends(2));
    tree.write("text.json", "no json");
    assert_snapshot!("no_json", tree.run(&["diff", "old.json", "text.json"]).ends(2));
    tree.write("bytes.json", b"\xff\xfe");
    tree.run(&["diff", "old.json", "bytes.json"]).ends(2);
    tree.run(&["diff", "HEAD:old.json", "new.json"]).ends(2);
    tree.run(&["diff", "a@1.0.0", "new.json"]).ends(2);
    tree.run(&["diff", "--pairs", "gone.jsonl"]).ends(2);
    tree.run(&["diff", "--pairs", "."]).ends(2);
    tree.run(&["diff", "--pairs", "old.json", "new.json"]).ends(2);
}

#[test]
fn pairs_are_answered_in_order_and_keep_to_their_schemas() {
    let tree = Tree::empty();
    let mut input = String::new();
    // More lines than are in memory at once.
    for number in 0..200 {
        let old = json!({"type": "integer", "maximum": number});
        let new = json!({"type": "integer", "maximum": 100});
        input += &json!({"id": number, "old": old, "new": new}).to_string();
        input.push('\n');
    }
    let question = jsonschema::validator_for(&committed("diff-pair")).unwrap();
    let answer = jsonschema::validator_for(&committed("diff-answer")).unwrap();
    let run = tree.run_with(&["diff", "--pairs", "-"], input.as_bytes()).ends(0);
    let lines: Vec<Value> = run
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 200);
    for (number, (asked, line)) in input.lines().zip(&lines).enumerate() {
        question.validate(&serde_json::from_str(asked).unwrap()).unwrap();
        answer.validate(line).unwrap();
        assert_eq!(line["id"], number);
        let expected = |within: bool| if within { "compatible" } else { "breaking" };
        assert_eq!(line["backward"]["verdict"], expected(number <= 100), "{line}");
        assert_eq!(line["forward"]["verdict"], expected(number >= 100), "{line}");
    }
    tree.write("pairs.jsonl", &input);
    let from_file = tree.run(&["diff", "--pairs", "pairs.jsonl"]).ends(0);
    assert_eq!(from_file.stdout.lines().count(), 200);
}

#[test]
fn pairs_may_nest_a_thousand_objects_but_not_any_number() {
    let nested = |kind: &str, levels: usize| {
        let open = r#"{"type":"object","properties":{"a":"#.repeat(levels);
        format!(r#"{open}{{"type":"{kind}"}}{}"#, "}}".repeat(levels))
    };
    let line = |levels| {
        format!(
            "{{\"id\":{levels},\"old\":{},\"new\":{}}}\n",
            nested("string", levels),
            nested("string", levels)
        )
    };
    let run = Tree::empty()
        .run_with(&["diff", "--pairs", "-"], (line(1_000) + &line(5_000)).as_bytes())
        .ends(0);
    let mut lines = run.stdout.lines();
    let answered = lines.next().unwrap();
    assert_eq!(
        answered.matches(r#""verdict":"compatible""#).count(),
        2,
        "{answered}"
    );
    let refused = lines.next().unwrap();
    assert!(refused.contains("nested deeper than 8000 levels"), "{refused}");
}

#[test]
fn bad_lines_are_answered_and_options_hold() {
    let tree = Tree::empty();
    let input = [
        "nonsense",
        "",
        r#"{"id": "no new", "old": true}"#,
        r#"{"id": "draft", "draft": "99", "old": true, "new": true}"#,
        r#"{"id": [1], "draft": "4", "old": {"maximum": 1, "exclusiveMaximum": true}, "new": {"maximum": 1}}"#,
        r#"{"id": "open", "old": {}, "new": {"properties": {"a": {"type": "string"}}}}"#,
        "{\"id\": \"\u{1b}[31m\", \"old\": {\"type\": 7}, \"new\": {}}",
        r#"{"id": "last, without a line end", "old": false, "new": {}}"#,
    ]
    .join("\n");
    let run = tree
        .run_with(
            &[
                "diff",
                "--pairs",
                "-",
                "--writer",
                "open",
                "--formats",
                "annotate",
            ],
            input.as_bytes(),
        )
        .ends(0);
    let steady: String = run
        .stdout
        .lines()
        .map(|line| {
            let mut answer: Value = serde_json::from_str(line).unwrap();
            answer["backward"]["micros"] = json!(0);
            answer["forward"]["micros"] = json!(0);
            answer.to_string() + "\n"
        })
        .collect();
    assert_snapshot!("bad_lines", steady);
}

#[test]
fn an_answer_comes_before_the_next_question_when_someone_waits() {
    use std::io::{BufRead as _, BufReader, Write as _};
    let tree = Tree::empty();
    let mut child = tree
        .command(&["diff", "--pairs", "-"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
    // A chunk is answered as soon as it is whole, with the stream still open.
    for _ in 0..64 {
        stdin
            .write_all(b"{\"id\": 1, \"old\": true, \"new\": true}\n")
            .unwrap();
    }
    stdin.flush().unwrap();
    assert!(answers.next().unwrap().unwrap().contains("compatible"));
    drop(stdin);
    assert_eq!(answers.count(), 63);
    assert!(child.wait().unwrap().success());
}
