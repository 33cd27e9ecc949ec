//! One evaluation of one document: the walk over schemas, references, and what applies in place.

use serde_json::{Map, Value};

use super::index::{ResourceId, Target, address};
use super::pattern::OutOfSteps;
use super::{EmittedError, Evaluator};
use crate::{Draft, Formats};

/// A schema object that holds at a place of the document.
#[derive(Debug)]
pub(super) struct Held<'s> {
    /// The address of the value in the document.
    pub(super) place: usize,
    pub(super) schema: &'s Map<String, Value>,
    pub(super) draft: Draft,
    /// The items that its `contains` matched.
    pub(super) contained: Vec<usize>,
}

/// A schema object on its way through its keywords.
pub(super) struct Site<'s> {
    pub(super) map: &'s Map<String, Value>,
    pub(super) draft: Draft,
    pub(super) resource: ResourceId,
    /// The length of the log when its evaluation began: what lies behind was logged by its subschemas.
    pub(super) mark: usize,
}

pub(super) struct Run<'e, 's> {
    pub(super) evaluator: &'e Evaluator<'s>,
    pub(super) log: Vec<Held<'s>>,
    steps: u64,
    level: usize,
    levels: usize,
    /// The resources entered, outermost first: the dynamic scope.
    scope: Vec<ResourceId>,
    /// The references being followed: schema and place.
    following: Vec<(usize, usize)>,
}

impl<'e, 's> Run<'e, 's> {
    pub(super) fn new(evaluator: &'e Evaluator<'s>, levels: usize, steps: u64) -> Self {
        Self {
            evaluator,
            log: Vec::new(),
            steps,
            level: 0,
            levels,
            scope: Vec::new(),
            following: Vec::new(),
        }
    }

    pub(super) fn spend(&mut self, steps: u64) -> Result<(), EmittedError> {
        self.steps = self.steps.checked_sub(steps).ok_or(EmittedError::OutOfSteps)?;
        Ok(())
    }

    /// Whether the whole schema accepts the whole document.
    pub(super) fn root(&mut self, schema: &'s Value, document: &Value) -> Result<bool, EmittedError> {
        self.schema(schema, 0, document)
    }

    /// Whether `schema`, found inside `resource`, accepts `instance`. When it does not, the log is as it was.
    pub(super) fn schema(
        &mut self,
        schema: &'s Value,
        resource: ResourceId,
        instance: &Value,
    ) -> Result<bool, EmittedError> {
        self.spend(1)?;
        let map = match schema {
            Value::Bool(accepts) => return Ok(*accepts),
            Value::Object(map) => map,
            other => return Err(malformed(&format!("a schema that is {}", name_of_type(other)))),
        };
        if self.level == self.levels {
            return Err(EmittedError::TooDeep { limit: self.levels });
        }
        self.level += 1;
        let resource = self.evaluator.index.resource_at(schema).unwrap_or(resource);
        let entered = self.scope.last() != Some(&resource);
        if entered {
            self.scope.push(resource);
        }
        let site = Site {
            map,
            draft: self.evaluator.index.resources[resource].draft,
            resource,
            mark: self.log.len(),
        };
        let accepts = self.keywords(&site, instance)?;
        if !accepts {
            self.log.truncate(site.mark);
        }
        if entered {
            self.scope.pop();
        }
        self.level -= 1;
        Ok(accepts)
    }

    fn keywords(&mut self, site: &Site<'s>, instance: &Value) -> Result<bool, EmittedError> {
        if site.draft <= Draft::V7
            && let Some(reference) = site.map.get("$ref")
        {
            return self.reference(site, reference, instance);
        }
        let mut held = Held {
            place: address(instance),
            schema: site.map,
            draft: site.draft,
            contained: Vec::new(),
        };
        for (keyword, value) in site.map {
            let accepts = match instance {
                Value::Array(items) => {
                    self.array_keyword(site, keyword, value, items, &mut held.contained)?
                }
                Value::Object(members) => self.object_keyword(site, keyword, value, members, instance)?,
                _ => None,
            };
            let accepts = match accepts {
                Some(accepts) => accepts,
                None => {
                    self.in_place_keyword(site, keyword, value, instance)?
                        && self.scalar_keyword(site, keyword, value, instance)?
                }
            };
            if !accepts {
                return Ok(false);
            }
        }
        if site.draft >= Draft::V201909 && !self.unevaluated(site, &held, instance)? {
            return Ok(false);
        }
        if matches!(instance, Value::Array(_) | Value::Object(_)) {
            self.log.push(held);
        }
        Ok(true)
    }

    fn unevaluated(
        &mut self,
        site: &Site<'s>,
        held: &Held<'s>,
        instance: &Value,
    ) -> Result<bool, EmittedError> {
        match instance {
            Value::Array(items) => match site.map.get("unevaluatedItems") {
                Some(schema) => self.unevaluated_items(site, held, schema, items),
                None => Ok(true),
            },
            Value::Object(members) => match site.map.get("unevaluatedProperties") {
                Some(schema) => self.unevaluated_properties(site, held, schema, members),
                None => Ok(true),
            },
            _ => Ok(true),
        }
    }

