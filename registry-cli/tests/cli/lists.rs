//! `contracts list --pii`, `contracts list --codeowners`, `contracts graph`.

use insta::assert_snapshot;

use crate::support::Tree;

const ORDER: &str = "schemas/shop/order/order.placed.v1.json";

#[test]
fn every_classified_field_and_who_reads_it() {
    let tree = Tree::shop();
    // Something classified that holds fields, and a reader that names none.
    tree.edit(
        ORDER,
        "\"title\": \"Line\",",
        "\"title\": \"Line\", \"x-classification\": \"confidential\",",
    );
    tree.write(
        "schemas/consumers/archive-service.toml",
        "owner = \"team-archive\"\n\n[[reads]]\ntype = \"shop.order.placed\"\nmajors = [1]\n",
    );
    assert_snapshot!("pii", tree.run(&["list", "--pii"]).ends(0));
    assert_snapshot!(
        "pii_json",
        tree.run(&["list", "--pii", "--format", "json", "order"])
            .ends(0)
            .stdout
    );
    assert_snapshot!("pii_nothing", tree.run(&["list", "--pii", "nothing"]).ends(0));
    let show = tree.run(&["show", "shop.order.placed"]).ends(0).stdout;
    let sku = show
        .lines()
        .find(|line| line.starts_with("/lines/*/sku"))
        .unwrap();
    assert!(sku.contains("confidential"), "{sku}");
}

#[test]
fn a_contract_that_does_not_resolve_is_named() {
    let tree = Tree::shop();
    tree.edit(ORDER, "money.v1.json", "mony.v1.json");
    assert_snapshot!("pii_incomplete", tree.run(&["list", "--pii"]).ends(0));
}

#[test]
fn owners_become_codeowners() {
    let tree = Tree::shop();
    assert_snapshot!("codeowners", tree.run(&["list", "--codeowners"]).ends(0));
    let contract = tree
        .read(ORDER)
        .replace("team-orders", "team-gifts")
        .replace("order.placed", "gift.placed");
    tree.write("schemas/shop/order/gift.placed.v1.json", contract);
    assert_snapshot!(
        "codeowners_of_two",
        tree.run(&["list", "--codeowners", "--org", "acme"]).ends(0)
    );
}

#[test]
fn a_block_of_a_file_is_kept_up_to_date() {
    let tree = Tree::shop();
    tree.write(".github/CODEOWNERS", "* @everyone\n");
    let flag = "--codeowners=.github/CODEOWNERS";
    assert_snapshot!("codeowners_stale", tree.run(&["list", flag, "--check"]).ends(1));
    tree.run(&["list", flag]).ends(0);
    let text = tree.read(".github/CODEOWNERS");
    assert!(text.starts_with("* @everyone\n\n# contracts: begin"), "{text}");
    tree.run(&["list", flag, "--check"]).ends(0);
    tree.edit(ORDER, "team-orders", "team-sales");
    tree.run(&["list", flag, "--check"]).ends(1);
    tree.run(&["list", flag]).ends(0);
    assert_eq!(
        tree.read(".github/CODEOWNERS"),
        text.replace("team-orders", "team-sales")
    );
    tree.run(&["list", "--codeowners", "--check"]).ends(2);
    tree.run(&["list", "--org", "acme"]).ends(2);
    tree.run(&["list", "--codeowners", "--pii"]).ends(2);
}

#[test]
fn owners_that_are_no_handles_are_told_and_a_subfolder_counts() {
    let tree = Tree::empty();
    tree.git(&["init", "--quiet"]);
    tree.write("sub/contracts.toml", "root = \"schemas\"\n");
    let contract = |owner: &str| {
        format!(
            "{{\"type\": \"object\", \"x-contract\": {{\"version\": \"1.0.0\", \"owner\": {}}}}}",
            serde_json::Value::from(owner)
        )
    };
    tree.write("sub/schemas/a/b/b.made.v1.json", contract("team a\n* @evil"));
    tree.write("sub/schemas/a/c d/c.made.v1.json", contract("@acme/team"));
    let run = tree.run(&["list", "--root", "sub", "--codeowners"]).ends(0);
    assert_eq!(run.stdout, "/sub/schemas/a/c?d/ @acme/team\n");
    assert!(
        run.stderr.contains("is no name that CODEOWNERS can hold"),
        "{run}"
    );
}

#[test]
fn the_graph_goes_from_producers_over_topics_to_consumers() {
    let tree = Tree::shop();
    assert_snapshot!("graph", tree.run(&["graph"]).ends(0));
    assert_snapshot!(
        "graph_json",
        tree.run(&["graph", "--format", "json"]).ends(0).stdout
    );
    assert_snapshot!("graph_filtered", tree.run(&["graph", "chat"]).ends(0));
}

#[test]
fn hostile_names_stay_inside_their_labels() {
    let tree = Tree::shop();
    tree.edit(
        ORDER,
        "\"producers\": [\"order-service\"]",
        "\"producers\": [\"a\\\"] --> evil\\n```<script>%%{init}\\u202e\"]",
    );
    let graph = tree.run(&["graph", "shop"]).ends(0).stdout;
    assert_snapshot!("graph_hostile", graph);
    assert!(
        !graph.contains("```") && !graph.contains("<script>") && !graph.contains("\"] -->"),
        "{graph}"
    );
}
