//! What a bundle looks like: names, references, what is left out, where things came from, digests.

use std::collections::BTreeMap;

use diagnostics::JsonPointer;
use registry::{Bundle, Config, Draft, LoadOptions, Registry};
use serde_json::{Value, json};

fn registry(files: &[(&str, Value)]) -> Registry {
    let documents = files
        .iter()
        .map(|(path, value)| ((*path).to_owned(), value.to_string()));
    Registry::from_documents(Config::default(), documents, &LoadOptions::default())
        .expect("the layout is fine")
}

fn bundle(registry: &Registry, path: &str) -> Bundle {
    registry
        .bundle(registry.file_index(path).expect("loaded"))
        .expect("it resolves")
}

fn pointer(text: &str) -> JsonPointer {
    JsonPointer::parse(text).expect("a pointer")
}

const ORDER: &str = "shop/order/order.created.v1.json";

fn shop() -> Registry {
    registry(&[
        (
            ORDER,
            json!({
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "$id": "https://contracts.example/shop/order/order.created.v1.json",
                "x-contract": {"version": "1.0.0", "owner": "a", "topic": {"name": "t", "retention": "P1D"}},
                "properties": {
                    "total": {"$ref": "../../common/money.v1.json", "description": "what it costs"},
                    "lines": {"items": {"$ref": "#/$defs/Line"}},
                    "currency": {"$ref": "../../common/money.v1.json#/properties/currency"}
                },
                "$defs": {
                    "Line": {"properties": {"price": {"$ref": "../../common/money.v1.json#/$defs/Amount"}}},
                    "Unused": {"$ref": "../../common/gone.json"}
                }
            }),
        ),
        (
            "common/money.v1.json",
            json!({
                "$id": "https://contracts.example/common/money.v1.json",
                "properties": {
                    "amount": {"$ref": "#amount"},
                    "currency": {"type": "string"}
                },
                "$defs": {
                    "Amount": {"$anchor": "amount", "type": "string"},
                    "Unused": {"type": "null"}
                }
            }),
        ),
    ])
}

#[test]
fn definitions_have_readable_names_and_references_are_local() {
    let bundle = bundle(&shop(), ORDER);
    assert!(!bundle.dynamic);
    assert_eq!(bundle.draft, Draft::Draft202012);
    assert_eq!(
        bundle.schema,
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": "https://contracts.example/shop/order/order.created.v1.json",
            "x-contract": {"version": "1.0.0", "owner": "a", "topic": {"name": "t", "retention": "P1D"}},
            "properties": {
                "total": {"$ref": "#/$defs/common.money", "description": "what it costs"},
                "lines": {"items": {"$ref": "#/$defs/Line"}},
                "currency": {"$ref": "#/$defs/common.money/properties/currency"}
            },
            "$defs": {
                "Line": {"properties": {"price": {"$ref": "#/$defs/common.money.Amount"}}},
                "common.money": {
                    "properties": {
                        "amount": {"$ref": "#/$defs/common.money.Amount"},
                        "currency": {"type": "string"}
                    }
                },
                "common.money.Amount": {"type": "string"}
            }
        })
    );
}

#[test]
fn every_node_knows_where_it_was_written() {
    let bundle = bundle(&shop(), ORDER);
    for (place, file, origin) in [
        ("", ORDER, ""),
        (
            "/$defs/Line/properties/price",
            ORDER,
            "/$defs/Line/properties/price",
        ),
        (
            "/$defs/common.money/properties/currency",
            "common/money.v1.json",
            "/properties/currency",
        ),
        (
            "/$defs/common.money.Amount/type",
            "common/money.v1.json",
            "/$defs/Amount/type",
        ),
    ] {
        let (path, found) = bundle.origin(&pointer(place));
        assert_eq!((&*path, found.as_str()), (file, origin), "{place}");
    }
    let files: Vec<_> = bundle.files().iter().map(ToString::to_string).collect();
    assert_eq!(files, ["common/money.v1.json", ORDER]);
}

#[test]
fn digests_see_everything_or_all_but_bookkeeping() {
    let of = |version: &str, owner: &str, retention: &str, description: &str| {
        let registry = registry(&[(
            ORDER,
            json!({
                "description": description,
                "x-contract": {"version": version, "owner": owner, "topic": {"name": "t", "retention": retention}}
            }),
        )]);
        let bundle = bundle(&registry, ORDER);
        (bundle.digest(), bundle.release_digest())
    };
    let base = of("1.0.0", "a", "P1D", "x");
    assert_eq!(base, of("1.0.0", "a", "P1D", "x"));
    let kept = of("1.0.1", "b", "P2D", "x");
    assert_ne!(base.0, kept.0);
    assert_eq!(base.1, kept.1);
    assert_ne!(base.1, of("1.0.0", "a", "P1D", "y").1);
    assert_eq!(base.0.len(), 64);
}

