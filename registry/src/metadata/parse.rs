//! From the value of `x-contract` to [`Metadata`], or to findings at the members that are wrong.
//!
//! The schema that editors use (`docs/schemas/x-contract.schema.json`) is also what finds the places: serde stops at the
//! first problem and does not say where it is.

use std::sync::{Arc, LazyLock};

use diagnostics::{Diagnostic, JsonPointer, Location, Severity};
use jsonschema::Validator;
use jsonschema::error::ValidationErrorKind;
use serde::Deserialize;
use serde_json::Value;

use super::{KEYWORD, Metadata, Status};
use crate::config::closest;
use crate::rules::invalid_metadata;

static VALIDATOR: LazyLock<Validator> = LazyLock::new(|| {
    let schema = serde_json::from_str(&crate::schemas::x_contract()).expect("schemars writes JSON");
    jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .expect("schemars writes valid schemas")
});

/// Parses the `x-contract` of the schema in `file`.
pub(crate) fn parse(file: &Arc<str>, value: &Value) -> Result<Metadata, Vec<Diagnostic>> {
    let place = JsonPointer::root().child(KEYWORD);
    let finding = |pointer: &JsonPointer, message: String| {
        Diagnostic::new(
            invalid_metadata::ID,
            Severity::Error,
            Location::value(Arc::clone(file), place.join(pointer)),
            message,
        )
    };
    if !VALIDATOR.is_valid(value) {
        return Err(VALIDATOR
            .iter_errors(value)
            .flat_map(|error| findings(file, &place, &error))
            .collect());
    }
    let metadata = Metadata::deserialize(value).map_err(|error| {
        vec![finding(
            &JsonPointer::root(),
            format!("`{KEYWORD}` cannot be accepted: {error}"),
        )]
    })?;
    let deprecated = metadata.status == Status::Deprecated;
    let status = JsonPointer::root().child("status");
    if deprecated && metadata.sunset.is_none() {
        let message = "a deprecated contract must say from when on it may no longer be emitted".to_owned();
        return Err(vec![
            finding(&status, message).with_help("add `\"sunset\": \"<year>-<month>-<day>\"`"),
        ]);
    }
    if !deprecated && (metadata.sunset.is_some() || metadata.superseded_by.is_some()) {
        let member = if metadata.sunset.is_some() {
            "sunset"
        } else {
            "supersededBy"
        };
        let message = format!(
            "`{member}` is for deprecated contracts, and the status is {}",
            metadata.status
        );
        let pointer = JsonPointer::root().child(member);
        return Err(vec![
            finding(&pointer, message).with_help("set `\"status\": \"deprecated\"`, or remove the member"),
        ]);
    }
    Ok(metadata)
}

fn findings(
    file: &Arc<str>,
    place: &JsonPointer,
    error: &jsonschema::ValidationError<'_>,
) -> Vec<Diagnostic> {
    let pointer = JsonPointer::parse(error.instance_path().as_str()).unwrap_or_default();
    let here = place.join(&pointer);
    let new =
        |location, message: String| Diagnostic::new(invalid_metadata::ID, Severity::Error, location, message);
    let ValidationErrorKind::AdditionalProperties { unexpected } = error.kind() else {
        let member = pointer
            .last()
            .map_or_else(|| KEYWORD.to_owned(), std::borrow::Cow::into_owned);
        return vec![new(
            Location::value(Arc::clone(file), here),
            format!("`{member}` is not accepted: {error}"),
        )];
    };
    let (inside, known) = if pointer.is_root() {
        (KEYWORD, MEMBERS)
    } else {
        ("topic", TOPIC_MEMBERS)
    };
    unexpected
        .iter()
        .map(|name| {
            let location = Location::key(Arc::clone(file), here.child(name));
            let found = new(location, format!("`{inside}` has no member `{name}`"));
            match closest(name, known.iter().copied()) {
                Some(near) => found.with_help(format!("did you mean `{near}`?")),
                None => found.with_help(format!("known here: {}", known.join(", "))),
            }
        })
        .collect()
}

const MEMBERS: &[&str] = &[
    "version",
    "owner",
    "status",
    "sunset",
    "supersededBy",
    "topic",
    "key",
    "producers",
    "compatibility",
];
const TOPIC_MEMBERS: &[&str] = &["name", "partitions", "retention", "cleanup", "maxBytes"];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn problems(value: &Value) -> Vec<String> {
        match parse(&"a.json".into(), value) {
            Ok(_) => Vec::new(),
            Err(found) => found
                .iter()
                .map(|found| format!("{} {}", found.location.pointer().unwrap(), found.message))
                .collect(),
        }
    }

    #[test]
    fn complete_metadata_is_read() {
        let value = json!({
            "version": "1.1.0", "owner": "team-orders", "status": "deprecated", "sunset": "2027-06-30",
            "supersededBy": "ecommerce.order.created.v2", "key": "/orderId", "producers": ["order-service"],
            "topic": {"name": "a.b.v1", "partitions": 12, "retention": "P14D", "cleanup": "delete", "maxBytes": 1_048_576},
            "compatibility": "backward"
        });
        let metadata = parse(&"a.json".into(), &value).unwrap();
        assert_eq!(metadata.version.to_string(), "1.1.0");
        assert_eq!(metadata.topic.as_ref().unwrap().max_bytes, Some(1_048_576));
        assert_eq!(serde_json::to_value(&metadata).unwrap(), value);
    }

    #[test]
    fn each_problem_is_at_its_member() {
        let found =
            problems(&json!({"version": "1.0", "ownr": "x", "topic": {"name": "a b", "retension": "P1D"}}));
        let starts: Vec<_> = found
            .iter()
            .map(|found| found.split(' ').next().unwrap())
            .collect();
        for pointer in [
            "/x-contract/version",
            "/x-contract/ownr",
            "/x-contract/topic/name",
            "/x-contract/topic/retension",
        ] {
            assert!(starts.contains(&pointer), "{pointer} in {found:?}");
        }
        let wrong = [
            json!(null),
            json!([]),
            json!("1.0.0"),
            json!({}),
            json!({"version": "1.0.0", "sunset": "2027-06-30"}),
            json!({"version": "1.0.0", "status": "deprecated"}),
            json!({"version": "1.0.0", "status": "deprecated", "sunset": "2027-02-30"}),
            json!({"version": "1.0.0", "status": "live"}),
            json!({"version": "1.0.0", "key": "orderId"}),
            json!({"version": "1.0.0", "topic": {"name": "a", "partitions": 0}}),
            json!({"version": "99999999999999999999.0.0"}),
        ];
        for value in wrong {
            assert!(!problems(&value).is_empty(), "{value}");
        }
    }

    #[test]
    fn the_members_listed_for_suggestions_are_those_of_the_schema() {
        let schema: Value = serde_json::from_str(&crate::schemas::x_contract()).unwrap();
        let names = |value: &Value| {
            value
                .as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect::<std::collections::BTreeSet<_>>()
        };
        let listed = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(names(&schema["properties"]), listed(MEMBERS));
        assert_eq!(
            names(&schema["$defs"]["Topic"]["properties"]),
            listed(TOPIC_MEMBERS)
        );
    }
}
