//! JSON numbers by their decimal value: compared, divided, never converted to binary.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

/// The decimal value of a JSON number: `1`, `1.0` and `10e-1` are equal.
///
/// Holds the digits without leading and trailing zeros and the power of ten of the last one, so that a hostile
/// exponent costs nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Decimal {
    negative: bool,
    /// ASCII digits; empty for zero.
    digits: Vec<u8>,
    exponent: i64,
}

/// Exponents beyond this are told apart no more; no payload that fits memory can.
const EXPONENT_LIMIT: i64 = i64::MAX / 4;

impl Decimal {
    /// Reads the text of a JSON number; `None` when it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = match rest.find(['e', 'E']) {
            Some(at) => (&rest[..at], parse_exponent(&rest[at + 1..])?),
            None => (rest, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if whole.is_empty()
            || !whole
                .bytes()
                .chain(fraction.bytes())
                .all(|byte| byte.is_ascii_digit())
        {
            return None;
        }
        let mut digits: Vec<u8> = whole
            .bytes()
            .chain(fraction.bytes())
            .skip_while(|digit| *digit == b'0')
            .collect();
        let mut exponent = exponent.saturating_sub(i64::try_from(fraction.len()).unwrap_or(EXPONENT_LIMIT));
        while digits.last() == Some(&b'0') {
            digits.pop();
            exponent = exponent.saturating_add(1);
        }
        let zero = digits.is_empty();
        Some(Self {
            negative: negative && !zero,
            digits,
            exponent: if zero { 0 } else { exponent },
        })
    }

    /// Whether the value has no fractional part.
    pub fn is_integer(&self) -> bool {
        self.exponent >= 0
    }

    /// Whether the value is a whole multiple of `unit`; a `unit` of zero has no multiples but zero.
    pub fn is_multiple_of(&self, unit: &Self) -> bool {
        if self.digits.is_empty() {
            return true;
        }
        let Ok(modulus) = std::str::from_utf8(&unit.digits)
            .unwrap_or_default()
            .parse::<u64>()
        else {
            return self.is_multiple_of_long(unit);
        };
        let Ok(mut shift) = u64::try_from(self.exponent.saturating_sub(unit.exponent)) else {
            // More decimal places than the unit has; the last one is not zero.
            return false;
        };
        let modulus = u128::from(modulus);
        if modulus == 0 {
            return false;
        }
        let mut remainder = self.digits.iter().fold(0u128, |rest, digit| {
            (rest * 10 + u128::from(digit - b'0')) % modulus
        });
        let mut power = 10 % modulus;
        while shift > 0 {
            if shift & 1 == 1 {
                remainder = remainder * power % modulus;
            }
            power = power * power % modulus;
            shift >>= 1;
        }
        remainder == 0
    }

    /// Schoolbook division for units of more digits than a machine word holds.
    fn is_multiple_of_long(&self, unit: &Self) -> bool {
        let shift = self.exponent.saturating_sub(unit.exponent);
        // Beyond this a payload could make us write out zeros without end.
        let Ok(shift) = usize::try_from(shift).map(|shift| shift.min(10_000)) else {
            return false;
        };
        let mut rest: Vec<u8> = Vec::new();
        for digit in self
            .digits
            .iter()
            .copied()
            .chain(std::iter::repeat_n(b'0', shift))
        {
            if !(rest.is_empty() && digit == b'0') {
                rest.push(digit);
            }
            while at_least(&rest, &unit.digits) {
                subtract(&mut rest, &unit.digits);
            }
        }
        rest.is_empty()
    }

    /// One text for each value: sign, digits, exponent.
    pub(crate) fn canonical(&self) -> String {
        let sign = if self.negative { "-" } else { "" };
        let digits = String::from_utf8_lossy(&self.digits);
        format!("{sign}{digits}e{}", self.exponent)
    }

    /// The value as `i64`, when it is one.
    pub fn to_i64(&self) -> Option<i64> {
        let text = self.plain(19)?;
        text.parse().ok()
    }

    /// The value as `u64`, when it is one.
    pub fn to_u64(&self) -> Option<u64> {
        let text = self.plain(20)?;
        text.parse().ok()
    }

