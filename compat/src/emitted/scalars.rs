//! Keywords about the value itself: type, equality, numbers, strings.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::EmittedError;
use super::decimal::Decimal;
use super::evaluate::{Run, Site, list, malformed, name_of_type, text};
use crate::Draft;

/// Digits beyond which a division is refused: it costs their square.
const MAX_DIGITS: usize = 10_000;

impl<'s> Run<'_, 's> {
    pub(super) fn scalar_keyword(
        &mut self,
        site: &Site<'s>,
        keyword: &str,
        value: &'s Value,
        instance: &Value,
    ) -> Result<bool, EmittedError> {
        match (keyword, instance) {
            ("type", _) => self.has_type(site.draft, value, instance),
            ("const", _) if site.draft >= Draft::V6 => self.are_equal(value, instance),
            ("enum", _) => {
                for allowed in list(keyword, value)? {
                    if self.are_equal(allowed, instance)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            ("minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum", Value::Number(number)) => {
                self.is_within(site, keyword, value, number)
            }
            ("multipleOf", Value::Number(number)) => self.is_multiple(value, number),
            ("minLength" | "maxLength", Value::String(string)) => {
                self.spend(string.len() as u64 / 16)?;
                self.count_is_within(keyword, value, string.chars().count())
            }
            ("pattern", Value::String(string)) => self.matches_pattern(text(keyword, value)?, string),
            ("format", _) => Ok(self.has_format(site.draft, text(keyword, value)?, instance)),
            _ => Ok(true),
        }
    }

    fn has_type(&mut self, draft: Draft, value: &Value, instance: &Value) -> Result<bool, EmittedError> {
        match value {
            Value::Array(names) => {
                for name in names {
                    if self.is_a(draft, text("type", name)?, instance)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            name => self.is_a(draft, text("type", name)?, instance),
        }
    }

    fn is_a(&mut self, draft: Draft, name: &str, instance: &Value) -> Result<bool, EmittedError> {
        match name {
            "integer" => match instance {
                // Draft 04: "a JSON number without a fraction or exponent part", hence by its text.
                Value::Number(number) if draft == Draft::V4 => Ok(!number.as_str().contains(['.', 'e', 'E'])),
                Value::Number(number) => Ok(self.decimal(number)?.is_integer()),
                _ => Ok(false),
            },
            "null" | "boolean" | "number" | "string" | "array" | "object" => {
                Ok(name == name_of_type(instance))
            }
            _ => Err(malformed("type")),
        }
    }

    fn is_within(
        &mut self,
        site: &Site<'s>,
        keyword: &str,
        value: &Value,
        number: &Number,
    ) -> Result<bool, EmittedError> {
        let bound = match value {
            Value::Number(bound) => self.decimal(bound)?,
            // Draft 04 has it as a flag beside `minimum`.
            Value::Bool(_) if site.draft == Draft::V4 && keyword.starts_with("exclusive") => return Ok(true),
            _ => return Err(malformed(keyword)),
        };
        let strict = |flag: &str| site.draft == Draft::V4 && site.map.get(flag) == Some(&Value::Bool(true));
        let order = self.decimal(number)?.cmp(&bound);
        Ok(match keyword {
            "minimum" => {
                order == Ordering::Greater || (order == Ordering::Equal && !strict("exclusiveMinimum"))
            }
            "maximum" => order == Ordering::Less || (order == Ordering::Equal && !strict("exclusiveMaximum")),
            "exclusiveMinimum" => order == Ordering::Greater,
            _ => order == Ordering::Less,
        })
    }

    fn is_multiple(&mut self, value: &Value, number: &Number) -> Result<bool, EmittedError> {
        let Value::Number(divisor) = value else {
            return Err(malformed("multipleOf"));
        };
        let (dividend, divisor) = (self.decimal(number)?, self.decimal(divisor)?);
        if dividend.len().max(divisor.len()) > MAX_DIGITS {
            return Err(EmittedError::Number {
                number: number.to_string(),
            });
        }
        self.spend((dividend.len() * divisor.len()) as u64 / 64)?;
        dividend
            .is_multiple_of(&divisor)
            .ok_or_else(|| malformed("multipleOf"))
    }

    /// `min*` and `max*` of a count; bounds may be as large as they like.
    pub(super) fn count_is_within(
        &mut self,
        keyword: &str,
        value: &Value,
        count: usize,
    ) -> Result<bool, EmittedError> {
        let Value::Number(bound) = value else {
            return Err(malformed(keyword));
        };
        let (count, bound) = (Decimal::from_count(count), self.decimal(bound)?);
        Ok(if keyword.starts_with("min") {
            count >= bound
        } else {
            count <= bound
        })
    }
}
