//! Keywords about the members of an object.

use serde_json::{Map, Value};

use super::EmittedError;
use super::evaluate::{Held, Run, Site, list, malformed, object, text};
use crate::Draft;

impl<'s> Run<'_, 's> {
    /// `None` when the keyword is not about members.
    pub(super) fn object_keyword(
        &mut self,
        site: &Site<'s>,
        keyword: &str,
        value: &'s Value,
        members: &Map<String, Value>,
        instance: &Value,
    ) -> Result<Option<bool>, EmittedError> {
        let accepts = match keyword {
            "properties" => self.properties(site, object(keyword, value)?, members)?,
            "patternProperties" => self.pattern_properties(site, object(keyword, value)?, members)?,
            "additionalProperties" => self.additional_properties(site, value, members)?,
            "propertyNames" if site.draft >= Draft::V6 => self.property_names(site, value, members)?,
            "required" => has_all(keyword, value, members)?,
            "minProperties" | "maxProperties" => self.count_is_within(keyword, value, members.len())?,
            // Superseded in 2019-09, but validators go on asserting it, and schemas go on using it.
            "dependencies" => self.dependencies(site, keyword, value, members, instance)?,
            "dependentRequired" | "dependentSchemas" if site.draft >= Draft::V201909 => {
                self.dependencies(site, keyword, value, members, instance)?
            }
            _ => return Ok(None),
        };
        Ok(Some(accepts))
    }

    fn properties(
        &mut self,
        site: &Site<'s>,
        schemas: &'s Map<String, Value>,
        members: &Map<String, Value>,
    ) -> Result<bool, EmittedError> {
        for (name, schema) in schemas {
            if let Some(member) = members.get(name)
                && !self.schema(schema, site.resource, member)?
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn pattern_properties(
        &mut self,
        site: &Site<'s>,
        schemas: &'s Map<String, Value>,
        members: &Map<String, Value>,
    ) -> Result<bool, EmittedError> {
        for (pattern, schema) in schemas {
            for (name, member) in members {
                if self.matches_pattern(pattern, name)? && !self.schema(schema, site.resource, member)? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    fn additional_properties(
        &mut self,
        site: &Site<'s>,
        schema: &'s Value,
        members: &Map<String, Value>,
    ) -> Result<bool, EmittedError> {
        for (name, member) in members {
            if !self.is_named(site.map, name)? && !self.schema(schema, site.resource, member)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether `properties` or `patternProperties` of `schema` cover the name.
    pub(super) fn is_named(&mut self, schema: &Map<String, Value>, name: &str) -> Result<bool, EmittedError> {
        self.spend(1)?;
        if schema
            .get("properties")
            .is_some_and(|properties| properties.get(name).is_some())
        {
            return Ok(true);
        }
        if let Some(patterns) = schema.get("patternProperties") {
            for pattern in object("patternProperties", patterns)?.keys() {
                if self.matches_pattern(pattern, name)? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn property_names(
        &mut self,
        site: &Site<'s>,
        schema: &'s Value,
        members: &Map<String, Value>,
    ) -> Result<bool, EmittedError> {
        for name in members.keys() {
            if !self.schema(schema, site.resource, &Value::String(name.clone()))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn dependencies(
        &mut self,
        site: &Site<'s>,
        keyword: &str,
        value: &'s Value,
        members: &Map<String, Value>,
        instance: &Value,
    ) -> Result<bool, EmittedError> {
        for (trigger, dependency) in object(keyword, value)? {
            if !members.contains_key(trigger) {
                continue;
            }
            let holds = match dependency {
                Value::Array(_) if keyword != "dependentSchemas" => has_all(keyword, dependency, members)?,
                schema if keyword != "dependentRequired" => self.schema(schema, site.resource, instance)?,
                _ => return Err(malformed(keyword)),
            };
            if !holds {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(super) fn unevaluated_properties(
        &mut self,
        site: &Site<'s>,
        held: &Held<'s>,
        schema: &'s Value,
        members: &Map<String, Value>,
    ) -> Result<bool, EmittedError> {
        self.spend((self.log.len() - site.mark) as u64)?;
        let mut inner: Vec<&'s Map<String, Value>> = Vec::new();
        for inner_held in self.log[site.mark..]
            .iter()
            .filter(|inner| inner.place == held.place)
        {
            let schema = inner_held.schema;
            // These hold and have evaluated everything that was left.
            let evaluates_the_rest = schema.contains_key("additionalProperties")
                || (inner_held.draft >= Draft::V201909 && schema.contains_key("unevaluatedProperties"));
            if evaluates_the_rest {
                return Ok(true);
            }
            if schema.contains_key("properties") || schema.contains_key("patternProperties") {
                inner.push(schema);
            }
        }
        if site.map.contains_key("additionalProperties") {
            return Ok(true);
        }
        for (name, member) in members {
            let mut is_evaluated = self.is_named(site.map, name)?;
            for inner in &inner {
                is_evaluated = is_evaluated || self.is_named(inner, name)?;
            }
            if !is_evaluated && !self.schema(schema, site.resource, member)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn has_all(keyword: &str, names: &Value, members: &Map<String, Value>) -> Result<bool, EmittedError> {
    for name in list(keyword, names)? {
        if !members.contains_key(text(keyword, name)?) {
            return Ok(false);
        }
    }
    Ok(true)
}
