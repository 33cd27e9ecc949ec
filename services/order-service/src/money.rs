//! Sums of decimal amounts, exactly: in ten-thousandths, which is as fine as the contract writes them.

/// Ten-thousandths of a unit; `None` for what is not an amount.
pub(crate) fn parse(text: &str) -> Option<u128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 4 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let whole: u128 = whole.parse().ok()?;
    let fraction: u128 = format!("{fraction:0<4}").parse().ok()?;
    whole.checked_mul(10_000)?.checked_add(fraction)
}

/// As the contract writes amounts: two digits after the point, more where they are needed.
pub(crate) fn text(amount: u128) -> String {
    let fraction = format!("{:04}", amount % 10_000);
    let kept = fraction.trim_end_matches('0').len().max(2);
    format!("{}.{}", amount / 10_000, &fraction[..kept])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_survive() {
        for (written, expected) in [
            ("0", "0.00"),
            ("19.9", "19.90"),
            ("0.1234", "0.1234"),
            ("7.005", "7.005"),
        ] {
            assert_eq!(parse(written).map(text).as_deref(), Some(expected));
        }
        for wrong in ["", "x", "1.23456", "-1", "1.x"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
        assert_eq!(
            parse("0.1")
                .zip(parse("0.2"))
                .map(|(one, other)| text(one + other))
                .as_deref(),
            Some("0.30")
        );
    }
}