#[test]
fn names_that_clash_are_told_apart_the_same_way_each_time() {
    let files = [
        (
            ORDER,
            json!({
                "properties": {
                    "a": {"$ref": "../../common/money.v1.json"},
                    "b": {"$ref": "../../common/money.v2.json"},
                    "c": {"$ref": "#/$defs/common.money"}
                },
                "$defs": {"common.money": {"type": "null"}}
            }),
        ),
        ("common/money.v1.json", json!({"type": "string"})),
        ("common/money.v2.json", json!({"type": "object"})),
    ];
    let bundle = bundle(&registry(&files), ORDER);
    assert_eq!(
        bundle.schema["$defs"],
        json!({"common.money": {"type": "null"}, "common.money.v1": {"type": "string"}, "common.money.v2": {"type": "object"}})
    );
    assert_eq!(bundle.schema["properties"]["c"]["$ref"], "#/$defs/common.money");
}

#[test]
fn files_may_refer_to_each_other_and_back() {
    let files = [
        (
            ORDER,
            json!({"$defs": {"Id": {"type": "string"}}, "properties": {"tree": {"$ref": "../../common/tree.json"}}}),
        ),
        (
            "common/tree.json",
            json!({"properties": {
                "children": {"items": {"$ref": "tree.json"}},
                "id": {"$ref": "../shop/order/order.created.v1.json#/$defs/Id"},
                "order": {"$ref": "../shop/order/order.created.v1.json"}
            }}),
        ),
    ];
    let bundle = bundle(&registry(&files), ORDER);
    assert_eq!(
        bundle.schema,
        json!({
            "properties": {"tree": {"$ref": "#/$defs/common.tree"}},
            "$defs": {
                "Id": {"type": "string"},
                "common.tree": {"properties": {
                    "children": {"items": {"$ref": "#/$defs/common.tree"}},
                    "id": {"$ref": "#/$defs/Id"},
                    "order": {"$ref": "#"}
                }}
            }
        })
    );
}

#[test]
fn odd_names_survive_as_fragments() {
    let files = [
        (
            ORDER,
            json!({"properties": {"x": {"$ref": "../../common/a%20b.json#/$defs/%C3%A9~1%25"}}}),
        ),
        ("common/a b.json", json!({"$defs": {"é/%": {"type": "string"}}})),
    ];
    let registry = registry(&files);
    let bundle = bundle(&registry, ORDER);
    assert_eq!(
        bundle.schema["$defs"]["common.a b.é/%"],
        json!({"type": "string"})
    );
    let validator = registry.validator(&bundle).expect("it compiles");
    assert!(validator.is_valid(&json!({"x": "s"})) && !validator.is_valid(&json!({"x": 1})));
}

#[test]
fn old_drafts_keep_their_definitions_keyword() {
    let files = [
        (
            ORDER,
            json!({
                "$schema": "http://json-schema.org/draft-07/schema#",
                "properties": {"a": {"$ref": "../../common/money.json", "minimum": 3}}
            }),
        ),
        (
            "common/money.json",
            json!({"$schema": "http://json-schema.org/draft-07/schema#", "$id": "money.json", "type": "string"}),
        ),
    ];
    let bundle = bundle(&registry(&files), ORDER);
    assert_eq!(
        bundle.schema["definitions"],
        json!({"common.money": {"type": "string"}})
    );
    assert_eq!(
        bundle.schema["properties"]["a"]["$ref"],
        "#/definitions/common.money"
    );
}

#[test]
fn drafts_mix_only_where_they_agree() {
    let files = |shared: Value| {
        let mut shared = shared;
        shared["$schema"] = json!("http://json-schema.org/draft-07/schema#");
        registry(&[
            (
                ORDER,
                json!({"properties": {"a": {"$ref": "../../common/x.json"}}}),
            ),
            ("common/x.json", shared),
        ])
    };
    assert!(files(json!({"type": "string"})).bundle(1).is_ok());
    let registry = files(json!({"properties": {"p": {"items": [{}]}}}));
    let problems = registry.bundle(1).expect_err("the drafts disagree");
    assert_eq!(problems[0].rule, "mixed-drafts");
    assert!(
        problems[0].message.contains("`items`") && problems[0].message.contains("/properties/p"),
        "{problems:?}"
    );
    assert_eq!(
        problems[0].location.pointer().map(JsonPointer::as_str),
        Some("/properties/a/$ref")
    );
    assert!(registry.check().iter().any(|found| found.rule == "mixed-drafts"));
}

