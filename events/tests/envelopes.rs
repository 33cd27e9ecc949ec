//! Reading whole envelopes: members in any order, each once, and what is said of those that cannot be read.

use contract_events::{DecodeError, DecodeErrorKind, Envelope, RawEvent};
use ecommerce_events::{EcommerceEvent, OrderCreatedV1, OrderCreatedV2};
use serde_json::{Map, Value};

const ORDER: &str = include_str!("../benches/decode/order-created.v1.json");

fn members() -> Map<String, Value> {
    serde_json::from_str(ORDER).unwrap()
}

/// The envelope with its members in this order.
fn ordered(names: &[&str]) -> String {
    let members = members();
    assert_eq!(names.len(), members.len());
    let parts: Vec<String> = names
        .iter()
        .map(|name| format!("{}:{}", Value::from(*name), members[*name]))
        .collect();
    format!("{{{}}}", parts.join(","))
}

fn edited(edit: impl FnOnce(&mut Map<String, Value>)) -> String {
    let mut members = members();
    edit(&mut members);
    Value::Object(members).to_string()
}

fn refused(json: &[u8]) -> DecodeError {
    let error = Envelope::<OrderCreatedV1>::decode(json).unwrap_err();
    assert_eq!(EcommerceEvent::decode(json).unwrap_err(), error);
    assert_eq!(EcommerceEvent::decode_strict(json).unwrap_err(), error);
    error
}

#[test]
fn the_order_of_members_does_not_matter() {
    let expected = Envelope::<OrderCreatedV1>::decode_strict(ORDER.as_bytes()).unwrap();
    let names: Vec<String> = members().keys().cloned().collect();
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    for _ in 0..names.len() {
        names.rotate_left(1);
        let json = ordered(&names);
        let event = Envelope::<OrderCreatedV1>::decode_strict(json.as_bytes()).unwrap();
        assert_eq!(event, expected, "{names:?}");
        let EcommerceEvent::OrderCreatedV1(event) = EcommerceEvent::decode_strict(json.as_bytes()).unwrap()
        else {
            panic!("{names:?}")
        };
        assert_eq!(*event, expected, "{names:?}");
        let raw = RawEvent::decode(json.as_bytes()).unwrap();
        assert_eq!(raw.read::<OrderCreatedV1>().unwrap(), expected, "{names:?}");
        let peek = RawEvent::peek(json.as_bytes()).unwrap();
        assert_eq!(
            (&*peek.event_type, peek.version.major),
            ("ecommerce.order.created", 1)
        );
    }
}

#[test]
fn attributes_behind_the_payload_are_kept() {
    let body = edited(|members| drop(members.remove("source")));
    let body = body.strip_suffix('}').unwrap();
    let json = format!("{body},\"source\":\"shop\",\"later\":[1.50]}}");
    let event = EcommerceEvent::decode_strict(json.as_bytes()).unwrap();
    assert_eq!(event.attributes().source.as_deref(), Some("shop"));
    assert!(event.attributes().unknown().contains("later"));
    let written: Value = serde_json::from_slice(&event.encode().unwrap()).unwrap();
    assert_eq!(written, serde_json::from_str::<Value>(&json).unwrap());
}

#[test]
fn no_member_comes_twice() {
    let body = Value::Object(members()).to_string();
    let body = body.strip_suffix('}').unwrap();
    for (name, value) in members() {
        let json = format!("{body},\"{name}\":{value}}}");
        let error = refused(json.as_bytes());
        assert_eq!(
            (error.keyword(), error.pointer()),
            ("duplicate member", &*format!("/{name}")),
            "{json}"
        );
    }
}

#[test]
fn every_attribute_but_the_source_is_required() {
    for name in ["id", "type", "version", "ts", "traceId", "data"] {
        let error = refused(edited(|members| drop(members.remove(name))).as_bytes());
        assert_eq!((error.keyword(), error.pointer()), ("required", ""), "{name}");
    }
}

