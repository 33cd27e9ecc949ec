//! The keyword of the reader's schema on which a document fails.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use serde_json::Value;

use crate::validators::compile;
use crate::{Options, Side};

/// A keyword, and the part of the document that fails it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    /// Where the keyword stands: a pointer into the schema.
    pub(super) schema: String,
    /// How evaluation came there, through references.
    pub(super) evaluation: String,
    /// The part of the document.
    pub(super) instance: String,
    pub(super) kind: Kind,
}

/// What fails there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The keyword that the pointer ends with.
    Keyword(String),
    /// A member is missing.
    Required(String),
    /// Members that a closed object does not list.
    Unexpected(Vec<String>),
    /// A schema that is `false`.
    False,
    /// Several alternatives of a `oneOf` hold.
    Overlap,
}

/// The first failure of the document, in the order of the schema's pointers.
pub(super) fn find(schema: &Value, document: &Value, options: &Options) -> Option<Failure> {
    let draft = options.draft_of_reader(schema);
    let validator = compile(schema, draft, options.formats, Side::Reader).ok()?;
    let errors: Vec<ValidationError<'_>> = validator.iter_errors(document).collect();
    let mut failures: Vec<Failure> = errors.iter().map(|error| narrowed(schema, error)).collect();
    failures.sort_by(|left, right| (&left.schema, &left.instance).cmp(&(&right.schema, &right.instance)));
    failures.into_iter().next()
}

/// The failure that an error tells, inside the alternative that was meant where that is plain.
fn narrowed(schema: &Value, error: &ValidationError<'_>) -> Failure {
    match error.kind() {
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
            match meant(schema, error, context) {
                Some(errors) => {
                    let failures = errors.iter().map(|error| narrowed(schema, error));
                    let first = failures.min_by(|left, right| {
                        (&left.schema, &left.instance).cmp(&(&right.schema, &right.instance))
                    });
                    first.unwrap_or_else(|| plain(error))
                }
                None => plain(error),
            }
        }
        ValidationErrorKind::PropertyNames { .. } => plain(error),
        _ => plain(error),
    }
}

/// The one alternative whose tag fits, or the only one of the right type.
fn meant<'c>(
    schema: &Value,
    error: &ValidationError<'_>,
    context: &'c [Vec<ValidationError<'static>>],
) -> Option<&'c Vec<ValidationError<'static>>> {
    let place = error.instance_path().to_string();
    let tags = tags(schema, &error.schema_path().to_string());
    let misses = |errors: &Vec<ValidationError<'static>>| {
        errors.iter().any(|inner| {
            let at = inner.instance_path().to_string();
            let keyword = inner.kind().keyword().to_owned();
            let is_tag = at
                .strip_prefix(&place)
                .and_then(|rest| rest.strip_prefix('/'))
                .is_some_and(|rest| tags.iter().any(|tag| tag == rest));
            (at == place && matches!(keyword.as_str(), "type" | "enum" | "const" | "falseSchema"))
                || (is_tag && matches!(keyword.as_str(), "enum" | "const" | "type"))
                || (at == place && keyword == "required" && names_a_tag(inner, &tags))
        })
    };
    let mut fitting = context.iter().filter(|errors| !misses(errors));
    let first = fitting.next()?;
    (fitting.next().is_none() && !first.is_empty()).then_some(first)
}

fn names_a_tag(error: &ValidationError<'_>, tags: &[String]) -> bool {
    matches!(error.kind(), ValidationErrorKind::Required { property } if tags.iter().any(|tag| property == tag))
}

/// Members by which the alternatives of a union are told apart: constants in several of them.
fn tags(schema: &Value, union: &str) -> Vec<String> {
    let Some(alternatives) = schema.pointer(union).and_then(Value::as_array) else {
        return Vec::new();
    };
    let mut counts: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    for alternative in alternatives {
        let alternative = super::counterpart::resolved(schema, alternative);
        for (name, member) in alternative
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            if member.get("const").is_some() || member.get("enum").is_some() {
                *counts.entry(name.clone()).or_default() += 1;
            }
        }
    }
    counts
        .into_iter()
        .filter(|(_, count)| *count > 1)
        .map(|(name, _)| name)
        .collect()
}

fn plain(error: &ValidationError<'_>) -> Failure {
    let schema = error.schema_path().to_string();
    let keyword = error.kind().keyword().to_owned();
    let kind = match error.kind() {
        ValidationErrorKind::Required { property } => {
            Kind::Required(property.as_str().unwrap_or_default().to_owned())
        }
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => Kind::Unexpected(unexpected.clone()),
        ValidationErrorKind::FalseSchema => Kind::False,
        ValidationErrorKind::OneOfMultipleValid { .. } => Kind::Overlap,
        _ => Kind::Keyword(keyword),
    };
    Failure {
        schema,
        evaluation: error.evaluation_path().to_string(),
        instance: error.instance_path().to_string(),
        kind,
    }
}