#[test]
fn a_dynamic_reference_with_one_target_becomes_an_ordinary_one() {
    let files = [(
        ORDER,
        json!({
            "$dynamicAnchor": "node",
            "properties": {"children": {"items": {"$dynamicRef": "#node"}}}
        }),
    )];
    let bundle = bundle(&registry(&files), ORDER);
    assert_eq!(
        bundle.schema,
        json!({"properties": {"children": {"items": {"$ref": "#"}}}})
    );
}

#[test]
fn a_dynamic_reference_with_two_targets_keeps_whole_files() {
    let files = [
        (
            ORDER,
            json!({
                "$id": "https://contracts.example/strict",
                "$dynamicAnchor": "node",
                "$ref": "../../common/tree.json",
                "unevaluatedProperties": false
            }),
        ),
        (
            "common/tree.json",
            json!({"$dynamicAnchor": "node", "properties": {"data": true, "children": {"items": {"$dynamicRef": "#node"}}}}),
        ),
    ];
    let registry = registry(&files);
    let bundle = bundle(&registry, ORDER);
    assert!(bundle.dynamic);
    let validator = registry.validator(&bundle).expect("it compiles");
    assert!(validator.is_valid(&json!({"children": [{"data": 1}]})));
    assert!(!validator.is_valid(&json!({"children": [{"daat": 1}]})));
    assert_eq!(
        &*bundle.origin(&pointer("/$defs/common.tree/properties")).0,
        "common/tree.json"
    );
}

#[test]
fn fields_show_types_requirement_and_the_strictest_classification() {
    let files = [
        (
            ORDER,
            json!({
                "type": "object",
                "required": ["id", "kind"],
                "properties": {
                    "id": {"type": "string", "format": "uuid", "description": "Which."},
                    "note": {"type": ["string", "null"], "x-classification": "internal"},
                    "shipTo": {"$ref": "../../common/address.json", "description": "Where to.", "x-classification": "internal"},
                    "lines": {"type": "array", "items": {"$ref": "#/$defs/Line"}},
                    "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                    "open": {"type": "object", "additionalProperties": true},
                    "kind": {"const": "order"}
                },
                "oneOf": [
                    {"required": ["card"], "properties": {"card": {"type": "string"}}},
                    {"required": ["iban"], "properties": {"iban": {"type": "string"}}}
                ],
                "$defs": {"Line": {"allOf": [{"properties": {"sku": {"type": "string"}}, "required": ["sku"]}]}}
            }),
        ),
        (
            "common/address.json",
            json!({"type": "object", "description": "An address.", "x-classification": "pii", "properties": {"city": {"type": "string"}}, "required": ["city"]}),
        ),
    ];
    let registry = registry(&files);
    let fields = registry.fields(registry.contract("shop.order.created").expect("it is there"));
    let shown: BTreeMap<String, String> = fields
        .iter()
        .map(|field| {
            let class = field.classification.map_or("-", registry::Classification::as_str);
            let required = if field.required { "required" } else { "optional" };
            (
                field.pointer.to_string(),
                format!(
                    "{} {required} {class} {}",
                    field.kind,
                    field.description.as_deref().unwrap_or("-")
                ),
            )
        })
        .collect();
    let expected = [
        ("/card", "string optional - -"),
        ("/iban", "string optional - -"),
        ("/id", "string required - Which."),
        ("/kind", "string required - -"),
        ("/labels", "object optional - -"),
        ("/labels/*", "string optional - -"),
        ("/lines", "array of object optional - -"),
        ("/lines/*", "object optional - -"),
        ("/lines/*/sku", "string required - -"),
        ("/note", "string | null optional internal -"),
        ("/open", "object optional - -"),
        ("/shipTo", "object optional pii Where to."),
        ("/shipTo/city", "string required - -"),
    ];
    assert_eq!(
        shown
            .iter()
            .map(|(pointer, text)| (pointer.as_str(), text.as_str()))
            .collect::<Vec<_>>(),
        expected
    );
    let city = fields
        .iter()
        .find(|field| field.pointer.as_str() == "/shipTo/city")
        .expect("it is there");
    assert_eq!(
        (&*city.origin.0, city.origin.1.as_str()),
        ("common/address.json", "/properties/city")
    );
}
