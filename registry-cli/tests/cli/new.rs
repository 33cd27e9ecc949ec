//! `contracts new`.

use insta::assert_snapshot;

use crate::support::Tree;

#[test]
fn a_new_contract_passes_from_the_start() {
    let tree = Tree::shop();
    assert_snapshot!("new", tree.run(&["new", "shop/parcel/parcel.sent-back"]).ends(0));
    let contract = tree.read("schemas/shop/parcel/parcel.sent-back.v1.json");
    assert_snapshot!("new_contract", contract);
    tree.run(&["check", "--fail-on", "warning", "schemas"]).ends(0);
    tree.run(&["show", "shop.parcel.sent-back"]).ends(0);
    tree.run(&["gen"]).ends(0);
    tree.run(&["check", "--fail-on", "warning"]).ends(0);
}

#[test]
fn nothing_is_overwritten() {
    let tree = Tree::shop();
    let before = tree.snapshot();
    assert_snapshot!("exists", tree.run(&["new", "shop/order/order.placed"]).ends(2));
    tree.run(&["new", "shop/other/order.placed"]).ends(2);
    assert_eq!(before, tree.snapshot());
    tree.run(&["new", "shop/order/order.placed", "--major", "2"])
        .ends(0);
    tree.run(&["check", "schemas"]).ends(0);

    tree.write(
        "schemas/shop/order/examples/order.paid.v1/valid/typical.json",
        "mine",
    );
    assert_snapshot!(
        "example_exists",
        tree.run(&["new", "shop/order/order.paid"]).ends(2)
    );
    assert_eq!(
        tree.read("schemas/shop/order/examples/order.paid.v1/valid/typical.json"),
        "mine"
    );
    assert!(!tree.path("schemas/shop/order/order.paid.v1.json").exists());
}

#[test]
fn the_next_major_starts_as_a_copy_of_the_last() {
    let tree = Tree::shop();
    let first = tree.read("schemas/shop/order/order.placed.v1.json");
    tree.edit(
        "schemas/shop/order/order.placed.v1.json",
        "\"status\": \"active\",",
        "\"status\": \"deprecated\",\n    \"sunset\": \"2030-01-01\",",
    );
    assert_snapshot!(
        "next_major",
        tree.run(&["new", "shop/order/order.placed", "--major", "2"])
            .ends(0)
    );
    assert_eq!(
        tree.read("schemas/shop/order/order.placed.v2.json"),
        first
            .replace("\"1.2.0\"", "\"2.0.0\"")
            .replace("\"active\"", "\"draft\"")
            .replace("placed.v1", "placed.v2")
    );
    assert_eq!(
        tree.read("schemas/shop/order/examples/order.placed.v2/valid/typical.json"),
        tree.read("schemas/shop/order/examples/order.placed.v1/valid/typical.json")
    );
    tree.run(&["check", "schemas"]).ends(0);
}

#[test]
fn names_are_judged_before_anything_is_written() {
    let tree = Tree::shop();
    let before = tree.snapshot();
    assert_snapshot!("two_parts", tree.run(&["new", "shop/order"]).ends(2));
    assert_snapshot!("camel_case", tree.run(&["new", "shop/order/orderPaid"]).ends(2));
    assert_snapshot!("way_out", tree.run(&["new", "../order/order.paid"]).ends(2));
    assert_eq!(before, tree.snapshot());

    tree.write(
        "contracts.toml",
        "root = \"schemas\"\n[rules]\nevent-name-past-tense = \"error\"\n",
    );
    let before = tree.snapshot();
    assert_snapshot!(
        "present_tense",
        tree.run(&["new", "shop/order/order.pay"]).ends(1)
    );
    assert_eq!(before, tree.snapshot());
    tree.write("contracts.toml", "root = \"schemas\"\n");
    assert_snapshot!(
        "present_tense_warning",
        tree.run(&["new", "shop/order/order.pay"]).ends(0)
    );
}

#[test]
fn a_new_service_says_what_it_reads() {
    let tree = Tree::shop();
    let config = tree.read("contracts.toml");
    tree.write("contracts.toml", format!("services = [\"services/*\"]\n{config}"));
    tree.run(&["gen"]).ends(0);
    let arguments = ["new", "service", "shop/shipping-service", "--messaging", "1.0"];
    let run = tree.run(&arguments).ends(0);
    assert!(run.stdout.contains("consumers/shipping-service.toml"), "{run}");
    let written = tree.read("schemas/consumers/shipping-service.toml");
    assert!(written.contains("type = \"shop.order.placed\""), "{written}");
    let check = tree.run(&["check"]);
    assert!(!check.stdout.contains("shipping-service"), "{check}");

    // What is there stays; the rule is there for those who forget the file.
    tree.run(&arguments).ends(2);
    std::fs::remove_file(tree.path("schemas/consumers/shipping-service.toml")).unwrap();
    assert!(tree.run(&["check"]).stdout.contains("undeclared-consumer"));
}
