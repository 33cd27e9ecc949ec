//! The formats of `contracts check`: several at once, into files, and what happens by itself in GitHub Actions. What
//! each format looks like is tested beside it, in `src/render`.

use std::fs;

use serde_json::Value;

use crate::support::Tree;

const ORDER: &str = "schemas/shop/order/order.placed.v1.json";

fn wrong() -> Tree {
    let tree = Tree::shop();
    tree.write("contracts.toml", "root = \"schemas\"\n");
    tree.edit(ORDER, "money.v1.json", "mony.v1.json");
    tree
}

#[test]
fn all_formats_in_one_run() {
    let tree = wrong();
    let run = tree
        .run(&[
            "check",
            "--format",
            "sarif=out/a.sarif",
            "--format",
            "junit=out/a.xml",
            "--format",
            "markdown=out/a.md",
            "--format",
            "json=out/a.json",
            "--format",
            "github=out/a.txt",
        ])
        .ends(1);
    assert!(
        run.stdout.contains("error[dead-ref]"),
        "people are told as well: {run}"
    );
    let sarif: Value = serde_json::from_str(&tree.read("out/a.sarif")).unwrap();
    let json: Value = serde_json::from_str(&tree.read("out/a.json")).unwrap();
    let (result, finding) = (&sarif["runs"][0]["results"][0], &json["findings"][0]);
    assert_eq!(result["ruleId"], "dead-ref");
    assert_eq!(
        result["partialFingerprints"]["contracts/v1"],
        finding["fingerprint"]
    );
    let region = &result["locations"][0]["physicalLocation"]["region"];
    assert_eq!(region["startLine"], finding["location"]["start"]["line"]);
    assert_eq!(region["startColumn"], finding["location"]["start"]["column"]);
    let fingerprint = finding["fingerprint"].as_str().unwrap();
    assert!(
        tree.read("out/a.md")
            .contains(&format!("contracts waive {fingerprint} "))
    );
    assert!(tree.read("out/a.xml").contains("<failure type=\"error\""));
    assert!(
        tree.read("out/a.txt")
            .contains("::error file=schemas/shop/order/order.placed.v1.json,line=")
    );
    for format in ["sarif", "junit", "markdown", "github"] {
        let run = tree.run(&["check", "--format", format]).ends(1);
        assert!(run.stderr.is_empty() && !run.stdout.is_empty(), "{run}");
    }
}

#[test]
fn actions_annotate_and_summarise_by_themselves() {
    let tree = wrong();
    let summary = tree.path("summary.md");
    fs::write(&summary, "what another step wrote\n").unwrap();
    let run = |arguments: &[&str]| {
        let mut command = tree.command(arguments);
        command
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_STEP_SUMMARY", &summary);
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let annotated = run(&["check"]);
    assert!(
        annotated.contains("::error file=") && annotated.contains("error[dead-ref]"),
        "{annotated}"
    );
    let text = fs::read_to_string(&summary).unwrap();
    assert!(
        text.starts_with("what another step wrote\n<!-- contracts check -->"),
        "{text}"
    );

    let plain = run(&["check", "--format", "human"]);
    assert!(
        !plain.contains("::error"),
        "what is asked for goes first: {plain}"
    );
    assert_eq!(
        fs::read_to_string(&summary).unwrap(),
        text,
        "and nothing is added"
    );
    let beside = run(&["check", "--format", "json=a.json"]);
    assert!(beside.contains("::error file="), "{beside}");

    let mut command = tree.command(&["check"]);
    command
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_STEP_SUMMARY", tree.path("no/such/folder"));
    let output = command.output().unwrap();
    assert_eq!(
        output.status.code(),
        Some(2),
        "a summary that cannot be written is told"
    );
}

#[test]
fn files_are_named_from_the_top_of_the_repository() {
    let tree = Tree::empty();
    tree.write("sub/contracts.toml", "root = \"schemas\"\n");
    tree.write("sub/schemas/x.json", "{ \"type\": \"objekt\" }");
    let tree = tree.into_repository();
    let run = tree
        .run(&["check", "--root", "sub", "--format", "github"])
        .ends(1);
    assert!(
        run.stdout.contains("::error file=sub/schemas/x.json,line=1"),
        "{run}"
    );
    let run = tree.run(&["check", "--root", "sub", "--format", "sarif"]).ends(1);
    let log: Value = serde_json::from_str(&run.stdout).unwrap();
    let place = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "sub/schemas/x.json");
}
