//! The keywords of JSON Schema: which drafts know them, what their values look like, which instances they concern.

use serde_json::Value;

use crate::Draft;
use crate::Draft::{Draft4, Draft6, Draft7, Draft201909, Draft202012};

/// What a keyword does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rules) enum Role {
    /// Names, identifies, or holds what others refer to.
    Core,
    /// Says something about instances without accepting or rejecting any.
    Annotation,
    /// Accepts or rejects, by itself or by the schemas it holds.
    Assertion,
}

/// The form that the value of a keyword must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rules) enum Form {
    Any,
    Array,
    Boolean,
    Count,
    Number,
    NumberOrBoolean,
    Object,
    Schema,
    SchemaList,
    SchemaMap,
    SchemaOrList,
    Strings,
    Text,
    Type,
}

/// The type of instances that a keyword looks at; others it accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rules) enum Concern {
    All,
    Arrays,
    Numbers,
    Objects,
    Strings,
}

/// One keyword.
#[derive(Clone, Copy, Debug)]
pub(in crate::rules) struct Keyword {
    pub(in crate::rules) name: &'static str,
    pub(in crate::rules) since: Draft,
    pub(in crate::rules) until: Draft,
    pub(in crate::rules) role: Role,
    pub(in crate::rules) form: Form,
    pub(in crate::rules) concern: Concern,
}

impl Keyword {
    /// Whether `draft` gives it a meaning.
    pub(in crate::rules) fn is_in(&self, draft: Draft) -> bool {
        self.since <= draft && draft <= self.until
    }
}

const fn keyword(
    name: &'static str,
    (since, until): (Draft, Draft),
    role: Role,
    form: Form,
    concern: Concern,
) -> Keyword {
    Keyword {
        name,
        since,
        until,
        role,
        form,
        concern,
    }
}

use Concern::{All, Arrays, Numbers, Objects, Strings};
use Role::{Annotation, Assertion, Core};

