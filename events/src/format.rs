//! Formats that types assert: RFC 3339 dates and times, ISO 8601 durations as RFC 3339 restricts them, UUIDs, IP
//! addresses, JSON pointers. The same texts are accepted as by the `jsonschema` validator, which judges examples.

use std::net::{Ipv4Addr, Ipv6Addr};

/// A format that types check themselves; all others are left to the validator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// `date-time`.
    DateTime,
    /// `date`.
    Date,
    /// `time`.
    Time,
    /// `duration`.
    Duration,
    /// `uuid`.
    Uuid,
    /// `ipv4`.
    Ipv4,
    /// `ipv6`.
    Ipv6,
    /// `json-pointer`.
    JsonPointer,
}

impl Format {
    /// Whether `text` is of this format.
    pub fn is_valid(self, text: &str) -> bool {
        match self {
            Self::DateTime => date_time(text),
            Self::Date => date(text.as_bytes()),
            Self::Time => time(text.as_bytes()),
            Self::Duration => duration(text),
            Self::Uuid => uuid(text.as_bytes()),
            Self::Ipv4 => text.parse::<Ipv4Addr>().is_ok(),
            Self::Ipv6 => text.parse::<Ipv6Addr>().is_ok(),
            Self::JsonPointer => json_pointer(text),
        }
    }
}

fn digits(bytes: &[u8]) -> Option<u32> {
    bytes.iter().try_fold(0, |value, byte| {
        byte.is_ascii_digit().then(|| value * 10 + u32::from(byte - b'0'))
    })
}

fn date(bytes: &[u8]) -> bool {
    let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] = bytes else {
        return false;
    };
    let (Some(year), Some(month), Some(day)) = (
        digits(&[*y0, *y1, *y2, *y3]),
        digits(&[*m0, *m1]),
        digits(&[*d0, *d1]),
    ) else {
        return false;
    };
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    (1..=last).contains(&day)
}

fn time(bytes: &[u8]) -> bool {
    let [h0, h1, b':', m0, m1, b':', s0, s1, rest @ ..] = bytes else {
        return false;
    };
    let (Some(hour), Some(minute), Some(second)) =
        (digits(&[*h0, *h1]), digits(&[*m0, *m1]), digits(&[*s0, *s1]))
    else {
        return false;
    };
    if hour > 23 || minute > 59 || second > 60 {
        return false;
    }
    let rest = match rest {
        [b'.', fraction @ ..] => {
            let length = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if length == 0 {
                return false;
            }
            &fraction[length..]
        }
        _ => rest,
    };
    let offset = match rest {
        [b'Z' | b'z'] => 0,
        [sign @ (b'+' | b'-'), h0, h1, b':', m0, m1] => match (digits(&[*h0, *h1]), digits(&[*m0, *m1])) {
            (Some(hours @ 0..=23), Some(minutes @ 0..=59)) => {
                let minutes = i64::from(hours * 60 + minutes);
                if *sign == b'+' { minutes } else { -minutes }
            }
            _ => return false,
        },
        _ => return false,
    };
    // A leap second ends a day of UTC.
    second != 60 || (i64::from(hour * 60 + minute) - offset).rem_euclid(24 * 60) == 23 * 60 + 59
}

fn date_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() > 11 && matches!(bytes[10], b'T' | b't') && date(&bytes[..10]) && time(&bytes[11..])
}

/// RFC 3339, appendix A: units in order, none twice, none left out between two, weeks alone.
fn duration(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('P') else {
        return false;
    };
    let (date, time) = match rest.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (rest, None),
    };
    if time.is_none() && units(date, "W").is_some_and(|count| count == 1) {
        return true;
    }
    let Some(dates) = units(date, "YMD") else {
        return false;
    };
    match time {
        None => dates > 0,
        Some(time) => units(time, "HMS").is_some_and(|times| times > 0),
    }
}

/// How many `<digits><unit>` there are, each unit following the one before it in `order`.
fn units(text: &str, order: &str) -> Option<usize> {
    let mut rest = text;
    let mut next = None;
    let mut count = 0;
    while !rest.is_empty() {
        let length = rest.bytes().take_while(u8::is_ascii_digit).count();
        let unit = rest[length..].chars().next()?;
        let at = order.find(unit)?;
        if length == 0 || next.is_some_and(|next| next != at) {
            return None;
        }
        next = Some(at + 1);
        count += 1;
        rest = &rest[length + 1..];
    }
    Some(count)
}

pub(crate) fn uuid(bytes: &[u8]) -> bool {
    let Ok(bytes) = <&[u8; 36]>::try_from(bytes) else {
        return false;
    };
    // Without branches: nearly every text is a UUID, and most events have several.
    let hyphens = [8, 13, 18, 23].iter().all(|at| bytes[*at] == b'-');
    let digits = bytes
        .iter()
        .map(|byte| u8::from(byte.is_ascii_hexdigit()))
        .sum::<u8>();
    hyphens && digits == 32
}

fn json_pointer(text: &str) -> bool {
    if !(text.is_empty() || text.starts_with('/')) {
        return false;
    }
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'~' && !matches!(rest.next(), Some(b'0' | b'1')) {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_each_format() {
        let cases: &[(Format, &[&str], &[&str])] = &[
            (
                Format::Date,
                &["2024-02-29", "0000-01-01"],
                &["2026-02-30", "2023-02-29", "23/11/2026", "2026-1-01", ""],
            ),
            (
                Format::DateTime,
                &[
                    "2026-11-23T21:24:27.123Z",
                    "2026-11-23t21:24:27z",
                    "2016-12-31T23:59:60Z",
                    "2017-01-01T00:59:60+01:00",
                ],
                &[
                    "2026-11-23 21:24:27Z",
                    "2026-11-23T21:24:27",
                    "2026-11-23T24:00:00Z",
                    "2016-12-31T22:59:60Z",
                    "2026-11-23T21:24:27.Z",
                ],
            ),
            (
                Format::Time,
                &["10:00:00Z", "10:00:00.5-23:59"],
                &["25:00", "10:00:00", "10:00:00+24:00", "1٠:00:00Z"],
            ),
            (
                Format::Duration,
                &["P1D", "PT1H30M", "P1Y2M3DT4H5M6S", "P2W", "PT0S"],
                &[
                    "P", "PT", "P1", "one day", "P1YT", "P1Y1D", "PT1H1S", "P1WT1H", "P1W2D", "1D", "P1D1Y",
                    "P-1D",
                ],
            ),
            (
                Format::Uuid,
                &["6FA459EA-ee8a-3ca4-894e-db77e160355e"],
                &[
                    "6fa459eaee8a3ca4894edb77e160355e",
                    "6fa459ea-ee8a-3ca4-894e-db77e160355g",
                    "6fa459ea_ee8a-3ca4-894e-db77e160355e",
                ],
            ),
            (
                Format::Ipv4,
                &["10.0.0.1"],
                &["10.0.0.256", "10.0.0", "010.0.0.1"],
            ),
            (Format::Ipv6, &["::1", "2001:db8::ff"], &["::g", "1"]),
            (Format::JsonPointer, &["", "/a~0b/~1"], &["a", "/~", "/~2"]),
        ];
        for (format, good, bad) in cases {
            for text in *good {
                assert!(format.is_valid(text), "{format:?} {text:?}");
            }
            for text in *bad {
                assert!(!format.is_valid(text), "{format:?} {text:?}");
            }
        }
    }
}
