//! What generated checks call: the keywords that types do not carry.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::decimal::Decimal;
use crate::error::Violation;
use crate::json;
use crate::path::Path;
use crate::pattern::Pattern;

/// A type that can say whether it meets its contract exactly; decoding alone has settled the rest.
pub trait Check {
    /// The first violation, if any.
    fn check(&self, at: &Path<'_>) -> Result<(), Violation> {
        let _ = at;
        Ok(())
    }
}

impl<T: Check> Check for Box<T> {
    fn check(&self, at: &Path<'_>) -> Result<(), Violation> {
        (**self).check(at)
    }
}

/// `minimum` and `maximum` of a machine integer.
#[inline]
pub fn range<T: Ord + Copy>(value: T, minimum: T, maximum: T, at: &Path<'_>) -> Result<(), Violation> {
    at.require(value >= minimum, "minimum")?;
    at.require(value <= maximum, "maximum")
}

/// A bound of a number: the limit, and whether it is itself outside.
pub type Bound = Option<(&'static str, bool)>;

/// `minimum`, `maximum`, `exclusiveMinimum`, `exclusiveMaximum` and `multipleOf` of a number of any size.
pub fn number(
    value: &Decimal,
    minimum: Bound,
    maximum: Bound,
    multiple: &[&'static str],
    at: &Path<'_>,
) -> Result<(), Violation> {
    // The generator has made sure that the limits parse.
    let limit = |text: &str| Decimal::parse(text).unwrap_or_else(|| value.clone());
    if let Some((text, exclusive)) = minimum {
        let limit = limit(text);
        if exclusive {
            at.require(*value > limit, "exclusiveMinimum")?;
        } else {
            at.require(*value >= limit, "minimum")?;
        }
    }
    if let Some((text, exclusive)) = maximum {
        let limit = limit(text);
        if exclusive {
            at.require(*value < limit, "exclusiveMaximum")?;
        } else {
            at.require(*value <= limit, "maximum")?;
        }
    }
    for unit in multiple {
        at.require(value.is_multiple_of(&limit(unit)), "multipleOf")?;
    }
    Ok(())
}

/// The exact value of a machine integer.
pub fn decimal(value: impl fmt::Display) -> Decimal {
    Decimal::parse(&value.to_string()).unwrap_or_else(|| Decimal::parse("0").expect("zero is a number"))
}

/// `minItems`/`maxItems` or `minProperties`/`maxProperties`.
#[inline]
pub fn count(
    count: usize,
    (minimum, below): (usize, &'static str),
    (maximum, above): (usize, &'static str),
    at: &Path<'_>,
) -> Result<(), Violation> {
    at.require(count >= minimum, below)?;
    at.require(count <= maximum, above)
}

/// `minLength` and `maxLength` of a text whose type does not carry them.
pub fn length(text: &str, minimum: usize, maximum: usize, at: &Path<'_>) -> Result<(), Violation> {
    let length = text.chars().count();
    at.require(length >= minimum, "minLength")?;
    at.require(length <= maximum, "maxLength")
}

/// `pattern`s of a text whose type does not carry them.
pub fn patterns(text: &str, patterns: &[Pattern], at: &Path<'_>) -> Result<(), Violation> {
    at.require(patterns.iter().all(|pattern| pattern.is_match(text)), "pattern")
}

/// `uniqueItems`, by JSON value.
pub fn unique<T: Serialize>(items: &[T], at: &Path<'_>) -> Result<(), Violation> {
    let mut keys = Vec::with_capacity(items.len());
    for item in items {
        let value = serde_json::to_value(item).map_err(|_| at.violates("uniqueItems"))?;
        keys.push(json::canonical(&value));
    }
    keys.sort_unstable();
    at.require(keys.windows(2).all(|pair| pair[0] != pair[1]), "uniqueItems")
}

/// `enum` or `const` of a value whose type does not carry it; `texts` are JSON.
pub fn listed<T: Serialize>(value: &T, texts: &[&str], at: &Path<'_>) -> Result<(), Violation> {
    let value = serde_json::to_value(value).map_err(|_| at.violates("enum"))?;
    let listed = texts
        .iter()
        .any(|text| serde_json::from_str::<Value>(text).is_ok_and(|listed| json::same(&listed, &value)));
    at.require(listed, "enum")
}