#[test]
fn another_type_or_major_is_not_read() {
    let error = Envelope::<OrderCreatedV2>::decode(ORDER.as_bytes()).unwrap_err();
    assert_eq!(error.kind(), DecodeErrorKind::WrongType);
    let json = edited(|members| drop(members.insert("version".to_owned(), "9.0.0".into())));
    let EcommerceEvent::Unknown(raw) = EcommerceEvent::decode_strict(json.as_bytes()).unwrap() else {
        panic!("major 9 is not known")
    };
    assert_eq!(raw.major(), 9);
}

#[test]
fn errors_in_the_payload_name_the_place_in_the_envelope() {
    let json = edited(|members| drop(members["data"]["lines"][0].as_object_mut().unwrap().remove("sku")));
    let error = refused(json.as_bytes());
    assert_eq!((error.keyword(), error.pointer()), ("required", "/data/lines/0"));
    // Known only after reading: the strict check names the same kind of place.
    let json = edited(|members| members["data"]["lines"] = Value::Array(Vec::new()));
    let error = Envelope::<OrderCreatedV1>::decode_strict(json.as_bytes()).unwrap_err();
    assert_eq!((error.keyword(), error.pointer()), ("minItems", "/data/lines"));
    assert_eq!(EcommerceEvent::decode_strict(json.as_bytes()).unwrap_err(), error);
}

#[test]
fn bytes_that_are_not_utf8_are_located() {
    let mut json = b"{\n  \"source\": \"".to_vec();
    json.extend_from_slice(b"ab\xFF\"}");
    let error = refused(&json);
    assert_eq!(
        (error.kind(), error.position()),
        (DecodeErrorKind::NotJson, Some((2, 16)))
    );
}

#[test]
fn trailing_text_is_refused() {
    let error = refused(format!("{ORDER} x").as_bytes());
    assert_eq!(error.kind(), DecodeErrorKind::NotJson);
}

#[test]
fn an_object_cannot_pose_as_a_number() {
    for name in [
        "$serde_json::private::Number",
        "\\u0024serde_json::private::Number",
        "$serde_json::\\u0070rivate::RawValue",
    ] {
        let disguise = format!("{{\"{name}\" : \"3\"}}");
        let json = edited(|members| members["data"]["lines"][0]["quantity"] = "DISGUISE".into())
            .replace("\"DISGUISE\"", &disguise);
        let error = refused(json.as_bytes());
        assert_eq!(
            (error.kind(), error.keyword()),
            (DecodeErrorKind::NotJson, "reserved name"),
            "{name}"
        );
    }
    // As a value, and as part of a longer text, it is a text like any other.
    let json = edited(|members| {
        members["data"]["customer"]["fullName"] = "$serde_json::private::Number".into();
        members.insert("x $serde_json::private::Number".to_owned(), "\\u0024".into());
    });
    EcommerceEvent::decode_strict(json.as_bytes()).unwrap();
}

#[test]
fn a_peek_reads_no_further_than_it_must() {
    let peek = RawEvent::peek(br#"{"ts":1,"version":"1.2.3","type":"a.b.c", and then nothing"#).unwrap();
    assert_eq!(
        (&*peek.event_type, peek.version.to_string()),
        ("a.b.c", "1.2.3".to_owned())
    );
    for (json, keyword, pointer) in [
        (r#"{"type":"a.b.c"}"#, "required", ""),
        (
            r#"{"type":"a","type":"b","version":"1.0.0"}"#,
            "duplicate member",
            "/type",
        ),
        (r#"{"version":"one"}"#, "pattern", "/version"),
        (r#"{"type":1}"#, "type", "/type"),
    ] {
        let error = RawEvent::peek(json.as_bytes()).unwrap_err();
        assert_eq!((error.keyword(), error.pointer()), (keyword, pointer), "{json}");
    }
    for json in ["", "[]", "{", r#"{"type":"a"#] {
        assert!(RawEvent::peek(json.as_bytes()).is_err(), "{json}");
    }
}
