//! Why a document is rejected, at the place that a person would look at: one level of `anyOf` and `oneOf` is opened where
//! one branch was clearly meant.

use diagnostics::JsonPointer;
use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use serde_json::Value;

use super::values::{kind, list, short};

/// One reason for which a document is rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::rules) struct Violation {
    /// Where in the document.
    pub(in crate::rules) instance: JsonPointer,
    /// The member of `instance` that should not be there, where it is one.
    pub(in crate::rules) unexpected: Option<String>,
    /// Where in the schema: the pointer of the keyword.
    pub(in crate::rules) schema: JsonPointer,
    /// The keyword.
    pub(in crate::rules) keyword: String,
    /// What is wrong.
    pub(in crate::rules) message: String,
}

/// The reasons behind `errors`, at most `most`.
pub(in crate::rules) fn violations<'e>(
    errors: impl Iterator<Item = ValidationError<'e>>,
    most: usize,
) -> Vec<Violation> {
    let mut found = Vec::new();
    for error in errors {
        if found.len() >= most {
            break;
        }
        open(&error, &mut found, 0);
    }
    found.truncate(most);
    found
}

fn open(error: &ValidationError<'_>, found: &mut Vec<Violation>, depth: usize) {
    const DEEPEST: usize = 32;
    let context = match error.kind() {
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context }
            if depth < DEEPEST =>
        {
            meant(error, context)
        }
        _ => None,
    };
    match context {
        Some(branch) => branch.iter().for_each(|inner| open(inner, found, depth + 1)),
        None => found.push(violation(error)),
    }
}

/// The one branch of a union that the document was meant for: the only one whose tag fits, or the only one of its type.
fn meant<'c>(
    error: &ValidationError<'_>,
    context: &'c [Vec<ValidationError<'static>>],
) -> Option<&'c [ValidationError<'static>]> {
    let here = error.instance_path().as_str();
    let own = |inner: &ValidationError<'_>| {
        let place = inner.instance_path().as_str();
        match inner.kind() {
            // Another type, or another tag: a branch for other documents.
            ValidationErrorKind::Type { .. } => place == here,
            ValidationErrorKind::Constant { .. } | ValidationErrorKind::Enum { .. } => place
                .strip_prefix(here)
                .is_some_and(|tail| tail.matches('/').count() <= 1),
            _ => false,
        }
    };
    let mut candidates = context.iter().filter(|branch| !branch.iter().any(own));
    let branch = candidates.next()?;
    candidates.next().is_none().then_some(branch.as_slice())
}

fn violation(error: &ValidationError<'_>) -> Violation {
    let pointer = |text: &str| JsonPointer::parse(text).unwrap_or_default();
    let instance = pointer(error.instance_path().as_str());
    let subject = if instance.is_root() {
        "the document".to_owned()
    } else {
        format!("`{instance}`")
    };
    let value = error.instance();
    let (message, unexpected) = describe(error.kind(), &subject, value);
    Violation {
        unexpected,
        schema: pointer(error.schema_path().as_str()),
        keyword: error.kind().keyword().to_owned(),
        message: message.unwrap_or_else(|| format!("{subject} is not accepted: {}", error.masked())),
        instance,
    }
}

fn describe(kind_of: &ValidationErrorKind, subject: &str, value: &Value) -> (Option<String>, Option<String>) {
    use ValidationErrorKind as Kind;

    let shown = short(value);
    let members = |names: &[String]| list(names.iter().map(String::as_str), 3);
    let message = match kind_of {
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            let message = format!(
                "{subject} has {}, which is not declared, and no other members are allowed",
                members(unexpected)
            );
            return (Some(message), unexpected.first().cloned());
        }
        Kind::AdditionalItems { limit } => format!("{subject} has more than {limit} items"),
        Kind::UnevaluatedItems { .. } => format!("{subject} has items that are not allowed"),
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
            format!("{subject} is none of the {} alternatives", context.len())
        }
        Kind::OneOfMultipleValid { .. } => {
            format!("{subject} is more than one of the alternatives, and must be one")
        }
        Kind::Constant { expected_value } => {
            format!("{subject} must be {}, and is {shown}", short(expected_value))
        }
        Kind::Contains => format!("{subject} has no item of the kind that it must contain"),
        Kind::Enum { options } => format!("{subject} must be one of {}, and is {shown}", short(options)),
        Kind::ExclusiveMaximum { limit } => format!("{subject} must be less than {limit}, and is {shown}"),
        Kind::ExclusiveMinimum { limit } => format!("{subject} must be greater than {limit}, and is {shown}"),
        Kind::FalseSchema => format!("{subject} must not be there"),
        Kind::Format { format } => format!("{subject} must be of the format `{format}`, and is {shown}"),
        Kind::MaxItems { limit } => format!("{subject} has more than {limit} items"),
        Kind::MinItems { limit } => format!("{subject} has fewer than {limit} items"),
        Kind::Maximum { limit } => format!("{subject} must be at most {limit}, and is {shown}"),
        Kind::Minimum { limit } => format!("{subject} must be at least {limit}, and is {shown}"),
        Kind::MaxLength { limit } => format!("{subject} is longer than {limit} characters"),
        Kind::MinLength { limit } => format!("{subject} is shorter than {limit} characters"),
        Kind::MaxProperties { limit } => format!("{subject} has more than {limit} members"),
        Kind::MinProperties { limit } => format!("{subject} has fewer than {limit} members"),
        Kind::MultipleOf { multiple_of } => {
            format!("{subject} must be a multiple of {multiple_of}, and is {shown}")
        }
        Kind::Not { .. } => format!("{subject} is what `not` excludes"),
        Kind::Pattern { pattern } => format!("{subject} must match {pattern}, and is {shown}"),
        Kind::PropertyNames { error } => {
            let name = error.instance().as_str().map(str::to_owned);
            return (
                Some(format!(
                    "{subject} has a member whose name is not allowed: {}",
                    short(error.instance())
                )),
                name,
            );
        }
        Kind::Required { property } => {
            format!(
                "{subject} lacks {}",
                property
                    .as_str()
                    .map_or_else(|| short(property), |name| format!("`{name}`"))
            )
        }
        Kind::Type {
            kind: TypeKind::Single(name),
        } => format!("{subject} must be {}, and is {}", name, kind(value)),
        Kind::Type {
            kind: TypeKind::Multiple(names),
        } => {
            let names: Vec<String> = names.iter().map(|name| name.to_string()).collect();
            format!("{subject} must be {}, and is {}", names.join(" or "), kind(value))
        }
        Kind::UniqueItems => format!("{subject} lists an item twice"),
        _ => return (None, None),
    };
    (Some(message), None)
}
