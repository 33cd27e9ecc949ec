//! Exact decimal numbers, as JSON writes them. Never `f64`.

use std::cmp::Ordering;

use num_bigint::{BigInt, Sign};
use serde_json::Number;

/// Digits or decimal places beyond which a number is not followed: comparing such numbers costs memory that a
/// document of a few bytes could ask for.
const LIMIT: i64 = 4_000;

/// `digits × 10^exponent`, with no trailing zero in `digits`; zero has exponent 0. So equal numbers are equal values.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Decimal {
    digits: BigInt,
    exponent: i32,
}

fn pow10(exponent: u32) -> BigInt {
    BigInt::from(10).pow(exponent)
}

impl Decimal {
    fn normalised(mut digits: BigInt, mut exponent: i64) -> Option<Self> {
        if digits.sign() == Sign::NoSign {
            return Some(Self { digits, exponent: 0 });
        }
        let ten = BigInt::from(10);
        while digits.trailing_zeros().is_some_and(|zeros| zeros > 0) {
            let quotient = &digits / &ten;
            if &quotient * &ten != digits {
                break;
            }
            digits = quotient;
            exponent += 1;
        }
        if exponent.abs() > LIMIT || digits.bits() > 4 * LIMIT.unsigned_abs() {
            return None;
        }
        Some(Self {
            digits,
            exponent: i32::try_from(exponent).ok()?,
        })
    }

    /// Reads JSON number text; `None` when it is not one or is too long to follow.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.find(['e', 'E']) {
            Some(at) => (&text[..at], text[at + 1..].parse::<i64>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let limit = usize::try_from(LIMIT).ok()?;
        if whole.len() + fraction.len() > limit {
            return None;
        }
        let mut digits = String::with_capacity(whole.len() + fraction.len());
        digits.push_str(whole);
        digits.push_str(fraction);
        let digits: BigInt = digits.parse().ok()?;
        Self::normalised(digits, exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?)
    }

    pub(crate) fn of(number: &Number) -> Option<Self> {
        if let Some(small) = number.as_i64() {
            return Some(Self::from(small));
        }
        Self::parse(number.as_str())
    }

    pub(crate) fn is_integer(&self) -> bool {
        self.exponent >= 0
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.digits.sign() == Sign::NoSign
    }

    pub(crate) fn is_negative(&self) -> bool {
        self.digits.sign() == Sign::Minus
    }

    /// Both as integers over one power of ten.
    fn aligned(&self, other: &Self) -> (BigInt, BigInt, i32) {
        let exponent = self.exponent.min(other.exponent);
        let scale = |number: &Self| match u32::try_from(number.exponent - exponent) {
            Ok(0) | Err(_) => number.digits.clone(),
            Ok(shift) => &number.digits * pow10(shift),
        };
        (scale(self), scale(other), exponent)
    }

    pub(crate) fn times(&self, factor: &BigInt) -> Option<Self> {
        Self::normalised(&self.digits * factor, i64::from(self.exponent))
    }

    /// `10^exponent`.
    pub(crate) fn power_of_ten(exponent: i32) -> Option<Self> {
        Self::normalised(BigInt::from(1), i64::from(exponent))
    }

    /// The place of its last digit: -2 for 0.25.
    pub(crate) fn last_place(&self) -> i32 {
        self.exponent
    }

    /// The greatest integer `k` with `k × step <= self`; `step` is positive.
    pub(crate) fn floor_div(&self, step: &Self) -> BigInt {
        let (value, step, _) = self.aligned(step);
        let quotient = &value / &step;
        if value.sign() == Sign::Minus && &quotient * &step != value {
            quotient - 1
        } else {
            quotient
        }
    }

    /// The least integer `k` with `k × step >= self`; `step` is positive.
    pub(crate) fn ceil_div(&self, step: &Self) -> BigInt {
        let (value, step, _) = self.aligned(step);
        let quotient = &value / &step;
        if value.sign() == Sign::Plus && &quotient * &step != value {
            quotient + 1
        } else {
            quotient
        }
    }

    /// Whether it is an integer times `step`; `step` is positive.
    pub(crate) fn is_multiple_of(&self, step: &Self) -> bool {
        let (value, step, _) = self.aligned(step);
        (value % step).sign() == Sign::NoSign
    }

