//! Numbers as JSON writes them: decimals of any length, compared and divided exactly.
//!
//! Works on the text of the number, so neither 2^53 nor a huge exponent loses a digit or costs memory.
//! It knows nothing of schemas.

use std::cmp::Ordering;

use num_bigint::BigUint;
use serde_json::Number;

/// `digits × 10^exponent`, with neither leading nor trailing zeros in `digits`; zero has no digits.
///
/// The form is unique, hence `Eq` and `Hash` are equality of values.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Decimal {
    negative: bool,
    digits: String,
    exponent: i64,
}

impl Decimal {
    /// Reads a JSON number; `None` when its exponent does not fit an `i64`.
    pub(super) fn parse(number: &Number) -> Option<Self> {
        Self::parse_text(number.as_str())
    }

    fn parse_text(text: &str) -> Option<Self> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
            Some(at) => (
                &unsigned[..at],
                unsigned[at + 1..].trim_start_matches('+').parse::<i64>().ok(),
            ),
            None => (unsigned, Some(0)),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let mut digits = String::with_capacity(whole.len() + fraction.len());
        digits.push_str(whole);
        digits.push_str(fraction);
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let leading = digits.len() - digits.trim_start_matches('0').len();
        digits.drain(..leading);
        if digits.is_empty() {
            // Zero, whatever its exponent says.
            return Some(Self {
                negative: false,
                digits,
                exponent: 0,
            });
        }
        let trailing = digits.len() - digits.trim_end_matches('0').len();
        digits.truncate(digits.len() - trailing);
        let exponent = exponent?
            .checked_sub(i64::try_from(fraction.len()).ok()?)?
            .checked_add(i64::try_from(trailing).ok()?)?;
        Some(Self {
            negative,
            digits,
            exponent,
        })
    }

    /// The count as a decimal, to compare it with a bound of any size.
    pub(super) fn from_count(count: usize) -> Self {
        Self::parse_text(&count.to_string()).expect("a count is a short run of digits")
    }

    /// Whether the value has no fraction: `1.0` and `1e2` have none.
    pub(super) fn is_integer(&self) -> bool {
        self.exponent >= 0
    }

    /// How many significant digits it has: what arithmetic on it costs.
    pub(super) fn len(&self) -> usize {
        self.digits.len()
    }

    /// Whether `self` is an integer multiple of `divisor`; `None` when the divisor is not positive.
    pub(super) fn is_multiple_of(&self, divisor: &Self) -> Option<bool> {
        if divisor.negative || divisor.digits.is_empty() {
            return None;
        }
        if self.digits.is_empty() {
            return Some(true);
        }
        let shift = i128::from(self.exponent) - i128::from(divisor.exponent);
        let Ok(shift) = u128::try_from(shift) else {
            // `self` would have to be divisible by a power of ten, but its last digit is not zero.
            return Some(false);
        };
        let value: BigUint = self.digits.parse().ok()?;
        let modulus: BigUint = divisor.digits.parse().ok()?;
        let scale = BigUint::from(10u8).modpow(&BigUint::from(shift), &modulus);
        Some((value * scale) % modulus == BigUint::ZERO)
    }

    fn magnitude(&self) -> i128 {
        i128::try_from(self.digits.len()).expect("a length fits") + i128::from(self.exponent)
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = |decimal: &Self| match (decimal.digits.is_empty(), decimal.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        sign(self).cmp(&sign(other)).then_with(|| {
            let absolute = self
                .magnitude()
                .cmp(&other.magnitude())
                .then_with(|| self.digits.cmp(&other.digits));
            if self.negative {
                absolute.reverse()
            } else {
                absolute
            }
        })
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::Decimal;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse_text(text).expect(text)
    }

    #[test]
    fn one_value_has_one_form() {
        for (left, right) in [
            ("1", "1.0"),
            ("100", "1e2"),
            ("0", "-0.0e9"),
            ("0.10", "1E-1"),
            ("-5", "-50e-1"),
        ] {
            assert_eq!(decimal(left), decimal(right), "{left} {right}");
        }
    }

    #[test]
    fn order_is_that_of_the_numbers() {
        let ascending = [
            "-1e400",
            "-10",
            "-9",
            "-0.5",
            "0",
            "1e-400",
            "0.5",
            "9",
            "9.5",
            "10",
            "9007199254740993",
            "1e400",
        ];
        for pair in ascending.windows(2) {
            assert!(decimal(pair[0]) < decimal(pair[1]), "{pair:?}");
        }
        assert!(decimal("9007199254740992") < decimal("9007199254740992.5"));
    }

    #[test]
    fn division_is_exact() {
        for (value, divisor, expected) in [
            ("0.3", "0.1", true),
            ("19.99", "0.01", true),
            ("4.35", "0.1", false),
            ("9007199254740993", "2", false),
            ("1e308", "0.123456789", false),
            ("1e1000000", "1e-1000000", true),
            ("1e-1000000", "1", false),
            ("0", "7", true),
            ("-6", "1.5", true),
            ("30", "20", false),
        ] {
            assert_eq!(
                decimal(value).is_multiple_of(&decimal(divisor)),
                Some(expected),
                "{value} / {divisor}"
            );
        }
        assert_eq!(decimal("1").is_multiple_of(&decimal("0")), None);
        assert_eq!(decimal("1").is_multiple_of(&decimal("-1")), None);
    }

    #[test]
    fn an_exponent_that_does_not_fit_is_refused() {
        assert_eq!(Decimal::parse_text("1e99999999999999999999"), None);
        assert_eq!(decimal("0e99999999999999999999"), decimal("0"));
    }
}
