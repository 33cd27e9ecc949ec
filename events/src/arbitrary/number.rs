//! Numbers: bounds and multiples in exact decimal arithmetic.

use serde_json::Value;

use super::Choices;
use super::demand::{Demand, Limit};

/// Powers of ten that fit with room to multiply.
const PLACES: u32 = 18;
/// How far from zero, or from the one bound that is given, numbers are chosen.
const SPAN: i128 = 1_000_000;

/// A number within the demand.
pub(super) fn number(choices: &mut dyn Choices, demand: &Demand<'_>, integer: bool) -> Option<Value> {
    let texts = demand
        .low
        .iter()
        .chain(&demand.high)
        .map(|(text, _)| text)
        .chain(&demand.multiples);
    let mut scale = texts.map(|text| places(text)).max().unwrap_or(0);
    if !integer && demand.multiples.is_empty() {
        scale = scale.max(1) + u32::from(choices.once_in(3));
    }
    if scale > PLACES {
        return at_a_bound(demand);
    }
    let one = 10_i128.pow(scale);
    let mut unit = if integer { one } else { 1 };
    for text in &demand.multiples {
        unit = least_common(unit, scaled(text, scale)?.abs())?;
    }
    let bounds = |limits: &[Limit], step: i128| -> Option<Vec<i128>> {
        limits
            .iter()
            .map(|(text, exclusive)| Some(scaled(text, scale)? + if *exclusive { step } else { 0 }))
            .collect()
    };
    let (Some(lows), Some(highs)) = (bounds(&demand.low, 1), bounds(&demand.high, -1)) else {
        return at_a_bound(demand);
    };
    let (low, high) = match (lows.into_iter().max(), highs.into_iter().min()) {
        (Some(low), Some(high)) => (low, high),
        (Some(low), None) => (low, low.max(0).checked_add(SPAN.checked_mul(unit)?)?),
        (None, Some(high)) => (high.min(0).checked_sub(SPAN.checked_mul(unit)?)?, high),
        (None, None) => (-SPAN.checked_mul(unit)?, SPAN.checked_mul(unit)?),
    };
    let first = low.div_euclid(unit) + i128::from(low.rem_euclid(unit) != 0);
    let last = high.div_euclid(unit);
    if first > last {
        return None;
    }
    let steps = match choices.below(8) {
        0 => 0.clamp(first, last),
        1 => first,
        2 => last,
        // Most numbers are small.
        3..=5 => {
            let near = 0.clamp(first, last);
            let (low, high) = (
                near.saturating_sub(50).max(first),
                near.saturating_add(50).min(last),
            );
            low + i128::from(choices.below(u64::try_from(high - low + 1).unwrap_or(1)))
        }
        _ => first + i128::from(choices.below(u64::try_from(last - first + 1).unwrap_or(u64::MAX))),
    };
    parse(&decimal(steps.checked_mul(unit)?, scale))
}

/// Where arithmetic does not reach: a bound that is itself inside.
fn at_a_bound(demand: &Demand<'_>) -> Option<Value> {
    let mut bounds = demand.low.iter().chain(&demand.high);
    let (text, _) = bounds.find(|(_, exclusive)| !exclusive)?;
    parse(text)
}

fn parse(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

/// How many decimal places a number needs; more than can be had for one out of all proportion.
fn places(text: &str) -> u32 {
    let (mantissa, exponent) = split(text);
    let fraction = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let Some(exponent) = exponent else {
        return PLACES + 1;
    };
    let fraction = i64::try_from(fraction).unwrap_or(i64::MAX);
    u32::try_from(fraction.saturating_sub(exponent).max(0)).unwrap_or(u32::MAX)
}

fn split(text: &str) -> (&str, Option<i64>) {
    match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse().ok()),
        None => (text, Some(0)),
    }
}

/// The number in units of `10^-scale`.
fn scaled(text: &str, scale: u32) -> Option<i128> {
    let (mantissa, exponent) = split(text);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    let shift = i64::from(scale) + exponent? - i64::try_from(fraction.len()).ok()?;
    if shift >= 0 {
        digits.checked_mul(10_i128.checked_pow(u32::try_from(shift).ok()?)?)
    } else {
        let divisor = 10_i128.checked_pow(u32::try_from(-shift).ok()?)?;
        (digits % divisor == 0).then_some(digits / divisor)
    }
}

fn least_common(left: i128, right: i128) -> Option<i128> {
    if right == 0 {
        return None;
    }
    let (mut a, mut b) = (left, right);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    (left / a).checked_mul(right)
}

fn decimal(units: i128, scale: u32) -> String {
    if scale == 0 {
        return units.to_string();
    }
    let one = 10_i128.pow(scale).unsigned_abs();
    let (whole, fraction) = (units.unsigned_abs() / one, units.unsigned_abs() % one);
    let sign = if units < 0 { "-" } else { "" };
    if fraction == 0 {
        return format!("{sign}{whole}");
    }
    let width = usize::try_from(scale).unwrap_or(0);
    let fraction = format!("{fraction:0width$}");
    format!("{sign}{whole}.{}", fraction.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_keep_their_value() {
        for (text, scale, units, back) in [
            ("1.25", 2, 125, "1.25"),
            ("-0.1", 1, -1, "-0.1"),
            ("1e2", 0, 100, "100"),
            ("2.50", 2, 250, "2.5"),
            ("5", 3, 5_000, "5"),
        ] {
            assert_eq!(scaled(text, scale), Some(units), "{text}");
            assert_eq!(decimal(units, scale), back);
        }
        assert_eq!(places("0.001"), 3);
        assert_eq!(places("1e-400"), 400);
        assert_eq!(least_common(4, 6), Some(12));
    }
}