    /// An integer of at most `limit` digits written out.
    fn plain(&self, limit: usize) -> Option<String> {
        if self.digits.is_empty() {
            return Some("0".to_owned());
        }
        let zeros = usize::try_from(self.exponent).ok()?;
        if self.digits.len().checked_add(zeros)? > limit {
            return None;
        }
        let mut text = String::with_capacity(limit + 1);
        if self.negative {
            text.push('-');
        }
        text.extend(self.digits.iter().map(|digit| char::from(*digit)));
        text.extend(std::iter::repeat_n('0', zeros));
        Some(text)
    }
}

fn parse_exponent(text: &str) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let value = digits
        .parse::<i64>()
        .unwrap_or(EXPONENT_LIMIT)
        .min(EXPONENT_LIMIT);
    Some(if negative { -value } else { value })
}

fn at_least(left: &[u8], right: &[u8]) -> bool {
    !right.is_empty() && (left.len(), left) >= (right.len(), right)
}

fn subtract(left: &mut Vec<u8>, right: &[u8]) {
    let mut borrow = 0;
    let pad = left.len() - right.len();
    for (at, digit) in left.iter_mut().enumerate().rev() {
        let minus = borrow + if at >= pad { right[at - pad] - b'0' } else { 0 };
        let value = *digit - b'0';
        borrow = u8::from(value < minus);
        *digit = value + 10 * borrow - minus + b'0';
    }
    let zeros = left.iter().take_while(|digit| **digit == b'0').count();
    left.drain(..zeros);
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = |value: &Self| match (value.digits.is_empty(), value.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        let magnitude = |left: &Self, right: &Self| {
            let height = |value: &Self| {
                value
                    .exponent
                    .saturating_add(i64::try_from(value.digits.len()).unwrap_or(0))
            };
            height(left)
                .cmp(&height(right))
                .then_with(|| left.digits.cmp(&right.digits))
        };
        sign(self).cmp(&sign(other)).then_with(|| match sign(self) {
            0 => Ordering::Equal,
            1 => magnitude(self, other),
            _ => magnitude(other, self),
        })
    }
}

/// Equality and hash of JSON number texts by value.
pub(crate) fn same(left: &str, right: &str) -> bool {
    left == right || Decimal::parse(left).is_some_and(|left| Some(left) == Decimal::parse(right))
}

pub(crate) fn hash<H: Hasher>(text: &str, state: &mut H) {
    Decimal::parse(text).hash(state);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn values_compare_as_decimals() {
        assert_eq!(decimal("1"), decimal("10e-1"));
        assert_eq!(decimal("-0.0"), decimal("0e9"));
        assert!(decimal("1e400") > decimal("9e399"));
        assert!(decimal("-1e999999999999999999999") < decimal("-3"));
        assert!(decimal("0.10") < decimal("0.11"));
        assert!(decimal("99") < decimal("100"));
        assert!(
            Decimal::parse("1e").is_none() && Decimal::parse(".5").is_none() && Decimal::parse("").is_none()
        );
    }

    #[test]
    fn multiples_are_exact() {
        assert!(decimal("1.25").is_multiple_of(&decimal("0.01")));
        assert!(!decimal("1.255").is_multiple_of(&decimal("0.01")));
        assert!(decimal("1e999999999").is_multiple_of(&decimal("5")));
        assert!(!decimal("1e999999999").is_multiple_of(&decimal("3")));
        assert!(decimal("30000000000000000000003").is_multiple_of(&decimal("10000000000000000000001")));
        assert!(!decimal("30000000000000000000004").is_multiple_of(&decimal("10000000000000000000001")));
        assert!(decimal("0").is_multiple_of(&decimal("0.3")));
    }

    #[test]
    fn integers_convert_when_they_fit() {
        assert_eq!(decimal("1e2").to_i64(), Some(100));
        assert_eq!(decimal("-9223372036854775808").to_i64(), Some(i64::MIN));
        assert_eq!(decimal("18446744073709551615").to_u64(), Some(u64::MAX));
        assert_eq!(decimal("18446744073709551616").to_u64(), None);
        assert_eq!(decimal("1e999999999").to_i64(), None);
        assert_eq!(decimal("1.5").to_i64(), None);
    }
}