    /// Keywords whose subschemas apply to the same place; true for all others.
    fn in_place_keyword(
        &mut self,
        site: &Site<'s>,
        keyword: &str,
        value: &'s Value,
        instance: &Value,
    ) -> Result<bool, EmittedError> {
        match keyword {
            "$ref" => self.reference(site, value, instance),
            "$dynamicRef" if site.draft == Draft::V202012 => self.dynamic_reference(site, value, instance),
            "$recursiveRef" if site.draft == Draft::V201909 => {
                self.recursive_reference(site, value, instance)
            }
            "allOf" => {
                for schema in list(keyword, value)? {
                    if !self.schema(schema, site.resource, instance)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            "anyOf" => {
                // All of them: each one that holds also declares.
                let mut found = false;
                for schema in list(keyword, value)? {
                    found |= self.schema(schema, site.resource, instance)?;
                }
                Ok(found)
            }
            "oneOf" => {
                let mut found = 0;
                for schema in list(keyword, value)? {
                    found += usize::from(self.schema(schema, site.resource, instance)?);
                }
                Ok(found == 1)
            }
            "not" => {
                let mark = self.log.len();
                let accepts = self.schema(value, site.resource, instance)?;
                self.log.truncate(mark);
                Ok(!accepts)
            }
            "if" if site.draft >= Draft::V7 => {
                let holds = self.schema(value, site.resource, instance)?;
                match site.map.get(if holds { "then" } else { "else" }) {
                    Some(schema) => self.schema(schema, site.resource, instance),
                    None => Ok(true),
                }
            }
            _ => Ok(true),
        }
    }

    fn reference(
        &mut self,
        site: &Site<'s>,
        reference: &Value,
        instance: &Value,
    ) -> Result<bool, EmittedError> {
        let reference = text("$ref", reference)?;
        let target = self.evaluator.index.resolve(site.resource, reference)?;
        self.follow(reference, &target, instance)
    }

    fn dynamic_reference(
        &mut self,
        site: &Site<'s>,
        reference: &Value,
        instance: &Value,
    ) -> Result<bool, EmittedError> {
        let reference = text("$dynamicRef", reference)?;
        let mut target = self.evaluator.index.resolve(site.resource, reference)?;
        if let Some(anchor) = target.dynamic_anchor.take() {
            let outermost = self.scope.iter().find_map(|&resource| {
                let schema = self.evaluator.index.dynamic_anchor(resource, &anchor)?;
                Some(Target {
                    schema,
                    resource,
                    dynamic_anchor: None,
                })
            });
            target = outermost.unwrap_or(target);
        }
        self.follow(reference, &target, instance)
    }

    fn recursive_reference(
        &mut self,
        site: &Site<'s>,
        reference: &Value,
        instance: &Value,
    ) -> Result<bool, EmittedError> {
        let reference = text("$recursiveRef", reference)?;
        let index = &self.evaluator.index;
        let mut target = index.resolve(site.resource, reference)?;
        if index
            .resource_at(target.schema)
            .is_some_and(|resource| index.resources[resource].is_recursive)
        {
            let outermost = self
                .scope
                .iter()
                .find(|&&resource| index.resources[resource].is_recursive);
            if let Some(&resource) = outermost {
                target = Target {
                    schema: index.root(resource),
                    resource,
                    dynamic_anchor: None,
                };
            }
        }
        self.follow(reference, &target, instance)
    }

    fn follow(
        &mut self,
        reference: &str,
        target: &Target<'s>,
        instance: &Value,
    ) -> Result<bool, EmittedError> {
        let step = (address(target.schema), address(instance));
        if self.following.contains(&step) {
            return Err(EmittedError::ReferenceLoop {
                reference: reference.to_owned(),
            });
        }
        self.following.push(step);
        let accepts = self.schema(target.schema, target.resource, instance);
        self.following.pop();
        accepts
    }

    pub(super) fn matches_pattern(&mut self, pattern: &str, text: &str) -> Result<bool, EmittedError> {
        let pattern = self.evaluator.pattern(pattern)?;
        pattern
            .is_match(text, &mut self.steps)
            .map_err(|OutOfSteps| EmittedError::OutOfSteps)
    }

    pub(super) fn has_format(&self, draft: Draft, format: &str, instance: &Value) -> bool {
        self.evaluator.options.formats == Formats::Annotate
            || self.evaluator.formats.has_format(draft, format, instance)
    }
}

pub(super) fn malformed(keyword: &str) -> EmittedError {
    EmittedError::Malformed {
        keyword: keyword.to_owned(),
    }
}

pub(super) fn name_of_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

pub(super) fn list<'s>(keyword: &str, value: &'s Value) -> Result<&'s [Value], EmittedError> {
    value
        .as_array()
        .map(Vec::as_slice)
        .ok_or_else(|| malformed(keyword))
}

pub(super) fn object<'s>(keyword: &str, value: &'s Value) -> Result<&'s Map<String, Value>, EmittedError> {
    value.as_object().ok_or_else(|| malformed(keyword))
}

pub(super) fn text<'s>(keyword: &str, value: &'s Value) -> Result<&'s str, EmittedError> {
    value.as_str().ok_or_else(|| malformed(keyword))
}