/// Every keyword of drafts 4 to 2020-12, sorted by name.
pub(in crate::rules) static KEYWORDS: &[Keyword] = &[
    keyword("$anchor", (Draft201909, Draft202012), Core, Form::Text, All),
    keyword("$comment", (Draft7, Draft202012), Annotation, Form::Text, All),
    keyword("$defs", (Draft201909, Draft202012), Core, Form::SchemaMap, All),
    keyword(
        "$dynamicAnchor",
        (Draft202012, Draft202012),
        Core,
        Form::Text,
        All,
    ),
    keyword(
        "$dynamicRef",
        (Draft202012, Draft202012),
        Assertion,
        Form::Text,
        All,
    ),
    keyword("$id", (Draft6, Draft202012), Core, Form::Text, All),
    keyword(
        "$recursiveAnchor",
        (Draft201909, Draft201909),
        Core,
        Form::Boolean,
        All,
    ),
    keyword(
        "$recursiveRef",
        (Draft201909, Draft201909),
        Assertion,
        Form::Text,
        All,
    ),
    keyword("$ref", (Draft4, Draft202012), Assertion, Form::Text, All),
    keyword("$schema", (Draft4, Draft202012), Core, Form::Text, All),
    keyword("$vocabulary", (Draft201909, Draft202012), Core, Form::Object, All),
    keyword(
        "additionalItems",
        (Draft4, Draft201909),
        Assertion,
        Form::Schema,
        Arrays,
    ),
    keyword(
        "additionalProperties",
        (Draft4, Draft202012),
        Assertion,
        Form::Schema,
        Objects,
    ),
    keyword("allOf", (Draft4, Draft202012), Assertion, Form::SchemaList, All),
    keyword("anyOf", (Draft4, Draft202012), Assertion, Form::SchemaList, All),
    keyword("const", (Draft6, Draft202012), Assertion, Form::Any, All),
    keyword("contains", (Draft6, Draft202012), Assertion, Form::Schema, Arrays),
    keyword(
        "contentEncoding",
        (Draft7, Draft202012),
        Annotation,
        Form::Text,
        Strings,
    ),
    keyword(
        "contentMediaType",
        (Draft7, Draft202012),
        Annotation,
        Form::Text,
        Strings,
    ),
    keyword(
        "contentSchema",
        (Draft201909, Draft202012),
        Annotation,
        Form::Schema,
        Strings,
    ),
    keyword("default", (Draft4, Draft202012), Annotation, Form::Any, All),
    keyword("definitions", (Draft4, Draft202012), Core, Form::SchemaMap, All),
    // Out of the drafts since 2019-09, but validators still honour it.
    keyword(
        "dependencies",
        (Draft4, Draft202012),
        Assertion,
        Form::Object,
        Objects,
    ),
    keyword(
        "dependentRequired",
        (Draft201909, Draft202012),
        Assertion,
        Form::Object,
        Objects,
    ),
    keyword(
        "dependentSchemas",
        (Draft201909, Draft202012),
        Assertion,
        Form::SchemaMap,
        Objects,
    ),
    keyword(
        "deprecated",
        (Draft201909, Draft202012),
        Annotation,
        Form::Boolean,
        All,
    ),
    keyword("description", (Draft4, Draft202012), Annotation, Form::Text, All),
    keyword("else", (Draft7, Draft202012), Assertion, Form::Schema, All),
    keyword("enum", (Draft4, Draft202012), Assertion, Form::Array, All),
    keyword("examples", (Draft6, Draft202012), Annotation, Form::Array, All),
    keyword(
        "exclusiveMaximum",
        (Draft4, Draft202012),
        Assertion,
        Form::NumberOrBoolean,
        Numbers,
    ),
    keyword(
        "exclusiveMinimum",
        (Draft4, Draft202012),
        Assertion,
        Form::NumberOrBoolean,
        Numbers,
    ),
    keyword("format", (Draft4, Draft202012), Assertion, Form::Text, All),
    keyword("id", (Draft4, Draft4), Core, Form::Text, All),
    keyword("if", (Draft7, Draft202012), Assertion, Form::Schema, All),
    keyword(
        "items",
        (Draft4, Draft202012),
        Assertion,
        Form::SchemaOrList,
        Arrays,
    ),
    keyword(
        "maxContains",
        (Draft201909, Draft202012),
        Assertion,
        Form::Count,
        Arrays,
    ),
    keyword("maxItems", (Draft4, Draft202012), Assertion, Form::Count, Arrays),
    keyword(
        "maxLength",
        (Draft4, Draft202012),
        Assertion,
        Form::Count,
        Strings,
    ),
    keyword(
        "maxProperties",
        (Draft4, Draft202012),
        Assertion,
        Form::Count,
        Objects,
    ),
    keyword("maximum", (Draft4, Draft202012), Assertion, Form::Number, Numbers),
    keyword(
        "minContains",
        (Draft201909, Draft202012),
        Assertion,
        Form::Count,
        Arrays,
    ),
    keyword("minItems", (Draft4, Draft202012), Assertion, Form::Count, Arrays),
    keyword(
        "minLength",
        (Draft4, Draft202012),
        Assertion,
        Form::Count,
        Strings,
    ),
    keyword(
        "minProperties",
        (Draft4, Draft202012),
        Assertion,
        Form::Count,
        Objects,
    ),
    keyword("minimum", (Draft4, Draft202012), Assertion, Form::Number, Numbers),
    keyword(
        "multipleOf",
        (Draft4, Draft202012),
        Assertion,
        Form::Number,
        Numbers,
    ),
    keyword("not", (Draft4, Draft202012), Assertion, Form::Schema, All),
    keyword("oneOf", (Draft4, Draft202012), Assertion, Form::SchemaList, All),
    keyword("pattern", (Draft4, Draft202012), Assertion, Form::Text, Strings),
    keyword(
        "patternProperties",
        (Draft4, Draft202012),
        Assertion,
        Form::SchemaMap,
        Objects,
    ),
    keyword(
        "prefixItems",
        (Draft202012, Draft202012),
        Assertion,
        Form::SchemaList,
        Arrays,
    ),
    keyword(
        "properties",
        (Draft4, Draft202012),
        Assertion,
        Form::SchemaMap,
        Objects,
    ),
    keyword(
        "propertyNames",
        (Draft6, Draft202012),
        Assertion,
        Form::Schema,
        Objects,
    ),
    keyword("readOnly", (Draft7, Draft202012), Annotation, Form::Boolean, All),
    keyword(
        "required",
        (Draft4, Draft202012),
        Assertion,
        Form::Strings,
        Objects,
    ),
    keyword("then", (Draft7, Draft202012), Assertion, Form::Schema, All),
    keyword("title", (Draft4, Draft202012), Annotation, Form::Text, All),
    keyword("type", (Draft4, Draft202012), Assertion, Form::Type, All),
    keyword(
        "unevaluatedItems",
        (Draft201909, Draft202012),
        Assertion,
        Form::Schema,
        Arrays,
    ),
    keyword(
        "unevaluatedProperties",
        (Draft201909, Draft202012),
        Assertion,
        Form::Schema,
        Objects,
    ),
    keyword(
        "uniqueItems",
        (Draft4, Draft202012),
        Assertion,
        Form::Boolean,
        Arrays,
    ),
    keyword("writeOnly", (Draft7, Draft202012), Annotation, Form::Boolean, All),
];

