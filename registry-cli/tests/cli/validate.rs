//! `contracts validate`.

use insta::assert_snapshot;

use crate::support::Tree;

const GOOD: &str = r#"{"orderId":"6fa459ea-ee8a-4ca4-894e-db77e160355e","placedAt":"2026-01-31T12:00:00Z","email":"kim@example.org","lines":[{"sku":"TEA-0042","quantity":2}],"total":{"amount":"9.00","currency":"EUR"}}"#;

fn wrapped(event_type: &str, version: &str, data: &str) -> String {
    format!(
        r#"{{"id":"0b2f0a54-91a4-4b37-8f8f-0f1c5c2e3d11","type":"{event_type}","version":"{version}","data":{data}}}"#
    )
}

#[test]
fn one_document_of_many_lines() {
    let tree = Tree::shop();
    let example = "schemas/shop/order/examples/order.placed.v1";
    assert_snapshot!(
        "good",
        tree.run(&[
            "validate",
            "shop.order.placed",
            &format!("{example}/valid/typical.json")
        ])
        .ends(0)
    );
    assert_snapshot!(
        "bad",
        tree.run(&[
            "validate",
            "shop.order.placed",
            &format!("{example}/invalid/quantity-zero.json")
        ])
        .ends(1)
    );
}

#[test]
fn a_stream_names_the_bad_lines() {
    let tree = Tree::shop();
    let lines = [
        GOOD.to_owned(),
        wrapped("shop.order.placed", "1.0.0", GOOD),
        GOOD.replace("\"quantity\":2", "\"quantity\":\"two\""),
        String::new(),
        "{\"orderId\": ".to_owned(),
        wrapped("shop.order.placed", "1.0.0", &GOOD.replace("EUR", "euro")),
        wrapped("shop.order.paid", "2.0.0", GOOD),
        wrapped("shop.order.placed", "1.0.0", "7"),
        "42".to_owned(),
    ];
    let run = tree.run_with(
        &["validate", "shop.order.placed@1", "-"],
        lines.join("\n").as_bytes(),
    );
    assert_snapshot!(run.ends(1));
}

#[test]
fn an_array_names_the_places_of_its_items() {
    let tree = Tree::shop();
    tree.write(
        "events.json",
        format!("[\n  {GOOD},\n  {}\n]\n", GOOD.replace("TEA-0042", "tea")),
    );
    assert_snapshot!(
        tree.run(&["validate", "shop.order.placed", "events.json"])
            .ends(1)
    );
}

#[test]
fn personal_data_is_not_quoted() {
    let tree = Tree::shop();
    let secret = GOOD.replace("kim@example.org", "kim-without-an-at");
    let run = tree
        .run_with(&["validate", "shop.order.placed", "-"], secret.as_bytes())
        .ends(1);
    assert!(!run.stdout.contains("kim"), "{run}");
    let wrapped = wrapped("shop.order.placed", "1.0.0", &secret);
    let run = tree
        .run_with(&["validate", "shop.order.placed", "-"], wrapped.as_bytes())
        .ends(1);
    assert!(!run.stdout.contains("kim"), "{run}");
}

#[test]
fn the_shape_can_be_said() {
    let tree = Tree::shop();
    let bare = GOOD.replace("\"orderId\"", "\"id\":1,\"type\":\"x\",\"data\":1,\"orderId\"");
    let validate = |extra: &[&str], input: &str| {
        tree.run_with(
            &[&["validate", "shop.order.placed", "-"], extra].concat(),
            input.as_bytes(),
        )
    };
    validate(&[], &bare).ends(1);
    validate(&["--envelope", "never"], &bare).ends(0);
    validate(&["--envelope", "always"], GOOD).ends(1);
    validate(&["--input", "document"], &format!("[{GOOD}]")).ends(1);
    validate(&["--input", "array"], &format!("[{GOOD}]")).ends(0);
    validate(&["--input", "ndjson"], &format!("{GOOD}\n{GOOD}\n")).ends(0);
}

#[test]
fn input_that_is_no_json() {
    let tree = Tree::shop();
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    for (name, bytes) in [
        ("empty", &b""[..]),
        ("binary", b"\x00\xff\xfe\x01"),
        ("cut", b"{\"orderId\": \"6fa4"),
        ("not UTF-8", b"{\"orderId\": \"\xff\"}"),
        ("deep", deep.as_bytes()),
    ] {
        let run = tree.run_with(&["validate", "shop.order.placed", "-"], bytes);
        assert_eq!(run.code, Some(i32::from(name != "empty")), "{name}: {run}");
    }
    assert_snapshot!(
        "absent_file",
        tree.run(&["validate", "shop.order.placed", "gone.json"]).ends(2)
    );
    assert_snapshot!(
        "folder",
        tree.run(&["validate", "shop.order.placed", "schemas"]).ends(2)
    );
}

#[test]
fn a_contract_that_does_not_compile() {
    let tree = Tree::shop();
    tree.edit(
        "schemas/shop/order/order.placed.v1.json",
        "money.v1.json",
        "mony.v1.json",
    );
    assert_snapshot!(
        tree.run_with(&["validate", "shop.order.placed", "-"], GOOD.as_bytes())
            .ends(2)
    );
}

#[test]
fn open_lists_take_what_they_do_not_list() {
    let tree = Tree::shop();
    let contract = "schemas/shop/order/order.placed.v1.json";
    let channel = r#""channel": { "type": "string", "description": "Where.", "enum": ["web", "app"], "x-open": true },
    "total":"#;
    tree.edit(contract, "\"total\":", channel);
    let event = GOOD.replacen('{', "{\"channel\":\"phone\",", 1);
    tree.run_with(&["validate", "shop.order.placed", "-"], event.as_bytes())
        .ends(0);
    tree.edit(contract, ", \"x-open\": true", "");
    tree.run_with(&["validate", "shop.order.placed", "-"], event.as_bytes())
        .ends(1);
}
