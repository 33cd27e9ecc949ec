//! A failure in words: which rule, what is asked, what would have been allowed.

use diagnostics::{JsonPointer, Rule};
use serde_json::Value;

use super::Break;
use super::counterpart::{follow, resolved};
use super::failing::{Failure, Kind};
use super::told::{NEXT_MAJOR, Told};
use crate::rules;
use crate::{Options, Writer};

/// The longest value that is quoted whole in a message.
const QUOTE_LIMIT: usize = 60;

pub(super) fn describe(
    writer: &Value,
    reader: &Value,
    failure: &Failure,
    witness: &Value,
    told: Told,
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
        told,
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
    told: Told,
    options: &'a Options,
}

type Words = (&'static Rule, String, String);

impl Context<'_> {
    fn words(&self, failure: &Failure) -> Words {
        let place = self.subject();
        let (writers, readers) = (self.told.writers(), self.told.readers());
        match &failure.kind {
            Kind::Required(name) => {
                let within = if self.instance.is_empty() {
                    String::new()
                } else {
                    format!(" in {place}")
                };
                (
                    &rules::required_property_missing::RULE,
                    format!("{readers} require `{name}`{within}, and {writers} may leave it out"),
                    self.told.help(
                        &format!("declare `{name}` without requiring it"),
                        &format!("keep `{name}` required"),
                    ),
                )
            }
            Kind::Unexpected(names) => self.unexpected(&place, names),
            Kind::False => (
                &rules::property_forbidden::RULE,
                format!("{readers} reject {place} whatever it holds, and {writers} may send it"),
                self.told.help("allow it and ignore it", "leave it out"),
            ),
            Kind::Overlap => (
                &rules::union_member_not_listed::RULE,
                format!(
                    "{readers} want {place} to fit exactly one alternative of `oneOf`, and it may fit several"
                ),
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
        let (writers, readers) = (self.told.writers(), self.told.readers());
        if declares(here) || declares(above) || self.options.writer == Writer::Declared {
            (
                &rules::property_not_listed::RULE,
                format!("{readers} allow only the listed members of {place}, and {writers} also send {list}"),
                self.told.help(
                    &format!("keep {list} listed, open the object"),
                    &format!("leave {list} out"),
                ),
            )
        } else {
            (
                &rules::object_closed::RULE,
                format!(
                    "{readers} allow only the listed members of {place}, and {writers} may send any other: {list}"
                ),
                self.told.help("leave the object open", "keep the object closed"),
            )
        }
    }

    fn keyword(&self, place: &str, keyword: &str) -> Words {
        let (writers, readers) = (self.told.writers(), self.told.readers());
        let asked = self.asked.map(quoted).unwrap_or_default();
        let part = quoted(self.part);
        let tighter = |what: &str| {
            let given = self.given.map_or_else(|| "none".to_owned(), quoted);
            format!("{readers} hold {place} to `{keyword}` {asked}, {writers} to {given}: {part} {what}")
        };
        // Where the writer's schema does not say anything at that place.
        let new = self.given.is_none() && self.is_silent();
        let help = |new_reader: &str, new_writer: &str| self.told.help(new_reader, new_writer);
        match keyword {
            "type" if new => (
                &rules::property_constrained::RULE,
                format!(
                    "{readers} want {place} to be of type {asked}, and {writers} may send anything there: {part}"
                ),
                help("use a name that nobody can have used", "keep the type"),
            ),
            "type" => (
                &rules::type_not_accepted::RULE,
                format!("{readers} want {place} to be of type {asked}, and {writers} may send {part}"),
                help("keep the wider type", "keep the type that readers know"),
            ),
            "enum" | "const" if new => (
                &rules::property_constrained::RULE,
                format!(
                    "{readers} accept only {} as {place}, and {writers} may send anything there: {part}",
                    self.listed()
                ),
                help("use a name that nobody can have used", "keep the list"),
            ),
            "enum" | "const" => (
                &rules::enum_value_not_listed::RULE,
                format!(
                    "{readers} accept only {} as {place}, and {writers} may send {part}",
                    self.listed()
                ),
                self.told.help_open("value", "list"),
            ),
            "pattern" => (
                &rules::pattern_not_matched::RULE,
                tighter("does not match"),
                help(
                    "use a pattern that matches all that the old one does",
                    "use a pattern that matches nothing that the old one does not",
                ),
            ),
            "format" => (
                &rules::format_not_met::RULE,
                tighter("is not of it"),
                help("add a second member with the format", "keep the format"),
            ),
            "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf" | "minLength"
            | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties" => (
                &rules::bound_exceeded::RULE,
                tighter("is outside"),
                help("keep the wider bound", "keep the tighter bound"),
            ),
            "propertyNames" => (
                &rules::property_name_not_accepted::RULE,
                format!(
                    "{readers} hold the names of members of {place} to {asked}, and {writers} may use others: {part}"
                ),
                help("keep the wider rule", "keep the tighter rule"),
            ),
            "items" | "additionalItems" | "prefixItems" | "contains" | "uniqueItems" | "unevaluatedItems"
            | "minContains" | "maxContains" => (
                &rules::items_not_accepted::RULE,
                tighter("does not satisfy it"),
                help("keep the wider rule", "keep the tighter rule"),
            ),
            "anyOf" | "oneOf" => (
                &rules::union_member_not_listed::RULE,
                format!(
                    "{readers} want {place} to fit an alternative of `{keyword}`, and {writers} may send {part}"
                ),
                self.told.help_open("alternative", "union"),
            ),
            "not" => (
                &rules::value_excluded::RULE,
                format!("{readers} reject {place} where it satisfies {asked}, and {writers} may send {part}"),
                help("leave the exclusion out", "keep the exclusion"),
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
                values.iter().map(quoted).collect::<Vec<_>>().join(", ")
            }
            Some(Value::Array(values)) => format!("the {} listed values", values.len()),
            Some(value) => quoted(value),
            None => "the listed values".to_owned(),
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