    /// The least positive number that is a multiple of both; both are positive.
    pub(crate) fn lcm(&self, other: &Self) -> Option<Self> {
        let (left, right, exponent) = self.aligned(other);
        let divisor = gcd(left.clone(), right.clone());
        Self::normalised(left / divisor * right, i64::from(exponent))
    }

    /// `self / gcd(self, other)` as an integer: the `q` such that `k × other` is a multiple of `self` iff `q` divides `k`.
    pub(crate) fn period_in(&self, other: &Self) -> BigInt {
        let (left, right, _) = self.aligned(other);
        let divisor = gcd(left.clone(), right);
        left / divisor
    }

    /// As JSON: without exponent while that stays readable.
    pub(crate) fn to_number(&self) -> Option<Number> {
        self.to_text().parse().ok()
    }

    fn to_text(&self) -> String {
        if self.exponent >= 0 && self.exponent <= 40 {
            let mut text = self.digits.to_string();
            text.extend(std::iter::repeat_n(
                '0',
                usize::try_from(self.exponent).unwrap_or(0),
            ));
            return text;
        }
        if self.exponent > 40 || self.exponent < -60 {
            return format!("{}e{}", self.digits, self.exponent);
        }
        let places = self.exponent.unsigned_abs() as usize;
        let magnitude = self.digits.magnitude().to_string();
        let padded = format!("{magnitude:0>width$}", width = places + 1);
        let (whole, fraction) = padded.split_at(padded.len() - places);
        let sign = if self.is_negative() { "-" } else { "" };
        format!("{sign}{whole}.{fraction}")
    }

    /// As JSON with a fraction, so that it is not an integer by its spelling: `1.0`. `None` for a non-integer.
    pub(crate) fn to_fraction_number(&self) -> Option<Number> {
        if !self.is_integer() {
            return self.to_number();
        }
        let text = self.to_text();
        let text = if text.contains('e') {
            text
        } else {
            format!("{text}.0")
        };
        text.parse().ok()
    }
}

fn gcd(mut left: BigInt, mut right: BigInt) -> BigInt {
    while right.sign() != Sign::NoSign {
        let rest = left % &right;
        left = right;
        right = rest;
    }
    BigInt::from(left.magnitude().clone())
}

impl From<i64> for Decimal {
    fn from(value: i64) -> Self {
        let mut digits = value;
        let mut exponent = 0;
        while digits != 0 && digits % 10 == 0 {
            digits /= 10;
            exponent += 1;
        }
        Self {
            digits: BigInt::from(digits),
            exponent,
        }
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_sign = self.digits.sign().cmp(&other.digits.sign());
        if by_sign != Ordering::Equal {
            return by_sign;
        }
        if self.exponent == other.exponent {
            return self.digits.cmp(&other.digits);
        }
        let (left, right, _) = self.aligned(other);
        left.cmp(&right)
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn spelling_does_not_matter() {
        for (left, right) in [
            ("1", "1.0"),
            ("100", "1e2"),
            ("0", "-0.000"),
            ("0.1", "1E-1"),
            ("-1200", "-1.2e+3"),
        ] {
            assert_eq!(decimal(left), decimal(right), "{left} {right}");
        }
        assert_ne!(decimal("9007199254740993"), decimal("9007199254740992"));
    }

    #[test]
    fn numbers_too_long_to_follow_are_refused() {
        assert!(Decimal::parse("1e999999999").is_none());
        assert!(Decimal::parse(&"9".repeat(5_000)).is_none());
    }

    #[test]
    fn order_and_arithmetic_are_exact() {
        assert!(decimal("0.1") < decimal("0.11"));
        assert!(decimal("-5") < decimal("-4.99"));
        assert_eq!(decimal("0.06").lcm(&decimal("0.04")).unwrap(), decimal("0.12"));
        assert_eq!(decimal("-7").floor_div(&decimal("2")), BigInt::from(-4));
        assert_eq!(decimal("-7").ceil_div(&decimal("2")), BigInt::from(-3));
        assert!(decimal("4.02").is_multiple_of(&decimal("0.01")));
        assert_eq!(decimal("6").period_in(&decimal("4")), BigInt::from(3));
    }

    #[test]
    fn text_is_plain() {
        for text in ["0", "10", "-0.05", "123.456", "1e50", "1e-70"] {
            assert_eq!(decimal(text).to_text(), text);
        }
        assert_eq!(decimal("5").to_fraction_number().unwrap().to_string(), "5.0");
    }
}
