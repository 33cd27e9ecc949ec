//! A failure in words: which rule, what is asked, what would have been allowed.

use diagnostics::{JsonPointer, Rule};
use serde_json::Value;

use super::Break;
use super::counterpart::{follow, resolved};
use super::failing::{Failure, Kind};
use crate::rules;
use crate::{Options, Writer};

/// The longest value that is quoted whole in a message.
const QUOTE_LIMIT: usize = 60;

pub(super) fn describe(
    writer: &Value,
    reader: &Value,
    failure: &Failure,
    witness: &Value,
    options: &Options,
) -> Break {
    let (place, complete) = follow(writer, &failure.evaluation);
    let asked = reader.pointer(&failure.schema);
    let given = complete.then(|| writer.pointer(place.as_str())).flatten();
    let part = witness.pointer(&failure.instance).unwrap_or(&Value::Null);
    let context = Context {
        writer,
        place: &place,
        asked,
        given,
        part,
        instance: &failure.instance,
        options,
    };
    let (rule, message, help) = context.words(failure);
    let declared = context.declaration(failure);
    Break {
        rule,
        message,
        help,
        reader: exact(reader, failure),
        writer: declared.unwrap_or(place),
        witness: witness.clone(),
        instance: JsonPointer::parse(&failure.instance).unwrap_or_default(),
    }
}

/// The keyword that fails; of a list of required names the name.
fn exact(reader: &Value, failure: &Failure) -> JsonPointer {
    let keyword = JsonPointer::parse(&failure.schema).unwrap_or_default();
    let Kind::Required(name) = &failure.kind else {
        return keyword;
    };
    let place = |list: &Value| list.as_array()?.iter().position(|listed| listed == name.as_str());
    let found = match reader.pointer(&failure.schema) {
        Some(Value::Object(triggers)) => triggers
            .iter()
            .find_map(|(trigger, list)| Some(keyword.child(trigger).item(place(list)?))),
        Some(list) => place(list).map(|index| keyword.item(index)),
        None => None,
    };
    found.unwrap_or(keyword)
}

struct Context<'a> {
    writer: &'a Value,
    place: &'a JsonPointer,
    /// The keyword's value in the reader's schema.
    asked: Option<&'a Value>,
    /// The same keyword's value in the writer's schema, if it has it.
    given: Option<&'a Value>,
    /// The part of the witness that fails.
    part: &'a Value,
    instance: &'a str,
    options: &'a Options,
}

