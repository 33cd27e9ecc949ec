//! Keywords about the items of an array.

use std::collections::HashSet;

use serde_json::Value;

use super::EmittedError;
use super::evaluate::{Held, Run, Site, list, malformed};
use crate::Draft;

impl<'s> Run<'_, 's> {
    /// `None` when the keyword is not about items.
    pub(super) fn array_keyword(
        &mut self,
        site: &Site<'s>,
        keyword: &str,
        value: &'s Value,
        items: &[Value],
        contained: &mut Vec<usize>,
    ) -> Result<Option<bool>, EmittedError> {
        let accepts = match keyword {
            "prefixItems" if site.draft == Draft::V202012 => {
                self.tuple(site, list(keyword, value)?, items)?
            }
            "items" => match value {
                Value::Array(schemas) if site.draft < Draft::V202012 => self.tuple(site, schemas, items)?,
                schema => {
                    let from = tuple_length(site.map, site.draft);
                    self.rest(site, schema, items.get(from..).unwrap_or_default())?
                }
            },
            "additionalItems" if site.draft < Draft::V202012 => match site.map.get("items") {
                Some(Value::Array(tuple)) => {
                    self.rest(site, value, items.get(tuple.len()..).unwrap_or_default())?
                }
                _ => true,
            },
            "contains" if site.draft >= Draft::V6 => self.contains(site, value, items, contained)?,
            "minItems" | "maxItems" => self.count_is_within(keyword, value, items.len())?,
            "uniqueItems" => match value {
                Value::Bool(true) => self.are_unique(items)?,
                Value::Bool(false) => true,
                _ => return Err(malformed(keyword)),
            },
            _ => return Ok(None),
        };
        Ok(Some(accepts))
    }

    fn tuple(
        &mut self,
        site: &Site<'s>,
        schemas: &'s [Value],
        items: &[Value],
    ) -> Result<bool, EmittedError> {
        for (schema, item) in schemas.iter().zip(items) {
            if !self.schema(schema, site.resource, item)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn rest(&mut self, site: &Site<'s>, schema: &'s Value, items: &[Value]) -> Result<bool, EmittedError> {
        for item in items {
            if !self.schema(schema, site.resource, item)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn contains(
        &mut self,
        site: &Site<'s>,
        schema: &'s Value,
        items: &[Value],
        contained: &mut Vec<usize>,
    ) -> Result<bool, EmittedError> {
        for (at, item) in items.iter().enumerate() {
            if self.schema(schema, site.resource, item)? {
                contained.push(at);
            }
        }
        let count = contained.len();
        if site.draft < Draft::V201909 {
            return Ok(count > 0);
        }
        let enough = match site.map.get("minContains") {
            Some(bound) => self.count_is_within("minContains", bound, count)?,
            None => count > 0,
        };
        match site.map.get("maxContains") {
            Some(bound) if enough => self.count_is_within("maxContains", bound, count),
            _ => Ok(enough),
        }
    }

    fn are_unique(&mut self, items: &[Value]) -> Result<bool, EmittedError> {
        let mut seen = HashSet::with_capacity(items.len());
        for item in items {
            let mut fingerprint = String::new();
            self.fingerprint(item, &mut fingerprint)?;
            if !seen.insert(fingerprint) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(super) fn unevaluated_items(
        &mut self,
        site: &Site<'s>,
        held: &Held<'s>,
        schema: &'s Value,
        items: &[Value],
    ) -> Result<bool, EmittedError> {
        self.spend((self.log.len() - site.mark) as u64)?;
        let mut prefix = 0;
        let mut contained: HashSet<usize> = HashSet::new();
        let inner = self.log[site.mark..]
            .iter()
            .filter(|inner| inner.place == held.place);
        for held in inner.chain(std::iter::once(held)) {
            let is_self = std::ptr::eq(held.schema, site.map);
            if evaluates_all_items(held, is_self) {
                return Ok(true);
            }
            prefix = prefix.max(tuple_length(held.schema, held.draft));
            // From 2020-12 on, `contains` evaluates what it matches.
            if held.draft == Draft::V202012 {
                contained.extend(&held.contained);
            }
        }
        for (at, item) in items.iter().enumerate().skip(prefix) {
            if !contained.contains(&at) && !self.schema(schema, site.resource, item)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// How many items the tuple of the schema covers.
pub(super) fn tuple_length(schema: &serde_json::Map<String, Value>, draft: Draft) -> usize {
    let keyword = if draft == Draft::V202012 {
        "prefixItems"
    } else {
        "items"
    };
    schema.get(keyword).and_then(Value::as_array).map_or(0, Vec::len)
}

/// Whether the schema, which holds, has evaluated every item there is.
fn evaluates_all_items(held: &Held<'_>, is_self: bool) -> bool {
    let schema = held.schema;
    let rest = match (held.draft, schema.get("items")) {
        (Draft::V202012, items) => items.is_some(),
        (_, Some(Value::Array(_))) => schema.contains_key("additionalItems"),
        (_, items) => items.is_some(),
    };
    rest || (!is_self && held.draft >= Draft::V201909 && schema.contains_key("unevaluatedItems"))
}
