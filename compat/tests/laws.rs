//! Laws that hold whatever the schemas are: checked on random ones.

mod attack;

use attack::{DRAFTS, Random, Schemas, edited};
use compat::{Draft, Formats, Options, Verdict, Writer, compare};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn options(draft: Draft, writer: Writer) -> Options {
    Options {
        writer,
        formats: Formats::Assert,
        writer_draft: Some(draft),
        reader_draft: Some(draft),
        ..Options::default()
    }
}

fn case(seed: u64) -> (Random, Draft, Value) {
    let mut random = Random::new(seed);
    let draft = *random.pick(&DRAFTS);
    let schema = Schemas::root(&mut random, draft);
    (random, draft, schema)
}

/// Not breaking; undecided and empty writers are no violation of a law.
fn holds(verdict: &Verdict) -> bool {
    !matches!(verdict, Verdict::Breaking(_))
}

/// The same members in the opposite order, and lists of names reversed.
fn reordered(schema: &Value) -> Value {
    match schema {
        Value::Object(members) => {
            let mut turned = Map::new();
            for (name, member) in members.iter().rev() {
                let member = match (name.as_str(), member) {
                    ("required" | "enum" | "type" | "anyOf" | "oneOf" | "allOf", Value::Array(items)) => {
                        Value::Array(items.iter().rev().map(reordered).collect())
                    }
                    _ => reordered(member),
                };
                turned.insert(name.clone(), member);
            }
            Value::Object(turned)
        }
        other => other.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reflexive(seed in any::<u64>()) {
        let (_, draft, schema) = case(seed);
        for writer in [Writer::Open, Writer::Declared] {
            prop_assert!(holds(&compare(&schema, &schema, &options(draft, writer))));
        }
    }

    #[test]
    fn annotations_do_not_matter(seed in any::<u64>()) {
        let (_, draft, schema) = case(seed);
        let mut noted = schema.clone();
        if let Value::Object(members) = &mut noted {
            members.insert("title".to_owned(), json!("noted"));
            members.insert("x-note".to_owned(), json!(1));
        }
        for (writer, reader) in [(&schema, &noted), (&noted, &schema)] {
            prop_assert!(holds(&compare(writer, reader, &options(draft, Writer::Open))));
            prop_assert!(holds(&compare(writer, reader, &options(draft, Writer::Declared))));
        }
    }

    #[test]
    fn order_does_not_matter(seed in any::<u64>()) {
        let (mut random, draft, schema) = case(seed);
        let other = edited(&mut random, draft, &schema);
        let turned = reordered(&schema);
        prop_assert!(holds(&compare(&schema, &turned, &options(draft, Writer::Open))));
        prop_assert!(holds(&compare(&turned, &schema, &options(draft, Writer::Open))));
        let straight = compare(&schema, &other, &options(draft, Writer::Open));
        let after = compare(&turned, &reordered(&other), &options(draft, Writer::Open));
        // A decided verdict does not depend on the order.
        let kind = |verdict: &Verdict| match verdict {
            Verdict::Compatible(_) => Some(true),
            Verdict::Breaking(_) => Some(false),
            Verdict::Undecided(_) => None,
        };
        if let (Some(straight), Some(after)) = (kind(&straight), kind(&after)) {
            prop_assert_eq!(straight, after);
        }
    }

    #[test]
    fn a_union_with_itself_is_itself(seed in any::<u64>()) {
        let (_, draft, schema) = case(seed);
        // References of the root would lead elsewhere.
        let schema = if schema.to_string().contains("$ref") { json!({ "type": "string" }) } else { schema };
        for keyword in ["anyOf", "allOf"] {
            let twice = json!({ keyword: [schema, schema] });
            prop_assert!(holds(&compare(&schema, &twice, &options(draft, Writer::Open))), "{}", keyword);
            prop_assert!(holds(&compare(&twice, &schema, &options(draft, Writer::Open))), "{}", keyword);
        }
    }

    #[test]
    fn transitive(seed in any::<u64>()) {
        let (mut random, draft, first) = case(seed);
        let second = edited(&mut random, draft, &first);
        let third = edited(&mut random, draft, &second);
        let options = options(draft, Writer::Open);
        if matches!(compare(&first, &second, &options), Verdict::Compatible(_))
            && matches!(compare(&second, &third, &options), Verdict::Compatible(_))
        {
            prop_assert!(holds(&compare(&first, &third, &options)));
        }
    }

    #[test]
    fn names_of_definitions_do_not_matter(seed in any::<u64>()) {
        let (_, draft, schema) = case(seed);
        let text = schema.to_string();
        let renamed = text.replace("s/A\"", "s/Renamed\"").replace("\"A\":", "\"Renamed\":");
        let renamed: Value = serde_json::from_str(&renamed).expect("still JSON");
        prop_assert!(holds(&compare(&schema, &renamed, &options(draft, Writer::Open))));
        prop_assert!(holds(&compare(&renamed, &schema, &options(draft, Writer::Open))));
    }

    /// A schema and the same schema as one resource of a bundle, referred to by its identifier.
    #[test]
    fn bundling_does_not_matter(seed in any::<u64>()) {
        let (_, draft, schema) = case(seed);
        let (key, id) = match draft {
            Draft::V4 => ("definitions", "id"),
            Draft::V6 | Draft::V7 => ("definitions", "$id"),
            Draft::V201909 | Draft::V202012 => ("$defs", "$id"),
        };
        let mut resource = schema.clone();
        if let Value::Object(members) = &mut resource
            // Up to draft-07 an identifier beside a reference says nothing.
            && (draft >= Draft::V201909 || !members.contains_key("$ref"))
        {
            members.insert(id.to_owned(), json!("https://example.com/part"));
            let bundle = json!({ key: { "part": resource }, "allOf": [{ "$ref": "https://example.com/part" }] });
            for writer in [Writer::Open, Writer::Declared] {
                prop_assert!(holds(&compare(&schema, &bundle, &options(draft, writer))));
                prop_assert!(holds(&compare(&bundle, &schema, &options(draft, writer))));
            }
        }
    }
}