type Words = (&'static Rule, String, String);

const NEXT_MAJOR: &str = "or publish the change as a new major version";

impl Context<'_> {
    fn words(&self, failure: &Failure) -> Words {
        let place = self.subject();
        match &failure.kind {
            Kind::Required(name) => (
                &rules::required_property_added::RULE,
                format!("{place} must have `{name}`, which the writer may leave out"),
                format!("add `{name}` as optional, {NEXT_MAJOR}"),
            ),
            Kind::Unexpected(names) => self.unexpected(&place, names),
            Kind::False => (
                &rules::property_forbidden::RULE,
                format!("{place} must not exist, and the writer may send it"),
                format!("allow it and ignore it, {NEXT_MAJOR}"),
            ),
            Kind::Overlap => (
                &rules::union_member_removed::RULE,
                format!("{place} fits several alternatives of `oneOf`, of which only one may hold"),
                format!("tell the alternatives apart by a constant tag, use `anyOf`, {NEXT_MAJOR}"),
            ),
            Kind::Keyword(keyword) => self.keyword(&place, keyword),
        }
    }

    fn subject(&self) -> String {
        if self.instance.is_empty() {
            "the document".to_owned()
        } else {
            format!("`{}`", self.instance)
        }
    }

    /// Where the writer declares the first member that the reader does not expect.
    fn declaration(&self, failure: &Failure) -> Option<JsonPointer> {
        let Kind::Unexpected(names) = &failure.kind else {
            return None;
        };
        let name = names.first()?;
        let mut at = Some(self.place.clone());
        // The keyword itself may be what the path ends with.
        for _ in 0..2 {
            let holder = at?;
            let member = holder.child("properties").child(name);
            if self.writer.pointer(member.as_str()).is_some() {
                return Some(member);
            }
            at = holder.parent();
        }
        None
    }

    fn unexpected(&self, place: &str, names: &[String]) -> Words {
        let list = names
            .iter()
            .map(|name| format!("`{name}`"))
            .collect::<Vec<_>>()
            .join(", ");
        let here = resolved(
            self.writer,
            self.writer.pointer(self.place.as_str()).unwrap_or(&Value::Null),
        );
        // The keyword itself may be what the path ends with.
        let parent = self.place.parent().unwrap_or_default();
        let above = resolved(
            self.writer,
            self.writer.pointer(parent.as_str()).unwrap_or(&Value::Null),
        );
        let declares = |schema: &Value| {
            names.iter().all(|name| {
                schema
                    .get("properties")
                    .is_some_and(|members| members.get(name).is_some())
            })
        };
        if declares(here) || declares(above) || self.options.writer == Writer::Declared {
            (
                &rules::property_removed_from_closed_object::RULE,
                format!("{place} may not have {list}, which the writer declares"),
                format!("keep it listed, open the object, {NEXT_MAJOR}"),
            )
        } else {
            (
                &rules::object_closed::RULE,
                format!(
                    "{place} may have no members but those listed, and the writer may send others: {list}"
                ),
                format!("leave the object open, {NEXT_MAJOR}"),
            )
        }
    }

    fn keyword(&self, place: &str, keyword: &str) -> Words {
        let asked = self.asked.map(quoted).unwrap_or_default();
        let part = quoted(self.part);
        let tighter = |what: &str| {
            let before = self
                .given
                .map_or_else(|| "has none".to_owned(), |given| format!("has {}", quoted(given)));
            format!("{place} is held to `{keyword}` {asked}, the writer {before}: {part} {what}")
        };
        // Where the writer's schema does not say anything at that place.
        let new = self.given.is_none() && self.is_silent();
        match keyword {
            "type" if new => (
                &rules::property_type_narrowed::RULE,
                format!("{place} must be of type {asked}, and the writer may send anything there: {part}"),
                format!("use a name that nobody can have used, {NEXT_MAJOR}"),
            ),
            "type" => (
                &rules::type_narrowed::RULE,
                format!("{place} must be of type {asked}, and the writer may send {part}"),
                format!("keep the wider type, {NEXT_MAJOR}"),
            ),
            "enum" | "const" if new => (
                &rules::property_type_narrowed::RULE,
                format!(
                    "{place} must be {}, and the writer may send anything there: {part}",
                    self.listed()
                ),
                format!("use a name that nobody can have used, {NEXT_MAJOR}"),
            ),
            "enum" | "const" => (
                &rules::enum_value_removed::RULE,
                format!(
                    "{place} must be {}, and the writer may send {part}",
                    self.listed()
                ),
                format!("keep the value, mark the list `\"x-open\": true` from the start, {NEXT_MAJOR}"),
            ),
            "pattern" => (
                &rules::pattern_narrowed::RULE,
                tighter("does not match"),
                format!("use a pattern that matches all the old one does, {NEXT_MAJOR}"),
            ),
            "format" => (
                &rules::format_added::RULE,
                tighter("is not of it"),
                format!("add a second member with the format, {NEXT_MAJOR}"),
            ),
            "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf" | "minLength"
            | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties" => (
                &rules::bound_tightened::RULE,
                tighter("is outside"),
                format!("keep the wider bound, {NEXT_MAJOR}"),
            ),
            "propertyNames" => (
                &rules::property_names_narrowed::RULE,
                format!("a member's name in {place} must satisfy {asked}: {part}"),
                format!("keep the wider rule, {NEXT_MAJOR}"),
            ),
            "items" | "additionalItems" | "prefixItems" | "contains" | "uniqueItems" | "unevaluatedItems"
            | "minContains" | "maxContains" => (
                &rules::item_schema_narrowed::RULE,
                tighter("does not satisfy it"),
                format!("keep the wider rule, {NEXT_MAJOR}"),
            ),
            "anyOf" | "oneOf" => (
                &rules::union_member_removed::RULE,
                format!("{place} must fit an alternative of `{keyword}`, and the writer may send {part}"),
                format!(
                    "keep the alternative, mark the union `\"x-open\": true` from the start, {NEXT_MAJOR}"
                ),
            ),
            "not" => (
                &rules::exclusion_added::RULE,
                format!("{place} must not satisfy {asked}, and the writer may send {part}"),
                format!("leave the exclusion out, {NEXT_MAJOR}"),
            ),
            _ => (
                &rules::document_not_accepted::RULE,
                tighter("fails it"),
                format!("look at `{keyword}` in the reader's schema, {NEXT_MAJOR}"),
            ),
        }
    }

    fn listed(&self) -> String {
        match self.asked {
            Some(Value::Array(values)) if values.len() <= 8 => {
                format!(
                    "one of {}",
                    values.iter().map(quoted).collect::<Vec<_>>().join(", ")
                )
            }
            Some(Value::Array(values)) => format!("one of {} values", values.len()),
            Some(value) => quoted(value),
            None => "one of the listed values".to_owned(),
        }
    }

    /// Whether the writer's schema says nothing about the type of what stands there.
    fn is_silent(&self) -> bool {
        let at = self.writer.pointer(self.place.as_str()).unwrap_or(&Value::Null);
        let at = resolved(self.writer, at);
        // A place whose path stopped short at `properties` does not know the member.
        !["type", "enum", "const", "$ref", "anyOf", "oneOf", "allOf"]
            .iter()
            .any(|keyword| at.get(keyword).is_some())
            || self.place.last().is_some_and(|last| last == "properties")
    }
}

fn quoted(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= QUOTE_LIMIT {
        return format!("`{text}`");
    }
    let start: String = text.chars().take(QUOTE_LIMIT).collect();
    format!("`{start}…`")
}