/// The keyword of that name, in whatever draft.
pub(in crate::rules) fn find(name: &str) -> Option<&'static Keyword> {
    KEYWORDS
        .binary_search_by(|keyword| keyword.name.cmp(name))
        .ok()
        .map(|at| &KEYWORDS[at])
}

impl Form {
    /// Whether a value has this form, as far as its own JSON type and the types of its items tell.
    pub(in crate::rules) fn fits(self, value: &Value) -> bool {
        let strings = |value: &Value| {
            value
                .as_array()
                .is_some_and(|items| items.iter().all(Value::is_string))
        };
        match self {
            Self::Any => true,
            Self::Array => value.is_array(),
            Self::Boolean => value.is_boolean(),
            Self::Count => value
                .as_f64()
                .is_some_and(|number| number >= 0.0 && number.fract() == 0.0),
            Self::Number => value.is_number(),
            Self::NumberOrBoolean => value.is_number() || value.is_boolean(),
            Self::Object => value.is_object(),
            Self::Schema => is_schema(value),
            Self::SchemaList => value.as_array().is_some_and(|items| items.iter().all(is_schema)),
            Self::SchemaMap => value
                .as_object()
                .is_some_and(|members| members.values().all(is_schema)),
            Self::SchemaOrList => Self::Schema.fits(value) || Self::SchemaList.fits(value),
            Self::Strings => strings(value),
            Self::Text => value.is_string(),
            Self::Type => value.is_string() || strings(value),
        }
    }

    /// What is expected, for messages: `must be …`.
    pub(in crate::rules) fn describe(self) -> &'static str {
        match self {
            Self::Any => "any value",
            Self::Array => "an array",
            Self::Boolean => "true or false",
            Self::Count => "a non-negative integer",
            Self::Number => "a number",
            Self::NumberOrBoolean => "a number (in draft-04: true or false)",
            Self::Object => "an object",
            Self::Schema => "a schema: an object, true or false",
            Self::SchemaList => "an array of schemas",
            Self::SchemaMap => "an object whose members are schemas",
            Self::SchemaOrList => "a schema or an array of schemas",
            Self::Strings => "an array of strings",
            Self::Text => "a string",
            Self::Type => "the name of a type, or an array of such names",
        }
    }
}

fn is_schema(value: &Value) -> bool {
    value.is_object() || value.is_boolean()
}

/// The names of the types.
pub(in crate::rules) const TYPES: [&str; 7] = [
    "array", "boolean", "integer", "null", "number", "object", "string",
];

/// The types that a schema allows by `type`; `None` without a (well-formed) one.
pub(in crate::rules) fn types(schema: &serde_json::Map<String, Value>) -> Option<Vec<&str>> {
    match schema.get("type")? {
        Value::String(name) => Some(vec![name]),
        Value::Array(names) => names.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

/// Formats that JSON Schema defines: name, the first draft that has it. All concern strings.
pub(in crate::rules) const FORMATS: [(&str, Draft); 19] = [
    ("date", Draft7),
    ("date-time", Draft4),
    ("duration", Draft201909),
    ("email", Draft4),
    ("hostname", Draft4),
    ("idn-email", Draft7),
    ("idn-hostname", Draft7),
    ("ipv4", Draft4),
    ("ipv6", Draft4),
    ("iri", Draft7),
    ("iri-reference", Draft7),
    ("json-pointer", Draft6),
    ("regex", Draft7),
    ("relative-json-pointer", Draft7),
    ("time", Draft7),
    ("uri", Draft4),
    ("uri-reference", Draft6),
    ("uri-template", Draft6),
    ("uuid", Draft201909),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_agrees_with_the_walk() {
        assert!(KEYWORDS.windows(2).all(|pair| pair[0].name < pair[1].name));
        for keyword in KEYWORDS {
            for draft in Draft::ALL {
                if crate::walk::applicator(draft, keyword.name).is_some() {
                    assert!(keyword.is_in(draft), "{} in {draft}", keyword.name);
                }
            }
        }
    }

    #[test]
    fn formats_are_sorted_by_name() {
        assert!(FORMATS.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
